// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

/// A value of Universal Binary JSON (https://ubjson.org), as far as XGBoost reads it. Views of the bytes, which must
/// outlive it.
struct UbjValue {
  enum class Kind : std::uint8_t {
    Null,
    Flag,
    Whole,
    Real,
    Text,
    Object,
    List,      ///< values of any kind
    Numbers,   ///< of one type
    Streamed,  ///< a list whose values went to the caller, one by one
  };
  Kind kind = Kind::Null;
  char type = 0;                         ///< of Numbers: d, U, i, I, l, L
  std::int64_t number = 0;               ///< of Whole; a Real is not needed
  std::size_t count = 0;                 ///< of Numbers and Streamed
  std::string_view text{};               ///< of Text; the bytes of Numbers
  std::vector<std::string_view> keys{};  ///< of an Object, one for each of `items`
  std::vector<UbjValue> items{};

  /// Of an object; null: it has no such key, or this is none.
  [[nodiscard]] const UbjValue* find(std::string_view key) const;
  [[nodiscard]] bool is_array() const { return kind == Kind::List || kind == Kind::Numbers; }
  [[nodiscard]] std::size_t size() const { return kind == Kind::Numbers ? count : items.size(); }
  /// Of an array.
  [[nodiscard]] bool all_numbers() const;
  /// The whole number at a place of an array; of real numbers -1.
  [[nodiscard]] std::int64_t whole(std::size_t i) const;
};

/// A list that need not stand in memory as a whole: every one under this key.
struct UbjStream {
  std::string_view key{};
  std::function<Status(const UbjValue& value)> found{};
};

/// One value, and nothing behind it. Errors, without a remedy: cut short, a size beyond the bytes, too deep, a key
/// twice, a type that is not read; and those of the stream.
[[nodiscard]] Result<UbjValue> read_ubjson(std::span<const std::uint8_t> bytes, const UbjStream& stream);

}  // namespace feedline::inline nodes
