// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace feedline::inline nodes {

/// MurmurHash3_x86_32 of bytes that come in pieces, seed 0. Source: A. Appleby, MurmurHash3.cpp (public domain), of the
/// SMHasher project.
class Murmur3 {
 public:
  void add(std::string_view bytes) {
    length_ += static_cast<std::uint32_t>(bytes.size());
    while (waiting_ != 0 && !bytes.empty()) {
      put(bytes.front());
      bytes.remove_prefix(1);
    }
    for (; bytes.size() >= 4; bytes.remove_prefix(4)) {
      std::uint32_t word = 0;
      std::memcpy(&word, bytes.data(), 4);
      take(word);
    }
    for (const char byte : bytes) put(byte);
  }
  [[nodiscard]] std::uint32_t hash() const {
    std::uint32_t hash = hash_;
    if (waiting_ != 0) hash ^= mixed(word_);
    hash ^= length_;
    hash = (hash ^ hash >> 16U) * 0x85EBCA6BU;
    hash = (hash ^ hash >> 13U) * 0xC2B2AE35U;
    return hash ^ hash >> 16U;
  }

 private:
  static_assert(std::endian::native == std::endian::little);
  static std::uint32_t mixed(std::uint32_t word) { return std::rotl(word * 0xCC9E2D51U, 15) * 0x1B873593U; }
  void take(std::uint32_t word) { hash_ = std::rotl(hash_ ^ mixed(word), 13) * 5 + 0xE6546B64U; }
  /// One byte of a word that is not whole yet.
  void put(char byte) {
    word_ |= std::uint32_t{static_cast<unsigned char>(byte)} << (8 * waiting_);
    if (++waiting_ < 4) return;
    take(word_);
    word_ = waiting_ = 0;
  }

  std::uint32_t hash_ = 0;
  std::uint32_t length_ = 0;
  std::uint32_t word_ = 0;
  std::uint32_t waiting_ = 0;  ///< bytes of it
};

}  // namespace feedline::inline nodes
