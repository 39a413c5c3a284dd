// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Estimators by themselves: fitted to tables in memory, asked about others, without a run around them.

#include "schema/node_spec.h"
#include "schema/registry.h"

#include <QTest>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace feedline::test {

/// Rows of features with a class or a number each.
struct LearnerTable {
  std::size_t columns = 0;
  std::int64_t classes = 0;
  std::vector<float> features{};
  std::vector<std::int64_t> labels{};
  std::vector<double> numbers{};

  [[nodiscard]] std::size_t size() const { return features.size() / columns; }
  void add(std::span<const float> row, double target) {
    features.insert(features.end(), row.begin(), row.end());
    if (classes > 0)
      labels.push_back(static_cast<std::int64_t>(target));
    else
      numbers.push_back(target);
  }
  /// The batch [first, first + count), as an estimator sees it.
  [[nodiscard]] std::vector<EstimatorInput> inputs(std::size_t first, std::size_t count) const {
    const auto* target = classes > 0 ? reinterpret_cast<const std::byte*>(labels.data() + first)
                                     : reinterpret_cast<const std::byte*>(numbers.data() + first);
    return {{.record = {.dtype = DType::F32, .shape = {static_cast<std::int64_t>(columns)}},
             .data = reinterpret_cast<const std::byte*>(features.data() + first * columns),
             .rows = count},
            {.record = {.dtype = classes > 0 ? DType::I64 : DType::F64, .shape = {}}, .data = target, .rows = count}};
  }
};

/// Lets a fit go on for so many questions.
class PatientControl final : public FitControl {
 public:
  explicit PatientControl(int calls = std::numeric_limits<int>::max()) : left_(calls) {}
  bool go_on(double fraction, double) override {
    most_ = std::max(most_, fraction);
    return left_-- > 0;
  }
  [[nodiscard]] double most() const { return most_; }

 private:
  int left_;
  double most_ = 0;
};

inline EstimatorSetup setup_of(const LearnerTable& table, int threads = 2) {
  EstimatorSetup setup{.target = 1, .classes = table.classes, .rows = table.size(), .seed = 7, .threads = threads};
  for (const EstimatorInput& input : table.inputs(0, 0)) setup.inputs.push_back(input.record);
  return setup;
}

inline Result<std::unique_ptr<Estimator>> made(const std::string& type, const ParamMap& params,
                                               const EstimatorSetup& setup) {
  const NodeSpec* spec = Registry::instance().find(type);
  if (spec == nullptr) qFatal("there is no node %s", type.c_str());
  return spec->estimator(spec->complete(params), setup);
}

inline Status add_all(Estimator& estimator, const LearnerTable& table) {
  constexpr std::size_t kBatch = 64;
  for (std::size_t first = 0; first < table.size(); first += kBatch) {
    const std::size_t count = std::min(kBatch, table.size() - first);
    std::vector<std::uint64_t> records(count);
    std::iota(records.begin(), records.end(), first);
    const auto inputs = table.inputs(first, count);
    if (auto added = estimator.add({.count = count, .records = records, .inputs = inputs}); !added)
      return fail(std::move(added.error()));
  }
  return {};
}

/// Fitted to the table; errors as they come.
inline Result<std::unique_ptr<Estimator>> fitted(const std::string& type, const ParamMap& params,
                                                 const LearnerTable& table, int threads = 2) {
  auto estimator = made(type, params, setup_of(table, threads));
  if (!estimator) return estimator;
  if (Status added = add_all(**estimator, table); !added) return fail(std::move(added.error()));
  PatientControl control;
  if (auto fit = (*estimator)->fit(control); !fit) return fail(std::move(fit.error()));
  return estimator;
}

inline std::vector<float> predictions(const Estimator& estimator, const LearnerTable& table) {
  std::vector<float> out(table.size() * static_cast<std::size_t>(std::max<std::int64_t>(table.classes, 1)), -1);
  const auto inputs = table.inputs(0, table.size());
  if (auto done = estimator.predict({.count = table.size(), .inputs = inputs}, out); !done)
    qWarning("%s", done.error().line().c_str());
  return out;
}

inline double accuracy(const Estimator& estimator, const LearnerTable& table) {
  const std::vector<float> found = predictions(estimator, table);
  const auto classes = static_cast<std::ptrdiff_t>(table.classes);
  double right = 0;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const auto first = found.begin() + static_cast<std::ptrdiff_t>(row) * classes;
    if (std::max_element(first, first + classes) - first == table.labels[row]) right += 1;
  }
  return right / static_cast<double>(table.size());
}

/// Two clouds of two classes, on a line.
inline LearnerTable clouds(std::size_t rows, std::size_t columns, std::int64_t classes = 2) {
  LearnerTable table{.columns = columns, .classes = classes};
  std::uint32_t state = 1;
  const auto draw = [&state] {
    state = state * 1664525U + 1013904223U;
    return static_cast<float>(state >> 8U) / 16777216.0F - 0.5F;
  };
  for (std::size_t i = 0; i < rows; ++i) {
    std::vector<float> row(columns);
    for (float& number : row) number = draw() + (i % 2 == 0 ? -0.4F : 0.4F);
    table.add(row, static_cast<double>(i % 2));
  }
  return table;
}

}  // namespace feedline::test
