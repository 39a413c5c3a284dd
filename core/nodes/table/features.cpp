// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/table/row_op.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace feedline::inline nodes {
namespace {

struct FeaturesNode {
  struct Params {
    std::string missing = "refuse";
  };

  static NodeSpec spec() {
    return node<FeaturesNode>("features", 1, "Features", "Makes a vector of a table row, as models take it.")
        .help(
            "The last step of a table's way to the batch: the numbers of a row, in the order of its columns, as f32. "
            "Their names stay with them, so that previews and reports tell which is which. Columns of texts must have "
            "become numbers before, by one_hot, ordinal, hash_columns or target_encoding.\n\n"
            "A missing number would make every weight of a network NaN, so it is an error; fill it in with impute. "
            "For an estimator that can use missing values, set missing to keep: they then are NaN.")
        .in("row", Kind::Row, "A row of numbers.")
        .out("features", Kind::Features, "Its numbers, one a column.")
        .choice("missing", &Params::missing, {"refuse", "keep"}, "What a missing number is: an error, or NaN.")
        .example({}, {.mean = 33.1875, .stddev = 40.492042});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status row = check_row(in); !row) return fail(std::move(row.error()));
    TensorDesc out{.kind = Kind::Features, .dtype = DType::F32, .shape = {Dim::symbol("features")}};
    if (in.columns.empty()) return out;
    const auto texts = listed_columns(in.columns, [](const Column& c) { return c.type == ColumnType::Text; });
    if (!texts.empty())
      return fail(Error{.reason = "it takes numbers, but " + texts + " texts",
                        .remedy = "Put a one_hot or ordinal node in front, or drop them with choose_columns",
                        .port = "row"});
    const auto missing = listed_columns(in.columns, [](const Column& c) { return c.missing; });
    if (!missing.empty() && params.missing == "refuse")
      return fail(Error{.reason = missing + " missing values",
                        .remedy = "Put an impute node in front, which fills them in",
                        .port = "row"});
    out.shape = {static_cast<std::int64_t>(in.columns.size())};
    out.columns = in.columns;
    return out;
  }

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in) {
    if (!columns_known(in)) return fail("the columns of its table are not known");
    return std::make_unique<Op>(in[0]->columns, params.missing == "keep");
  }

 private:
  /// "the columns 'a', 'b' and 3 more hold", "the column 'a' holds"; empty: there are none.
  template <class Wanted>
  static std::string listed_columns(const std::vector<Column>& columns, const Wanted& wanted) {
    constexpr std::size_t kShown = 4;
    std::string names;
    std::size_t count = 0;
    for (const Column& column : columns)
      if (wanted(column) && ++count <= kShown) names += (count == 1 ? "'" : ", '") + escape_name(column.name) + "'";
    if (count > kShown) names += fmt::format(" and {} more", count - kShown);
    if (count == 0) return {};
    return count == 1 ? "the column " + names + " holds" : "the columns " + names + " hold";
  }

  class Op final : public RowOp<Op> {
   public:
    Op(std::vector<Column> columns, bool keeps_missing) : columns_(std::move(columns)), keeps_missing_(keeps_missing) {}

    RowRefusal apply(const Datum& in, Datum& out) const {
      const std::size_t count = columns_.size();
      if (!RowView::fits(in, count)) return short_row();
      const std::byte* cells = in.data();
      std::byte* to = out.allocate(DType::F32, {static_cast<std::int64_t>(count)});
      bool good = true;
      for (std::size_t i = 0; i < count; ++i) {
        const auto number = static_cast<float>(read_cell(cells, i));
        good &= std::abs(number) <= std::numeric_limits<float>::max();  // false for NaN too
        std::memcpy(to + i * sizeof number, &number, sizeof number);
      }
      return good ? std::nullopt : check(cells);
    }

   private:
    /// What is wrong with a number that is not finite; perhaps nothing.
    RowRefusal check(const std::byte* cells) const {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const double number = read_cell(cells, i);
        if (std::isnan(number) && !keeps_missing_)
          return fail_record(column_text(columns_[i].name) + " has no value",
                             "Put an impute node in front, which fills missing values in")
              .value();
        if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max()))
          return fail_record(fmt::format("{} holds {}, which is too large", column_text(columns_[i].name), number),
                             "Put a clip, log or standardise node in front")
              .value();
      }
      return std::nullopt;
    }

    std::vector<Column> columns_;
    bool keeps_missing_;
  };
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(FeaturesNode)
