// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/table/categories.h"
#include "nodes/table/row_layout.h"
#include "nodes/table/row_op.h"
#include "schema/node_builder.h"
#include "schema/sparse_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kMostHotColumns = 100'000;
constexpr std::uint32_t kNoHot = 0xFFFFFFFFU;

/// Which new column each category of one column makes hot.
struct HotColumns {
  std::vector<std::uint32_t> of_category{};  ///< counted within the new columns of this one
  std::uint32_t unseen = kNoHot;
  std::uint32_t missing = kNoHot;
  std::vector<std::string> names{};  ///< of the new columns
};

struct OneHot {
  struct Params {
    std::vector<std::string> columns{};
    std::int64_t most = 256;
    std::string unseen = "ignore";
    std::string missing = "ignore";
  };

  static NodeSpec spec() {
    return node<OneHot>("one_hot", 1, "One-hot", "Makes a column of each category: 1 where a record has it, else 0.")
        .help(
            "The plainest way to give categories to a network. Which there are is learnt from the training records, "
            "which pass once through the nodes in front before training; the new columns stand in place of the old "
            "one, in the order of the categories, and are called NAME=CATEGORY.\n\n"
            "A column with more than `most` categories keeps the most frequent ones; the rest share the column "
            "NAME=(other). A value that no training record has is no category (all columns are 0), counts as other, "
            "or makes its record a bad one. A missing value is none either, or has a column of its own.\n\n"
            "Thousands of categories make wide rows: ordinal with an embedding, hash_columns and target_encoding "
            "need fewer columns.")
        .in("row", Kind::Row, "A row of a table.")
        .out("row", Kind::Row, "The other columns, and those of the categories.")
        .list("columns", &Params::columns, column_list(),
              "Columns of categories, of texts or of numbers. Empty: all columns of texts.")
        .names(columns_of_input("row"))
        .param("most", &Params::most, range(2, 10000).ui(2, 512).unit("columns"),
               "New columns for one old one at most, that of the others included.")
        .choice("unseen", &Params::unseen, {"ignore", "other", "error"},
                "What a value is that no training record has: no category, the category (other), or an error.")
        .choice("missing", &Params::missing, {"ignore", "own"},
                "What a missing value is: no category, or a category of its own.")
        .example({{"columns", ValueList{std::string("group")}}}, {.mean = 18.708333, .stddev = 52.504745})
        .fitted_example({{"columns", ValueList{std::string("group")}}, {"missing", std::string("own")}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    auto same = same_columns(in, params.columns, ColumnsOf::TextsOrNumbers);
    if (!same || in.columns.empty()) return same;
    const auto places = chosen_columns(in.columns, params.columns, ColumnsOf::TextsOrNumbers);
    return places->empty() ? same : row_of({});
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in) {
    if (!columns_known(in)) return unknown_fitter();
    const auto places = chosen_columns(in[0]->columns, params.columns, ColumnsOf::TextsOrNumbers);
    return places ? category_fitter(in[0]->columns, *places) : unknown_fitter();
  }

  static Result<TensorDesc> learnt(const Params& params, DescInputs in, const NamedTensors& learnt) {
    auto work = worked_out(params, in, learnt);
    if (!work) return fail(std::move(work.error()));
    return row_of(std::move(work->columns));
  }

  /// `learnt`: see keep_categories().
  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in, const NamedTensors& learnt);

 private:
  struct Encoded {
    std::size_t place = 0;  ///< of the old column
    std::size_t first = 0;  ///< of the new ones
    ColumnType type = ColumnType::Text;
    std::string name{};
    CategoryLookup lookup;
    HotColumns columns{};
  };
  struct Work {
    RowLayout layout;
    std::vector<Column> columns{};
    std::vector<Encoded> hot{};
  };
  class Op;

  static HotColumns hot_columns(const Params& params, const ColumnCategories& categories);
  static Result<Work> worked_out(const Params& params, DescInputs in, const NamedTensors& learnt);
};

/// The most frequent categories keep a column; of those that are equally frequent, later ones do (as in scikit-learn's
/// max_categories).
HotColumns OneHot::hot_columns(const Params& params, const ColumnCategories& categories) {
  const std::size_t count = categories.texts.size();
  const auto most = static_cast<std::size_t>(params.most);
  const bool wanted = params.unseen == "other";
  const bool other = wanted || count > most;
  std::vector<bool> kept(count, true);
  if (count + (wanted ? 1 : 0) > most) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return categories.counts[a] < categories.counts[b]; });
    for (std::size_t i = 0; i < count - (most - 1); ++i) kept[order[i]] = false;
  }
  HotColumns hot;
  const auto add = [&](const std::string& what) {
    hot.names.push_back(categories.column + "=" + what);
    return static_cast<std::uint32_t>(hot.names.size() - 1);
  };
  for (std::size_t i = 0; i < count; ++i)
    hot.of_category.push_back(kept[i] ? add(escape_name(categories.texts[i])) : kNoHot);
  if (other) {
    const std::uint32_t rest = add("(other)");
    for (std::size_t i = 0; i < count; ++i)
      if (!kept[i]) hot.of_category[i] = rest;
    if (wanted) hot.unseen = rest;
  }
  if (params.missing == "own") hot.missing = add("(missing)");
  return hot;
}

