// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/node_face.h"

#include <QWidget>

namespace feedline::gui::inline inspector {

/// A port in the inspector: its socket, its name, and what travels there.
class PortLine : public QWidget {
  Q_OBJECT

 public:
  PortLine(const PortFace& port, const QString& shape, QWidget* parent);
  [[nodiscard]] QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  PortFace port_;
  QString shape_;
};

}  // namespace feedline::gui::inline inspector
