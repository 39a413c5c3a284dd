// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline base {

/// The places of texts that are all known from the start, for many look-ups of short ones: an open hash table whose
/// slots hold the ends of a text, which are all of it up to 16 bytes. So most look-ups touch one cache line and compare
/// two words. A text may hold any bytes. See TextIndex for one that grows.
class TextLookup {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;

  TextLookup() = default;
  /// Of equal texts the first one is found.
  explicit TextLookup(std::span<const std::string> texts) {
    std::size_t size = 8;
    while (size < 4 * texts.size() && (size < kRoomy || size < 2 * texts.size())) size *= 2;
    slots_.assign(size, Slot{});
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string_view text = texts[i];
      if (find(text) != kNone) continue;
      const Ends ends = ends_of(text);
      std::size_t at = hash_of(ends, text.size()) & (size - 1);
      while (slots_[at].number != kNone) at = (at + 1) & (size - 1);
      slots_[at] = {.ends = ends,
                    .begin = bytes_.size(),
                    .length = static_cast<std::uint32_t>(text.size()),
                    .number = static_cast<std::uint32_t>(i)};
      if (text.size() > kWhole) bytes_.insert(bytes_.end(), text.begin(), text.end());
    }
  }

  /// Its place among them; kNone: it is none of them.
  [[nodiscard]] std::uint32_t find(std::string_view text) const {
    if (slots_.empty()) return kNone;
    const Ends ends = ends_of(text);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash_of(ends, text.size()) & mask;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      const bool same = slot.ends.first == ends.first && slot.ends.last == ends.last && slot.length == text.size();
      if (slot.number == kNone) return kNone;
      if (same && (text.size() <= kWhole || std::memcmp(bytes_.data() + slot.begin, text.data(), text.size()) == 0))
        return slot.number;
    }
  }

 private:
  static constexpr std::size_t kWhole = 16;
  static constexpr std::size_t kRoomy = std::size_t{1} << 12;  // larger tables are half full, not a quarter

  /// With its length they tell a text of up to 16 bytes from any other one.
  struct Ends {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  struct Slot {
    Ends ends{};
    std::size_t begin = 0;  ///< in bytes_, of a longer one
    std::uint32_t length = 0;
    std::uint32_t number = kNone;
  };

  static Ends ends_of(std::string_view text) {
    Ends ends;
    const char* from = text.data();
    const std::size_t size = text.size();
    if (size >= 4) {  // halves of eight bytes at each end, or of four twice: which of them is not guessed
      const std::size_t half = size >= 8 ? 4 : 0;
      const auto four = [from](std::size_t i) {
        std::uint32_t bytes = 0;
        std::memcpy(&bytes, from + i, 4);
        return std::uint64_t{bytes};
      };
      ends.first = four(0) | four(half) << 32U;
      ends.last = four(size - 4 - half) | four(size - 4) << 32U;
    } else if (size > 0) {
      const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(from[i])}; };
      ends.first = byte(0) | byte(size / 2) << 8U | byte(size - 1) << 16U;
    }
    return ends;
  }
  static std::size_t hash_of(const Ends& ends, std::size_t length) {
    std::uint64_t hash = (ends.first ^ length) * 0x9E3779B97F4A7C15U;
    hash = (hash ^ hash >> 32U ^ ends.last) * 0xBF58476D1CE4E5B9U;
    return static_cast<std::size_t>(hash ^ hash >> 32U);
  }

  std::vector<Slot> slots_{};  ///< a power of two
  std::vector<char> bytes_{};
};

}  // namespace feedline::inline base
