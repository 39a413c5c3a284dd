// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file_limit.h"
#include "gui/app/command_line.h"
#include "gui/app/main_window.h"
#include "gui/base/plain_numbers.h"
#include "gui/base/settings.h"
#include "gui/base/theme.h"
#include "schema/ask_later.h"

#include <QApplication>
#include <QIcon>

#include <algorithm>
#include <cstdio>

namespace {

using namespace feedline::gui;

/// Help and version must also work where there is no display.
bool wants_only_text(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](const char* arg) {
    const QByteArray word(arg);
    return word == "-h" || word == "--help" || word == "--help-all" || word == "-v" || word == "--version";
  });
}

bool has_display() {
  return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY") ||
         qEnvironmentVariableIsSet("QT_QPA_PLATFORM");
}

}  // namespace

int main(int argc, char** argv) {
  QCoreApplication::setApplicationName(QStringLiteral("feedline"));
  QCoreApplication::setOrganizationName(QStringLiteral("feedline"));
  QCoreApplication::setApplicationVersion(QStringLiteral(FEEDLINE_VERSION));
  if (wants_only_text(argc, argv)) {
    const QCoreApplication text(argc, argv);
    static_cast<void>(CommandLine::parse(QCoreApplication::arguments()));
    return 0;
  }
  if (!has_display()) {
    std::fputs("feedline: there is no display to open a window on. Train in the terminal: feedline-cli run FILE\n",
               stderr);
    return 2;
  }
  feedline::raise_file_limit();
  QApplication app(argc, argv);
  const feedline::AskLater no_files;
  use_plain_numbers();
  QGuiApplication::setApplicationDisplayName(QStringLiteral("Feedline"));
  QGuiApplication::setDesktopFileName(QStringLiteral("feedline"));
  QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/feedline.svg")));
  const CommandLine wanted = CommandLine::parse(QCoreApplication::arguments());
  Theme::instance().set_font_scale(Settings::font_scale());
  Theme::instance().set_reduced_motion(Settings::reduced_motion());
  Theme::instance().set_mode(wanted.theme.value_or(Settings::theme()));

  MainWindow window;
  if (!wanted.apply_to(window)) return 2;
  window.show();
  wanted.schedule(window);
  return QApplication::exec();
}
