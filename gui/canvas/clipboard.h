// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"

#include <optional>
#include <string>
#include <vector>

class QMimeData;

namespace feedline::gui {

/// The MIME type of a part of a graph: the `.feedline` format.
inline constexpr char kGraphMime[] = "application/x-feedline-graph";

/// These nodes and notes with the wires between them.
[[nodiscard]] Document part_of(const Document& document, const std::vector<std::string>& ids);

[[nodiscard]] QMimeData* to_mime(const Document& part);
/// From our own format, or from text that is a Feedline graph; none for anything else.
[[nodiscard]] std::optional<Document> from_mime(const QMimeData* mime);

/// What pasting does: the one change, and the ids that the new nodes and notes got.
struct Paste {
  Edit edit{};
  std::vector<std::string> ids{};
};
/// Adds `part` to `document`, moved by `offset`, under free ids, its inner wires following.
[[nodiscard]] Paste make_paste(const Document& document, const Document& part, Position offset);

}  // namespace feedline::gui
