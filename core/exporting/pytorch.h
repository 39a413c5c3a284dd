// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A trained model as a program of PyTorch.

#include "exporting/exported_model.h"
#include "schema/optimizer.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace feedline::inline exporting {

// Its files. Errors name the node that cannot be written, and why.

/// The network: one line a layer, called as the nodes are; or the estimator.
[[nodiscard]] Result<std::string> pytorch_model(const ExportedModel& model);
/// Of a model that is an estimator.
[[nodiscard]] Result<WrittenEstimator> written_estimator(const ExportedModel& model);
/// What prepares records, and the two tables that it reads.
struct PytorchData {
  std::string module{};       ///< data.py
  std::string preparation{};  ///< preparation.json: what nodes have learnt, and the names of the classes
  std::map<std::string, std::string> files{};  ///< what else data.py reads beside it: names and contents
};
[[nodiscard]] Result<PytorchData> pytorch_data(const ExportedModel& model);
/// Has it a layer that is a program of TorchScript, which begins with the numbers of its file?
[[nodiscard]] bool has_programs(const ExportedModel& model);
/// The loop: losses, optimiser, schedule, stopping.
[[nodiscard]] Result<std::string> pytorch_training(const ExportedModel& model);
/// The same of an estimator: what fits it anew.
[[nodiscard]] Result<std::string> pytorch_fitting(const ExportedModel& model);
/// Does validation have a source of its own?
[[nodiscard]] bool has_own_validation(const ExportedModel& model);
/// The constant SPLIT: what splits.py is told.
[[nodiscard]] std::string python_split(const TrainerSettings& trainer);
/// What of a network does not learn, and by how much of the rate the rest does: constants of train.py, and functions
/// that begin() and learn_in() an epoch; empty where all of it learns.
struct PytorchFreezing {
  std::string constants{};
  std::string functions{};
};
[[nodiscard]] PytorchFreezing pytorch_freezing(const ExportedModel& model, const OptimizerSettings& optimizer);
/// splits.py: which records train and which validate.
[[nodiscard]] std::string_view pytorch_splits();
[[nodiscard]] std::string pytorch_readme(const ExportedModel& model);

/// Writes model.py, data.py, splits.py, train.py, weights.safetensors, weights.py, preparation.json and README.md into
/// a folder, which is new, empty or holds an earlier export; besides, the models of sentencepiece, and of layers that
/// are programs of TorchScript these and start.safetensors, with which they began. All of it is there, or nothing.
/// Errors: those of above; a folder with other files; one that cannot be written.
Status write_pytorch(const ExportedModel& model, const std::filesystem::path& folder);

/// Definitions that a file needs, each once, in the order in which they are first named.
class HelperList {
 public:
  void add(const std::vector<std::string>& names);
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> names_{};
};

}  // namespace feedline::inline exporting
