// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/svm_model.h"

#include "nodes/estimator/linear_decision.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace feedline::inline nodes {

void SvmModel::decisions(std::span<const float* const> rows, std::vector<double>& out) const {
  constexpr std::size_t kVectorsAtOnce = 512;
  out.assign(rows.size() * pairs(), 0);
  std::vector<std::size_t> class_of;  // of each vector
  for (std::size_t a = 0; a < counts.size(); ++a)
    class_of.insert(class_of.end(), static_cast<std::size_t>(counts[a]), a);
  const std::size_t known = counts.size();
  const auto pair_of = [known](std::size_t a, std::size_t b) { return a * (2 * known - a - 1) / 2 + b - a - 1; };
  std::vector<const float*> points(kVectorsAtOnce);
  std::vector<float> values(rows.size() * kVectorsAtOnce);
  for (std::size_t first = 0; first < size(); first += kVectorsAtOnce) {
    const std::size_t count = std::min(kVectorsAtOnce, size() - first);
    for (std::size_t i = 0; i < count; ++i) points[i] = vectors.data() + (first + i) * columns;
    pair_rows(kernel.pair(), rows, std::span(points).first(count), columns, values.data(), count);
    kernel.apply(std::span(values).first(rows.size() * count));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      double* to = out.data() + row * pairs();
      for (std::size_t i = 0; i < count; ++i) {
        const double value = values[row * count + i];
        const std::size_t own = class_of[first + i];
        if (known == 1) {
          to[0] += coefficients[first + i] * value;
          continue;
        }
        for (std::size_t other = 0; other < known; ++other) {
          if (other == own) continue;
          const std::size_t line = other > own ? other - 1 : other;
          to[pair_of(std::min(own, other), std::max(own, other))] += coefficients[line * size() + first + i] * value;
        }
      }
    }
  }
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (std::size_t pair = 0; pair < pairs(); ++pair) out[row * pairs() + pair] -= rhos[pair];
}

void SvmModel::choose(std::span<const double> decisions, std::span<float> out) const {
  std::ranges::fill(out, 0.0F);
  const std::size_t known = classes.size();
  const auto own = [&](std::size_t a) -> float& { return out[static_cast<std::size_t>(classes[a])]; };
  if (sigmoids.empty()) {
    std::vector<int> won(known, 0);
    for (std::size_t a = 0, pair = 0; a < known; ++a)
      for (std::size_t b = a + 1; b < known; ++b, ++pair) ++won[decisions[pair] > 0 ? a : b];
    own(static_cast<std::size_t>(std::ranges::max_element(won) - won.begin())) = 1;
    return;
  }
  constexpr double kLeastShare = 1e-7;
  std::vector<double> between(known * known, 0);
  for (std::size_t a = 0, pair = 0; a < known; ++a)
    for (std::size_t b = a + 1; b < known; ++b, ++pair) {
      const double share = std::clamp(sigmoids[pair](decisions[pair]), kLeastShare, 1 - kLeastShare);
      between[a * known + b] = share;
      between[b * known + a] = 1 - share;
    }
  std::vector<double> shares(known);
  if (known == 2)
    shares = {between[1], between[2]};
  else
    couple_pairs(between, shares);
  for (std::size_t a = 0; a < known; ++a) own(a) = static_cast<float>(shares[a]);
}

NamedTensors SvmModel::state() const {
  const auto count = static_cast<std::int64_t>(size());
  NamedTensors state = {
      {"counts", TensorValue::of(counts)},
      {"gamma", TensorValue::of(std::vector{kernel.gamma})},
      {"vectors", TensorValue::of(std::span<const float>(vectors), {count, static_cast<std::int64_t>(columns)})},
      {"coefficients", TensorValue::of(std::span<const double>(coefficients),
                                       {static_cast<std::int64_t>(rows_of_coefficients()), count})},
      {"rhos", TensorValue::of(rhos)}};
  if (!classes.empty()) state.emplace("classes", TensorValue::of(classes));
  if (!sigmoids.empty()) {
    std::vector<double> numbers;
    for (const PlattSigmoid& sigmoid : sigmoids) numbers.insert(numbers.end(), {sigmoid.slope, sigmoid.offset});
    state.emplace("sigmoids", TensorValue::of(numbers));
  }
  return state;
}

Result<SvmModel> SvmModel::of(const NamedTensors& state, const KernelFunction& kernel, std::size_t columns,
                              std::int64_t all, bool probabilities) {
  SvmModel model{.kernel = kernel, .columns = columns};
  if (all > 0) {
    auto classes = kept_classes(state, all);
    if (!classes) return fail(std::move(classes.error()));
    model.classes = std::move(*classes);
  }
  const std::size_t known = std::max<std::size_t>(model.classes.size(), 1);
  const std::size_t pairs = known > 1 ? known * (known - 1) / 2 : 1;
  auto counts = kept_numbers<std::int64_t>(state, "counts", known);
  if (!counts) return fail(std::move(counts.error()));
  auto vectors = kept_numbers<float>(state, "vectors");
  if (!vectors) return fail(std::move(vectors.error()));
  std::size_t sum = 0;
  for (const std::int64_t count : *counts) {
    if (count < 0 || static_cast<std::size_t>(count) > vectors->size())
      return fail_kept("a class has no such number of vectors");
    sum += static_cast<std::size_t>(count);
  }
  if (vectors->size() != sum * columns) return fail_kept("its vectors are of another size than its features");
  auto gamma = kept_numbers<double>(state, "gamma", 1);
  if (!gamma) return fail(std::move(gamma.error()));
  auto rhos = kept_numbers<double>(state, "rhos", pairs);
  if (!rhos) return fail(std::move(rhos.error()));
  model.counts = std::move(*counts);
  model.vectors = std::move(*vectors);
  model.kernel.gamma = gamma->front();
  model.rhos = std::move(*rhos);
  auto coefficients = kept_numbers<double>(state, "coefficients");
  if (!coefficients) return fail(std::move(coefficients.error()));
  if (coefficients->size() != model.rows_of_coefficients() * sum)
    return fail_kept("its coefficients are not one a vector");
  model.coefficients = std::move(*coefficients);
  if (!probabilities) return model;
  const auto numbers = kept_numbers<double>(state, "sigmoids", 2 * pairs);
  if (!numbers) return fail(numbers.error());
  for (std::size_t pair = 0; pair < pairs; ++pair)
    model.sigmoids.push_back({.slope = (*numbers)[2 * pair], .offset = (*numbers)[2 * pair + 1]});
  return model;
}

}  // namespace feedline::inline nodes