Result<OneHot::Work> OneHot::worked_out(const Params& params, DescInputs in, const NamedTensors& learnt) {
  const auto places = fitted_columns(in, params.columns, ColumnsOf::TextsOrNumbers, learnt);
  if (!places) return fail(places.error());
  const std::vector<Column>& columns = in[0]->columns;
  std::vector<ColumnCategories> categories;
  if (!places->empty()) {
    auto kept = kept_categories(learnt);
    if (!kept) return fail(std::move(kept.error()));
    if (kept->size() != places->size()) return fail(wrong_state());
    categories = std::move(*kept);
  }
  std::vector<std::size_t> encoded(columns.size(), categories.size());  // which of the categories, or none
  for (std::size_t i = 0; i < places->size(); ++i) encoded[(*places)[i]] = i;

  Work work{.layout = RowLayout(columns)};
  for (std::size_t place = 0; place < columns.size(); ++place) {
    if (encoded[place] == categories.size()) {
      work.layout.keep(place);
      work.columns.push_back(columns[place]);
      continue;
    }
    const ColumnCategories& of = categories[encoded[place]];
    HotColumns hot = hot_columns(params, of);
    for (const std::string& name : hot.names) work.columns.push_back(made_column(name));
    work.hot.push_back({.place = place,
                        .first = work.layout.make(hot.names.size()),
                        .type = columns[place].type,
                        .name = of.column,
                        .lookup = CategoryLookup(of.texts, columns[place].type),
                        .columns = std::move(hot)});
  }
  if (work.columns.size() > kMostHotColumns)
    return fail(Error{.reason = fmt::format("its rows would have {} columns", work.columns.size()),
                      .remedy = "Use a smaller most, or name fewer columns",
                      .parameter = "most"});
  make_names_unique(work.columns);
  return work;
}

class OneHot::Op final : public RowOp<OneHot::Op>, public GivesSparseRows {
 public:
  Op(RowLayout layout, std::vector<Encoded> hot, bool refuses)
      : layout_(std::move(layout)), hot_(std::move(hot)), refuses_(refuses) {
    for (const Encoded& column : hot_) {  // neighbours are cleared at once
      const std::size_t count = column.columns.names.size();
      if (!cleared_.empty() && cleared_.back().first + cleared_.back().count == column.first)
        cleared_.back().count += count;
      else
        cleared_.push_back({column.first, count});
    }
  }

  RowRefusal apply(const Datum& in, Datum& out) const {
    if (!RowView::fits(in, layout_.columns())) return short_row();
    std::byte* cells = layout_.begin(in, out);
    for (const Cells& some : cleared_) std::memset(cells + some.first * kCellBytes, 0, some.count * kCellBytes);
    return encode(in, [cells](const Encoded& column, std::uint32_t hot) {
      if (hot != kNoHot) write_cell(cells, column.first + hot, 1);
    });
  }

  /// The old row, in which a category's cell says which new column is hot.
  std::optional<SparseRows> sparse_rows() const override {
    SparseRows rows{.columns = layout_.size(), .cells = layout_.columns(), .kept = layout_.kept_numbers()};
    for (const Encoded& column : hot_) rows.hot.push_back(column.place);
    const bool numbers = rows.kept.size() + rows.hot.size() == rows.cells;
    if (!numbers || rows.columns <= rows.cells) return std::nullopt;
    return rows;
  }
  std::unique_ptr<SampleOp> sparse_giver() const override { return std::make_unique<SparseOp>(*this); }

 private:
  class SparseOp final : public RowOp<SparseOp> {
   public:
    explicit SparseOp(const Op& op) : op_(op) {}
    RowRefusal apply(const Datum& in, Datum& out) const {
      const std::size_t columns = op_.layout_.columns();
      if (!RowView::fits(in, columns)) return short_row();
      std::byte* cells = out.allocate(DType::U8, {static_cast<std::int64_t>(columns * kCellBytes)});
      std::memcpy(cells, in.data(), columns * kCellBytes);
      return op_.encode(in, [cells](const Encoded& column, std::uint32_t hot) {
        write_hot_cell(cells, column.place, hot == kNoHot ? SparseRows::kNone : column.first + hot);
      });
    }
    /// A row that is refused midway would have lost cells.
    RowRefusal change(Datum& in, Datum& out) const {
      const std::size_t columns = op_.layout_.columns();
      std::byte* const cells = in.changeable();
      if (cells == nullptr || op_.refuses_ || !RowView::fits(in, columns)) return apply(in, out);
      (void)op_.encode(in, [cells](const Encoded& column, std::uint32_t hot) {
        write_hot_cell(cells, column.place, hot == kNoHot ? SparseRows::kNone : column.first + hot);
      });
      out.hand_on(in, columns * kCellBytes);
      return std::nullopt;
    }

   private:
    const Op& op_;
  };

  /// Calls put(column, which of its new ones is hot, or kNoHot).
  template <class Put>
  RowRefusal encode(const Datum& in, const Put& put) const {
    const RowView row(in, layout_.columns());
    for (const Encoded& column : hot_) {
      const std::uint32_t found = column.lookup.find(row, column.place);
      std::uint32_t hot = column.columns.unseen;
      if (found == CategoryLookup::kMissing)
        hot = column.columns.missing;
      else if (found != CategoryLookup::kUnseen)
        hot = column.columns.of_category[found];
      else if (refuses_)
        return unseen_category(column.name, row, column.place, column.type);
      put(column, hot);
    }
    return std::nullopt;
  }

  struct Cells {
    std::size_t first = 0;
    std::size_t count = 0;
  };

  RowLayout layout_;
  std::vector<Encoded> hot_;
  bool refuses_;
  std::vector<Cells> cleared_{};
};

Result<std::unique_ptr<SampleOp>> OneHot::make(const Params& params, DescInputs in, const NamedTensors& learnt) {
  auto work = worked_out(params, in, learnt);
  if (!work) return fail(std::move(work.error()));
  return std::make_unique<Op>(std::move(work->layout), std::move(work->hot), params.unseen == "error");
}

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(OneHot)
