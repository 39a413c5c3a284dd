// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/runs/runs_panel.h"

#include "gui/base/in_view.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"

#include <QAction>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStackedLayout>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace feedline::gui::inline runs {

namespace {
/// A pause in typing.
constexpr int kTypingMs = 200;
constexpr int kLookMs = 1000;
constexpr int kUndoMs = 20'000;
/// Large writing must not make the window wider than a screen.
constexpr int kLeastWidth = 24 * Theme::kUnit;
/// Of the search field beside the buttons; narrower, it gets a line of its own.
constexpr int kSearchWidth = 20 * Theme::kUnit;

/// A search field with buttons beside it, or below it where the panel is narrow, in two rows where it is narrower
/// still: so no button's text is cut.
class SearchRow : public QWidget {
 public:
  SearchRow(QLineEdit* search, QWidget* parent)
      : QWidget(parent), line_(new QBoxLayout(QBoxLayout::LeftToRight, this)), grid_(new QGridLayout) {
    line_->setContentsMargins(Theme::kUnit, 0, Theme::kUnit, 0);
    line_->setSpacing(Theme::kUnit);
    grid_->setSpacing(Theme::kUnit);
    line_->addWidget(search, 1);
    line_->addLayout(grid_);
  }

  void add(QWidget* button) {
    grid_->addWidget(button, 0, static_cast<int>(buttons_.size()));
    buttons_ << button;
  }

