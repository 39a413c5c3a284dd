// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "graph/document.h"
#include "tuning/live_run.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline tuning {

struct FindRateOptions {
  MeasureOptions measure{};
  double low = 1e-7;          ///< the rate begins here
  double high = 10;           ///< and would end here
  std::uint64_t steps = 100;  ///< of the optimiser
};

/// One step of the test.
struct RateLoss {
  double rate = 0;
  double loss = 0;      ///< of the step's batch; may be infinite or NaN at the end
  double smoothed = 0;  ///< running mean of the losses, corrected for its start
};

/// What the curve says. All are learning rates.
struct RateProposal {
  double proposed = 0;  ///< in the longest fall of the loss, a little before its middle (fastai's "valley")
  double steepest = 0;  ///< where the loss falls most for a factor of the rate
  double lowest = 0;    ///< where the smoothed loss is lowest: already too high to train with
  /// `proposed` in two digits: the test says no more than that.
  [[nodiscard]] double to_use() const;
};

struct FoundRate {
  std::string optimizer_node{};
  double before = 0;  ///< the graph's learning rate
  std::vector<RateLoss> curve{};
  RateProposal proposal{};
  /// Why the proposal is unsure, as a clause: "the loss fell over 6 steps alone". Empty: it is not. The remedy is more
  /// steps.
  std::string doubt{};
  bool diverged = false;  ///< the loss rose to several times its lowest, which ended the test before `high`
};

/// A learning-rate range test (Smith 2015, "Cyclical learning rates for training neural networks"): trains the graph
/// from its first weights, with a rate that grows by the same factor each step in place of its schedule, until the
/// smoothed loss is four times its lowest. The document stays as it is. May take long: call it off the GUI thread.
/// Errors: of a run; the graph has no optimiser; the loss did not fall at any rate.
[[nodiscard]] Result<FoundRate> find_rate(const Document& document, const FindRateOptions& options);

/// The rate of a step, from 0 on, of such a test.
[[nodiscard]] double tested_rate(const FindRateOptions& options, std::uint64_t step);
/// The running means of losses, which a run with these would have ended at. True: the loss has diverged there.
bool add_loss(std::vector<RateLoss>& curve, double rate, double loss);
/// What speaks against trusting a proposal from this curve: too few steps, in all or in the fall, or a fall that does
/// not stand out from how much the loss differs from batch to batch (by von Neumann's estimate, from successive
/// differences, which a trend does not widen). Empty: nothing.
[[nodiscard]] std::string doubt_about(const std::vector<RateLoss>& curve);
/// None: the curve is too short, or it does not fall.
[[nodiscard]] std::optional<RateProposal> propose_rate(const std::vector<RateLoss>& curve);

}  // namespace feedline::inline tuning
