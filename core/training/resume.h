// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Between a run and its checkpoints: what a TrainingState says besides tensors, in its texts. Free of LibTorch.

#include "engine/pipeline_past.h"
#include "graph/document.h"
#include "graph/graph_changes.h"
#include "plan/plan.h"
#include "state/training_state.h"
#include "training/run_progress.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline training {

// Keys of TrainingState::texts.
inline constexpr std::string_view kGraphText = "graph";                 ///< the graph's JSON, as it ran
inline constexpr std::string_view kClassesText = "classes";             ///< names of the target's classes: a JSON list
inline constexpr std::string_view kClassWeightsText = "class_weights";  ///< class_weights_of(), where a loss has them
inline constexpr std::string_view kSourceText = "source";          ///< what its records are like: source_outputs_of()
inline constexpr std::string_view kProgressText = "progress";      ///< a RunProgress
inline constexpr std::string_view kTrainText = "train";            ///< a PipelinePast
inline constexpr std::string_view kValidationText = "validation";  ///< the same of validation, where there is some

/// Where and with what a run goes on.
struct ResumePoint {
  TrainingPosition position{};
  RunProgress progress{};
  std::shared_ptr<const PipelinePast> train{};  ///< never null
  std::shared_ptr<const PipelinePast> validation{};
};

/// What differs between two graphs and may change what a run of them comes to. How it is run, and for how many epochs,
/// is left out.
[[nodiscard]] GraphChanges changes_of_result(const Document& before, const Document& now);
/// May a run of this graph go on from there? Parameters that change no result may differ, and so may epochs. Error:
/// what differs.
Status check_same_graph(const Document& now, const TrainingState& state);
/// Error: damaged; another number of records; beyond the last of so many epochs (0: without end).
[[nodiscard]] Result<ResumePoint> resume_point_of(const TrainingState& state, const Plan& plan, std::uint32_t epochs);
/// The graph that a checkpoint was written by. Error: damaged.
[[nodiscard]] Result<Document> graph_of(const TrainingState& state);
/// None: the data named none.
[[nodiscard]] std::vector<std::string> class_names_of(const TrainingState& state);
/// The weights that balanced losses were trained with: of the classes of the training records. None: there was no such
/// loss, or the checkpoint is of a version that did not keep them.
[[nodiscard]] std::vector<double> class_weights_of(const TrainingState& state);

/// What left the training source: type, layout, dimensions (a symbol where they differ) and classes, but no kinds.
[[nodiscard]] std::vector<TensorDesc> source_outputs_of(const TrainingState& state);

/// Adds what the plan says. The caller has set position and tensors.
void add_texts(TrainingState& state, const Plan& plan, const RunProgress& progress, const PipelinePast& train,
               const PipelinePast* validation);

}  // namespace feedline::inline training
