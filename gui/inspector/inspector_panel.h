// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/commands/document_controller.h"
#include "gui/session/run_length_finder.h"
#include "telemetry/snapshot.h"

#include <QScrollArea>
#include <QStringList>
#include <QWidget>

namespace feedline::gui::inline inspector {

class NodeForm;

/// What is selected, as a form; what the document is, where nothing is. All edits go through the DocumentController.
class InspectorPanel : public QWidget {
  Q_OBJECT

 public:
  explicit InspectorPanel(DocumentController& controller, QWidget* parent = nullptr);

  /// From now on it is about another document, with nothing selected.
  void show_document(DocumentController& controller);
  void show_nodes(const QStringList& ids);
  /// Shows a node and puts the cursor into one of its fields.
  void show_param(const QString& node, const QString& param);
  /// Puts the cursor into what is shown: the name of the node, or its first parameter.
  void focus_form(bool name);
  /// How the run of the graph that is shown stands; null: none of it is on.
  void show_training(const TrainerSample* now);

 Q_SIGNALS:
  /// The button beside an optimiser's learning rate.
  void find_rate_wanted();

 private:
  void follow_document();
  void rebuild();
  [[nodiscard]] QWidget* make_overview();
  [[nodiscard]] QWidget* make_mixed(const std::vector<std::string>& ids);

  DocumentController* controller_ = nullptr;
  QStringList ids_{};
  RunLengthFinder lengths_{};  ///< for forms, so it goes after them
  QScrollArea area_{};
  NodeForm* form_ = nullptr;  ///< what is shown, where it is nodes of one type
};

}  // namespace feedline::gui::inline inspector
