// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/archive_member.h"

#include "base/machine_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>
#include <zlib.h>

namespace feedline::inline nodes {
namespace {

constexpr std::uint64_t kLargestMember = std::uint64_t{256} << 20;
constexpr std::uint64_t kMostDeflated = 1032;  ///< bytes that deflate can make of one (zlib's technical details)
constexpr std::size_t kPackedPiece = std::size_t{64} << 10;

/// zlib's state and the packed bytes of one thread, kept from member to member.
class RawInflater {
 public:
  RawInflater() : ready_(inflateInit2(&stream_, -MAX_WBITS) == Z_OK) {}
  ~RawInflater() {
    if (ready_) inflateEnd(&stream_);
  }
  RawInflater(const RawInflater&) = delete;
  RawInflater& operator=(const RawInflater&) = delete;

  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] std::span<std::byte> piece() { return packed_; }
  void start(std::span<std::byte> to) {
    inflateReset(&stream_);
    make_room(to);
  }
  /// zlib's code for these packed bytes.
  int take(std::size_t count) {
    stream_.next_in = reinterpret_cast<Bytef*>(packed_.data());
    stream_.avail_in = static_cast<uInt>(count);
    return inflate(&stream_, Z_NO_FLUSH);
  }
  /// The same, of those that are left.
  int go_on() { return inflate(&stream_, Z_NO_FLUSH); }
  void make_room(std::span<std::byte> to) {
    stream_.next_out = reinterpret_cast<Bytef*>(to.data());
    stream_.avail_out = static_cast<uInt>(to.size());
  }
  [[nodiscard]] std::size_t room() const { return stream_.avail_out; }

 private:
  z_stream stream_{};
  bool ready_;
  std::vector<std::byte> packed_ = std::vector<std::byte>(kPackedPiece);
};

tl::unexpected<Error> bad_member(std::string reason, std::string remedy = "Download or copy the archive again") {
  return fail_record(std::move(reason), std::move(remedy));
}

Status check_declared(const MemberPlace& place) {
  if (place.packing == Packing::Encrypted) return bad_member("it is encrypted", "Pack it anew without a password");
  if (place.packing == Packing::Unknown)
    return bad_member(fmt::format("it is packed by method {} of zip", place.method),
                      "Pack it anew, stored or deflated");
  if (place.size == 0) return bad_member("it is empty", "Take it out of the archive, or restore it");
  if (place.size > kLargestMember)
    return bad_member(fmt::format("it declares {} MiB, more than one record may have", place.size >> 20U),
                      "Take it out of the archive");
  if (place.packing == Packing::Stored && place.packed != place.size)
    return bad_member("its two sizes differ, although it is not packed");
  if (place.packing == Packing::Deflated && place.size / kMostDeflated > place.packed)
    return bad_member(
        fmt::format("it declares {} bytes, more than its {} packed ones can hold", place.size, place.packed));
  return {};
}

tl::unexpected<Error> cannot_read(const std::string& path, int error_number) {
  Error error = read_error(path, error_number, "the archive is truncated: it ends within this member").value();
  if (!is_machine_fault(error)) error.code = ErrorCode::BadRecord;
  return fail(std::move(error));
}

Status unpack_into(const File& file, const std::string& path, std::uint64_t begin, const MemberPlace& place,
                   std::span<std::byte> to) {
  thread_local RawInflater inflater;
  if (!inflater.ready()) return fail_errno(path, "it cannot be unpacked", ENOMEM);
  inflater.start(to);
  int code = Z_OK;
  for (std::uint64_t done = 0; done < place.packed && code == Z_OK;) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kPackedPiece, place.packed - done));
    if (!read_at(file.get(), inflater.piece().first(count), begin + done)) return cannot_read(path, errno);
    code = inflater.take(count);
    done += count;
    if (code == Z_BUF_ERROR && inflater.room() > 0) code = Z_OK;  // it wants more
  }
  if (code == Z_MEM_ERROR) return fail_errno(path, "it cannot be unpacked", ENOMEM);
  if (code == Z_STREAM_END && inflater.room() == 0) return {};
  if (code == Z_DATA_ERROR) return bad_member("its packed bytes are damaged");
  return bad_member(inflater.room() == 0 && code != Z_STREAM_END ? "it unpacks to more than it declares"
                                                                 : "it unpacks to less than it declares");
}

}  // namespace

