// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/tools/edge_pan.h"

#include "gui/base/theme.h"
#include "gui/canvas/camera.h"

#include <algorithm>
#include <utility>

namespace feedline::gui::inline canvas {
namespace {

constexpr int kEdge = 3 * Theme::kUnit;  // pixels, in which what is held makes the view move
constexpr int kEdgeStepMs = 16;

}  // namespace

EdgePan::EdgePan(CanvasParts& parts, std::function<bool()> wanted, std::function<void(QPoint)> moved)
    : parts_(parts), wanted_(std::move(wanted)), moved_(std::move(moved)) {
  timer_.setInterval(kEdgeStepMs);
  QObject::connect(&timer_, &QTimer::timeout, &timer_, [this] { step(); });
}

/// How far the view should go on, in pixels.
QPoint EdgePan::push() const {
  const auto beyond = [](int at, int size) {
    const int far = at < kEdge ? at - kEdge : at > size - kEdge ? at - size + kEdge : 0;
    return std::clamp(far, -kEdge, kEdge) / 2;
  };
  const QSize size = parts_.view.viewport()->size();
  return {beyond(pos_.x(), size.width()), beyond(pos_.y(), size.height())};
}

void EdgePan::watch(QPoint pos) {
  pos_ = pos;
  if (!wanted_() || push().isNull()) {
    timer_.stop();
  } else if (!timer_.isActive()) {
    timer_.start();
  }
}

void EdgePan::step() {
  const QPoint by = push();
  if (by.isNull() || !wanted_()) return timer_.stop();
  parts_.camera.pan_by(-by);
  moved_(pos_);
}

}  // namespace feedline::gui::inline canvas
