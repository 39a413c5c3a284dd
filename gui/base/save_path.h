// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QWidget;

namespace feedline::gui::inline base {

/// Asks where to save. A name without an ending gets `suffix` (without its dot); where that file exists it is asked
/// about as well, and Enter keeps it. Empty: the user does not want to save.
[[nodiscard]] QString ask_save_path(QWidget* parent, const QString& title, const QString& proposal,
                                    const QString& filter, const QString& suffix);

}  // namespace feedline::gui::inline base
