// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/behaviour.h"
#include "schema/source_report.h"

#include <vector>

namespace feedline {

struct Plan;

/// A class is told to be small when it has at most so many records.
inline constexpr std::uint64_t kFewRecords = 3;
/// Classes are told to be imbalanced when the largest has so many times as many records as the smallest.
inline constexpr double kSevereImbalance = 10;

/// What a source passed over, as sentences: files by ending and class, folders that are no classes, folders that make
/// one class, a folder around the one that was meant. Each names the parameter "folder" and has a remedy. Of a source's
/// own report, so the window can tell it before there is a plan.
[[nodiscard]] std::vector<Error> source_notices(const SourceReport& report);

/// What a run's user should know of its data before it begins, each once, naming the node: all source_notices() of its
/// sources; for training: one class only, classes with few records, severe imbalance, records in the order of their
/// classes without a shuffle; for validation: classes that it lacks.
[[nodiscard]] std::vector<Error> data_notices(const Plan& plan);

}  // namespace feedline
