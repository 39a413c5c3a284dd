// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/categories.h"
#include "nodes/table/quantile_sketch.h"
#include "nodes/table/row_op.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <limits>

namespace feedline::inline nodes {
namespace {

enum class FillRule { Mean, Median, MostFrequent, Constant };

FillRule fill_rule(std::string_view name) {
  if (name == "mean") return FillRule::Mean;
  if (name == "median") return FillRule::Median;
  return name == "most_frequent" ? FillRule::MostFrequent : FillRule::Constant;
}

struct Impute {
  struct Params {
    std::vector<std::string> columns{};
    std::string numbers = "median";
    std::string texts = "most_frequent";
    double number = 0;
    std::string text = "missing";
    bool indicator = false;
  };

  static NodeSpec spec() {
    return node<Impute>("impute", 1, "Impute", "Fills missing values of a table in.")
        .help(
            "A model cannot calculate with a value that is not there. Numbers become the mean or the median of their "
            "column, texts its most frequent one (of several the least), or both a constant; all are those of the "
            "training records, which pass once through the nodes in front before training. A column without any "
            "value is an error, because nothing could be filled in.\n\n"
            "That a value is missing often says something itself: `indicator` adds a column NAME_missing, 1 where the "
            "value was filled in, for each column that has missing values among the training records.\n\n"
            "The median is exact up to 65,536 values a column (see robust).")
        .in("row", Kind::Row, "A row of a table.")
        .out("row", Kind::Row, "The same columns without missing values, then the indicators.")
        .list("columns", &Params::columns, column_list(), "Columns to fill. Empty: all of them.")
        .names(columns_of_input("row"))
        .choice("numbers", &Params::numbers, {"mean", "median", "most_frequent", "constant"},
                "What a missing number becomes.")
        .choice("texts", &Params::texts, {"most_frequent", "constant"}, "What a missing text becomes.")
        .param("number", &Params::number, range(-1e300, 1e300).ui(-1, 1), "The constant of columns of numbers.")
        .only_if("numbers", {"constant"})
        .param("text", &Params::text, "The constant of columns of texts.")
        .only_if("texts", {"constant"})
        .param("indicator", &Params::indicator, "Add a column that tells where a value was missing.")
        .example({{"numbers", std::string("constant")}, {"texts", std::string("constant")}},
                 {.mean = 18.59375, .stddev = 48.891372})
        .fitted_example({{"numbers", std::string("mean")}, {"indicator", true}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    auto out = same_columns(in, params.columns, ColumnsOf::All);
    if (!out || in.columns.empty()) return out;
    if (params.indicator) return row_of({});  // which columns have missing values is to be learnt
    const auto places = chosen_columns(in.columns, params.columns, ColumnsOf::All);
    for (const std::size_t place : *places) out->columns[place].missing = false;
    return out;
  }

  /// Null where constants are filled in, and no indicator is wanted.
  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in);

  /// With the indicators of the columns that "missing" says.
  static Result<TensorDesc> learnt(const Params& params, DescInputs in, const NamedTensors& learnt);

  /// `learnt`: "columns", "missing" (how many were, one a column), "fill" (one a column; of texts NaN) and "fill of
  /// texts" (one a column; of numbers empty).
  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in, const NamedTensors& learnt);

 private:
  class Learner;
  class Op;

  static bool is_learnt(const Params& params, ColumnType type) {
    return params.indicator || (type == ColumnType::Number ? params.numbers : params.texts) != "constant";
  }
};

class Impute::Learner final : public RowLearner {
 public:
  Learner(std::span<const Column> columns, std::vector<std::size_t> places, FillRule numbers, FillRule texts)
      : places_(std::move(places)) {
    for (const std::size_t place : places_) {
      const ColumnType type = columns[place].type;
      const FillRule rule = type == ColumnType::Number ? numbers : texts;
      columns_.push_back(
          {.rule = rule, .values = CategoryCounter(columns[place].name, type), .sketch = QuantileSketch(level())});
    }
  }

  Status take(const ShownRow& row) override {
    ++rows_;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      FilledColumn& column = columns_[i];
      const CategoryKey key(row.cells, places_[i], column.values.type());
      if (key.missing()) {
        ++column.missing;
        continue;
      }
      ++column.count;
      if (column.rule == FillRule::Mean)
        column.mean += (row.cells.number(places_[i]) - column.mean) / static_cast<double>(column.count);
      else if (column.rule == FillRule::Median)
        column.sketch.add(row.cells.number(places_[i]));
      else if (column.rule == FillRule::MostFrequent)
        if (auto added = column.values.add(key); !added) return fail(std::move(added.error()));
    }
    return {};
  }

