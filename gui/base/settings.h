// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/theme.h"

#include <QByteArray>
#include <QSize>
#include <QString>
#include <QStringList>

#include <optional>

namespace feedline::gui::inline base {

/// What the window remembers between starts, in the user's QSettings.
class Settings {
 public:
  static constexpr int kRecentFiles = 10;

  /// Newest first; files that no longer exist are left out.
  [[nodiscard]] static QStringList recent_files();
  static void add_recent_file(const QString& file);
  static void clear_recent_files();

  [[nodiscard]] static Theme::Mode theme();
  static void set_theme(Theme::Mode mode);

  [[nodiscard]] static bool reduced_motion();
  static void set_reduced_motion(bool on);

  /// Size of all writing, as a multiple of the platform's.
  static constexpr double kLeastFont = 0.8;
  static constexpr double kLargestFont = 2.0;
  [[nodiscard]] static double font_scale();
  static void set_font_scale(double scale);

  /// Presenter mode: how much larger text is, and the panels that stay, by the names of their docks.
  [[nodiscard]] static double presenter_scale();
  static void set_presenter_scale(double scale);
  [[nodiscard]] static QStringList presenter_panels();
  static void set_presenter_panels(const QStringList& names);

  /// Examples and recent files are shown when the window opens without a file.
  [[nodiscard]] static bool show_gallery();
  static void set_show_gallery(bool on);
  /// The tour has been seen or declined.
  [[nodiscard]] static bool tour_seen();
  static void set_tour_seen(bool seen);

  /// Runs keep checkpoints, so that they can go on.
  [[nodiscard]] static bool checkpoints();
  static void set_checkpoints(bool on);

  /// The folder below which each run writes what TensorBoard shows; empty: none does.
  [[nodiscard]] static QString tensorboard_folder();
  static void set_tensorboard_folder(const QString& folder);

  [[nodiscard]] static QByteArray geometry();
  static void set_geometry(const QByteArray& geometry);

  /// The workspace in use, by its word, and the layout of each with the size of the window that had it.
  [[nodiscard]] static QString work_mode();
  static void set_work_mode(const QString& word);
  [[nodiscard]] static QByteArray work_layout(const QString& key);
  [[nodiscard]] static QSize work_layout_size(const QString& key);
  static void set_work_layout(const QString& key, const QByteArray& layout, QSize window);

  /// Where file dialogs open.
  [[nodiscard]] static QString last_folder();
  static void set_last_folder(const QString& folder);
};

/// "light", "dark", "system"; nothing else is accepted.
[[nodiscard]] std::optional<Theme::Mode> theme_mode(const QString& word);

}  // namespace feedline::gui::inline base
