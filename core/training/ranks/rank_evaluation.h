// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "training/evaluation.h"
#include "training/ranks/rank_agreement.h"
#include "training/residual_plot.h"

namespace feedline::inline training {

/// What all ranks found on their parts of the validation data, the same on each. Names and files are left to the
/// caller.
[[nodiscard]] Evaluation evaluation_over_ranks(const RankAgreement& ranks, const Evaluation& own);
[[nodiscard]] ResidualPlot residuals_over_ranks(const RankAgreement& ranks, const ResidualPlot& own);

/// Two plots of parts of the data as one: in bins as wide as those of one plot of all would be, or wider. Mean and
/// deviation as in Chan, Golub and LeVeque 1979.
[[nodiscard]] ResidualPlot joined_plot(const ResidualPlot& a, const ResidualPlot& b);

}  // namespace feedline::inline training
