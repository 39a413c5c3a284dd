// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/number_learners.h"
#include "nodes/table/row_layout.h"
#include "nodes/table/row_op.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline nodes {
namespace {

/// Quantiles that are nearer than this make one edge, as in scikit-learn's KBinsDiscretizer.
constexpr double kLeastBinWidth = 1e-8;

struct Bins {
  struct Params {
    std::vector<std::string> columns{};
    std::int64_t bins = 5;
    std::string edges = "quantile";
    std::string encode = "ordinal";
  };

  static NodeSpec spec() {
    return node<Bins>("bins", 1, "Bins", "Tells of a number only in which of a few intervals it lies.")
        .help(
            "Lets a linear model follow a curve, and takes the edge off values that lie far out. With edges set to "
            "quantile, each bin of a column has about as many training records (bins that would be empty are joined "
            "with their neighbour, so there may be fewer); with uniform, all bins are equally wide between the least "
            "and the greatest value. The training records pass once through the nodes in front before training. What "
            "lies outside belongs to the first or the last bin.\n\n"
            "A number becomes the number of its bin, counted from 0, or a column for each bin (one_hot), 1 where it "
            "lies in it. A missing number stays missing, or is in no bin.")
        .in("row", Kind::Row, "A row of a table.")
        .out("row", Kind::Row, "The other columns, and the bins in place of those of numbers.")
        .list("columns", &Params::columns, column_list(), "Columns of numbers. Empty: all of them.")
        .names(columns_of_input("row", ColumnType::Number))
        .param("bins", &Params::bins, range(2, 1000).ui(2, 32), "How many intervals a column has at most.")
        .choice("edges", &Params::edges, {"quantile", "uniform"},
                "Equally many records in a bin, or equally wide bins.")
        .choice("encode", &Params::encode, {"ordinal", "one_hot"}, "The bin's number, or a column a bin.")
        .example({}, {.mean = 2.5, .stddev = 11.390786})
        .fitted_example({{"edges", std::string("uniform")}, {"encode", std::string("one_hot")}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    auto same = same_columns(in, params.columns, ColumnsOf::Numbers);
    if (!same || in.columns.empty() || params.encode == "ordinal") return same;
    const auto places = chosen_columns(in.columns, params.columns, ColumnsOf::Numbers);
    return places->empty() ? same : row_of({});
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in) {
    if (params.edges == "uniform") return number_fitter<RangeLearner>(in, params.columns);
    std::vector<double> shares;
    for (std::int64_t i = 0; i <= params.bins; ++i)
      shares.push_back(static_cast<double>(i) / static_cast<double>(params.bins));
    return number_fitter<QuantileLearner>(in, params.columns, std::move(shares));
  }

  static Result<TensorDesc> learnt(const Params& params, DescInputs in, const NamedTensors& learnt) {
    auto work = worked_out(params, in, learnt);
    if (!work) return fail(std::move(work.error()));
    return row_of(std::move(work->columns));
  }

  /// `learnt`: "columns" and "quantiles" (`bins` + 1 a column), or "least" and "greatest".
  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in, const NamedTensors& learnt);

 private:
  struct Binned {
    std::size_t place = 0;        ///< of the old column
    std::size_t first = 0;        ///< of the new ones
    std::vector<double> edges{};  ///< between the bins, ascending: one less than there are bins
  };
  struct Work {
    RowLayout layout;
    std::vector<Column> columns{};
    std::vector<Binned> binned{};
  };
  class Op;

  static Result<std::vector<std::vector<double>>> inner_edges(const Params& params, std::size_t columns,
                                                              const NamedTensors& learnt);
  static Result<Work> worked_out(const Params& params, DescInputs in, const NamedTensors& learnt);
};

Result<std::vector<std::vector<double>>> Bins::inner_edges(const Params& params, std::size_t columns,
                                                           const NamedTensors& learnt) {
  std::vector<std::vector<double>> all(columns);
  const auto bins = static_cast<std::size_t>(params.bins);
  if (columns == 0) return all;
  if (params.edges == "uniform") {
    const auto least = kept_numbers(learnt, "least", columns);
    const auto greatest = kept_numbers(learnt, "greatest", columns);
    if (!least || !greatest) return fail(wrong_state());
    for (std::size_t i = 0; i < columns; ++i) {
      const double width = ((*greatest)[i] - (*least)[i]) / static_cast<double>(bins);
      for (std::size_t edge = 1; edge < bins && width > 0; ++edge)
        all[i].push_back(static_cast<double>(edge) * width + (*least)[i]);
    }
    return all;
  }
  const auto quantiles = kept_numbers(learnt, "quantiles", columns * (bins + 1));
  if (!quantiles) return fail(wrong_state());
  for (std::size_t i = 0; i < columns; ++i) {
    const auto of = std::span<const double>(*quantiles).subspan(i * (bins + 1), bins + 1);
    for (std::size_t edge = 1; edge < of.size(); ++edge)
      if (of[edge] - of[edge - 1] > kLeastBinWidth) all[i].push_back(of[edge]);
    if (!all[i].empty()) all[i].pop_back();  // the greatest value is no edge between two bins
  }
  return all;
}

Result<Bins::Work> Bins::worked_out(const Params& params, DescInputs in, const NamedTensors& learnt) {
  const auto places = fitted_columns(in, params.columns, ColumnsOf::Numbers, learnt);
  if (!places) return fail(places.error());
  auto edges = inner_edges(params, places->size(), learnt);
  if (!edges) return fail(std::move(edges.error()));
  const std::vector<Column>& columns = in[0]->columns;
  std::vector<std::size_t> binned(columns.size(), places->size());
  for (std::size_t i = 0; i < places->size(); ++i) binned[(*places)[i]] = i;

  Work work{.layout = RowLayout(columns)};
  for (std::size_t place = 0; place < columns.size(); ++place) {
    if (binned[place] == places->size()) {
      work.layout.keep(place);
      work.columns.push_back(columns[place]);
      continue;
    }
    std::vector<double>& of = (*edges)[binned[place]];
    const bool hot = params.encode == "one_hot";
    const std::size_t made = hot ? of.size() + 1 : 1;
    if (!hot) work.columns.push_back(made_column(columns[place].name, columns[place].missing));
    for (std::size_t bin = 0; hot && bin < made; ++bin)
      work.columns.push_back(made_column(fmt::format("{}=bin {}", columns[place].name, bin)));
    work.binned.push_back({.place = place, .first = work.layout.make(made), .edges = std::move(of)});
  }
  make_names_unique(work.columns);
  return work;
}

class Bins::Op final : public RowOp<Bins::Op> {
 public:
  Op(RowLayout layout, std::vector<Binned> binned, bool hot)
      : layout_(std::move(layout)), binned_(std::move(binned)), hot_(hot) {}

