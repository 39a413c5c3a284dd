// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "state/training_state.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace feedline::inline training {

/// A run's place in the record of runs: its number, and when it began, which tells apart runs of one number in two
/// records.
struct RecordedAs {
  std::int64_t run = 0;   ///< 0: it has none
  double started_at = 0;  ///< seconds since 1970
  bool operator==(const RecordedAs&) const = default;
};

/// Where, how often and how many of a run's checkpoints are written. The newest, the one at the end and the best are
/// always among them.
struct CheckpointOptions {
  std::filesystem::path folder{};  ///< empty: none are written
  // Whichever comes first; all 0: see kDefaultCheckpointSeconds, and at the end of each epoch.
  std::uint64_t every_steps = 0;
  double every_seconds = 0;
  std::uint32_t every_epochs = 0;
  std::size_t keep = 2;  ///< so many of the newest, the best besides; at least 1. With 2 there is one if one is damaged
  /// By which the best is chosen, as a JSON key: "val_accuracy". Empty: the first metric of validation, else its loss,
  /// else the training loss.
  std::string best_by{};
  bool keep_best = true;                   ///< false: the best one is not written, because nobody will read it
  bool asked = false;                      ///< by a person, who is then told where there can be none
  std::function<RecordedAs()> recorded{};  ///< where the run stands in the record by now; may be empty
};

/// Without an interval of one's own, a checkpoint is taken at the end of each epoch and, in long ones, so often.
inline constexpr double kDefaultCheckpointSeconds = 300;
/// At the end of epochs that are shorter than this, none is taken without being asked for; but the first one is, so
/// that a run that is killed soon has something to go on from.
inline constexpr double kLeastCheckpointSeconds = 10;

/// From where a run goes on.
struct ResumeOptions {
  std::shared_ptr<const TrainingState> state{};  ///< null: it begins anew
  std::string path{};                            ///< of the checkpoint, as told to people
};

}  // namespace feedline::inline training
