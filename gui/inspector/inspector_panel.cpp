// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/inspector_panel.h"

#include "graph/path.h"
#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/inspector/node_form.h"
#include "gui/models/text.h"

#include <QLineEdit>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace feedline::gui::inline inspector {

namespace {
constexpr std::size_t kMostNamed = 30;
}

InspectorPanel::InspectorPanel(DocumentController& controller, QWidget* parent) : QWidget(parent) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(&area_);
  area_.setWidgetResizable(true);
  area_.setFrameShape(QFrame::NoFrame);
  area_.setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setMinimumWidth(30 * Theme::kUnit);
  setAccessibleName(tr("Inspector"));
  show_document(controller);
}

void InspectorPanel::show_document(DocumentController& controller) {
  if (controller_ != nullptr) disconnect(controller_, nullptr, this, nullptr);
  controller_ = &controller;
  ids_.clear();
  connect(controller_, &DocumentController::changed, this, &InspectorPanel::follow_document);
  connect(controller_, &DocumentController::replaced, this, [this] { show_nodes({}); });
  rebuild();
}

void InspectorPanel::show_nodes(const QStringList& ids) {
  if (form_ != nullptr && form_->fits()) {
    QStringList shown;
    for (const std::string& id : form_->ids()) shown << to_qstring(id);
    if (shown == ids) {
      ids_ = ids;
      return;
    }
  } else if (form_ == nullptr && ids.isEmpty() && ids_.isEmpty()) {
    return;
  }
  ids_ = ids;
  rebuild();
}

void InspectorPanel::show_param(const QString& node, const QString& param) {
  show_nodes({node});
  if (form_ != nullptr) form_->focus_param(param);
}

void InspectorPanel::focus_form(bool name) {
  if (form_ != nullptr) name ? form_->focus_name() : form_->focus_first();
}

void InspectorPanel::show_training(const TrainerSample* now) {
  if (form_ == nullptr) return;
  if (now == nullptr || now->total_steps == 0 || !std::isfinite(now->learning_rate))
    return form_->show_progress(std::nullopt);
  form_->show_progress(SchedulePlot::Progress{
      .done = static_cast<double>(now->steps) / static_cast<double>(now->total_steps), .rate = now->learning_rate});
}

void InspectorPanel::follow_document() {
  if (form_ != nullptr && form_->fits()) {
    form_->follow_document();
  } else if (form_ != nullptr || ids_.isEmpty()) {
    rebuild();
  }
}

void InspectorPanel::rebuild() {
  std::vector<std::string> wanted;
  for (const QString& id : ids_) wanted.push_back(id.toStdString());
  const std::vector<const Node*> nodes = nodes_at(controller_->document(), wanted);
  std::vector<std::string> ids;
  std::set<std::string> types;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i] == nullptr) continue;
    ids.push_back(std::move(wanted[i]));
    types.insert(nodes[i]->type);
  }
  form_ = nullptr;
  QWidget* page = nullptr;
  if (types.size() == 1) {
    page = form_ = new NodeForm(*controller_, std::move(ids), lengths_);
    connect(form_, &NodeForm::find_rate_wanted, this, &InspectorPanel::find_rate_wanted);
  } else {
    page = ids.empty() ? make_overview() : make_mixed(ids);
  }
  page->setObjectName(QStringLiteral("ground"));
  if (QWidget* old = area_.takeWidget()) {
    old->hide();
    old->deleteLater();  // it may be the sender of the very change
  }
  area_.setWidget(page);
}

QWidget* InspectorPanel::make_overview() {
  const Document& document = controller_->document();
  auto* page = new QWidget;
  auto* layout = new QVBoxLayout(page);
  layout->setContentsMargins(12, 12, 12, 12);
  layout->setSpacing(Theme::kUnit / 2);
  layout->addWidget(new Caption(Caption::Tone::Section, tr("Title of the graph"), page));
  auto* title = new QLineEdit(to_qstring(document.title()), page);
  title->setObjectName(QStringLiteral("document_title"));
  title->setCursorPosition(0);
  title->setPlaceholderText(tr("Untitled"));
  title->setAccessibleName(tr("Title of the graph"));
  layout->addWidget(title);
  // The page belongs to this document, even where focus leaves it because another one is shown.
  connect(title, &QLineEdit::editingFinished, this, [title, controller = controller_] {
    if (title->text().toStdString() != controller->document().title())
      (void)controller->apply({SetTitle{title->text().toStdString()}});
  });
  layout->addSpacing(Theme::kUnit);
  const QString nodes = count_text(static_cast<qsizetype>(document.nodes().size()), tr("1 node"), tr("%1 nodes"));
  const QString wires = count_text(static_cast<qsizetype>(document.links().size()), tr("1 wire"), tr("%1 wires"));
  layout->addWidget(new Caption(Caption::Tone::Normal, nodes + QStringLiteral(", ") + wires, page));
  int errors = 0;
  for (const Problem& problem : controller_->analysis().problems)
    errors += problem.severity == Problem::Severity::Error;
  const bool empty = document.nodes().empty();
  layout->addWidget(errors == 0 || empty
                        ? new Caption(Caption::Tone::Muted, empty ? QString() : tr("The graph can run."), page)
                        : new Caption(Caption::Tone::Error,
                                      count_text(errors, tr("1 error to fix before it can run."),
                                                 tr("%1 errors to fix before it can run.")),
                                      page));
  layout->addSpacing(Theme::kUnit);
  layout->addWidget(new Caption(
      Caption::Tone::Muted,
      tr("Select a node to see and change its parameters. Select several of one type to change them together."), page));
  layout->addStretch(1);
  return page;
}

QWidget* InspectorPanel::make_mixed(const std::vector<std::string>& ids) {
  auto* page = new QWidget;
  auto* layout = new QVBoxLayout(page);
  layout->setContentsMargins(12, 12, 12, 12);
  layout->setSpacing(Theme::kUnit / 2);
  layout->addWidget(new Caption(Caption::Tone::Title, tr("%1 nodes selected").arg(ids.size()), page));
  layout->addWidget(new Caption(Caption::Tone::Muted,
                                tr("They are of different types. Select nodes of one type to change "
                                   "their parameters together."),
                                page));
  const std::size_t shown = std::min(ids.size(), kMostNamed);
  for (std::size_t i = 0; i < shown; ++i) layout->addWidget(new Caption(Caption::Tone::Mono, to_qstring(ids[i]), page));
  if (shown < ids.size())
    layout->addWidget(new Caption(Caption::Tone::Muted, tr("and %1 more").arg(ids.size() - shown), page));
  layout->addStretch(1);
  return page;
}

}  // namespace feedline::gui::inline inspector
