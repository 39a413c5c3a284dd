// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/validate.h"

#include <algorithm>

namespace feedline::inline graph {

bool Analysis::ok() const {
  return std::none_of(problems.begin(), problems.end(),
                      [](const Problem& p) { return p.severity == Problem::Severity::Error; });
}

const TensorDesc* Analysis::at(const PortRef& output) const {
  const auto found = outputs.find(output);
  return found == outputs.end() ? nullptr : &found->second;
}

ModelCost& ModelCost::operator+=(const ModelCost& other) {
  parameters += other.parameters;
  buffers += other.buffers;
  multiply_adds += other.multiply_adds;
  activations += other.activations;
  layers += other.layers;
  complete = complete && other.complete;
  return *this;
}

}  // namespace feedline::inline graph
