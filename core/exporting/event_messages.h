// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to exporting: the Event messages of TensorBoard (event.proto, summary.proto, node_def.proto).

#include "exporting/protobuf.h"
#include "graph/document.h"
#include "training/run_watch.h"

#include <cstdint>
#include <string>

namespace feedline::inline exporting {

/// The first of a file: which form it has.
[[nodiscard]] ProtobufMessage version_event();
/// TensorBoard's form of a graph: nodes with their types, and which node feeds which. A slash opens a group in it, as a
/// sub-graph is one here.
[[nodiscard]] ProtobufMessage graph_event(const Document& document);
[[nodiscard]] ProtobufMessage scalar_event(std::uint64_t step, const std::string& tag, double value);
/// "pictures/FIELD/0" and up, as PNG. A picture that cannot be drawn is left out.
[[nodiscard]] ProtobufMessage pictures_event(const WatchedRows& rows);
/// "weights/NAME" and "gradients/NAME" of each parameter.
[[nodiscard]] ProtobufMessage histograms_event(const WatchedTensors& tensors);

}  // namespace feedline::inline exporting
