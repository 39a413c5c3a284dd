// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/plain_file.h"

#include "base/file_calls.h"
#include "base/lower_case.h"
#include "base/plain_text.h"
#include "nodes/source/gzip.h"
#include "nodes/source/table/text_encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <utility>
#include <vector>

namespace feedline::inline nodes {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeadBytes = std::size_t{256} << 10;
constexpr std::size_t kCopyPiece = std::size_t{256} << 10;

/// Deflate makes up to 1032 bytes of one, of rows that repeat as of a file that was made to fill a disk. Memory is
/// needed for a piece alone, so that the disk alone is the limit: a copy may take half of what is free on it.
std::uint64_t room_for_copy(const fs::path& target) {
  std::error_code error;
  const fs::space_info disk = fs::space(target.parent_path(), error);
  return error ? std::numeric_limits<std::uint64_t>::max() : disk.available / 2;
}

/// Looks at how much UTF-8 a file becomes and how long its lines are.
class PlainCopy {
 public:
  PlainCopy(fs::path target, std::string source, std::optional<std::uint64_t> most)
      : target_(std::move(target)), copy_(target_), source_(std::move(source)), given_(most) {}

  Status start() {
    Status started = copy_.start();  // makes the folder, whose disk is asked
    most_ = given_.value_or(room_for_copy(target_));
    return started;
  }

  Status take(std::span<const std::byte> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::size_t first = text.find_first_of("\n\r");
    line_ += std::min(first, text.size());
    if (line_ > kLongestRow)
      return fail_file(source_, fmt::format("a line of it has more than {} MiB", kLongestRow >> 20),
                       "Choose a table with one row a line");
    if (first != std::string_view::npos) line_ = text.size() - 1 - text.find_last_of("\n\r");
    if (bytes.size() > most_ - copy_.written())
      return fail_file(source_,
                       fmt::format("its copy as plain text takes more than {} MiB, half of what is free in {}",
                                   most_ >> 20U, escape_name(target_.parent_path().string())),
                       "Make room there, set XDG_CACHE_HOME to a larger disk, or unpack it yourself and choose what "
                       "comes out");
    return copy_.write(bytes);
  }

  Status finish() { return copy_.keep(); }

 private:
  fs::path target_;
  FileInMaking copy_;
  std::string source_;
  std::optional<std::uint64_t> given_;
  std::uint64_t most_ = 0;  ///< bytes that it may become
  std::size_t line_ = 0;    ///< bytes of the line that is being written
};

Status read_pieces(int descriptor, const std::string& path, std::uint64_t size, const SourceContext& context,
                   const ByteSink& sink) {
  std::vector<std::byte> piece(kCopyPiece);
  const std::string what = "Converting " + escape_name(fs::path(path).filename().string());
  for (std::uint64_t at = 0; at < size;) {
    if (context.stop.stop_requested()) return fail_cancelled();
    if (context.progress) context.progress(what, static_cast<double>(at) / static_cast<double>(size));
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kCopyPiece, size - at));
    if (!read_at(descriptor, {piece.data(), length}, at))
      return read_error(path, errno, "it became shorter while it was read");
    if (Status taken = sink({piece.data(), length}); !taken) return taken;
    at += length;
  }
  return {};
}

/// Behind a byte order mark of UTF-8, if the text has one: not every one is seen before it is converted.
std::uint64_t behind_mark(const PlainFile& plain) {
  std::array<char, 3> mark{};
  const bool has_one = plain.facts.size >= mark.size() &&
                       read_at(plain.file.get(), std::as_writable_bytes(std::span(mark)), 0) &&
                       std::string_view(mark.data(), mark.size()) == "\xEF\xBB\xBF";
  return has_one ? mark.size() : 0;
}

/// The first bytes of the file, unpacked.
Result<std::string> head_of(const PlainFile& plain, bool packed, const SourceContext& context) {
  std::string head;
  if (!packed) {
    head.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kHeadBytes, plain.facts.size)));
    if (!read_at(plain.file.get(), std::as_writable_bytes(std::span(head)), 0))
      return read_error(plain.path, errno, "it became shorter while it was read");
    return head;
  }
  bool enough = false;
  const Status done = gunzip(plain.file.get(), plain.path, plain.facts.size, {.stop = context.stop},
                             [&](std::span<const std::byte> bytes) -> Status {
                               head.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                               enough = head.size() >= kHeadBytes;
                               if (enough) return fail("enough");
                               return {};
                             });
  if (!done && !enough) return fail(done.error());
  return head;
}