  Result<NamedTensors> finish() const override {
    if (rows_ == 0) return fail(no_rows());
    std::vector<std::string> names;
    std::vector<std::string> texts;
    std::vector<double> numbers;
    std::vector<std::int64_t> missing;
    for (const FilledColumn& column : columns_) {
      const bool constant = column.rule == FillRule::Constant;
      if (!constant && column.count == 0) {
        Error error = empty_column(column.values.column());
        error.remedy += ", or fill in a constant";
        return fail(std::move(error));
      }
      names.push_back(column.values.column());
      missing.push_back(column.missing);
      texts.emplace_back();
      numbers.push_back(std::numeric_limits<double>::quiet_NaN());
      if (column.rule == FillRule::Mean) numbers.back() = column.mean;
      if (column.rule == FillRule::Median) numbers.back() = column.sketch.quantiles({0.5}).front();
      if (column.rule == FillRule::MostFrequent) most_frequent(column.values, numbers.back(), texts.back());
    }
    NamedTensors state;
    put_texts(state, "columns", names);
    put_texts(state, "fill of texts", texts);
    state.insert_or_assign("fill", TensorValue::of(numbers));
    state.insert_or_assign("missing", TensorValue::of(missing));
    state.insert_or_assign("rows", TensorValue::of(std::vector{static_cast<std::int64_t>(rows_)}));
    return state;
  }

 private:
  struct FilledColumn {
    FillRule rule;
    CategoryCounter values;
    QuantileSketch sketch;
    double mean = 0;
    std::int64_t count = 0;
    std::int64_t missing = 0;
  };

  [[nodiscard]] std::size_t level() const { return QuantileSketch::level_size(places_.size()); }

  /// Of several that are equally frequent the least.
  static void most_frequent(const CategoryCounter& values, double& number, std::string& text) {
    const std::vector<std::uint32_t> order = values.sorted();
    const auto most = std::max_element(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return values.count(a) < values.count(b);
    });
    if (values.type() == ColumnType::Number)
      number = values.number(*most);
    else
      text = values.text(*most);
  }

  std::vector<std::size_t> places_;
  std::vector<FilledColumn> columns_{};
  std::uint64_t rows_ = 0;
};

std::unique_ptr<Fitter> Impute::fitter(const Params& params, DescInputs in) {
  const bool any = is_learnt(params, ColumnType::Number) || is_learnt(params, ColumnType::Text);
  if (!any) return nullptr;
  if (!columns_known(in)) return unknown_fitter();
  const std::vector<Column>& columns = in[0]->columns;
  auto places = chosen_columns(columns, params.columns, ColumnsOf::All);
  if (!places) return unknown_fitter();
  std::erase_if(*places, [&](std::size_t place) { return !is_learnt(params, columns[place].type); });
  if (places->empty()) return nullptr;
  auto plan = std::make_shared<RowFitterPlan>();
  plan->columns = columns.size();
  for (const std::size_t place : *places)
    if (columns[place].type == ColumnType::Number) plan->finite.push_back(place);
  plan->names = names_of(columns, plan->finite);
  plan->learner = [columns, places = *places, numbers = fill_rule(params.numbers), texts = fill_rule(params.texts)] {
    return std::make_unique<Learner>(columns, places, numbers, texts);
  };
  return std::make_unique<RowFitter>(std::move(plan));
}

/// What becomes of a row: which cells are filled with what, and which are told of behind them.
class Impute::Op final : public RowOp<Impute::Op> {
 public:
  explicit Op(std::size_t columns) : columns_(columns) {}

  void fill_number(std::size_t place, double value) { numbers_.emplace_back(place, value); }
  void fill_text(std::size_t place, std::string value) { texts_.emplace_back(place, std::move(value)); }
  void indicate(std::size_t place, ColumnType type) { told_.emplace_back(place, type); }

