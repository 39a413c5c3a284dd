// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/caption.h"
#include "gui/commands/document_controller.h"
#include "gui/inspector/learnt_view.h"
#include "gui/inspector/param_row.h"
#include "gui/inspector/schedule_plot.h"
#include "gui/session/run_length_finder.h"

#include <QLineEdit>
#include <QPlainTextEdit>
#include <QVBoxLayout>
#include <QWidget>

#include <map>
#include <optional>
#include <vector>

namespace feedline::gui::inline inspector {

/// The nodes of these paths, all of one canvas; null where there is none. In linear time: looked up one by one,
/// thousands would take seconds.
[[nodiscard]] std::vector<const Node*> nodes_at(const Document& document, const std::vector<std::string>& paths);

/// The form of one node, or of several of one type that are edited together, generated from the type's spec.
class NodeForm : public QWidget {
  Q_OBJECT

 public:
  /// All ids exist and have one type. `lengths` outlives the form.
  NodeForm(DocumentController& controller, std::vector<std::string> ids, RunLengthFinder& lengths,
           QWidget* parent = nullptr);

  [[nodiscard]] const std::vector<std::string>& ids() const { return ids_; }
  /// Do the nodes still exist, with the type that the form was made for?
  [[nodiscard]] bool fits() const;
  /// Shows the document as it is now.
  void refresh();
  /// The same after a change; quick where only the looks of the graph changed, as in a drag.
  void follow_document();
  /// How far the run of these nodes is; none: none is on.
  void show_progress(const std::optional<SchedulePlot::Progress>& progress);
  void focus_param(const QString& name);
  void focus_name();   ///< with all of it selected
  void focus_first();  ///< the first parameter; without any, the name

 Q_SIGNALS:
  /// Of an optimiser: which learning rate is good?
  void find_rate_wanted();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  /// The nodes shown, in the order of ids(); none where fits() is false.
  [[nodiscard]] std::vector<const Node*> nodes() const;
  void build_head();
  void build_params();
  void build_rate_finder(ParamRow& row);
  void build_unknown_params();
  void build_comment();
  void refresh_columns(const Node& node);
  void refresh_param(ParamRow& row, const std::vector<const Node*>& nodes);
  void refresh_problems();
  void refresh_ports(const Node& node);
  void edit_param(ParamRow& row, const Value& value);
  void withdraw_param(ParamRow& row);
  void set_param(ParamRow& row, const std::vector<std::optional<Value>>& values);
  void reset_param(const ParamRow& row);
  void refresh_size();
  void refresh_schedule(const Node& node);
  void show_schedule(const Node& node);
  void refresh_comment(const Node& node);
  void refresh_learnt();
  void rename();
  void edit_comment();
  [[nodiscard]] QString gesture(const std::string& what) const;
  Caption* add(Caption::Tone tone, const QString& text);

  DocumentController& controller_;
  RunLengthFinder& lengths_;
  std::vector<std::string> ids_;
  std::string type_;
  const NodeSpec* spec_;
  quint64 gesture_ = 0;
  /// What the gesture that is going on found, by parameter, a value for each node.
  std::map<std::string, std::vector<std::optional<Value>>> before_{};
  bool applying_ = false;
  quint64 shown_analysis_ = 0;

  QVBoxLayout* layout_;
  QLineEdit* id_line_ = nullptr;
  Caption* id_error_ = nullptr;
  Caption* size_ = nullptr;  ///< of a source that has been looked into
  Caption* problems_ = nullptr;
  std::vector<ParamRow*> rows_{};
  SchedulePlot* schedule_ = nullptr;  ///< of an optimiser
  QWidget* ports_ = nullptr;
  LearntView* learnt_ = nullptr;  ///< of one node that can be fitted
  QPlainTextEdit* comment_ = nullptr;
};

}  // namespace feedline::gui::inline inspector