Status check_text(const EncodingGuess& guess, const std::string& path, const std::string& encoding) {
  if (!guess.packed.empty())
    return fail_file(path, fmt::format("it is a file of another format ({}), no text", guess.packed),
                     "Unpack it, or save it as CSV");
  if (!guess.is_text && encoding == "auto")
    return fail_file(path, "it holds zero bytes, so it is no text of a table",
                     "Choose a text file such as CSV; if it is one, name its encoding");
  return {};
}

}  // namespace

Status PlainFile::unchanged() const {
  struct stat status {};
  if (FileCalls::current().fstat(file.get(), &status) != 0) return fail_errno(path, "it cannot be read", errno);
  const std::int64_t modified =
      static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  if (static_cast<std::uint64_t>(status.st_size) == facts.size && modified == facts.modified_ns) return {};
  Error error =
      fail_file(path, "the file has changed since it was opened", "Start again, so that its records are found anew")
          .value();
  error.code = ErrorCode::BadRecord;
  return fail(std::move(error));
}

Status PlainFile::unchanged_at_times() const {
  constexpr unsigned kCallsPerLook = 64;
  thread_local unsigned calls = 0;
  return ++calls % kCallsPerLook == 0 ? unchanged() : Status();
}

Result<PlainFile> open_plain(const std::string& path, const std::string& encoding, const SourceContext& context,
                             std::optional<std::uint64_t> most) {
  PlainFile plain{.path = path, .opened = path};
  auto opened = open_file(path, &plain.facts);
  if (!opened) return fail(std::move(opened.error()));
  plain.file = std::move(*opened);
  plain.original = plain.facts;
  if (plain.facts.size == 0) return fail_file(path, "the file is empty", "Choose a table with at least two rows");

  const bool packed = is_gzip(plain.file.get());
  auto head = head_of(plain, packed, context);
  if (!head) return fail(std::move(head.error()));
  const EncodingGuess guess = guess_encoding(*head);
  if (Status text = check_text(guess, path, encoding); !text) return fail(std::move(text.error()));
  std::string from = encoding == "auto" ? guess.name : encoding;
  if (lower_case(from) == "utf-8" || lower_case(from) == "utf8") from.clear();
  plain.begin = from.empty() ? guess.mark : 0;
  if (!packed && from.empty()) return plain;

  std::optional<Utf8Converter> converter;
  if (!from.empty()) {
    auto made = Utf8Converter::make(from);
    if (!made) return fail(std::move(made.error()));
    converter.emplace(std::move(*made));
  }
  std::error_code ignored;
  const std::string whole = fs::weakly_canonical(path, ignored).string();
  const std::string key = fmt::format("{}|{}|{}|{}", whole, plain.facts.size, plain.facts.modified_ns, from);
  fs::path stem = fs::path(path).filename();
  if (packed && stem.extension() == ".gz") stem = stem.stem();
  const fs::path target = cache_folder_or_default(context.cache_folder) / "unpacked" /
                          fmt::format("{}-{}", fingerprint(key), stem.string());
  std::error_code missing;
  if (!fs::is_regular_file(target, missing)) {
    PlainCopy copy(target, path, most);
    if (Status started = copy.start(); !started) return fail(std::move(started.error()));
    const ByteSink write = [&](std::span<const std::byte> bytes) { return copy.take(bytes); };
    const ByteSink sink = [&](std::span<const std::byte> bytes) {
      return converter ? converter->take(bytes, false, write) : write(bytes);
    };
    Status done = packed ? gunzip(plain.file.get(), path, plain.facts.size, context, sink)
                         : read_pieces(plain.file.get(), path, plain.facts.size, context, sink);
    if (done && converter) done = converter->take({}, true, write);
    if (done) done = copy.finish();
    if (!done) return fail(std::move(done.error()));
  }
  auto again = open_file(target.string(), &plain.facts);
  if (!again) return fail(std::move(again.error()));
  plain.file = std::move(*again);
  plain.opened = target.string();
  plain.begin = behind_mark(plain);
  if (plain.facts.size <= plain.begin) return fail_file(path, "the file is empty", "Choose a table with two rows");
  return plain;
}

Result<std::string> encoding_around(const PlainFile& plain, std::uint64_t at) {
  constexpr std::uint64_t kAround = std::uint64_t{32} << 10;
  const std::uint64_t begin = at - std::min(at, kAround);
  std::string piece(static_cast<std::size_t>(std::min(plain.facts.size - begin, 2 * kAround)), '\0');
  if (!read_at(plain.file.get(), std::as_writable_bytes(std::span(piece)), begin))
    return read_error(plain.path, errno, "it became shorter while it was read");
  return guess_legacy_encoding(piece);
}

}  // namespace feedline::inline nodes
