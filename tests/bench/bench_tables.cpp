// SPDX-License-Identifier: GPL-3.0-or-later

// Rows of a table on their way to a vector: six columns of numbers and eight of texts, as those of UCI's Adult.
//   bench_parts --benchmark_filter=Table

#include "bench_node.h"
#include "schema/row.h"

#include <benchmark/benchmark.h>
#include <deque>
#include <string_view>

namespace feedline::bench {
namespace {

constexpr std::size_t kTableColumns = 14;
constexpr std::size_t kTableRows = 1000;

/// Columns of texts, by how many categories they have; 0: of numbers.
constexpr std::array<std::uint32_t, kTableColumns> kCategories = {0, 9, 0, 16, 0, 7, 15, 6, 5, 2, 0, 0, 0, 42};

TensorDesc table_desc() {
  TensorDesc desc{.kind = Kind::Row, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}};
  for (std::size_t i = 0; i < kTableColumns; ++i)
    desc.columns.push_back({.name = "column_" + std::to_string(i),
                            .dtype = DType::F64,
                            .missing = true,
                            .type = kCategories[i] == 0 ? ColumnType::Number : ColumnType::Text});
  return desc;
}

/// One cell in fifty is missing.
std::deque<Datum> table_of_rows() {
  std::deque<Datum> rows;
  for (std::uint64_t row = 0; row < kTableRows; ++row) {
    Rng rng(kSeed, 0, row, 0);
    std::array<std::string, kTableColumns> texts;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < kTableColumns; ++i) {
      if (kCategories[i] == 0 || rng.chance(0.02)) continue;
      texts[i] = "category-" + std::to_string(rng.below(kCategories[i]));
      bytes += texts[i].size();
    }
    RowWriter writer(rows.emplace_back(), kTableColumns, bytes);
    for (std::size_t i = 0; i < kTableColumns; ++i) {
      const bool number = kCategories[i] == 0;
      if (number && rng.chance(0.02))
        writer.missing_number(i);
      else if (number)
        writer.number(i, rng.normal());
      else if (texts[i].empty())
        writer.missing_text(i);
      else
        writer.text(i, texts[i]);
    }
  }
  return rows;
}

void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().line());
}

/// A node of tables that has learnt from all rows.
struct FittedNode {
  std::unique_ptr<SampleOp> op{};
  TensorDesc out{};
};

FittedNode fitted_node(const std::string& type, const TensorDesc& desc, const std::deque<Datum>& rows) {
  const NodeSpec& spec = *Registry::instance().find(type);
  const ParamMap params = spec.complete({});
  const std::array<const TensorDesc*, 1> in = {&desc};
  FittedNode node{.out = spec.infer(params, in).value().front()};
  if (!spec.fitter) {
    node.op = std::move(spec.sample_op(params, in).value());
    return node;
  }
  const auto all = spec.fitter(params, in);
  const auto one = spec.fitter(params, in);
  for (const Datum& row : rows) {
    const std::array<const Datum*, 1> values = {&row};
    must(one->add(values));
    must(all->merge(*one));
    one->reset();
  }
  const NamedTensors learnt = all->finish().value();
  if (spec.learnt) node.out = spec.learnt(params, in, learnt).value().front();
  node.op = std::move(spec.fitted_op(params, in, learnt).value());
  return node;
}

void run_on(const SampleOp& op, const Datum& in, Datum& out) {
  OpContext context{.rng = Rng(kSeed, 1, 0, 1)};
  const std::array<const Datum*, 1> from = {&in};
  const std::array<Datum*, 1> to = {&out};
  must(op.run(from, to, context));
}

/// impute -> standardise -> one_hot -> features: time of one row through all of them.
void TableRow(benchmark::State& state) {
  std::deque<Datum> rows = table_of_rows();
  const std::deque<Datum> first = table_of_rows();
  TensorDesc desc = table_desc();
  std::vector<FittedNode> nodes;
  for (const char* type : {"impute", "standardise", "one_hot", "features"}) {
    nodes.push_back(fitted_node(type, desc, rows));
    desc = nodes.back().out;
    std::deque<Datum> next;
    for (const Datum& row : rows) run_on(*nodes.back().op, row, next.emplace_back());
    rows = std::move(next);
  }
  std::vector<Datum> out(nodes.size());
  std::size_t row = 0;
  for (auto _ : state) {
    const Datum* in = &first[row];
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      run_on(*nodes[i].op, *in, out[i]);
      in = &out[i];
    }
    benchmark::DoNotOptimize(in->data());
    row = row + 1 == first.size() ? 0 : row + 1;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(TableRow);

/// What a row costs the pass in which nodes learn: it is kept by one fitter and taken up by another.
void TableFit(benchmark::State& state, const char* type) {
  const std::deque<Datum> rows = table_of_rows();
  const TensorDesc desc = table_desc();
  const NodeSpec& spec = *Registry::instance().find(type);
  const ParamMap params = spec.complete({});
  const std::array<const TensorDesc*, 1> in = {&desc};
  const auto one = spec.fitter(params, in);
  auto all = spec.fitter(params, in);
  std::size_t row = 0;
  for (auto _ : state) {
    const std::array<const Datum*, 1> values = {&rows[row]};
    must(one->add(values));
    must(all->merge(*one));
    one->reset();
    row = row + 1 == rows.size() ? 0 : row + 1;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(TableFit, impute, "impute");
BENCHMARK_CAPTURE(TableFit, standardise, "standardise");
BENCHMARK_CAPTURE(TableFit, one_hot, "one_hot");

}  // namespace
}  // namespace feedline::bench
