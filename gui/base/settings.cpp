// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/settings.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>

#include <algorithm>

namespace feedline::gui::inline base {

namespace {

constexpr char kRecent[] = "files/recent";
constexpr char kFolder[] = "files/folder";
constexpr char kTheme[] = "window/theme";
constexpr char kFont[] = "window/font_scale";
constexpr char kPresenterFont[] = "presenter/font_scale";
constexpr char kPresenterPanels[] = "presenter/panels";
constexpr char kGallery[] = "start/gallery";
constexpr char kTour[] = "start/tour_seen";
constexpr char kGeometry[] = "window/geometry";
constexpr char kWorkMode[] = "workspaces/current";
constexpr char kWorkLayout[] = "workspaces/layout/";
constexpr char kWorkSize[] = "workspaces/size/";
constexpr char kCheckpoints[] = "runs/checkpoints";
constexpr char kTensorboard[] = "runs/tensorboard";
constexpr char kMotion[] = "window/reduced_motion";

QString word_of(Theme::Mode mode) {
  switch (mode) {
    case Theme::Mode::Light:
      return QStringLiteral("light");
    case Theme::Mode::Dark:
      return QStringLiteral("dark");
    case Theme::Mode::System:
      break;
  }
  return QStringLiteral("system");
}

}  // namespace

std::optional<Theme::Mode> theme_mode(const QString& word) {
  for (const Theme::Mode mode : {Theme::Mode::System, Theme::Mode::Light, Theme::Mode::Dark}) {
    if (word == word_of(mode)) return mode;
  }
  return std::nullopt;
}

QStringList Settings::recent_files() {
  QStringList files;
  for (const QString& file : QSettings().value(kRecent).toStringList()) {
    if (QFileInfo::exists(file)) files << file;
  }
  return files;
}

void Settings::add_recent_file(const QString& file) {
  const QString path = QFileInfo(file).absoluteFilePath();
  QStringList files = recent_files();
  files.removeAll(path);
  files.prepend(path);
  QSettings().setValue(kRecent, files.mid(0, kRecentFiles));
}

void Settings::clear_recent_files() { QSettings().remove(kRecent); }

Theme::Mode Settings::theme() { return theme_mode(QSettings().value(kTheme).toString()).value_or(Theme::Mode::System); }

void Settings::set_theme(Theme::Mode mode) { QSettings().setValue(kTheme, word_of(mode)); }

bool Settings::reduced_motion() { return QSettings().value(kMotion, false).toBool(); }
void Settings::set_reduced_motion(bool on) { QSettings().setValue(kMotion, on); }

double Settings::font_scale() { return std::clamp(QSettings().value(kFont, 1.0).toDouble(), kLeastFont, kLargestFont); }
void Settings::set_font_scale(double scale) { QSettings().setValue(kFont, scale); }

double Settings::presenter_scale() { return std::clamp(QSettings().value(kPresenterFont, 1.4).toDouble(), 1.0, 2.0); }
void Settings::set_presenter_scale(double scale) { QSettings().setValue(kPresenterFont, scale); }
QStringList Settings::presenter_panels() {
  return QSettings()
      .value(kPresenterPanels, QStringList{QStringLiteral("stages"), QStringLiteral("queues")})
      .toStringList();
}
void Settings::set_presenter_panels(const QStringList& names) { QSettings().setValue(kPresenterPanels, names); }

bool Settings::show_gallery() { return QSettings().value(kGallery, true).toBool(); }
void Settings::set_show_gallery(bool on) { QSettings().setValue(kGallery, on); }
bool Settings::tour_seen() { return QSettings().value(kTour, false).toBool(); }
void Settings::set_tour_seen(bool seen) { QSettings().setValue(kTour, seen); }

bool Settings::checkpoints() { return QSettings().value(kCheckpoints, true).toBool(); }
void Settings::set_checkpoints(bool on) { QSettings().setValue(kCheckpoints, on); }

QString Settings::tensorboard_folder() { return QSettings().value(kTensorboard).toString(); }
void Settings::set_tensorboard_folder(const QString& folder) { QSettings().setValue(kTensorboard, folder); }

QByteArray Settings::geometry() { return QSettings().value(kGeometry).toByteArray(); }
void Settings::set_geometry(const QByteArray& geometry) { QSettings().setValue(kGeometry, geometry); }

QString Settings::work_mode() { return QSettings().value(kWorkMode).toString(); }
void Settings::set_work_mode(const QString& word) { QSettings().setValue(kWorkMode, word); }
QByteArray Settings::work_layout(const QString& key) { return QSettings().value(kWorkLayout + key).toByteArray(); }
QSize Settings::work_layout_size(const QString& key) { return QSettings().value(kWorkSize + key).toSize(); }
void Settings::set_work_layout(const QString& key, const QByteArray& layout, QSize window) {
  QSettings settings;
  settings.setValue(kWorkLayout + key, layout);
  settings.setValue(kWorkSize + key, window);
}

QString Settings::last_folder() { return QSettings().value(kFolder, QDir::homePath()).toString(); }
void Settings::set_last_folder(const QString& folder) { QSettings().setValue(kFolder, folder); }

}  // namespace feedline::gui::inline base
