// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Categories of columns: counted in the training records, kept by name, and looked up in a row.

#include "base/text_index.h"
#include "base/text_lookup.h"
#include "nodes/table/row_fitter.h"
#include "schema/named_tensors.h"
#include "schema/row.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

/// Distinct values that a column may have to be taken as categories, and bytes of them together.
inline constexpr std::size_t kMostCategories = 100'000;
inline constexpr std::size_t kMostCategoryBytes = std::size_t{32} << 20U;

/// A cell as the bytes by which categories are told apart: the text itself, or the number's eight. Allocates nothing.
class CategoryKey {
 public:
  CategoryKey(const RowView& row, std::size_t column, ColumnType type) {
    if (type == ColumnType::Number) {
      number_ = row.number(column) + 0.0;  // -0 is 0
      missing_ = std::isnan(number_);
    } else if (const auto text = row.text(column)) {
      text_ = *text;
    } else {
      missing_ = true;
    }
    is_text_ = type == ColumnType::Text;
  }
  [[nodiscard]] bool missing() const { return missing_; }
  [[nodiscard]] std::string_view bytes() const {
    return is_text_ ? text_ : std::string_view(reinterpret_cast<const char*>(&number_), sizeof number_);
  }

 private:
  double number_ = 0;
  std::string_view text_{};
  bool is_text_ = true;
  bool missing_ = false;
};

/// How often each value of a column stands in the rows.
class CategoryCounter {
 public:
  CategoryCounter(std::string column, ColumnType type) : column_(std::move(column)), type_(type) {}
  /// The number of the value, in the order in which they came. Errors: too many distinct ones, with what to do.
  Result<std::uint32_t> add(const CategoryKey& key);
  [[nodiscard]] std::size_t size() const { return index_.size(); }
  [[nodiscard]] ColumnType type() const { return type_; }
  [[nodiscard]] const std::string& column() const { return column_; }
  [[nodiscard]] std::int64_t count(std::uint32_t value) const { return counts_[value]; }
  /// Of a column of numbers.
  [[nodiscard]] double number(std::uint32_t value) const;
  /// As people read it; a number in the shortest form that gives it again.
  [[nodiscard]] std::string text(std::uint32_t value) const;
  /// The values in order: numbers by size, texts by their bytes, which for UTF-8 is the order of code points.
  [[nodiscard]] std::vector<std::uint32_t> sorted() const;

 private:
  std::string column_;
  ColumnType type_;
  TextIndex index_{};
  std::vector<std::int64_t> counts_{};
};

/// What is known of one column's categories.
struct ColumnCategories {
  std::string column{};
  std::vector<std::string> texts{};    ///< in order
  std::vector<std::int64_t> counts{};  ///< training records, one a category
};

/// Writes them as "columns" and "categories" (texts), "sizes" (categories a column) and "counts".
void keep_categories(NamedTensors& state, const std::vector<ColumnCategories>& columns);
/// Reads them again. Errors: the state is damaged or of another kind.
[[nodiscard]] Result<std::vector<ColumnCategories>> kept_categories(const NamedTensors& state);
/// The names of their columns.
[[nodiscard]] std::vector<std::string> columns_of(const std::vector<ColumnCategories>& categories);

/// Counts the categories of some columns.
class CategoryLearner final : public RowLearner {
 public:
  CategoryLearner(std::span<const Column> columns, std::vector<std::size_t> places);
  Status take(const ShownRow& row) override;
  [[nodiscard]] Result<NamedTensors> finish() const override;

 private:
  std::vector<std::size_t> places_;
  std::vector<CategoryCounter> counters_{};
  std::uint64_t rows_ = 0;
};

/// A fitter that counts them; null where there are no columns to count.
[[nodiscard]] std::unique_ptr<Fitter> category_fitter(std::span<const Column> columns,
                                                      const std::vector<std::size_t>& places);

/// From a cell to its category's number.
class CategoryLookup {
 public:
  static constexpr std::uint32_t kUnseen = TextLookup::kNone;
  static constexpr std::uint32_t kMissing = kUnseen - 1;

  /// `texts` as ColumnCategories has them, for cells of this type.
  CategoryLookup(const std::vector<std::string>& texts, ColumnType type);
  [[nodiscard]] std::uint32_t find(const RowView& row, std::size_t column) const {
    if (type_ == ColumnType::Text) {  // without the detour by a key, which lies in memory
      const TextCell cell = row.text_cell(column);
      return cell.length == kMissingText ? kMissing : places_.find(row.text_at(cell));
    }
    const CategoryKey key(row, column, type_);
    return key.missing() ? kMissing : places_.find(key.bytes());
  }

 private:
  ColumnType type_;
  TextLookup places_{};
};

/// Of finish(): a column has no value at all.
[[nodiscard]] Error empty_column(std::string_view column);
/// Of a record: its cell holds a value that no training record has.
[[nodiscard]] Error unseen_category(std::string_view column, const RowView& row, std::size_t place, ColumnType type);

}  // namespace feedline::inline nodes
