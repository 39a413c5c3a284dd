// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/plan.h"

#include <cstddef>
#include <cstdint>

namespace feedline::inline plan {

/// Fewer rows than this a replica are not worth a replica of their own.
inline constexpr std::int64_t kRowsPerReplica = 8;

/// Below so many multiply-adds of the forward pass a thread, threads cost more than they bring: they meet once or more
/// a step, for tens of microseconds, and a core does so much in about half a millisecond, backward included. Measured
/// on the network of example:adult (9,000 a record), where one thread is 1.4 times as fast as two with 64 records a
/// batch, level with 512 to 1,024, and 0.75 times with 2,048.
inline constexpr double kWorkOfThread = 4e6;

/// What a layer learns, keeps and computes; nothing where its shapes are not known.
[[nodiscard]] LayerCost layer_cost(const LayerPlan& layer);

/// Of the forward pass over one record, the longest where they differ. A layer that looks numbers up or scales by them
/// counts as one for each number that it learns. Infinite where only a file knows what a layer does (TorchScript).
[[nodiscard]] double multiply_adds_of(const ModelPlan& network);

/// The most records that a training batch can have, those of all ranks together: no more than an epoch has.
[[nodiscard]] std::int64_t most_batch_rows(const Plan& plan);

/// How much of a thread each row of a training batch makes a step worth; 0: there is no network, or nothing is known of
/// its layers.
[[nodiscard]] double worth_of_row(const Plan& plan);

/// How many threads a step of so many rows is worth, at least 1.
[[nodiscard]] std::int64_t threads_worth(double worth_of_row, double rows);
/// The same of a rank's part of a batch.
[[nodiscard]] std::int64_t threads_worth(const Plan& plan, std::size_t ranks);

}  // namespace feedline::inline plan
