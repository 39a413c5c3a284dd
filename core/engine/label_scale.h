// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/behaviour.h"

#include <optional>
#include <stop_token>
#include <vector>

namespace feedline::inline plan {
struct Plan;
}  // namespace feedline::inline plan

namespace feedline::inline engine {

/// Where the numbers of a label lie, to four digits.
struct NumberScale {
  double mean = 0;
  double deviation = 1;  ///< standard deviation, above 0
};

/// By up to 10,000 records of those that train. `set_aside`: the share that a random split by the trainer's default
/// seed leaves to validation, whose records are not looked at. None: the source has no label that is a plain number, or
/// one that never changes; stopped.
[[nodiscard]] std::optional<NumberScale> scale_of_label(const Source& source, double set_aside,
                                                        const std::stop_token& stop);

/// A network begins with outputs of about 0 ± 1, or what a scale_output in front of the loss makes of them. Losses
/// whose target is a number of the source that is far from there, by up to 200 training records: such a network
/// spends its first epochs on growing weights of that size. Each names the node, and what to set.
[[nodiscard]] std::vector<Error> scale_notices(const Plan& plan);

}  // namespace feedline::inline engine
