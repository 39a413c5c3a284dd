// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/error.h"
#include "training/model.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace feedline::inline training {

/// What a backbone has of a file of weights.
struct LoadedWeights {
  std::string node{};
  std::string file{};    ///< as it is shown
  std::string digest{};  ///< SHA-256, 64 digits
  std::size_t taken = 0;
  std::vector<std::string> missing{};  ///< not in the file
  std::vector<std::string>
      unfit{};  ///< of another shape there, which is told: "conv1.weight (64x3x7x7, here 64x1x7x7)"
  std::vector<std::string> unexpected{};  ///< in the file alone, besides the classifier
  /// Nothing is amiss but what `strict` would refuse.
  [[nodiscard]] bool whole() const { return missing.empty() && unfit.empty() && unexpected.empty(); }
  /// For people: what was taken, and what was not.
  [[nodiscard]] std::string text() const;
};

/// Reads the files that the backbones of a model begin from, and copies their tensors in, by name and whatever the
/// number type. The classifier of the file is passed over; counts of batches that norms keep may be missing. Nothing is
/// read twice; one tensor is in memory at a time.
///
/// Errors name node, parameter, file, tensors and what to do: a backbone that is frozen has no file; the file cannot be
/// read (state/weights_file.h), or its digest is another than asked for, or than its name promises; no tensor fits;
/// with `strict` anything that does not fit; stopped. After an error the model is of no use. `begun`: it has weights of
/// a checkpoint besides, so that a frozen backbone needs no file.
[[nodiscard]] Result<std::vector<LoadedWeights>> load_weights(const Model& model, const std::stop_token& stop,
                                                              bool begun = false);

/// The file that is meant by the parameter `weights`: a path, or "example:small", which came with Feedline.
[[nodiscard]] Result<std::filesystem::path> weights_place(const std::string& weights);

}  // namespace feedline::inline training
