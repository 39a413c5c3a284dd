// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/adapters.h"

#include <QObject>
#include <QPoint>

namespace feedline::gui::inline canvas {

struct CanvasParts;
class CanvasEditor;

/// Where a wire does not fit: the nodes that would make it fit, offered beside the reason.
class AdapterOffer : public QObject {
  Q_OBJECT

 public:
  AdapterOffer(CanvasParts& parts, CanvasEditor& editor);

  /// The error beside this place, with what would help.
  void offer(const Error& error, const PortRef& from, const PortRef& to, QPoint pos);
  /// A wire that kinds allow may still bring a shape that does not fit.
  void check(const PortRef& from, const PortRef& to, QPoint pos);
  void take(int choice);

 private:
  CanvasParts& parts_;
  CanvasEditor& editor_;
  std::vector<AdapterChain> chains_{};
  PortRef from_{};
  PortRef to_{};
};

}  // namespace feedline::gui::inline canvas
