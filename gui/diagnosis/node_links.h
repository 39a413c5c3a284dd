// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/verdict.h"

#include <QString>

#include <string>
#include <vector>

namespace feedline::gui::inline diagnosis {

/// A sentence of a verdict as rich text, in which the nodes that it speaks of are links ("node:PATH"); where the step
/// is to blame, the words for it lead to the trainer. `nodes`: those of the run; `trainer`: that of the trainer.
[[nodiscard]] QString with_node_links(const std::string& sentence, const Verdict& verdict,
                                      const std::vector<std::string>& nodes, const std::string& trainer);
/// The node of such a link; empty for others.
[[nodiscard]] QString linked_node(const QString& link);

}  // namespace feedline::gui::inline diagnosis
