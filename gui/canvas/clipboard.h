// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/part.h"

class QMimeData;

namespace feedline::gui::inline canvas {

/// The MIME type of a part of a graph: the `.feedline` format.
inline constexpr char kGraphMime[] = "application/x-feedline-graph";

[[nodiscard]] QMimeData* to_mime(const Document& part);
/// From our own format, or from text that is a Feedline graph. The error says what the clipboard holds instead.
[[nodiscard]] Result<Document> from_mime(const QMimeData* mime);

}  // namespace feedline::gui::inline canvas
