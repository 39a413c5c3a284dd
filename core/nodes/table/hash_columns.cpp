// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/murmur3.h"
#include "nodes/table/row_layout.h"
#include "nodes/table/row_op.h"
#include "schema/node_builder.h"

#include <cstdlib>

namespace feedline::inline nodes {
namespace {

struct HashColumns {
  struct Params {
    std::vector<std::string> columns{};
    std::int64_t buckets = 64;
    bool signs = true;
  };

  static NodeSpec spec() {
    return node<HashColumns>("hash_columns", 1, "Hash columns",
                             "Spreads columns of texts over a fixed number of new "
                             "ones by their hash.")
        .help(
            "For categories by the million, such as names and numbers of accounts: nothing has to be learnt, no value "
            "is unseen, and rows stay narrow. Each value adds 1 or, by another bit of its hash, -1 to one of the new "
            "columns, so that what collides cancels on average (K. Weinberger et al., Feature hashing for large scale "
            "multitask learning, ICML 2009). All columns share the new ones: the name of a column is hashed with the "
            "value. The hash is MurmurHash3 of NAME=VALUE, as in scikit-learn's FeatureHasher.\n\n"
            "Missing values add nothing.")
        .in("row", Kind::Row, "A row of a table.")
        .out("row", Kind::Row, "The other columns, then hash_0, hash_1 and so on.")
        .list("columns", &Params::columns, column_list(), "Columns of texts to hash. Empty: all columns of texts.")
        .names(columns_of_input("row", ColumnType::Text))
        .param("buckets", &Params::buckets, range(1, 65536).ui(8, 1024).unit("columns"), "How many new columns.")
        .param("signs", &Params::signs, "Let half of the values subtract.")
        .example({{"buckets", std::int64_t{8}}}, {.mean = 18.59375, .stddev = 48.891372});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    auto same = same_columns(in, params.columns, ColumnsOf::Texts);
    if (!same || in.columns.empty()) return same;
    std::vector<Column> columns;
    lay_out(params, in.columns, &columns);
    return row_of(std::move(columns));
  }

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in) {
    if (!columns_known(in)) return fail("the columns of its table are not known");
    const auto places = chosen_columns(in[0]->columns, params.columns, ColumnsOf::Texts);
    if (!places) return fail(places.error());
    return std::make_unique<Op>(lay_out(params, in[0]->columns, nullptr), in[0]->columns, *places, params);
  }

 private:
  /// Rows without the columns that are hashed; the new ones are the last, if any column is hashed.
  static RowLayout lay_out(const Params& params, const std::vector<Column>& columns, std::vector<Column>* made) {
    RowLayout layout(columns);
    std::vector<bool> hashed(columns.size(), false);
    const auto places = chosen_columns(columns, params.columns, ColumnsOf::Texts);
    for (const std::size_t place : *places) hashed[place] = true;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (hashed[i]) continue;
      layout.keep(i);
      if (made != nullptr) made->push_back(columns[i]);
    }
    if (places->empty()) return layout;
    layout.make(static_cast<std::size_t>(params.buckets));
    if (made == nullptr) return layout;
    for (std::int64_t i = 0; i < params.buckets; ++i) made->push_back(made_column("hash_" + std::to_string(i)));
    make_names_unique(*made);
    return layout;
  }

  class Op final : public RowOp<Op> {
   public:
    Op(RowLayout layout, const std::vector<Column>& columns, const std::vector<std::size_t>& places,
       const Params& params)
        : layout_(std::move(layout)), buckets_(params.buckets), signs_(params.signs) {
      for (const std::size_t place : places) {
        Murmur3 begun;
        begun.add(columns[place].name + "=");
        hashed_.emplace_back(place, begun);
      }
    }

    RowRefusal apply(const Datum& in, Datum& out) const {
      if (!RowView::fits(in, layout_.columns())) return short_row();
      const RowView row(in, layout_.columns());
      std::byte* cells = layout_.begin(in, out);
      if (hashed_.empty()) return std::nullopt;
      const std::size_t first = layout_.size() - static_cast<std::size_t>(buckets_);
      std::memset(cells + first * kCellBytes, 0, static_cast<std::size_t>(buckets_) * kCellBytes);
      for (const auto& [place, begun] : hashed_) {
        const auto text = row.text(place);
        if (!text) continue;
        Murmur3 hash = begun;
        hash.add(*text);
        const std::int64_t number = static_cast<std::int32_t>(hash.hash());
        const std::size_t bucket = first + static_cast<std::size_t>(std::abs(number) % buckets_);
        write_cell(cells, bucket, read_cell(cells, bucket) + (signs_ && number < 0 ? -1 : 1));
      }
      return std::nullopt;
    }

   private:
    RowLayout layout_;
    std::vector<std::pair<std::size_t, Murmur3>> hashed_{};  ///< with the hash of NAME=
    std::int64_t buckets_;
    bool signs_;
  };
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(HashColumns)
