// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/queue_model.h"

#include <cmath>

namespace feedline::inline diagnosis {

double expected_wait(double consumer, double producer, std::size_t buffer) {
  if (producer <= 0) return 0;
  if (consumer <= 0) return producer;
  const auto places = static_cast<double>(buffer + 1);
  const double ratio = consumer / producer;
  // Near x = y the quotient below is 0/0; its limit is 1/(n+1).
  if (std::abs(ratio - 1) < 1e-9) return producer / places;
  return producer * (1 - ratio) / (1 - std::pow(ratio, places));
}

}  // namespace feedline::inline diagnosis
