// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/categories.h"

#include "base/plain_text.h"
#include "nodes/table/table_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <utility>

namespace feedline::inline nodes {
namespace {

double number_of_key(std::string_view key) {
  double number = 0;
  std::memcpy(&number, key.data(), sizeof number);
  return number;
}

std::string text_of_key(std::string_view key, ColumnType type) {
  if (type == ColumnType::Text) return std::string(key);
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number_of_key(key)).ptr;
  return {digits.data(), end};
}

}  // namespace

Result<std::uint32_t> CategoryCounter::add(const CategoryKey& key) {
  const std::uint32_t value = index_.add(key.bytes());
  if (value < counts_.size()) {
    ++counts_[value];
    return value;
  }
  if (index_.size() > kMostCategories || index_.bytes() > kMostCategoryBytes)
    return fail(fmt::format("{} has more than {} distinct values, too many to be categories", column_text(column_),
                            index_.size() - 1),
                "Name the columns that are categories in columns, leave this one out with choose_columns, or put "
                "hash_columns in place of this node");
  counts_.push_back(1);
  return value;
}

double CategoryCounter::number(std::uint32_t value) const { return number_of_key(index_.text_of(value)); }

std::string CategoryCounter::text(std::uint32_t value) const { return text_of_key(index_.text_of(value), type_); }

std::vector<std::uint32_t> CategoryCounter::sorted() const {
  std::vector<std::uint32_t> order(index_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (type_ == ColumnType::Number) return number_of_key(index_.text_of(a)) < number_of_key(index_.text_of(b));
    return index_.text_of(a) < index_.text_of(b);
  });
  return order;
}

void keep_categories(NamedTensors& state, const std::vector<ColumnCategories>& columns) {
  std::vector<std::string> texts;
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> counts;
  for (const ColumnCategories& column : columns) {
    sizes.push_back(static_cast<std::int64_t>(column.texts.size()));
    texts.insert(texts.end(), column.texts.begin(), column.texts.end());
    counts.insert(counts.end(), column.counts.begin(), column.counts.end());
  }
  put_texts(state, "columns", columns_of(columns));
  put_texts(state, "categories", texts);
  state.insert_or_assign("sizes", TensorValue::of(sizes));
  state.insert_or_assign("counts", TensorValue::of(counts));
}

Result<std::vector<ColumnCategories>> kept_categories(const NamedTensors& state) {
  const auto columns = kept_names(state, "columns");
  const auto texts = kept_names(state, "categories");
  const auto sizes = kept_counts(state, "sizes");
  const auto counts = kept_counts(state, "counts");
  if (!columns || !texts || !sizes || !counts || columns->empty() || columns->size() != sizes->size() ||
      texts->size() != counts->size())
    return fail(wrong_state());
  std::vector<ColumnCategories> all;
  std::size_t at = 0;
  for (std::size_t i = 0; i < columns->size(); ++i) {
    const std::int64_t size = (*sizes)[i];
    if (size <= 0 || static_cast<std::size_t>(size) > texts->size() - at) return fail(wrong_state());
    const auto first = static_cast<std::ptrdiff_t>(at);
    const auto last = static_cast<std::ptrdiff_t>(at += static_cast<std::size_t>(size));
    all.push_back({.column = (*columns)[i],
                   .texts = {texts->begin() + first, texts->begin() + last},
                   .counts = {counts->begin() + first, counts->begin() + last}});
  }
  if (at != texts->size()) return fail(wrong_state());
  return all;
}

std::vector<std::string> columns_of(const std::vector<ColumnCategories>& categories) {
  std::vector<std::string> names;
  for (const ColumnCategories& column : categories) names.push_back(column.column);
  return names;
}

CategoryLearner::CategoryLearner(std::span<const Column> columns, std::vector<std::size_t> places)
    : places_(std::move(places)) {
  for (const std::size_t place : places_) counters_.emplace_back(columns[place].name, columns[place].type);
}

Status CategoryLearner::take(const ShownRow& row) {
  ++rows_;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const CategoryKey key(row.cells, places_[i], counters_[i].type());
    if (key.missing()) continue;
    if (auto added = counters_[i].add(key); !added) return fail(std::move(added.error()));
  }
  return {};
}

Result<NamedTensors> CategoryLearner::finish() const {
  if (rows_ == 0) return fail(no_rows());
  std::vector<ColumnCategories> columns;
  for (const CategoryCounter& counter : counters_) {
    if (counter.size() == 0) return fail(empty_column(counter.column()));
    ColumnCategories& column = columns.emplace_back(ColumnCategories{.column = counter.column()});
    for (const std::uint32_t value : counter.sorted()) {
      column.texts.push_back(counter.text(value));
      column.counts.push_back(counter.count(value));
    }
  }
  NamedTensors state;
  keep_categories(state, columns);
  return state;
}

std::unique_ptr<Fitter> category_fitter(std::span<const Column> columns, const std::vector<std::size_t>& places) {
  if (places.empty()) return nullptr;
  auto plan = std::make_shared<RowFitterPlan>();
  plan->columns = columns.size();
  plan->learner = [names = std::vector<Column>(columns.begin(), columns.end()), places] {
    return std::make_unique<CategoryLearner>(names, places);
  };
  return std::make_unique<RowFitter>(std::move(plan));
}

CategoryLookup::CategoryLookup(const std::vector<std::string>& texts, ColumnType type) : type_(type) {
  if (type == ColumnType::Text) {
    places_ = TextLookup(texts);
    return;
  }
  std::vector<std::string> keys;
  for (const std::string& text : texts) {
    double number = std::numeric_limits<double>::quiet_NaN();  // a text that is no number is met by none
    std::from_chars(text.data(), text.data() + text.size(), number);
    keys.emplace_back(reinterpret_cast<const char*>(&number), sizeof number);
  }
  places_ = TextLookup(keys);
}

Error empty_column(std::string_view column) {
  return {.reason = column_text(column) + " has no value in any training record",
          .remedy = "Leave it out with a choose_columns node in front"};
}

Error unseen_category(std::string_view column, const RowView& row, std::size_t place, ColumnType type) {
  const CategoryKey key(row, place, type);
  std::string text = key.missing() ? std::string() : text_of_key(key.bytes(), type);
  constexpr std::size_t kShown = 80;
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return {.code = ErrorCode::BadRecord,
          .reason = column_text(column) + (key.missing()
                                               ? std::string(" has no value")
                                               : " holds '" + escape_name(text) + "', which no training record does"),
          .remedy = key.missing() ? "Put an impute node in front" : "Set unseen to what shall become of such records"};
}

}  // namespace feedline::inline nodes
