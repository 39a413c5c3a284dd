// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/text_encoding.h"

#include "base/plain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kWideUnits = std::size_t{64} << 10;

struct Signature {
  std::string_view bytes;
  std::string_view name;
};

/// UTF-32 first: its little-endian mark begins like that of UTF-16.
constexpr std::array kMarks = {
    Signature{{"\xFF\xFE\0\0", 4}, "UTF-32LE"},
    Signature{{"\0\0\xFE\xFF", 4}, "UTF-32BE"},
    Signature{"\xEF\xBB\xBF", ""},
    Signature{"\xFF\xFE", "UTF-16LE"},
    Signature{"\xFE\xFF", "UTF-16BE"},
};

constexpr std::array kOtherFormats = {
    Signature{{"PK\x03\x04", 4}, "zip"},
    Signature{"BZh", "bzip2"},
    Signature{"\xFD"
              "7zXZ",
              "xz"},
    Signature{"\x28\xB5\x2F\xFD", "zstd"},
    Signature{"7z\xBC\xAF\x27", "7-Zip"},
    Signature{"%PDF-", "PDF"},
    Signature{"\xD0\xCF\x11\xE0", "Excel"},
    Signature{"PAR1", "Parquet"},
    Signature{"SQLite format 3", "SQLite"},
    Signature{"\x89PNG", "PNG"},
    Signature{"\xFF\xD8\xFF", "JPEG"},
};

/// The length of the UTF-8 character at `at`; 0: none begins there; `short_of`: it would go on behind the end.
std::size_t character_length(std::string_view text, std::size_t at, bool& short_of) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  short_of = false;
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i == text.size()) {
      short_of = true;
      return 0;
    }
    const unsigned char next = byte(at + i);
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (i == 1) {  // overlong forms, surrogates, beyond U+10FFFF
      if (first == 0xE0) low = 0xA0;
      if (first == 0xED) high = 0x9F;
      if (first == 0xF0) low = 0x90;
      if (first == 0xF4) high = 0x8F;
    }
    if (next < low || next > high) return 0;
  }
  return length;
}

/// UTF-16 or UTF-32 without a mark: most characters of tables are ASCII, so zero bytes stand at every second place.
std::string_view wide_by_zeros(std::string_view head) {
  const std::size_t units = std::min<std::size_t>(head.size(), 4096) / 4;
  std::array<std::size_t, 4> zeros{};
  for (std::size_t i = 0; i < 4 * units; ++i) zeros[i % 4] += head[i] == '\0' ? 1 : 0;
  const auto many = [&](std::size_t i) { return units > 0 && zeros[i] * 10 >= units * 7; };
  const auto few = [&](std::size_t i) { return zeros[i] * 10 <= units * 3; };
  if (few(0) && many(1) && many(2) && many(3)) return "UTF-32LE";
  if (many(0) && many(1) && many(2) && few(3)) return "UTF-32BE";
  if (few(0) && many(1) && few(2) && many(3)) return "UTF-16LE";
  if (many(0) && few(1) && many(2) && few(3)) return "UTF-16BE";
  return {};
}

}  // namespace

std::size_t valid_utf8(std::string_view text, bool cut) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t eight = 0;
    while (at + sizeof eight <= text.size()) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & kHighBits) != 0) break;
      at += sizeof eight;
    }
    if (at == text.size()) break;
    bool short_of = false;
    const std::size_t length = character_length(text, at, short_of);
    if (length == 0) return short_of && cut ? text.size() : at;
    at += length;
  }
  return at;
}

EncodingGuess guess_encoding(std::string_view head) {
  EncodingGuess guess;
  for (const Signature& format : kOtherFormats)
    if (head.starts_with(format.bytes)) {
      guess.packed = format.name;
      guess.is_text = false;
      return guess;
    }
  for (const Signature& mark : kMarks)
    if (head.starts_with(mark.bytes)) {
      guess.name = mark.name;
      guess.mark = mark.bytes.size();
      return guess;
    }
  if (head.find('\0') != std::string_view::npos) {
    guess.name = wide_by_zeros(head);
    guess.is_text = !guess.name.empty();
    return guess;
  }
  if (valid_utf8(head, true) < head.size()) {
    guess.name = guess_legacy_encoding(head);
    if (guess.name == kUtf8) guess.name.clear();
  }
  return guess;
}

