// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>

#include <functional>

class QWidget;

namespace feedline::gui::inline session {

/// Tells the desktop that a long run has ended, where nobody looks at the window: by org.freedesktop.Notifications, and
/// where there is no such service by the window's own sign in the task bar.
class RunNotice : public QObject {
  Q_OBJECT

 public:
  /// How a notice is shown; replaced in tests.
  using Show = std::function<void(const QString& title, const QString& text)>;

  explicit RunNotice(QWidget* window, Show show = {});

  /// A run that is shorter is not worth a notice.
  void set_least_seconds(double seconds) { least_seconds_ = seconds; }
  void run_started() { since_.start(); }
  void run_ended(const QString& title, const QString& text);

 private:
  void notify(const QString& title, const QString& text);

  QWidget* window_;
  Show show_;
  double least_seconds_ = 10;
  QElapsedTimer since_{};
};

}  // namespace feedline::gui::inline session
