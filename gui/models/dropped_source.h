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
  std::optional<ParamMap> validation{};  ///< of a second source of this type, where data for validation lie beside it
};

/// For what data_at() knows: a folder of pictures, the parent of train/ and val/, an IDX file or a folder of such. None
/// for anything else. Looks at names only.
[[nodiscard]] std::optional<DroppedSource> dropped_source(const QString& path);

}  // namespace feedline::gui
