// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

#include <string>

class QHBoxLayout;

namespace feedline::gui::inline canvas {

/// Where one is: the graph, and the sub-graphs that one has entered, each a button that leads back there. Hidden at the
/// top.
class Breadcrumb : public QFrame {
  Q_OBJECT

 public:
  explicit Breadcrumb(QWidget* parent);
  void show_scope(const std::string& scope);

 Q_SIGNALS:
  void chosen(const QString& scope);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QHBoxLayout* row_;
};

}  // namespace feedline::gui::inline canvas
