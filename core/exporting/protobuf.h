// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The wire format of protocol buffers, as far as writing a few messages takes (https://protobuf.dev, "Encoding"). The
// library itself is linked with LibTorch and sentencepiece in versions of their own, which must not meet
// (architecture.md, "Text pieces"); these few lines meet nobody.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace feedline::inline exporting {

/// One message that is being written, field by field. An empty one is a message too.
class ProtobufMessage {
 public:
  ProtobufMessage& number(unsigned field, std::int64_t value) {
    varint(field << 3U);
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }
  ProtobufMessage& real(unsigned field, float value) {
    varint(field << 3U | 5U);
    put(&value, sizeof value);
    return *this;
  }
  ProtobufMessage& wide_real(unsigned field, double value) {
    varint(field << 3U | 1U);
    put(&value, sizeof value);
    return *this;
  }
  /// Texts, bytes and messages.
  ProtobufMessage& text(unsigned field, std::string_view value) {
    varint(field << 3U | 2U);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  ProtobufMessage& message(unsigned field, const ProtobufMessage& value) { return text(field, value.bytes_); }
  /// Packed.
  ProtobufMessage& numbers(unsigned field, std::span<const std::int64_t> values) {
    ProtobufMessage all;
    for (const std::int64_t value : values) all.varint(static_cast<std::uint64_t>(value));
    return text(field, all.bytes_);
  }
  ProtobufMessage& wide_reals(unsigned field, std::span<const double> values) {
    return text(field, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) bytes_ += static_cast<char>(value | 0x80U);
    bytes_ += static_cast<char>(value);
  }
  /// Little endian, as all machines that Feedline runs on are.
  void put(const void* from, std::size_t size) { bytes_.append(static_cast<const char*>(from), size); }

  std::string bytes_{};
};

}  // namespace feedline::inline exporting
