// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace feedline::inline base {

/// Numbers texts in the order in which they are added, and finds them again without an allocation: an open hash table
/// over one block of bytes. A text may hold any bytes.
class TextIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;

  /// Its number; kNone: it is not there.
  [[nodiscard]] std::uint32_t find(std::string_view text) const {
    if (slots_.empty()) return kNone;
    const std::uint64_t hash = hash_of(text);
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.number == kNone) return kNone;
      if (slot.hash == static_cast<std::uint32_t>(hash >> 32U) && text_of(slot.number) == text) return slot.number;
    }
  }
  /// Its number, a new one where it was not there.
  std::uint32_t add(std::string_view text) {
    if (const std::uint32_t known = find(text); known != kNone) return known;
    if (2 * (places_.size() + 1) > slots_.size()) grow();
    const auto number = static_cast<std::uint32_t>(places_.size());
    places_.push_back({bytes_.size(), text.size()});
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    place(hash_of(text), number);
    return number;
  }
  [[nodiscard]] std::string_view text_of(std::uint32_t number) const {
    const Place& place = places_[number];
    return {bytes_.data() + place.begin, place.length};
  }
  [[nodiscard]] std::size_t size() const { return places_.size(); }
  /// Forgets all texts and keeps its memory.
  void clear() {
    std::fill(slots_.begin(), slots_.end(), Slot{});
    places_.clear();
    bytes_.clear();
  }
  /// Of all texts together.
  [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }

  /// Eight bytes at a time, each multiplied in and folded (as wyhash and its kin do); the high half tells slots apart.
  [[nodiscard]] static std::uint64_t hash_of(std::string_view text) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
    const char* from = text.data();
    std::size_t left = text.size();
    std::uint64_t hash = left * kOdd;
    const auto fold = [&](std::uint64_t word) {
      hash = (hash ^ word) * kOdd;
      hash ^= hash >> 29U;
    };
    for (; left >= 8; from += 8, left -= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, from, 8);
      fold(word);
    }
    if (left >= 4) {  // two that overlap
      std::uint32_t first = 0;
      std::uint32_t last = 0;
      std::memcpy(&first, from, 4);
      std::memcpy(&last, from + left - 4, 4);
      fold(first | std::uint64_t{last} << 32U);
    } else if (left > 0) {
      const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(from[i])}; };
      fold(byte(0) | byte(left / 2) << 8U | byte(left - 1) << 16U);
    }
    hash *= kOdd;
    return hash ^ hash >> 32U;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = kNone;
  };
  struct Place {
    std::size_t begin = 0;
    std::size_t length = 0;
  };

  void place(std::uint64_t hash, std::uint32_t number) {
    std::size_t at = hash & mask_;
    while (slots_[at].number != kNone) at = (at + 1) & mask_;
    slots_[at] = {static_cast<std::uint32_t>(hash >> 32U), number};
  }
  void grow() {
    slots_.assign(slots_.empty() ? 16 : 2 * slots_.size(), Slot{});
    mask_ = slots_.size() - 1;
    for (std::uint32_t i = 0; i < places_.size(); ++i) place(hash_of(text_of(i)), i);
  }

  std::vector<Slot> slots_{};  ///< a power of two, at most half full
  std::size_t mask_ = 0;
  std::vector<Place> places_{};
  std::vector<char> bytes_{};
};

}  // namespace feedline::inline base
