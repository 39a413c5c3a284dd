// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/table/row_op.h"
#include "schema/node_builder.h"
#include "schema/sparse_rows.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <utility>

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

  class Op final : public RowOp<Op>, public TakesSparseRows {
   public:
    Op(std::vector<Column> columns, bool keeps_missing) : columns_(std::move(columns)), keeps_missing_(keeps_missing) {}

    RowRefusal apply(const Datum& in, Datum& out) const {
      const std::size_t count = columns_.size();
      if (!RowView::fits(in, count)) return short_row();
      const std::byte* __restrict cells = in.data();
      std::byte* __restrict to = out.allocate(DType::F32, {static_cast<std::int64_t>(count)});
      std::uint32_t odd = 0;  // not a bool: the loop is done for several columns at once
      for (std::size_t i = 0; i < count; ++i) {
        const auto number = static_cast<float>(read_cell(cells, i));
        odd |= is_odd(number);
        std::memcpy(to + i * sizeof number, &number, sizeof number);
      }
      if (odd == 0) return std::nullopt;
      return check(columns_.size(), [&](std::size_t i) { return std::pair(i, read_cell(in.data(), i)); });
    }

    std::unique_ptr<SampleOp> sparse_taker(SparseRows rows) const override {
      return std::make_unique<SparseOp>(*this, std::move(rows));
    }

   private:
    class SparseOp final : public RowOp<SparseOp> {
     public:
      SparseOp(const Op& op, SparseRows rows) : op_(op), rows_(std::move(rows)) {}
      RowRefusal apply(const Datum& in, Datum& out) const {
        if (!RowView::fits(in, rows_.cells)) return short_row();
        const std::byte* cells = in.data();
        std::byte* to = out.allocate(DType::F32, {static_cast<std::int64_t>(rows_.columns)});
        std::memset(to, 0, rows_.columns * sizeof(float));
        std::uint32_t odd = 0;
        for (const SparseRows::Kept& kept : rows_.kept) {
          const auto number = static_cast<float>(read_cell(cells, kept.cell));
          odd |= is_odd(number);
          std::memcpy(to + kept.column * sizeof number, &number, sizeof number);
        }
        constexpr float kHot = 1;
        for (const std::size_t cell : rows_.hot)
          if (const std::uint64_t column = read_hot_cell(cells, cell); column < rows_.columns)
            std::memcpy(to + column * sizeof kHot, &kHot, sizeof kHot);
        if (odd == 0) return std::nullopt;
        return op_.check(rows_.kept.size(), [&](std::size_t i) {
          return std::pair(rows_.kept[i].column, read_cell(cells, rows_.kept[i].cell));
        });
      }

     private:
      const Op& op_;
      SparseRows rows_;
    };

    /// Not 0: it is not finite.
    static std::uint32_t is_odd(float number) {
      constexpr std::uint32_t kExponent = 0x7F800000U;
      return (std::bit_cast<std::uint32_t>(number) & kExponent) == kExponent ? 1U : 0U;
    }

    /// What is wrong with a number that is not finite; perhaps nothing. `cell(i)`: the column and number of the i-th.
    template <class Cell>
    RowRefusal check(std::size_t count, const Cell& cell) const {
      for (std::size_t i = 0; i < count; ++i) {
        const auto [column, number] = cell(i);
        if (std::isnan(number) && !keeps_missing_)
          return fail_record(column_text(columns_[column].name) + " has no value",
                             "Put an impute node in front, which fills missing values in")
              .value();
        if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max()))
          return fail_record(fmt::format("{} holds {}, which is too large", column_text(columns_[column].name), number),
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
