// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/plain_file.h"

#include "base/lower_case.h"
#include "base/plain_text.h"
#include "nodes/source/gzip.h"
#include "nodes/source/table/text_encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace feedline::inline nodes {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeadBytes = std::size_t{256} << 10;
constexpr std::size_t kCopyPiece = std::size_t{256} << 10;

// Tables shrink to a fifth or a thirtieth, and hardly any to a hundredth; deflate makes up to 1032 bytes of one. What
// stays small fills no disk, however well it was packed.
constexpr std::uint64_t kMostTextGrowth = 100;
constexpr std::uint64_t kAnyTextSize = std::uint64_t{64} << 20;

/// Looks at how much UTF-8 a file becomes and how long its lines are: a packed one that was made to do so fills no
/// disk.
class PlainCopy {
 public:
  PlainCopy(fs::path target, std::string source, std::uint64_t most)
      : copy_(std::move(target)), source_(std::move(source)), most_(most) {}

  Status start() { return copy_.start(); }

  Status take(std::span<const std::byte> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::size_t first = text.find_first_of("\n\r");
    line_ += std::min(first, text.size());
    if (line_ > kLongestRow)
      return fail_file(source_, fmt::format("a line of it has more than {} MiB", kLongestRow >> 20),
                       "Choose a table with one row a line");
    if (first != std::string_view::npos) line_ = text.size() - 1 - text.find_last_of("\n\r");
    if (bytes.size() > most_ - copy_.written())
      return fail_file(source_, fmt::format("it unpacks to more than {} times its size", kMostTextGrowth),
                       "Unpack it yourself if you trust it, and choose what comes out");
    return copy_.write(bytes);
  }

  Status finish() { return copy_.keep(); }

 private:
  FileInMaking copy_;
  std::string source_;
  std::uint64_t most_;    ///< bytes that it may become
  std::size_t line_ = 0;  ///< bytes of the line that is being written
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

Result<PlainFile> open_plain(const std::string& path, const std::string& encoding, const SourceContext& context) {
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
    PlainCopy copy(target, path, std::max(plain.facts.size * kMostTextGrowth, kAnyTextSize));
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
