// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/shown_diagram.h"

#include "graph/path.h"
#include "graph/subgraph.h"
#include "gui/models/text.h"

#include <utility>

namespace feedline::gui::inline canvas {

const Diagram& ShownDiagram::diagram() const {
  const Diagram* shown = document().at(scope_);
  return shown == nullptr ? static_cast<const Diagram&>(document()) : *shown;
}

bool ShownDiagram::leave_what_is_gone() {
  const std::string before = scope_;
  while (document().at(scope_) == nullptr) scope_ = scope_of(scope_);
  return scope_ != before;
}

KeyScope ShownDiagram::keys() const { return key_scope(document(), scope_); }

std::string ShownDiagram::path_of(const std::string& id) const { return join_path(scope_, id); }

bool ShownDiagram::apply(Edit edit, const QString& gesture) {
  const Status status = controller_.apply(within(scope_, std::move(edit)), gesture);
  if (!status) say(to_qstring(status.error().line()));
  return status.has_value();
}

Status ShownDiagram::try_apply(Edit edit) {
  Status status = controller_.apply(within(scope_, std::move(edit)));
  if (!status) say(to_qstring(status.error().line()));
  return status;
}

QString ShownDiagram::new_gesture(const char* what) {
  return QStringLiteral("canvas.%1.%2").arg(QLatin1String(what)).arg(++gestures_);
}

}  // namespace feedline::gui::inline canvas
