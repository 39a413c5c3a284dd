// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/node_form.h"

#include "graph/path.h"
#include "graph/port_edits.h"
#include "gui/base/field_keys.h"
#include "gui/base/theme.h"
#include "gui/canvas/cost_text.h"
#include "gui/canvas/node_face.h"
#include "gui/inspector/port_line.h"
#include "gui/models/sentence.h"
#include "gui/models/text.h"

#include <QPushButton>
#include <QScopedValueRollback>
#include <QSignalBlocker>

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace feedline::gui::inline inspector {

namespace {
constexpr std::string_view kRateParam = "learning_rate";
constexpr std::string_view kScheduleParam = "schedule";
}  // namespace

std::vector<const Node*> nodes_at(const Document& document, const std::vector<std::string>& paths) {
  if (paths.size() == 1) return {document.find(paths.front())};
  std::vector<const Node*> found;
  const std::string_view scope = paths.empty() ? std::string_view() : scope_of(paths.front());
  std::unordered_map<std::string_view, const Node*> here;
  if (const Diagram* diagram = document.at(scope))
    for (const Node& node : diagram->nodes()) here.emplace(node.id, &node);
  for (const std::string& path : paths) {
    const auto node = scope_of(path) == scope ? here.find(leaf_of(path)) : here.end();
    found.push_back(node == here.end() ? nullptr : node->second);
  }
  return found;
}

NodeForm::NodeForm(DocumentController& controller, std::vector<std::string> ids, RunLengthFinder& lengths,
                   QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      lengths_(lengths),
      ids_(std::move(ids)),
      type_(controller.document().find(ids_.front())->type),
      spec_(Registry::instance().find(type_)),
      layout_(new QVBoxLayout(this)) {
  static quint64 forms = 0;
  gesture_ = ++forms << 32;  // never the key of another form's gesture
  layout_->setContentsMargins(12, 12, 12, 12);
  layout_->setSpacing(Theme::kUnit / 2);
  build_head();
  build_params();
  ports_ = new QWidget(this);
  layout_->addWidget(ports_);
  if (ids_.size() == 1 && spec_ != nullptr && spec_->fitter) layout_->addWidget(learnt_ = new LearntView(this));
  build_comment();
  layout_->addStretch(1);
  refresh();
}

Caption* NodeForm::add(Caption::Tone tone, const QString& text) {
  auto* caption = new Caption(tone, text, this);
  layout_->addWidget(caption);
  return caption;
}

void NodeForm::build_head() {
  add(Caption::Tone::Title, to_qstring(spec_ != nullptr ? spec_->title : type_));
  add(Caption::Tone::Muted, spec_ != nullptr ? to_qstring(spec_->summary)
                                             : tr("This program does not know the type “%1”. It is kept as it is and "
                                                  "saved again unchanged.")
                                                   .arg(to_qstring(type_)));
  if (spec_ != nullptr && !spec_->help.empty())
    setToolTip(QStringLiteral("<qt>%1</qt>").arg(to_qstring(spec_->help).toHtmlEscaped()));
  size_ = add(Caption::Tone::Normal, {});
  size_->setObjectName(QStringLiteral("source_size"));
  problems_ = add(Caption::Tone::Error, {});
  if (ids_.size() > 1) {
    add(Caption::Tone::Normal, tr("%1 nodes are edited together.").arg(ids_.size()));
    return;
  }
  layout_->addSpacing(Theme::kUnit / 2);
  add(Caption::Tone::Section, tr("Name"));
  id_line_ = new QLineEdit(this);
  id_line_->setObjectName(QStringLiteral("node_id"));
  const auto style = [line = id_line_] { line->setFont(Theme::instance().mono_font()); };
  style();
  connect(&Theme::instance(), &Theme::changed, id_line_, style);
  id_line_->setAccessibleName(tr("Name of the node"));
  id_line_->setToolTip(tr("What wires, --set and reports call this node: a word of letters, digits, _ and -."));
  layout_->addWidget(id_line_);
  id_error_ = add(Caption::Tone::Error, {});
  connect(id_line_, &QLineEdit::editingFinished, this, &NodeForm::rename);
}

void NodeForm::build_params() {
  layout_->addSpacing(Theme::kUnit);
  if (spec_ == nullptr) {
    build_unknown_params();
    return;
  }
  if (!spec_->params.empty()) add(Caption::Tone::Section, tr("Parameters"));
  for (const ParamSpec& param : spec_->params) {
    auto* row = new ParamRow(param, this);
    layout_->addWidget(row);
    rows_.push_back(row);
    connect(&row->editor(), &ParamEditor::edited, this, [this, row](const Value& value) { edit_param(*row, value); });
    connect(&row->editor(), &ParamEditor::withdrawn, this, [this, row] { withdraw_param(*row); });
    connect(&row->editor(), &ParamEditor::gesture_ended, this, [this] {
      ++gesture_;
      before_.clear();
      refresh();  // a refused value gives way to the document's
    });
    connect(row, &ParamRow::reset_requested, this, [this, row] { reset_param(*row); });
    if (!spec_->optimizer_settings || ids_.size() > 1) continue;
    if (param.name == kRateParam) build_rate_finder(*row);
    if (param.name == kScheduleParam) layout_->addWidget(schedule_ = new SchedulePlot(this));
  }
  if (schedule_ == nullptr) return;
  connect(&lengths_, &RunLengthFinder::found, this, [this] {
    if (const std::vector<const Node*> shown = nodes(); !shown.empty()) show_schedule(*shown.front());
  });
}

void NodeForm::build_rate_finder(ParamRow& row) {
  auto* find = new QPushButton(tr("Find…"), this);
  find->setObjectName(QStringLiteral("find_rate"));
  find->setToolTip(tr("Try growing learning rates for a hundred steps, and see which is good"));
  row.add_tool(find);
  connect(find, &QPushButton::clicked, this, &NodeForm::find_rate_wanted);
}

void NodeForm::build_unknown_params() {
  for (const auto& [name, value] : controller_.document().find(ids_.front())->params) {
    add(Caption::Tone::Section, to_qstring(name));
    add(Caption::Tone::Mono, to_qstring(to_text(value)));
  }
}

void NodeForm::build_comment() {
  if (ids_.size() > 1) return;
  layout_->addSpacing(Theme::kUnit / 2);
  add(Caption::Tone::Section, tr("Comment"));
  comment_ = new QPlainTextEdit(this);
  comment_->setObjectName(QStringLiteral("node_comment"));
  comment_->setAccessibleName(tr("Comment on the node"));
  comment_->setPlaceholderText(tr("Why this node is here"));
  comment_->setTabChangesFocus(true);
  FieldKeys::write_through(comment_);
  comment_->installEventFilter(this);
  comment_->setFixedHeight(9 * Theme::kUnit);
  layout_->addWidget(comment_);
  connect(comment_, &QPlainTextEdit::textChanged, this, &NodeForm::edit_comment);
}

std::vector<const Node*> NodeForm::nodes() const {
  std::vector<const Node*> found = nodes_at(controller_.document(), ids_);
  const bool all = std::all_of(found.begin(), found.end(),
                               [this](const Node* node) { return node != nullptr && node->type == type_; });
  return all ? found : std::vector<const Node*>();
}

bool NodeForm::fits() const { return !nodes().empty(); }

void NodeForm::refresh() {
  const std::vector<const Node*> nodes = this->nodes();
  if (nodes.empty()) return;
  const Node* node = nodes.front();
  if (!applying_) before_.clear();  // somebody else changed the document
  if (id_line_ != nullptr && !id_line_->isModified()) id_line_->setText(to_qstring(node->id));
  if (id_error_ != nullptr) id_error_->setVisible(!id_error_->text().isEmpty());
  refresh_columns(*node);
  for (ParamRow* row : rows_) refresh_param(*row, nodes);
  refresh_comment(*node);
  refresh_size();
  refresh_schedule(*node);
  refresh_problems();
  refresh_ports(*node);
  refresh_learnt();
  shown_analysis_ = controller_.analyses();
}

void NodeForm::follow_document() {
  if (shown_analysis_ != controller_.analyses()) return refresh();
  if (!applying_) before_.clear();
  if (const Node* node = ids_.size() == 1 ? controller_.document().find(ids_.front()) : nullptr) refresh_comment(*node);
}

void NodeForm::refresh_comment(const Node& node) {
  if (comment_ == nullptr || comment_->toPlainText() == to_qstring(node.comment)) return;
  const QSignalBlocker quiet(comment_);
  comment_->setPlainText(to_qstring(node.comment));
}

/// Of a repeated sub-graph the first copy's, as previews show it.
void NodeForm::refresh_learnt() {
  if (learnt_ == nullptr) return;
  std::shared_ptr<const NamedTensors> state;
  for (const auto& [id, learnt] : controller_.learnt())
    if (state == nullptr && drawn_path(id) == ids_.front()) state = learnt;
  learnt_->show_state(state);
}

/// What parameters that name columns can choose from; of several nodes, what the first can.
void NodeForm::refresh_columns(const Node& node) {
  const auto names_columns = [](const ParamRow* row) { return row->spec().columns.of != ColumnNames::Of::Nothing; };
  if (std::none_of(rows_.begin(), rows_.end(), names_columns)) return;
  const std::string scope(scope_of(ids_.front()));
  const Diagram& diagram = *controller_.document().at(scope);
  const FaceMaker faces(diagram, controller_.analysis(), scope);
  const SourceColumns& tables = controller_.source_columns();
  for (ParamRow* row : rows_) {
    const ColumnNames& names = row->spec().columns;
    if (names.of == ColumnNames::Of::Nothing) continue;
    std::vector<Column> columns;
    if (names.of == ColumnNames::Of::Input) {
      const Link* link = diagram.link_into({node.id, names.port});
      if (const TensorDesc* desc = link == nullptr ? nullptr : faces.desc(link->from)) columns = desc->columns;
    } else if (names.of == ColumnNames::Of::Table) {
      if (const auto own = tables.find(ids_.front()); own != tables.end()) columns = own->second;
    } else {
      std::unordered_set<std::string_view> met;
      for (const auto& [source, all] : tables)
        for (const Column& column : all)
          if (met.insert(column.name).second) columns.push_back(column);
      for (const auto& [source, facts] : controller_.source_facts())
        for (const std::string& name : facts.split_names)
          if (met.insert(name).second) columns.push_back({.name = name, .type = ColumnType::Text});
    }
    row->editor().show_columns(columns);
  }
}

/// The value of all nodes, or that they differ.
void NodeForm::refresh_param(ParamRow& row, const std::vector<const Node*>& nodes) {
  const ParamSpec& spec = row.spec();
  bool any_set = false;
  bool mixed = false;
  bool counts = false;
  std::optional<Value> common;
  for (const Node* node : nodes) {
    const ParamMap& params = node->params;
    counts |= spec_->counts(spec, params);
    const auto set = params.find(spec.name);
    const Value& value = set == params.end() ? spec.default_value : set->second;
    any_set |= set != params.end();
    mixed |= common.has_value() && *common != value;
    common = value;
  }
  mixed ? row.show_mixed() : row.show_value(*common, any_set);
  // What was set stays in sight, with the warning that it is passed over.
  row.setHidden(!counts && !any_set);
}

/// What is known of a source's data.
void NodeForm::refresh_size() {
  const auto facts = controller_.source_facts().find(ids_.front());
  const bool known = ids_.size() == 1 && facts != controller_.source_facts().end();
  size_->setVisible(known);
  if (!known) return;
  const PortSpec* label = spec_ == nullptr ? nullptr : spec_->output_of(Kind::Label);
  const TensorDesc* desc = label == nullptr ? nullptr : controller_.analysis().at({ids_.front(), label->name});
  size_->setText(source_text(facts->second, desc));
}

/// At once for the length that was known last; once more if that turns out to be another.
void NodeForm::refresh_schedule(const Node& node) {
  if (schedule_ == nullptr) return;
  lengths_.ask(controller_);
  show_schedule(node);
}

/// As the parameters stand, right or not yet.
void NodeForm::show_schedule(const Node& node) {
  schedule_->show_schedule(spec_->optimizer_settings(spec_->complete(node.params)), lengths_.known(controller_));
}

void NodeForm::show_progress(const std::optional<SchedulePlot::Progress>& progress) {
  if (schedule_ != nullptr) schedule_->show_progress(progress);
}

void NodeForm::refresh_problems() {
  QStringList general;
  std::map<std::string, QString> of_param;
  bool error = false;
  const std::unordered_set<std::string_view> shown(ids_.begin(), ids_.end());
  for (const Problem& problem : controller_.analysis().problems) {
    if (!shown.contains(problem.error.node)) continue;
    if (!problem.error.parameter.empty() && spec_ != nullptr && spec_->param(problem.error.parameter) != nullptr) {
      of_param[problem.error.parameter] = sentence(problem.error);
    } else {
      const std::string& port = problem.error.port.empty() ? problem.error.parameter : problem.error.port;
      general << (port.empty() ? QString() : spaced(port) + QStringLiteral(": ")) + sentence(problem.error);
      error |= problem.severity == Problem::Severity::Error;
    }
  }
  problems_->set_tone(error ? Caption::Tone::Error : Caption::Tone::Warning);
  problems_->setText(general.join(QLatin1Char('\n')));
  problems_->setVisible(!general.isEmpty());
  for (ParamRow* row : rows_) row->show_error(of_param[row->spec().name]);
}

void NodeForm::refresh_ports(const Node& node) {
  if (ids_.size() > 1) return;
  const std::string scope(scope_of(ids_.front()));
  const Diagram& diagram = *controller_.document().at(scope);
  const FaceMaker faces(diagram, controller_.analysis(), scope);
  const NodeFace face = faces.face(node);
  auto* fresh = new QWidget(this);
  auto* layout = new QVBoxLayout(fresh);
  layout->setContentsMargins(0, Theme::kUnit / 2, 0, 0);
  layout->setSpacing(0);
  const auto list = [&](const QString& title, const std::vector<PortFace>& ports, bool inputs) {
    if (ports.empty()) return;
    if (layout->count() > 0) layout->addSpacing(Theme::kUnit / 2);
    layout->addWidget(new Caption(Caption::Tone::Section, title, fresh));
    for (const PortFace& port : ports) {
      if (port.free) continue;
      PortRef from{node.id, port.name};
      const Link* link = inputs ? diagram.link_into(from) : nullptr;
      if (link != nullptr) from = link->from;
      const TensorDesc* desc = inputs && link == nullptr ? nullptr : faces.desc(from);
      QString shape = desc == nullptr ? kind_text(port.kind) : wire_text(*desc);
      if (inputs && link == nullptr)
        shape = port.required ? tr("%1, not connected").arg(shape) : tr("%1, optional").arg(shape);
      layout->addWidget(new PortLine(port, shape, fresh));
    }
  };
  list(tr("Inputs"), face.inputs, true);
  list(tr("Outputs"), face.outputs, false);
  delete layout_->replaceWidget(ports_, fresh);
  ports_->hide();
  ports_->deleteLater();
  ports_ = fresh;
}

QString NodeForm::gesture(const std::string& what) const {
  return QStringLiteral("inspector.%1.%2").arg(gesture_).arg(to_qstring(what));
}

void NodeForm::edit_param(ParamRow& row, const Value& value) {
  const ParamSpec& spec = row.spec();
  // An empty path or text is unfinished, not wrong: the analysis says that it is missing.
  const bool emptied = spec.required && to_text(value).empty();
  if (const Status status = spec.check(value); !status && !emptied) {
    row.show_error(sentence(status.error()));
    return;
  }
  auto& before = before_[spec.name];
  if (before.empty()) {
    for (const Node* node : nodes()) {
      const auto set = node->params.find(spec.name);
      before.push_back(set == node->params.end() ? std::nullopt : std::optional(set->second));
    }
  }
  set_param(row, std::vector<std::optional<Value>>(ids_.size(), value));
}

void NodeForm::withdraw_param(ParamRow& row) {
  if (const auto before = before_.find(row.spec().name); before != before_.end()) set_param(row, before->second);
}

/// One value for each node; none: its default.
void NodeForm::set_param(ParamRow& row, const std::vector<std::optional<Value>>& values) {
  const std::string& name = row.spec().name;
  Edit::List steps;
  for (std::size_t i = 0; i < ids_.size(); ++i)
    steps.push_back(feedline::set_param(controller_.document(), {ids_[i], name, values[i]}));
  const Edit edit = steps.size() == 1 ? std::move(steps.front()) : Edit{std::move(steps)};
  const QScopedValueRollback<bool> applying(applying_, true);
  if (const Status status = controller_.apply(edit, gesture(name)); !status) row.show_error(sentence(status.error()));
}

void NodeForm::reset_param(const ParamRow& row) {
  Edit::List steps;
  const std::vector<const Node*> all = nodes();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i]->params.contains(row.spec().name))
      steps.push_back(feedline::set_param(controller_.document(), {ids_[i], row.spec().name, std::nullopt}));
  if (steps.empty()) return;
  ++gesture_;
  (void)controller_.apply(steps.size() == 1 ? Edit(std::move(steps.front())) : Edit{std::move(steps)});
}

