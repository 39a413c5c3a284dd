// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/kind.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline schema {

enum class DType : std::uint8_t { U8, I32, I64, F32, Bool, F16, F64 };
/// How many there are.
inline constexpr std::size_t kDTypes = 7;
enum class Layout : std::uint8_t { None, HWC, CHW };

[[nodiscard]] std::string_view name(DType type);
[[nodiscard]] std::string_view name(Layout layout);
[[nodiscard]] constexpr std::size_t size_of(DType type) {
  constexpr std::array<std::size_t, kDTypes> sizes = {1, 4, 8, 4, 1, 2, 8};
  return sizes[static_cast<std::size_t>(type)];
}

/// One dimension: known, or a symbol such as N (batch), H, W, classes.
class Dim {
 public:
  Dim(std::int64_t size) : size_(size) {}  // NOLINT(google-explicit-constructor): a number is a dimension
  Dim(int size) : size_(size) {}           // NOLINT(google-explicit-constructor)
  [[nodiscard]] static Dim symbol(std::string name) { return Dim(std::move(name)); }
  /// A length that differs from record to record, up to `most`.
  [[nodiscard]] static Dim up_to(std::int64_t most) {
    Dim dim("≤" + std::to_string(most));
    dim.most_ = most;
    return dim;
  }

  [[nodiscard]] bool known() const { return size_ >= 0; }
  /// Is it known how large it can be?
  [[nodiscard]] bool bounded() const { return known() || most_ >= 0; }
  /// The size, or the largest that it can be; call only when bounded().
  [[nodiscard]] std::int64_t most() const { return known() ? size_ : most_; }
  /// The size; call only when known().
  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] const std::string& symbol_name() const { return symbol_; }
  [[nodiscard]] std::string text() const { return known() ? std::to_string(size_) : symbol_; }
  /// False only if both are known and differ, or one is larger than the other can be.
  [[nodiscard]] bool agrees_with(const Dim& other) const {
    if (known() && other.known()) return size_ == other.size_;
    if (known() && other.bounded()) return size_ <= other.most_;
    return !other.known() || !bounded() || other.size_ <= most_;
  }
  bool operator==(const Dim&) const = default;

 private:
  explicit Dim(std::string name) : size_(-1), symbol_(std::move(name)) {}
  std::int64_t size_;
  std::string symbol_;
  std::int64_t most_ = -1;
};

/// What the cells of a column hold.
enum class ColumnType : std::uint8_t {
  Number,  ///< numbers
  Text     ///< texts: names of categories, or texts of any kind
};

/// A column of a table: one cell of a row, or one number of a record's features.
struct Column {
  std::string name{};
  DType dtype = DType::F32;  ///< of the data before they were joined into one vector; numbers of rows: F64
  bool missing = false;      ///< some records have no value: NaN, or a missing text
  ColumnType type = ColumnType::Number;
  bool operator==(const Column&) const = default;
};

/// What is known of the value on a wire before anything runs.
struct TensorDesc {
  Kind kind = Kind::Any;
  DType dtype = DType::F32;
  std::vector<Dim> shape{};  ///< without N for per-record kinds, with N first for batched ones
  Layout layout = Layout::None;
  /// Number of classes of a Label or Target: 0 for a plain number, symbol until a source has been probed. Of tokens
  /// how many ids there are; 0: not known.
  Dim classes = 0;
  std::vector<std::string> class_names{};
  /// Of a row: one for each cell, empty until its source has been probed. Of features that come from a table: one for
  /// each number of the last dimension. Else empty.
  std::vector<Column> columns{};

  /// "f32 64x3x224x224", "u8 HxWx3 HWC", "label, 10 classes".
  [[nodiscard]] std::string text() const;
  /// All dimensions known?
  [[nodiscard]] bool static_shape() const;
  /// All dimensions known, or known how large they can be?
  [[nodiscard]] bool bounded_shape() const;
  /// Does the first dimension of a record differ from one to the other, up to a capacity, and no other one? Its values
  /// are filled up with zeros to the longest of their batch.
  [[nodiscard]] bool ragged() const;
  /// Product of the dimensions, or the most that it can be; call only when bounded_shape(). 1 for a scalar.
  [[nodiscard]] std::int64_t elements() const;
  bool operator==(const TensorDesc&) const = default;
};

}  // namespace feedline::inline schema