  RowRefusal apply(const Datum& in, Datum& out) const {
    if (!RowView::fits(in, layout_.columns())) return short_row();
    const RowView row(in, layout_.columns());
    std::byte* cells = layout_.begin(in, out);
    for (const Binned& column : binned_) {
      const double value = row.number(column.place);
      const auto& edges = column.edges;
      if (hot_) std::memset(cells + column.first * kCellBytes, 0, (edges.size() + 1) * kCellBytes);
      if (std::isnan(value)) {
        if (!hot_) write_cell(cells, column.first, value);
        continue;
      }
      const auto bin = static_cast<std::size_t>(std::upper_bound(edges.begin(), edges.end(), value) - edges.begin());
      if (hot_)
        write_cell(cells, column.first + bin, 1);
      else
        write_cell(cells, column.first, static_cast<double>(bin));
    }
    return std::nullopt;
  }

 private:
  RowLayout layout_;
  std::vector<Binned> binned_;
  bool hot_;
};

Result<std::unique_ptr<SampleOp>> Bins::make(const Params& params, DescInputs in, const NamedTensors& learnt) {
  auto work = worked_out(params, in, learnt);
  if (!work) return fail(std::move(work.error()));
  return std::make_unique<Op>(std::move(work->layout), std::move(work->binned), params.encode == "one_hot");
}

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Bins)
