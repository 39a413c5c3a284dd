// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/behaviour.h"
#include "schema/source_report.h"

#include <string>
#include <vector>

namespace feedline::inline plan {
struct Plan;
}  // namespace feedline::inline plan

namespace feedline::inline engine {

/// What a source passed over, as sentences: files by ending and class, folders that are no classes, folders that make
/// one class, a folder around the one that was meant. Each names the parameter "folder" and has a remedy. Of a source's
/// own report, so the window can tell it before there is a plan.
[[nodiscard]] std::vector<Error> source_notices(const SourceReport& report);

/// How many of a source's files are no records, by ending, in one line: "12 of 20 files passed over: 8 .txt, 4 .raw".
/// Empty: none. What systems leave everywhere (.DS_Store, Thumbs.db) and texts beside the class folders do not count.
[[nodiscard]] std::string passed_over_text(const SourceReport& report);

/// What a run's user should know of its data before it begins, each once, naming the node: all source_notices() of its
/// sources, and what engine/label_notices.h says of its labels; for training: one class only, small classes, imbalance,
/// records in the order of their classes without a shuffle; for validation: classes that it lacks; for the trainer:
/// classes that its split has lost; of losses: a class where they compare numbers (graph/target_notice.h), and
/// numbers far from those that the network begins with (engine/label_scale.h).
[[nodiscard]] std::vector<Error> data_notices(const Plan& plan);

}  // namespace feedline::inline engine
