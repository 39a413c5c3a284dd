// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/key.h"
#include "gui/commands/document_controller.h"

#include <QObject>
#include <QString>

#include <string>

namespace feedline::gui::inline canvas {

/// The diagram that a canvas shows, the document's own or that of a sub-graph, and the one way by which edits come to
/// it.
class ShownDiagram : public QObject {
  Q_OBJECT

 public:
  explicit ShownDiagram(DocumentController& controller) : controller_(controller) {}

  [[nodiscard]] DocumentController& controller() const { return controller_; }
  [[nodiscard]] const Document& document() const { return controller_.document(); }
  [[nodiscard]] const Analysis& analysis() const { return controller_.analysis(); }
  [[nodiscard]] const Diagram& diagram() const;
  /// The path of the sub-graph that is shown; empty for the document's own diagram.
  [[nodiscard]] const std::string& scope() const { return scope_; }
  void set_scope(const std::string& scope) { scope_ = scope; }
  /// Where the sub-graph is gone, since it was undone or ungrouped, the one around it. True if the scope has changed.
  bool leave_what_is_gone();
  /// Of the nodes of the diagram.
  [[nodiscard]] KeyScope keys() const;
  [[nodiscard]] std::string path_of(const std::string& id) const;

  /// Edits of the diagram. A refused one changes nothing, and is said.
  bool apply(Edit edit, const QString& gesture = {});
  /// The same, where the error is also shown otherwise.
  Status try_apply(Edit edit);
  /// A new name for what one movement of the hand does, so that its edits are one step.
  [[nodiscard]] QString new_gesture(const char* what);
  /// Tells the user, in passing.
  void say(const QString& text) { Q_EMIT said(text); }

 Q_SIGNALS:
  void said(const QString& text);

 private:
  DocumentController& controller_;
  std::string scope_{};
  quint64 gestures_ = 0;
};

}  // namespace feedline::gui::inline canvas