  RowRefusal apply(const Datum& in, Datum& out) const {
    if (!RowView::fits(in, columns_)) return short_row();
    const RowView row(in, columns_);
    const std::size_t texts = in.bytes() - columns_ * kCellBytes;
    bool missing = false;
    std::size_t more = 0;
    for (const auto& [place, value] : numbers_) missing |= std::isnan(row.number(place));
    for (const auto& [place, text] : texts_) {
      if (row.text_cell(place).length != kMissingText) continue;
      missing = true;
      more += text.size();
    }
    if (!missing && told_.empty()) {
      out.view(in);
      return std::nullopt;
    }
    const std::size_t cells = columns_ + told_.size();
    std::byte* to = out.allocate(DType::U8, {static_cast<std::int64_t>(cells * kCellBytes + texts + more)});
    std::memcpy(to, in.data(), columns_ * kCellBytes);
    if (texts != 0) std::memcpy(to + cells * kCellBytes, in.data() + columns_ * kCellBytes, texts);

    for (std::size_t i = 0; i < told_.size(); ++i)
      write_cell(to, columns_ + i, CategoryKey(row, told_[i].first, told_[i].second).missing() ? 1 : 0);
    for (const auto& [place, value] : numbers_)
      if (std::isnan(row.number(place))) write_cell(to, place, value);
    auto used = static_cast<std::uint32_t>(texts);  // what is filled in stands behind the texts that were there
    for (const auto& [place, text] : texts_) {
      if (row.text(place)) continue;
      const TextCell cell{.begin = used, .length = static_cast<std::uint32_t>(text.size())};
      std::memcpy(to + place * kCellBytes, &cell, kCellBytes);
      if (!text.empty()) std::memcpy(to + cells * kCellBytes + used, text.data(), text.size());
      used += cell.length;
    }
    return std::nullopt;
  }

  /// A text that is filled in needs more room than the row has.
  RowRefusal change(Datum& in, Datum& out) const {
    std::byte* const cells = in.changeable();
    if (cells == nullptr || !told_.empty() || !RowView::fits(in, columns_)) return apply(in, out);
    const RowView row(in, columns_);
    for (const auto& [place, text] : texts_)
      if (row.text_cell(place).length == kMissingText) return apply(in, out);
    for (const auto& [place, value] : numbers_)
      if (std::isnan(row.number(place))) write_cell(cells, place, value);
    out.hand_on(in, in.bytes());
    return std::nullopt;
  }

 private:
  std::size_t columns_;
  std::vector<std::pair<std::size_t, double>> numbers_{};
  std::vector<std::pair<std::size_t, std::string>> texts_{};
  std::vector<std::pair<std::size_t, ColumnType>> told_{};
};

Result<TensorDesc> Impute::learnt(const Params& params, DescInputs in, const NamedTensors& learnt) {
  if (!columns_known(in)) return fail("the columns of its table are not known");
  std::vector<Column> columns = in[0]->columns;
  const auto chosen = chosen_columns(columns, params.columns, ColumnsOf::All);
  if (!chosen) return fail(chosen.error());
  for (const std::size_t place : *chosen) columns[place].missing = false;
  if (params.indicator) {
    const auto places = fitted_columns(in, params.columns, ColumnsOf::All, learnt);
    const auto missing = kept_counts(learnt, "missing");
    if (!places) return fail(places.error());
    if (!missing || missing->size() != places->size()) return fail(wrong_state());
    for (std::size_t i = 0; i < places->size(); ++i)
      if ((*missing)[i] > 0) columns.push_back(made_column(columns[(*places)[i]].name + "_missing"));
    make_names_unique(columns);
  }
  return row_of(std::move(columns));
}

Result<std::unique_ptr<SampleOp>> Impute::make(const Params& params, DescInputs in, const NamedTensors& learnt) {
  if (!columns_known(in)) return fail("the columns of its table are not known");
  const std::vector<Column>& columns = in[0]->columns;
  auto op = std::make_unique<Op>(columns.size());
  const auto chosen = chosen_columns(columns, params.columns, ColumnsOf::All);
  if (!chosen) return fail(chosen.error());
  for (const std::size_t place : *chosen) {
    const bool number = columns[place].type == ColumnType::Number;
    if (number && params.numbers == "constant") op->fill_number(place, params.number);
    if (!number && params.texts == "constant") op->fill_text(place, params.text);
  }
  if (fitter(params, in) == nullptr) return op;

  const auto names = kept_names(learnt, "columns");
  if (!names) return fail(names.error());
  const auto places = columns_named(columns, *names, ColumnsOf::All);
  if (!places) return fail(places.error());
  const auto fill = kept_numbers(learnt, "fill", places->size());
  const auto texts = kept_names(learnt, "fill of texts");
  const auto missing = kept_counts(learnt, "missing");
  if (!fill || !texts || !missing || texts->size() != places->size() || missing->size() != places->size())
    return fail(wrong_state());
  for (std::size_t i = 0; i < places->size(); ++i) {
    const std::size_t place = (*places)[i];
    const ColumnType type = columns[place].type;
    if (type == ColumnType::Number && params.numbers != "constant") op->fill_number(place, (*fill)[i]);
    if (type == ColumnType::Text && params.texts != "constant") op->fill_text(place, (*texts)[i]);
    if (params.indicator && (*missing)[i] > 0) op->indicate(place, type);
  }
  return op;
}

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Impute)
