// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/table/categories.h"
#include "nodes/table/row_layout.h"
#include "nodes/table/row_op.h"
#include "nodes/table/target_means.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

namespace feedline::inline nodes {
namespace {

constexpr std::int64_t kMostTargetClasses = 100;

struct TargetEncoding {
  struct Params {
    std::vector<std::string> columns{};
    double smoothing = 10;
    std::int64_t folds = 5;
  };

  static NodeSpec spec() {
    return node<TargetEncoding>("target_encoding", 1, "Target encoding",
                                "Makes of each category the mean of the target among its training records.")
        .help(
            "One column of numbers for categories by the thousand: how high the price is in this town, how often "
            "this shop is a fraud. Means of few records are drawn to that of all: (sum + m mean) / (n + m), with "
            "`smoothing` for m. For more than two classes there is a column a class. Categories that no training "
            "record has, and missing values, become the mean of all. Source: D. Micci-Barreca, A preprocessing scheme "
            "for high-cardinality categorical attributes, SIGKDD Explorations 3, 2001; the m-estimate is that of "
            "category_encoders' MEstimateEncoder.\n\n"
            "A mean that holds a record's own target gives it away, and a model that learns from it deceives itself. "
            "So while training, the records are divided into `folds` by their content, and each gets means that its "
            "own fold has no part in, as in scikit-learn's TargetEncoder; validation records get those of all.")
        .in("row", Kind::Row, "A row of a table.")
        .in("label", Kind::Label, "What is to be predicted: a class or a number.")
        .out("row", Kind::Row, "The other columns, and the means in place of those of categories.")
        .list("columns", &Params::columns, column_list(),
              "Columns of categories, of texts or of numbers. Empty: all columns of texts.")
        .names(columns_of_input("row"))
        .param("smoothing", &Params::smoothing, range(0, 1e6).ui(0, 100).unit("records"),
               "How many records the mean of all counts for.")
        .param("folds", &Params::folds, range(1, 20), "Parts of the training records; 1: a record's own target counts.")
        .example({{"columns", ValueList{std::string("group")}}, {"folds", std::int64_t{1}}, {"smoothing", 0.0}},
                 {.mean = 11.240385, .stddev = 41.913945})
        .fitted_example({{"columns", ValueList{std::string("group")}}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs in) {
    if (in.empty() || in[0] == nullptr) return fail("its input is not known");
    auto same = same_columns(*in[0], params.columns, ColumnsOf::TextsOrNumbers);
    if (!same) return fail(std::move(same.error()));
    const Dim classes = in.size() > 1 && in[1] != nullptr ? in[1]->classes : Dim::symbol("classes");
    if (classes.known() && classes.size() > kMostTargetClasses)
      return fail(
          Error{.reason = fmt::format("the label has {} classes, but it makes a column of each", classes.size()),
                .remedy = "Use one_hot, ordinal or hash_columns",
                .port = "label"});
    if (in[0]->columns.empty()) return std::vector<TensorDesc>{std::move(*same)};
    const auto places = chosen_columns(in[0]->columns, params.columns, ColumnsOf::TextsOrNumbers);
    if (places->empty()) return std::vector<TensorDesc>{std::move(*same)};
    if (!classes.known()) return std::vector<TensorDesc>{row_of({})};
    return std::vector<TensorDesc>{row_of(lay_out(in, *places).columns)};
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in) {
    if (!columns_known(in) || in.size() < 2 || in[1] == nullptr || !in[1]->classes.known()) return unknown_fitter();
    const std::vector<Column>& columns = in[0]->columns;
    const auto places = chosen_columns(columns, params.columns, ColumnsOf::TextsOrNumbers);
    if (!places) return unknown_fitter();
    if (places->empty()) return nullptr;
    auto plan = std::make_shared<RowFitterPlan>();
    plan->columns = columns.size();
    plan->labelled = true;
    plan->learner = [columns, places = *places, targets = targets_of(in),
                     folds = static_cast<std::size_t>(params.folds)] {
      return std::make_unique<TargetLearner>(columns, places, targets, folds);
    };
    return std::make_unique<RowFitter>(std::move(plan));
  }

  /// `learnt`: see TargetLearner.
  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in, const NamedTensors& learnt) {
    const auto places = fitted_columns(in, params.columns, ColumnsOf::TextsOrNumbers, learnt);
    if (!places) return fail(places.error());
    if (in.size() < 2 || in[1] == nullptr || !in[1]->classes.known()) return fail("its label is not known");
    Work work = lay_out(in, *places);
    if (places->empty()) return std::make_unique<Op>(std::move(work.layout), std::vector<EncodedTarget>{}, 1);
    auto means = kept_target_means(learnt, targets_of(in), static_cast<std::size_t>(params.folds), params.smoothing);
    if (!means) return fail(std::move(means.error()));
    if (means->size() != places->size()) return fail(wrong_state());
    std::vector<EncodedTarget> encoded;
    for (std::size_t i = 0; i < places->size(); ++i) {
      const std::size_t place = (*places)[i];
      const ColumnType type = in[0]->columns[place].type;
      encoded.push_back({.place = place,
                         .first = work.first[place],
                         .lookup = CategoryLookup((*means)[i].categories, type),
                         .means = std::move((*means)[i])});
    }
    return std::make_unique<Op>(std::move(work.layout), std::move(encoded), static_cast<std::size_t>(params.folds));
  }

 private:
  struct EncodedTarget {
    std::size_t place = 0;  ///< of the old column
    std::size_t first = 0;  ///< of the new ones
    CategoryLookup lookup;
    TargetMeans means{};
  };
  struct Work {
    RowLayout layout;
    std::vector<Column> columns{};
    std::vector<std::size_t> first{};  ///< new column of each old one
  };

  static std::size_t targets_of(DescInputs in) {
    const std::int64_t classes = in[1]->classes.size();
    return classes > 2 ? static_cast<std::size_t>(classes) : 1;
  }

  static Work lay_out(DescInputs in, const std::vector<std::size_t>& places) {
    const std::vector<Column>& columns = in[0]->columns;
    Work work{.layout = RowLayout(columns), .first = std::vector<std::size_t>(columns.size(), 0)};
    std::vector<bool> encoded(columns.size(), false);
    for (const std::size_t place : places) encoded[place] = true;
    const std::size_t targets = targets_of(in);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      work.first[i] = work.layout.size();
      if (!encoded[i]) {
        work.layout.keep(i);
        work.columns.push_back(columns[i]);
        continue;
      }
      work.layout.make(targets);
      if (targets == 1) work.columns.push_back(made_column(columns[i].name));
      for (std::size_t target = 0; targets > 1 && target < targets; ++target) {
        const std::string name =
            target < in[1]->class_names.size() ? in[1]->class_names[target] : std::to_string(target);
        work.columns.push_back(made_column(columns[i].name + ": " + name));
      }
    }
    make_names_unique(work.columns);
    return work;
  }

  class Op final : public SampleOp {
   public:
    Op(RowLayout layout, std::vector<EncodedTarget> encoded, std::size_t folds)
        : layout_(std::move(layout)), encoded_(std::move(encoded)), folds_(folds) {}

    Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext& context) const override {
      if (!RowView::fits(*in[0], layout_.columns())) return fail(short_row());
      const RowView row(*in[0], layout_.columns());
      // The last set of means is that of all folds together.
      const std::size_t fold = context.training && folds_ > 1 ? fold_of(in[0]->span(), folds_) : folds_;
      std::byte* cells = layout_.begin(*in[0], *out[0]);
      for (const EncodedTarget& column : encoded_) {
        const std::uint32_t found = column.lookup.find(row, column.place);
        const bool known = found < column.means.categories.size();
        const std::span<const double> means =
            column.means.of(fold, known ? found : static_cast<std::uint32_t>(column.means.categories.size()));
        std::memcpy(cells + column.first * kCellBytes, means.data(), means.size_bytes());
      }
      return {};
    }

   private:
    RowLayout layout_;
    std::vector<EncodedTarget> encoded_;
    std::size_t folds_;
  };
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(TargetEncoding)
