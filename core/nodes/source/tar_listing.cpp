// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/source/archive_member.h"
#include "nodes/source/block_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kTarBlock = 512;
constexpr std::uint64_t kLongestTarText = std::uint64_t{128} << 10;  ///< a long name, or a pax header

using TarBytes = std::span<const std::byte>;

std::string_view tar_text(TarBytes header, std::size_t at, std::size_t length) {
  const std::string_view field(reinterpret_cast<const char*>(header.data()) + at, length);
  return field.substr(0, field.find('\0'));
}

/// Octal digits, or GNU's big-endian number behind a byte of 0x80.
std::optional<std::uint64_t> tar_number(TarBytes header, std::size_t at, std::size_t length) {
  std::uint64_t value = 0;
  if ((std::to_integer<unsigned>(header[at]) & 0x80U) != 0) {
    for (std::size_t i = 1; i < length; ++i) {
      if ((value >> 55U) != 0) return std::nullopt;
      value = value << 8U | std::to_integer<std::uint64_t>(header[at + i]);
    }
    return value;
  }
  std::string_view digits = tar_text(header, at, length);
  while (digits.starts_with(' ')) digits.remove_prefix(1);
  for (const char c : digits) {
    if (c == ' ') break;
    if (c < '0' || c > '7' || (value >> 60U) != 0) return std::nullopt;
    value = value << 3U | static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

bool tar_sum_fits(TarBytes header) {
  constexpr std::size_t kAt = 148;
  constexpr std::size_t kLength = 8;
  std::uint64_t sum = kLength * ' ';
  for (std::size_t i = 0; i < kTarBlock; ++i)
    if (i < kAt || i >= kAt + kLength) sum += std::to_integer<std::uint64_t>(header[i]);
  return tar_number(header, kAt, kLength) == sum;
}

/// What the headers in front of a member say of it.
struct TarExtras {
  std::optional<std::string> name{};
  std::optional<std::uint64_t> size{};
};

/// Records of a pax header: "LENGTH KEY=VALUE\n".
void read_pax(std::string_view text, TarExtras& extras) {
  while (!text.empty()) {
    std::size_t length = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), length);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (failed != std::errc{} || length <= digits + 1 || length > text.size()) return;
    std::string_view record = text.substr(digits + 1, length - digits - 2);
    text.remove_prefix(length);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = record.substr(equals + 1);
    if (key == "path") extras.name = std::string(value);
    std::uint64_t size = 0;
    if (key == "size" && std::from_chars(value.data(), value.data() + value.size(), size).ec == std::errc{})
      extras.size = size;
  }
}

class TarListing {
 public:
  TarListing(const File& file, const std::string& path, std::uint64_t size, const SourceContext& context)
      : reader_(file.get(), 0, size), path_(path), size_(size), context_(context) {}

  Status run(const MemberSink& sink) {
    for (std::uint64_t count = 0;; ++count) {
      if (context_.stop.stop_requested()) return fail_cancelled();
      if (context_.progress && count % 256 == 0)
        context_.progress("Reading the archive's headers", static_cast<double>(reader_.position()) /
                                                               static_cast<double>(std::max<std::uint64_t>(size_, 1)));
      const TarBytes header = reader_.peek(kTarBlock);
      if (header.empty() && errno != 0) return read_error(path_, errno, {});
      if (header.empty()) return {};
      if (std::all_of(header.begin(), header.end(), [](std::byte b) { return b == std::byte{0}; })) return {};
      if (!tar_sum_fits(header))
        return fail_file(path_,
                         reader_.position() == 0
                             ? "no tar file: its first header is none"
                             : fmt::format("the tar file is damaged at byte {}", reader_.position()),
                         "Download or copy it again");
      if (Status taken = take(header, sink); !taken) return taken;
    }
  }

 private:
  Status take(TarBytes header, const MemberSink& sink) {
    const auto declared = tar_number(header, 124, 12);
    if (!declared)
      return fail_file(path_,
                       fmt::format("the tar file is damaged at byte {}: a size is no number", reader_.position()),
                       "Download or copy it again");
    const char type = static_cast<char>(header[156]);
    const std::uint64_t size = type == 'L' || type == 'x' || type == 'g' ? *declared : extras_.size.value_or(*declared);
    std::string name = extras_.name.value_or(own_name(header));
    const bool more = type == 'S' && header[482] != std::byte{0};
    reader_.skip(kTarBlock);
    if (more) skip_sparse_map();
    if (type == 'L' || type == 'x') return take_extras(type, size);
    if (type == 'g' || type == 'K') {
      skip_data(size);
      return {};
    }
    extras_ = {};
    if (type == '0' || type == '\0' || type == '7') {
      auto safe = safe_member_name(path_, std::move(name));
      if (!safe) return fail(std::move(safe.error()));
      ArchiveMember member{.name = std::move(*safe),
                           .place = {.offset = reader_.position(), .packed = size, .size = size}};
      if (!member.name.empty() && !member.name.ends_with('/'))
        if (Status taken = sink(member); !taken) return taken;
    }
    const bool holds_data = type != '1' && type != '2' && type != '3' && type != '4' && type != '5' && type != '6';
    if (holds_data) skip_data(size);
    return {};
  }

  static std::string own_name(TarBytes header) {
    std::string name;
    if (tar_text(header, 257, 5) == "ustar" && header[262] == std::byte{0} && header[345] != std::byte{0})
      name = std::string(tar_text(header, 345, 155)) + '/';
    return name += tar_text(header, 0, 100);
  }

  Status take_extras(char type, std::uint64_t size) {
    if (size > kLongestTarText)
      return fail_file(path_, fmt::format("the tar file declares a name or header of {} bytes", size),
                       "Download or copy it again");
    const TarBytes bytes = reader_.peek(static_cast<std::size_t>(size));
    if (bytes.size() != size) return read_error(path_, errno, "the tar file is truncated within a header");
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (type == 'L')
      extras_.name = std::string(text.substr(0, text.find('\0')));
    else
      read_pax(text, extras_);
    skip_data(size);
    return {};
  }

  /// GNU's old sparse files: blocks of their map follow the header. The member itself is none of ours.
  void skip_sparse_map() {
    for (;;) {
      const TarBytes block = reader_.peek(kTarBlock);
      if (block.empty()) return;
      const bool more = block[504] != std::byte{0};
      reader_.skip(kTarBlock);
      if (!more) return;
    }
  }

  void skip_data(std::uint64_t size) {
    reader_.skip(size);
    reader_.skip((kTarBlock - size % kTarBlock) % kTarBlock);
  }

  BlockReader reader_;
  const std::string& path_;
  std::uint64_t size_;
  const SourceContext& context_;
  TarExtras extras_{};
};

}  // namespace

Result<std::string> safe_member_name(const std::string& path, std::string name) {
  while (name.starts_with("./")) name.erase(0, 2);
  const std::string_view text = name;
  bool leads_out = text.starts_with('/');
  for (std::size_t at = 0; at <= text.size() && !leads_out;) {
    const std::size_t slash = std::min(text.find('/', at), text.size());
    leads_out = text.substr(at, slash - at) == "..";
    at = slash + 1;
  }
  if (!leads_out) return name;
  return fail_file(path, fmt::format("it holds '{}', a name that leads out of the archive", escape_name(text)),
                   "It was made to overwrite files: get the data from elsewhere");
}

Status list_tar(const File& file, const std::string& path, std::uint64_t size, const SourceContext& context,
                const MemberSink& sink) {
  return TarListing(file, path, size, context).run(sink);
}

}  // namespace feedline::inline nodes
