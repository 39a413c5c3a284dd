// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/tryout_panel.h"

#include "gui/base/caption.h"
#include "gui/base/settings.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/answer_view.h"
#include "gui/plots/panel_menu.h"
#include "gui/plots/run_panels.h"
#include "gui/session/run_controller.h"
#include "state/checkpoint_files.h"

#include <QCheckBox>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QStackedLayout>
#include <QUrl>
#include <QVBoxLayout>

#include <utility>

namespace feedline::gui::inline plots {

TryoutPanel::TryoutPanel(QWidget* parent)
    : QWidget(parent),
      told_(new Caption(Caption::Tone::Muted, {}, this)),
      menu_(new PanelMenu([this] { return exported(); }, this)),
      choose_(new QPushButton(tr("Choose a picture…"), this)),
      shaded_(new QCheckBox(tr("What mattered"), this)),
      view_(new AnswerView(this)),
      empty_(new EmptyState(
          {.purpose = tr("what the model says of a picture of yours, and why"), .awaited = tr("the first checkpoint")},
          this)),
      stack_(new QStackedLayout(this)),
      worker_(&TryoutPanel::answer, [this](Answer answer) { show_answer(std::move(answer)); }) {
  setWindowTitle(tr("Try it"));
  setAcceptDrops(true);
  build();
}

void TryoutPanel::build() {
  auto* page = new QWidget(this);
  auto* head = new QHBoxLayout;
  head->setSpacing(Theme::kUnit);
  choose_->setObjectName(QStringLiteral("choose_picture"));
  shaded_->setObjectName(QStringLiteral("shade_picture"));
  shaded_->setToolTip(tr("Shades the parts that the answer rests on: without them the model is less sure"));
  shaded_->setChecked(true);
  head->addWidget(choose_);
  head->addWidget(shaded_);
  head->addWidget(told_, 1);
  head->addWidget(menu_);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(Theme::kUnit, 0, Theme::kUnit, Theme::kUnit);
  column->setSpacing(Theme::kUnit / 2);
  column->addLayout(head);
  column->addWidget(view_, 1);
  stack_->addWidget(empty_);
  stack_->addWidget(page);
  connect(choose_, &QPushButton::clicked, this, &TryoutPanel::choose);
  connect(view_, &AnswerView::clicked, this, &TryoutPanel::choose);
  connect(shaded_, &QCheckBox::toggled, view_, &AnswerView::set_shaded);
}

bool TryoutPanel::shows_empty_state() const { return stack_->currentWidget() == empty_; }
QString TryoutPanel::told() const { return told_->text(); }

void TryoutPanel::begin_run(const Document&, bool) {
  worker_.cancel();
  folder_.clear();
  file_.clear();
  view_->show_answer(std::nullopt);
  empty_->set_reason({});
  stack_->setCurrentIndex(0);
}

void TryoutPanel::follow_run(RunController& runs) {
  runs_ = &runs;
  folder_ = runs.checkpoint_folder();
  if (folder_.empty()) empty_->set_reason(tr("This run keeps no checkpoints: switch them on in Settings."));
}

/// Checkpoints come at the end of epochs, if not sooner.
void TryoutPanel::add_epoch(const EpochResult&) {
  if (!shows_empty_state()) return;
  if (!folder_.empty() && runs_ != nullptr && runs_->checkpoint_folder().empty()) {
    folder_.clear();
    empty_->set_reason(tr("An estimator keeps no checkpoints, and nothing else can be asked."));
  }
  if (folder_.empty()) return;
  invite();
}

void TryoutPanel::end_run(const RunResult& result) {
  if (result.checkpoint.empty() || !shows_empty_state()) return;
  invite();
}

/// The view itself says what can be done.
void TryoutPanel::invite() {
  told_->set_tone(Caption::Tone::Muted);
  told_->clear();
  stack_->setCurrentIndex(1);
}

void TryoutPanel::choose() {
  auto* dialog = new QFileDialog(this, tr("Try the model on a picture"), Settings::last_folder());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
    Settings::set_last_folder(QFileInfo(file).absolutePath());
    try_file(file);
  });
  dialog->open();
}

void TryoutPanel::try_file(const QString& file) {
  file_ = file;
  told_->set_tone(Caption::Tone::Muted);
  told_->setText(tr("Asking about %1…").arg(QFileInfo(file).fileName()));
  worker_.ask({folder_, file.toStdString()});
}

TryoutPanel::Answer TryoutPanel::answer(const Question& question, const std::stop_token& stop) {
  auto found = find_checkpoint(question.folder);
  if (!found) return {.error = std::move(found.error())};
  if (!*found)
    return {.error = {.reason = "the run has written no checkpoint yet",
                      .remedy = TryoutPanel::tr(
                                    "One comes at the end of its epochs, every 10 seconds at most, and when it ends")
                                    .toStdString()}};
  auto explained = explain_picture((*found)->state, question.file, {.stop = stop});
  if (!explained) return {.error = std::move(explained.error())};
  return {.explained = std::move(*explained), .step = (*found)->state.position.step};
}

void TryoutPanel::show_answer(Answer answer) {
  const bool known = answer.explained.has_value();
  told_->set_tone(known ? Caption::Tone::Muted : Caption::Tone::Error);
  told_->setText(known ? tr("%1, by the model behind step %2").arg(QFileInfo(file_).fileName()).arg(answer.step)
                       : to_qstring(answer.error.line()));
  view_->show_answer(std::move(answer.explained));
}

void TryoutPanel::dragEnterEvent(QDragEnterEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  const bool one = urls.size() == 1 && urls.front().isLocalFile();
  const bool graph = one && urls.front().path().endsWith(QLatin1String(".feedline"));  // the window opens those
  if (!one || graph || shows_empty_state()) return;
  event->acceptProposedAction();
  view_->set_offered(true);
}

void TryoutPanel::dragLeaveEvent(QDragLeaveEvent*) { view_->set_offered(false); }

void TryoutPanel::dropEvent(QDropEvent* event) {
  view_->set_offered(false);
  event->acceptProposedAction();
  try_file(event->mimeData()->urls().front().toLocalFile());
}

ExportedView TryoutPanel::exported() const {
  return {.title = windowTitle(),
          .size = view_->size(),
          .paint =
              [this](QPaintDevice& device, const QSize& size) {
                QPainter painter(&device);
                view_->paint(painter, QRectF({}, size));
              },
          .csv =
              [this] {
                QString text = csv_line({QStringLiteral("class"), QStringLiteral("probability")});
                if (!view_->answer()) return text;
                for (const RecordPrediction::Value& value : view_->answer()->prediction.values)
                  text += csv_line({to_qstring(value.name), csv_number(value.value)});
                return text;
              }};
}

RunPanelSpec tryout_panel() {
  return {
      .name = "tryout",
      .title = QT_TRANSLATE_NOOP("RunPanels", "Try it"),
      .shows = QT_TRANSLATE_NOOP("RunPanels", "What the model says of a picture of yours, and which parts mattered"),
      .help = "live-view.md",
      .group = PanelGroup::Learning,
      .make = make_run_panel<TryoutPanel>};
}

}  // namespace feedline::gui::inline plots
