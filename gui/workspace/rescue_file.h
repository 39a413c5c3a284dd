// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/json.h"

#include <QDateTime>
#include <QString>

namespace feedline::gui::inline workspace {

/// What is kept of a changed document in case the window breaks off: the graph's own bytes, what it was called, where
/// it belongs, and when. One file, so that none of it can be older than the rest.
struct RescueFile {
  QString name{};       ///< what stood on the tab
  QString file{};       ///< empty: it had none
  QDateTime time{};     ///< of the state that was kept
  std::string graph{};  ///< a `.feedline` text

  /// Written beside its place and renamed: a reader sees the old one or the new one. The error names the file.
  [[nodiscard]] Status write(const QString& path) const;
  [[nodiscard]] static Result<RescueFile> read(const QString& path);
};

}  // namespace feedline::gui::inline workspace
