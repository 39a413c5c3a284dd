// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/validate.h"
#include "gui/commands/document_controller.h"

#include <QString>

#include <cstdint>

namespace feedline::gui::inline canvas {

/// 950, 12.3k, 4.5M, 1.20G: a count in three digits.
[[nodiscard]] QString short_count(double count);
/// 950 B, 12.3 kB, 4.5 MB (1000 each).
[[nodiscard]] QString bytes_text(double bytes);

/// "12.3k weights · 4.5M mult-adds"; empty for a layer that learns and multiplies nothing.
[[nodiscard]] QString short_cost_text(const ModelCost& cost);
/// The same in a sentence or two, with memory.
[[nodiscard]] QString cost_text(const ModelCost& cost);
/// What a source's card and its inspector say, in lines: "440 records · 5 classes" (without `label`, or where a number
/// is the target: no classes), what was passed over, or that it is still being counted.
[[nodiscard]] QString source_text(const SourceFacts& facts, const TensorDesc* label);
/// One line on the whole model; empty without layers. `batch`: records a batch, 0 if not known.
[[nodiscard]] QString total_text(const ModelCost& total, std::int64_t batch);

}  // namespace feedline::gui::inline canvas