 protected:
  void resizeEvent(QResizeEvent* event) override {
    int wide = (static_cast<int>(buttons_.size()) + 1) * Theme::kUnit;  // margins and gaps
    for (const QWidget* button : buttons_) wide += button->sizeHint().width();
    const bool beside = width() >= kSearchWidth + wide + Theme::kUnit;
    line_->setDirection(beside ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    arrange(width() >= wide ? static_cast<int>(buttons_.size()) : 2);
    QWidget::resizeEvent(event);
  }

 private:
  void arrange(int columns) {
    if (columns == columns_) return;
    columns_ = columns;
    for (QWidget* button : buttons_) grid_->removeWidget(button);
    for (int i = 0; i < buttons_.size(); ++i) grid_->addWidget(buttons_[i], i / columns, i % columns);
  }

  QBoxLayout* line_;
  QGridLayout* grid_;
  QList<QWidget*> buttons_{};
  int columns_ = 0;
};
}  // namespace

RunsPanel::RunsPanel(QWidget* parent)
    : QWidget(parent),
      model_(new RunsModel(this)),
      sorted_(new QSortFilterProxyModel(this)),
      view_(new QTreeView(this)),
      search_(new QLineEdit(this)),
      empty_(new QLabel(this)) {
  make_view();
  make_actions();
  auto* lists = new QWidget(this);
  stack_ = new QStackedLayout(lists);
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setWordWrap(true);
  stack_->addWidget(empty_);
  stack_->addWidget(view_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, Theme::kUnit, 0, 0);
  column->setSpacing(Theme::kUnit / 2);
  column->addWidget(make_tools());
  column->addWidget(lists, 1);
  column->addWidget(make_undo_bar());
  const auto style = [this] {
    empty_->setStyleSheet(QStringLiteral("color: %1").arg(Theme::instance().colors().muted.name()));
  };
  style();
  connect(&Theme::instance(), &Theme::changed, this, style);
  update_tools();
  update_empty();
  keep_looking();
}

void RunsPanel::keep_looking() {
  look_timer_.setInterval(kLookMs);
  connect(&look_timer_, &QTimer::timeout, this, [this] {
    if (in_view(*this)) {
      Q_EMIT looked_at();
    } else {
      look_timer_.stop();
    }
  });
  for (QWidget* part : std::initializer_list<QWidget*>{view_->viewport(), empty_})
    new PaintNotifier(part, [this] {
      if (look_timer_.isActive()) return;
      look_timer_.start();
      Q_EMIT looked_at();
    });
}

void RunsPanel::make_view() {
  sorted_->setSourceModel(model_);
  sorted_->setSortRole(RunsModel::SortRole);
  view_->setModel(sorted_);
  view_->setRootIsDecorated(false);
  view_->setUniformRowHeights(true);
  view_->setAlternatingRowColors(false);
  view_->setAccessibleName(tr("Runs"));
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  view_->setEditTriggers(QAbstractItemView::EditKeyPressed | QAbstractItemView::SelectedClicked);
  view_->setFrameShape(QFrame::NoFrame);
  view_->setContextMenuPolicy(Qt::ActionsContextMenu);
  view_->setSortingEnabled(true);
  view_->header()->setSortIndicatorClearable(true);
  view_->header()->setSortIndicator(-1, Qt::AscendingOrder);  // pinned ones, then the newest
  view_->header()->setStretchLastSection(true);
  const QFontMetrics metrics(view_->font());
  const std::pair<int, const char*> widths[] = {{RunsModel::RunColumn, "000 ★"},
                                                {RunsModel::StartedColumn, "16:20 today"},
                                                {RunsModel::GraphColumn, "a graph and its title"},
                                                {RunsModel::StateColumn, "preparing"},
                                                {RunsModel::RateColumn, "Samples/s"},
                                                {RunsModel::LossColumn, "0.0000"},
                                                {RunsModel::ValidationColumn, "Validation"},
                                                {RunsModel::TimeColumn, "00 min 00 s"},
                                                {RunsModel::ProgressColumn, "epoch 10 of 10, 0:00 to go"},
                                                {RunsModel::TagsColumn, "baseline sweep"}};
  for (const auto& [section, sample] : widths)
    view_->header()->resizeSection(section, metrics.horizontalAdvance(QString::fromUtf8(sample)) + 3 * Theme::kUnit);
  for (const int column : {RunsModel::TagsColumn, RunsModel::NoteColumn}) view_->setColumnHidden(column, true);
  connect(sorted_, &QAbstractItemModel::rowsInserted, this,
          [this](const QModelIndex&, int first, int last) { show_written(first, last); });
  connect(sorted_, &QAbstractItemModel::dataChanged, this,
          [this](const QModelIndex& from, const QModelIndex& to) { show_written(from.row(), to.row()); });
  connect(sorted_, &QAbstractItemModel::modelReset, this, [this] { show_written(0, sorted_->rowCount() - 1); });
  connect(view_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &RunsPanel::update_tools);
  connect(view_, &QTreeView::doubleClicked, this, [this](const QModelIndex& index) {
    if (index.column() < RunsModel::TagsColumn) Q_EMIT open_wanted(index.data(RunsModel::IdRole).toLongLong());
  });
}

void RunsPanel::make_actions() {
  const auto make = [this](const QString& text, const QKeySequence& keys = {}) {
    auto* action = new QAction(text, view_);
    action->setShortcut(keys);
    action->setShortcutContext(Qt::WidgetShortcut);
    view_->addAction(action);
    return action;
  };
  open_ = make(tr("Open graph"));
  go_on_ = make(tr("Resume"));
  pin_ = make(tr("Pin"));
  tags_ = make(tr("Edit tags"));
  note_ = make(tr("Edit note"));
  export_ = make(tr("Export model…"));
  export_->setObjectName(QStringLiteral("export_model"));
  remove_ = make(tr("Delete"), QKeySequence::Delete);
  connect(open_, &QAction::triggered, this, [this] { Q_EMIT open_wanted(selected().front()); });
  connect(pin_, &QAction::triggered, this, [this] { Q_EMIT pin_wanted(selected(), !all_pinned()); });
  connect(tags_, &QAction::triggered, this, [this] { edit(RunsModel::TagsColumn); });
  connect(note_, &QAction::triggered, this, [this] { edit(RunsModel::NoteColumn); });
  connect(export_, &QAction::triggered, this, [this] { Q_EMIT export_wanted(selected().front()); });
  connect(remove_, &QAction::triggered, this, [this] { Q_EMIT remove_wanted(selected()); });
}

QMenu* RunsPanel::make_menu() {
  auto* menu = new QMenu(this);
  menu->addActions({open_, go_on_, export_, pin_, tags_, note_});
  menu->addSeparator();
  menu->addAction(remove_);
  return menu;
}

/// Tags and notes take room once somebody has written one: without them a narrow panel has no need to scroll sideways.
void RunsPanel::show_written(int first, int last) {
  for (const int column : {RunsModel::TagsColumn, RunsModel::NoteColumn})
    for (int row = first; row <= last && view_->isColumnHidden(column); ++row)
      if (!sorted_->index(row, column).data().toString().isEmpty()) view_->setColumnHidden(column, false);
}

void RunsPanel::edit(int column) {
  view_->setColumnHidden(column, false);
  const QModelIndex cell = view_->selectionModel()->selectedRows().front().siblingAtColumn(column);
  view_->scrollTo(cell);
  view_->edit(cell);
}

QWidget* RunsPanel::make_tools() {
  auto* tools = new SearchRow(search_, this);
  tools->setMinimumWidth(kLeastWidth);
  search_->setPlaceholderText(tr("Search: a graph, a note, failed, batch.size=64"));
  search_->setAccessibleName(tr("Search runs"));
  search_->setClearButtonEnabled(true);
  const auto button = [&](const QString& text, const QString& tip) {
    auto* made = new QPushButton(text, tools);
    made->setToolTip(tip);
    tools->add(made);
    return made;
  };
  resume_ = button(tr("Resume"), {});
  resume_->setObjectName(QStringLiteral("resume_run"));
  connect(resume_, &QPushButton::clicked, this, [this] { Q_EMIT resume_wanted(asked_); });
  connect(go_on_, &QAction::triggered, this, [this] { Q_EMIT resume_wanted(asked_); });
  compare_ = button(tr("Compare"), tr("Show two or more runs side by side"));
  report_ = button(tr("Report…"), tr("Write the run as a page or as a PDF file"));
  auto* more = new QPushButton(tr("More"), tools);
  more->setMenu(make_menu());
  tools->add(more);
  search_->setMinimumWidth(16 * Theme::kUnit);
  connect(compare_, &QPushButton::clicked, this, [this] { Q_EMIT compare_wanted(selected()); });
  connect(report_, &QPushButton::clicked, this, [this] { Q_EMIT report_wanted(selected().front()); });
  search_timer_.setSingleShot(true);
  search_timer_.setInterval(kTypingMs);
  connect(search_, &QLineEdit::textChanged, &search_timer_, qOverload<>(&QTimer::start));
  connect(&search_timer_, &QTimer::timeout, this, [this] { Q_EMIT search_changed(search_->text()); });
  return tools;
}

QWidget* RunsPanel::make_undo_bar() {
  undo_bar_ = new QWidget(this);
  undo_bar_->setMinimumWidth(kLeastWidth);
  auto* row = new QHBoxLayout(undo_bar_);
  row->setContentsMargins(Theme::kUnit, 0, Theme::kUnit, Theme::kUnit / 2);
  undo_text_ = new QLabel(undo_bar_);
  auto* undo = new QPushButton(tr("Undo"), undo_bar_);
  undo->setObjectName("undo_delete");
  row->addWidget(undo_text_);
  row->addWidget(undo);
  row->addStretch();
  undo_bar_->hide();
  undo_timer_.setSingleShot(true);
  undo_timer_.setInterval(kUndoMs);
  connect(&undo_timer_, &QTimer::timeout, undo_bar_, &QWidget::hide);
  connect(undo, &QPushButton::clicked, this, [this] {
    undo_bar_->hide();
    Q_EMIT restore_wanted(removed_);
  });
  return undo_bar_;
}

void RunsPanel::show_runs(const std::vector<RunSummary>& runs) {
  any_ |= !runs.empty();
  model_->set_runs(runs);
  update_tools();
  update_empty();
}

void RunsPanel::update_empty() {
  empty_->setText(any_ ? tr("No run matches.")
                       : tr("Every run is kept here, with its graph, curves and figures. Press Run."));
  stack_->setCurrentWidget(model_->rowCount() == 0 ? static_cast<QWidget*>(empty_) : view_);
}

void RunsPanel::offer_restore(const std::vector<qint64>& runs) {
  removed_ = runs;
  undo_text_->setText(count_text(static_cast<qsizetype>(runs.size()), tr("1 run deleted."), tr("%1 runs deleted.")));
  undo_bar_->show();
  undo_timer_.start();
}

std::vector<qint64> RunsPanel::selected() const {
  QModelIndexList rows = view_->selectionModel()->selectedRows();
  std::sort(rows.begin(), rows.end(), [](const QModelIndex& a, const QModelIndex& b) { return a.row() < b.row(); });
  std::vector<qint64> runs;
  for (const QModelIndex& row : rows) runs.push_back(row.data(RunsModel::IdRole).toLongLong());
  return runs;
}

void RunsPanel::select(const std::vector<qint64>& runs) {
  view_->clearSelection();
  for (int row = 0; row < sorted_->rowCount(); ++row) {
    const QModelIndex index = sorted_->index(row, 0);
    if (std::find(runs.begin(), runs.end(), index.data(RunsModel::IdRole).toLongLong()) != runs.end())
      view_->selectionModel()->select(index, QItemSelectionModel::Select | QItemSelectionModel::Rows);
  }
}

bool RunsPanel::all_pinned() const {
  const std::vector<qint64> chosen = selected();
  return std::all_of(model_->runs().begin(), model_->runs().end(), [&](const RunSummary& run) {
    return run.pinned || std::find(chosen.begin(), chosen.end(), run.id) == chosen.end();
  });
}

void RunsPanel::update_tools() {
  const QModelIndexList rows = view_->selectionModel()->selectedRows();
  const bool active = std::any_of(rows.begin(), rows.end(),
                                  [](const QModelIndex& row) { return row.data(RunsModel::ActiveRole).toBool(); });
  for (QAction* action : {open_, export_, tags_, note_}) action->setEnabled(rows.size() == 1);
  report_->setEnabled(rows.size() == 1);
  compare_->setEnabled(rows.size() >= 2);
  pin_->setEnabled(!rows.isEmpty());
  pin_->setText(!rows.isEmpty() && all_pinned() ? tr("Unpin") : tr("Pin"));
  remove_->setEnabled(!rows.isEmpty() && !active);
  update_resume();
}

void RunsPanel::forbid_resume(const QString& why) {
  resume_->setEnabled(false);
  resume_->setToolTip(why);
  go_on_->setEnabled(false);
  go_on_->setToolTip(why);
}

/// A run is asked about once, and again when it has ended.
void RunsPanel::update_resume() {
  const QModelIndexList rows = view_->selectionModel()->selectedRows();
  if (rows.size() != 1) {
    asked_ = 0;
    return forbid_resume(tr("Choose one run to go on with"));
  }
  if (run_on_) {
    asked_ = 0;
    return forbid_resume(tr("A run is going on: stop it first"));
  }
  const qint64 run = rows.front().data(RunsModel::IdRole).toLongLong();
  const bool active = rows.front().data(RunsModel::ActiveRole).toBool();
  if (run == asked_ && active == asked_active_) return;
  asked_ = run;
  asked_active_ = active;
  if (active) return forbid_resume(tr("This run is going on"));
  forbid_resume(tr("Looking for its checkpoint…"));
  Q_EMIT resumable_wanted(run);
}

void RunsPanel::set_run_on(bool on) {
  if (on == run_on_) return;
  run_on_ = on;
  update_resume();
}

void RunsPanel::show_resumable(qint64 run, const QString& hindrance) {
  if (run != asked_ || asked_active_ || run_on_) return;
  if (!hindrance.isEmpty()) return forbid_resume(hindrance);
  const QString tip = tr("Open its graph and go on from its newest checkpoint");
  resume_->setEnabled(true);
  resume_->setToolTip(tip);
  go_on_->setEnabled(true);
  go_on_->setToolTip(tip);
}

}  // namespace feedline::gui::inline runs