Result<std::uint64_t> member_begin(const File& file, const std::string& path, const MemberPlace& place) {
  if (!place.zipped) return place.offset;
  constexpr std::size_t kLocalHeader = 30;
  std::array<std::byte, kLocalHeader> header{};
  if (!read_at(file.get(), header, place.offset)) return cannot_read(path, errno);
  const auto number = [&](std::size_t at) {
    return std::to_integer<std::uint64_t>(header[at]) | std::to_integer<std::uint64_t>(header[at + 1]) << 8U;
  };
  if (number(0) != 0x4B50 || number(2) != 0x0403) return bad_member("the archive has no header where it should lie");
  return place.offset + kLocalHeader + number(26) + number(28);
}

Status read_member(const File& file, const std::string& path, const MemberPlace& place, Datum& out) {
  if (Status sound = check_declared(place); !sound) return sound;
  const auto begin = member_begin(file, path, place);
  if (!begin) return fail(begin.error());
  std::byte* to = out.allocate(DType::U8, {static_cast<std::int64_t>(place.size)});
  const std::span<std::byte> bytes(to, static_cast<std::size_t>(place.size));
  if (place.packing == Packing::Deflated) {
    if (Status unpacked = unpack_into(file, path, *begin, place, bytes); !unpacked) return unpacked;
  } else if (!read_at(file.get(), bytes, *begin)) {
    return cannot_read(path, errno);
  }
  if (!place.zipped) return {};
  const auto sum = crc32(crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(to), static_cast<uInt>(place.size));
  if (sum != place.checksum) return bad_member("its bytes are damaged: they have another checksum");
  return {};
}

Status unpack_member(const File& file, const std::string& path, const MemberPlace& place, const SourceContext& context,
                     const std::function<Status(std::span<const std::byte>)>& sink) {
  const auto begin = member_begin(file, path, place);
  if (!begin) return fail(begin.error());
  RawInflater inflater;
  if (!inflater.ready()) return fail_errno(path, "it cannot be unpacked", ENOMEM);
  std::vector<std::byte> plain(4 * kPackedPiece);
  std::uint64_t made = 0;
  auto sum = crc32(0, nullptr, 0);
  int code = Z_OK;
  inflater.start(plain);
  for (std::uint64_t done = 0; done < place.packed && code == Z_OK;) {
    if (context.stop.stop_requested()) return fail_cancelled();
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kPackedPiece, place.packed - done));
    if (!read_at(file.get(), inflater.piece().first(count), *begin + done)) return cannot_read(path, errno);
    done += count;
    if (context.progress)
      context.progress("Unpacking an array", static_cast<double>(done) / static_cast<double>(place.packed));
    code = inflater.take(count);
    for (;;) {
      const bool full = inflater.room() == 0;
      const std::size_t bytes = plain.size() - inflater.room();
      const std::span<const std::byte> piece = std::span<const std::byte>(plain).first(bytes);
      sum = crc32(sum, reinterpret_cast<const Bytef*>(piece.data()), static_cast<uInt>(bytes));
      made += bytes;
      if (made > place.size) return bad_member("it unpacks to more than it declares");
      if (Status taken = sink(piece); !taken) return taken;
      inflater.make_room(plain);
      if (!full || (code != Z_OK && code != Z_BUF_ERROR)) break;
      code = inflater.go_on();
    }
    if (code == Z_BUF_ERROR) code = Z_OK;  // it wants more
  }
  if (code == Z_STREAM_END && made == place.size && sum == place.checksum) return {};
  return bad_member(code == Z_STREAM_END ? "its bytes are damaged: they have another length or checksum"
                                         : "its packed bytes are damaged");
}

}  // namespace feedline::inline nodes