std::string guess_legacy_encoding(std::string_view piece) {
  std::size_t good = 0;
  std::size_t bad = 0;
  for (std::size_t at = 0; at < piece.size();) {
    bool short_of = false;
    const std::size_t length = character_length(piece, at, short_of);
    good += length > 1 ? 1 : 0;
    bad += length == 0 && !short_of ? 1 : 0;
    at += std::max<std::size_t>(length, 1);
  }
  if (bad == 0 || good > bad) return std::string(kUtf8);
  UErrorCode error = U_ZERO_ERROR;
  UCharsetDetector* detector = ucsdet_open(&error);
  std::string name = "windows-1252";
  if (U_FAILURE(error)) return name;
  ucsdet_setText(detector, piece.data(), static_cast<std::int32_t>(piece.size()), &error);
  const UCharsetMatch* match = U_SUCCESS(error) ? ucsdet_detect(detector, &error) : nullptr;
  constexpr std::int32_t kSureEnough = 20;  // 10 is what any short text gets
  if (match != nullptr && U_SUCCESS(error) && ucsdet_getConfidence(match, &error) >= kSureEnough) {
    const std::string_view found = ucsdet_getName(match, &error);
    // Zero bytes have told of wide encodings already; the others cannot be of a table with ASCII separators.
    if (!found.starts_with("UTF-") && !found.starts_with("ISO-2022") && !found.starts_with("IBM42")) name = found;
  }
  ucsdet_close(detector);
  return name;
}

struct Utf8Converter::Impl {
  UConverter* from = nullptr;
  UConverter* to = nullptr;
  std::vector<UChar> wide = std::vector<UChar>(kWideUnits);
  std::vector<char> narrow = std::vector<char>(4 * kWideUnits);
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    ucnv_close(from);
    ucnv_close(to);
  }
};

Utf8Converter::Utf8Converter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Utf8Converter::~Utf8Converter() = default;
Utf8Converter::Utf8Converter(Utf8Converter&& other) noexcept = default;

Result<Utf8Converter> Utf8Converter::make(const std::string& encoding) {
  auto impl = std::make_unique<Impl>();
  UErrorCode error = U_ZERO_ERROR;
  impl->from = ucnv_open(encoding.c_str(), &error);
  if (U_SUCCESS(error)) impl->to = ucnv_open("UTF-8", &error);
  if (encoding.empty() || U_FAILURE(error))
    return fail(
        Error{.reason = fmt::format("there is no encoding '{}'", escape_name(encoding)),
              .remedy = "Name it as ICU and IANA do, such as windows-1252, ISO-8859-15 or Shift_JIS, or use auto",
              .parameter = "encoding"});
  return Utf8Converter(std::move(impl));
}

Status Utf8Converter::take(std::span<const std::byte> bytes, bool last, const ByteSink& sink) {
  const char* in = reinterpret_cast<const char*>(bytes.data());
  const char* const in_end = in + bytes.size();
  for (bool more = true; more;) {
    UErrorCode error = U_ZERO_ERROR;
    UChar* wide_end = impl_->wide.data();
    ucnv_toUnicode(impl_->from, &wide_end, impl_->wide.data() + impl_->wide.size(), &in, in_end, nullptr,
                   static_cast<UBool>(last), &error);
    more = error == U_BUFFER_OVERFLOW_ERROR;
    const UChar* wide = impl_->wide.data();
    for (bool narrow_more = true; narrow_more;) {
      UErrorCode narrow_error = U_ZERO_ERROR;
      char* narrow_end = impl_->narrow.data();
      ucnv_fromUnicode(impl_->to, &narrow_end, impl_->narrow.data() + impl_->narrow.size(), &wide, wide_end, nullptr,
                       static_cast<UBool>(last && !more), &narrow_error);
      narrow_more = narrow_error == U_BUFFER_OVERFLOW_ERROR;
      const auto made = static_cast<std::size_t>(narrow_end - impl_->narrow.data());
      if (made == 0) continue;
      if (Status taken = sink(std::as_bytes(std::span(impl_->narrow.data(), made))); !taken) return taken;
    }
  }
  return {};
}

}  // namespace feedline::inline nodes
