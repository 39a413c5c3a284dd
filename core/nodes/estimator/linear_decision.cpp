// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/linear_decision.h"

#include "nodes/estimator/row_products.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline nodes {

LinearDecision LinearDecision::zeros(const PresentClasses& present, std::size_t columns) {
  const std::size_t planes = present.classes.size() > 2 ? present.classes.size() : 1;
  return {.columns = columns,
          .classes = present.classes,
          .weights = std::vector<double>(planes * columns, 0),
          .intercepts = std::vector<double>(planes, 0)};
}

double LinearDecision::score(const float* row, std::size_t plane) const {
  return intercepts[plane] + weighted_sum_of(row, weights.data() + plane * columns, columns);
}

void LinearDecision::scores(const float* row, std::span<double> out) const {
  for (std::size_t plane = 0; plane < planes(); ++plane) out[plane] = score(row, plane);
}

void LinearDecision::choose(std::span<const double> scores, std::span<float> out) const {
  std::ranges::fill(out, 0.0F);
  const auto best = planes() == 1 ? static_cast<std::ptrdiff_t>(scores[0] > 0)
                                  : std::ranges::max_element(scores.first(planes())) - scores.begin();
  out[static_cast<std::size_t>(classes[static_cast<std::size_t>(best)])] = 1;
}

NamedTensors LinearDecision::state() const {
  return {{"classes", TensorValue::of(classes)},
          {"coefficients", TensorValue::of(std::span<const double>(weights),
                                           {static_cast<std::int64_t>(planes()), static_cast<std::int64_t>(columns)})},
          {"intercepts", TensorValue::of(intercepts)}};
}

Result<LinearDecision> LinearDecision::of(const NamedTensors& state, std::size_t columns, std::int64_t all) {
  auto classes = kept_classes(state, all);
  if (!classes) return fail(std::move(classes.error()));
  const std::size_t planes = classes->size() > 2 ? classes->size() : 1;
  auto weights = kept_numbers<double>(state, "coefficients", planes * columns);
  if (!weights) return fail(std::move(weights.error()));
  auto intercepts = kept_numbers<double>(state, "intercepts", planes);
  if (!intercepts) return fail(std::move(intercepts.error()));
  return LinearDecision{.columns = columns,
                        .classes = std::move(*classes),
                        .weights = std::move(*weights),
                        .intercepts = std::move(*intercepts)};
}

Result<std::vector<std::int64_t>> kept_classes(const NamedTensors& state, std::int64_t all) {
  auto classes = kept_numbers<std::int64_t>(state, "classes");
  if (!classes) return classes;
  const bool ascending = std::ranges::adjacent_find(*classes, std::greater_equal{}) == classes->end();
  if (classes->size() < 2 || !ascending || classes->front() < 0 || classes->back() >= all)
    return fail_kept("its classes are not those of the target");
  return classes;
}

}  // namespace feedline::inline nodes