void NodeForm::rename() {
  if (!id_line_->isModified()) return;
  id_line_->setModified(false);
  const std::string from = ids_.front();
  const std::string to = id_line_->text().trimmed().toStdString();
  id_error_->clear();
  if (to != leaf_of(from)) {
    ids_.front() = join_path(scope_of(from), to);  // the form follows at once, so that it survives the change
    if (const Status status = controller_.apply({RenameNode{.from = from, .to = to}}); !status) {
      ids_.front() = from;
      id_error_->setText(sentence(status.error()));
    }
  }
  refresh();
}

/// A comment that is left and taken up again is another step.
bool NodeForm::eventFilter(QObject* watched, QEvent* event) {
  if (watched == comment_ && event->type() == QEvent::FocusOut) ++gesture_;
  return QWidget::eventFilter(watched, event);
}

void NodeForm::edit_comment() {
  (void)controller_.apply({SetNodeComment{.node = ids_.front(), .text = comment_->toPlainText().toStdString()}},
                          gesture("comment"));
}

void NodeForm::focus_name() {
  if (id_line_ == nullptr) return;
  id_line_->setFocus(Qt::TabFocusReason);
  id_line_->selectAll();
}

void NodeForm::focus_first() {
  if (rows_.empty()) return focus_name();
  focus_param(to_qstring(rows_.front()->spec().name));
}

void NodeForm::focus_param(const QString& name) {
  for (ParamRow* row : rows_) {
    if (to_qstring(row->spec().name) != name) continue;
    QWidget* field = &row->editor();
    for (QWidget* child : row->editor().findChildren<QWidget*>())
      if (field == &row->editor() && (child->focusPolicy() & Qt::TabFocus) != 0) field = child;
    field->setFocus(Qt::TabFocusReason);  // a line is selected: what is typed replaces it
  }
}

}  // namespace feedline::gui::inline inspector
