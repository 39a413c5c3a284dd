// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/value.h"

#include <QString>

#include <optional>

namespace feedline::gui {

/// The source node that reads what was dropped from a file manager, filled in.
struct DroppedSource {
  QString type{};
  ParamMap params{};
};

/// For a folder of pictures, and for an IDX file or a folder of such: pictures and labels are found by their names.
/// None for anything else. Looks at names only.
[[nodiscard]] std::optional<DroppedSource> dropped_source(const QString& path);

}  // namespace feedline::gui
