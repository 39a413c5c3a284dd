// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"

#include <QStringView>

namespace feedline::gui::inline models {

/// How well `pattern` matches `text` when its letters appear in order, case aside: higher is better, negative is no
/// match. Letters at word starts and runs of letters count more ("rrc" finds "Random resized crop").
[[nodiscard]] int fuzzy_score(QStringView pattern, QStringView text);

/// The best of a node type's title, type and (with less weight, whole words only) summary.
[[nodiscard]] int fuzzy_score(QStringView pattern, const NodeSpec& spec);

}  // namespace feedline::gui::inline models
