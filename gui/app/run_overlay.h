// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;

namespace feedline::gui::inline app {

/// Covers a panel that shows the run of another graph than the one that is looked at, says so, and leads there. The
/// panel goes on gathering meanwhile.
class RunOverlay : public QWidget {
  Q_OBJECT

 public:
  explicit RunOverlay(QWidget* panel);
  /// `run`: "naive, run 12", which a link leads to; empty: it cannot be shown any more.
  void cover(const QString& run);
  void lift() { hide(); }
  [[nodiscard]] QString text() const;

 Q_SIGNALS:
  void show_wanted();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QLabel* words_;
};

}  // namespace feedline::gui::inline app
