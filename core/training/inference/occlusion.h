// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Which parts of a picture a model's answer rests on. Free of LibTorch.

#include "engine/preview.h"
#include "training/inference/inference.h"

#include <cstddef>
#include <string>
#include <vector>

namespace feedline::inline training {

/// What a model says of a picture, and where it looks.
struct ExplainedPicture {
  bool classes = true;            ///< else numbers
  bool several_labels = false;    ///< Predictions::several_labels
  RecordPrediction prediction{};  ///< as predict() has it
  PreviewValue picture{};         ///< as the model sees it, behind all preprocessing
  std::size_t rows = 0;           ///< of the map
  std::size_t columns = 0;
  /// rows × columns parts of the picture: by how much the probability of the likeliest class falls when that part is
  /// covered (below 0: it rises); of numbers, by how much the first one changes.
  std::vector<float> importance{};
};

/// At most so many parts a side; a picture of fewer pixels has one a pixel.
inline constexpr std::size_t kOcclusionSide = 10;

/// An occlusion map: each part of the picture that enters the model is covered in turn with the picture's mean (Zeiler
/// and Fergus 2014, "Visualizing and understanding convolutional networks"), and the model asked again. Preprocessing
/// is that of predict().
/// Errors: a file that is no picture (node, file); a model that reads no pictures; those of predict().
[[nodiscard]] Result<ExplainedPicture> explain_picture(const TrainingState& state, const std::string& file,
                                                       const InferenceOptions& options);

}  // namespace feedline::inline training
