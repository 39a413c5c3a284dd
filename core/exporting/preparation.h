// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What stands between a record and the model, for formats that hold the model alone.

#include "exporting/exported_model.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline exporting {

/// A JSON list of the per-record nodes in running order, as records go that are not trained on: "node", "type",
/// "parameters" (all of them: of a resize its size, mode and filter), "python" (what data.py calls) and, of a node that
/// has learnt, "fitted": its numbers or words.
[[nodiscard]] std::string preparation_json(const ExportedModel& model);
/// The names of the classes as a JSON list.
[[nodiscard]] std::string classes_json(const ExportedModel& model);

/// Of a picture's channels: value = pixel * scale + offset, of pixels from 0 to 255.
struct ChannelScaling {
  std::vector<float> scale{};
  std::vector<float> offset{};
};
/// What a normalise node does to bytes; none: it is another node, or is given no bytes.
[[nodiscard]] std::optional<ChannelScaling> channel_scaling(const StepToWrite& step);
/// The same where it is the last that is done to a field of the batch.
[[nodiscard]] std::optional<ChannelScaling> last_scaling(const ExportedModel& model, std::size_t field);

/// Mean and standard deviation of each channel, of values from 0 to 1: what a normalise node was told or has learnt.
struct ChannelNumbers {
  std::vector<double> mean{};
  std::vector<double> stddev{};
};
[[nodiscard]] ChannelNumbers channel_numbers(const StepToWrite& step);

}  // namespace feedline::inline exporting
