// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/gzip.h"

#include "base/plain_text.h"
#include "nodes/source/file_io.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <vector>
#include <zlib.h>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;
constexpr int kGzipWindow = 15 + 16;  // largest window, gzip header and trailer

/// zlib's state, freed on every way out.
class Inflater {
 public:
  Inflater() : ready_(inflateInit2(&stream_, kGzipWindow) == Z_OK) {}
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  [[nodiscard]] bool ready() const { return ready_; }
  z_stream* operator->() { return &stream_; }
  z_stream* get() { return &stream_; }

 private:
  z_stream stream_{};
  bool ready_;
};

}  // namespace

bool is_gzip(int descriptor) {
  std::array<std::byte, 2> magic{};
  return read_at(descriptor, magic, 0) && magic[0] == std::byte{0x1F} && magic[1] == std::byte{0x8B};
}

Status gunzip(int descriptor, const std::string& path, std::uint64_t packed_size, const SourceContext& context,
              const ByteSink& sink) {
  Inflater inflater;
  if (!inflater.ready()) return fail_errno(path, "it cannot be unpacked", ENOMEM);
  std::vector<std::byte> packed(kPiece);
  std::vector<std::byte> plain(kPiece);
  const std::string what = "Unpacking " + escape_name(std::filesystem::path(path).filename().string());
  bool between_members = false;

  for (std::uint64_t at = 0; at < packed_size;) {
    if (context.stop.stop_requested()) return fail_cancelled();
    if (context.progress) context.progress(what, static_cast<double>(at) / static_cast<double>(packed_size));
    const std::size_t length = std::min<std::uint64_t>(kPiece, packed_size - at);
    if (!read_at(descriptor, {packed.data(), length}, at))
      return read_error(path, errno, "it became shorter while it was read");
    at += length;
    inflater->next_in = reinterpret_cast<Bytef*>(packed.data());
    inflater->avail_in = static_cast<uInt>(length);
    bool held_back = false;  // zlib filled the output and may have more of it
    while (inflater->avail_in > 0 || held_back) {
      if (between_members) {
        if (*inflater->next_in != 0x1F) return {};  // padding after the end, as tar writes
        inflateReset(inflater.get());
        between_members = false;
      }
      inflater->next_out = reinterpret_cast<Bytef*>(plain.data());
      inflater->avail_out = static_cast<uInt>(kPiece);
      const int code = inflate(inflater.get(), Z_NO_FLUSH);
      if (const std::size_t made = kPiece - inflater->avail_out; made > 0)
        if (auto status = sink({plain.data(), made}); !status) return status;
      if (code == Z_MEM_ERROR) return fail_errno(path, "it cannot be unpacked", ENOMEM);
      if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END) {
        const std::string detail = inflater->msg != nullptr ? std::string(" (") + inflater->msg + ")" : std::string();
        return fail_file(path, "the gzip file is damaged" + detail, "Download or copy it again");
      }
      between_members = code == Z_STREAM_END;
      held_back = !between_members && inflater->avail_out == 0;
    }
  }
  if (!between_members)
    return fail_file(path, "the gzip file is truncated: it ends before its data do", "Download or copy it again");
  return {};
}

}  // namespace feedline::inline nodes
