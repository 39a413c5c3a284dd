// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"

#include <string>
#include <vector>

namespace feedline::inline graph {

/// These nodes, notes and frames with the wires between them, as a document of its own: what copying takes.
[[nodiscard]] Document part_of(const Diagram& diagram, const std::vector<std::string>& ids);

/// What pasting does: the one change, and the ids that the new nodes, notes and frames got.
struct Paste {
  Edit edit{};
  std::vector<std::string> ids{};
};
enum class PasteKeys { New, Kept };
/// Adds `part` to `diagram`, moved by `offset`, under free ids, its inner wires following. Copies get keys of their
/// own; what moves keeps those it carries.
[[nodiscard]] Paste make_paste(const Diagram& diagram, const Diagram& part, Position offset,
                               PasteKeys keys = PasteKeys::New);

/// conv12 -> conv, so that a copy of conv12 is called conv13 and not conv122.
[[nodiscard]] std::string stem_of(const std::string& id);

}  // namespace feedline::inline graph
