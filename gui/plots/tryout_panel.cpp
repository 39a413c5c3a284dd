// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/tryout_panel.h"

#include "gui/base/caption.h"
#include "gui/base/settings.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/answer_view.h"
#include "gui/plots/panel_menu.h"
#include "gui/plots/record_form.h"
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
#include <QSignalBlocker>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedLayout>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace feedline::gui::inline plots {

TryoutPanel::TryoutPanel(QWidget* parent)
    : QWidget(parent),
      told_(new Caption(Caption::Tone::Muted, {}, this)),
      menu_(new PanelMenu([this] { return exported(); }, this)),
      choose_(new QPushButton(tr("Choose a picture…"), this)),
      shaded_(new QCheckBox(tr("What mattered"), this)),
      record_(new QSpinBox(this)),
      form_(new RecordForm(this)),
      view_(new AnswerView(this)),
      empty_(new EmptyState({.purpose = tr("what the model says of a picture, a text or a row of yours, and why"),
                             .awaited = tr("the first checkpoint")},
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
  record_->setObjectName(QStringLiteral("choose_record"));
  record_->setAccessibleName(tr("Which record of the file"));
  record_->setPrefix(tr("record "));
  record_->hide();
  head->addWidget(record_);
  head->addStretch(1);
  head->addWidget(menu_);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(Theme::kUnit, 0, Theme::kUnit, Theme::kUnit);
  column->setSpacing(Theme::kUnit / 2);
  column->addLayout(head);
  column->addWidget(told_);
  auto* halves = new QSplitter(Qt::Horizontal, page);
  halves->setChildrenCollapsible(false);
  halves->addWidget(form_);
  halves->addWidget(view_);
  halves->setStretchFactor(0, 2);  // a row's fields need room for what is typed, the answer for its bars
  halves->setStretchFactor(1, 3);
  column->addWidget(halves, 1);
  form_->hide();
  stack_->addWidget(empty_);
  stack_->addWidget(page);
  connect(choose_, &QPushButton::clicked, this, &TryoutPanel::choose);
  connect(view_, &AnswerView::clicked, this, &TryoutPanel::choose);
  connect(shaded_, &QCheckBox::toggled, view_, &AnswerView::set_shaded);
  connect(form_, &RecordForm::asked, this, &TryoutPanel::try_typed);
  connect(record_, &QSpinBox::valueChanged, this, [this](int number) { show_record(number - 1); });
}

bool TryoutPanel::shows_empty_state() const { return stack_->currentWidget() == empty_; }
QString TryoutPanel::told() const { return told_->text(); }

void TryoutPanel::begin_run(const Document& graph, bool) {
  worker_.cancel();
  folder_.clear();
  about_.clear();
  answer_ = {};
  asking_ = looking_ = false;
  record_->hide();
  view_->show_answer(std::nullopt);
  show_input({.form = given_form_of(graph).value_or(GivenForm::Pictures)});
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
  if (!shows_empty_state()) {
    look();
    return;
  }
  if (!folder_.empty() && runs_ != nullptr && runs_->checkpoint_folder().empty()) {
    folder_.clear();
    empty_->set_reason(tr("An estimator keeps no checkpoints, and nothing else can be asked."));
  }
  if (folder_.empty()) return;
  invite();
}

void TryoutPanel::end_run(const RunResult& result) {
  if (result.checkpoint.empty()) return;
  if (shows_empty_state()) {
    invite();
  } else {
    look();
  }
}

/// The view itself says what can be done.
void TryoutPanel::invite() {
  told_->set_tone(Caption::Tone::Muted);
  told_->clear();
  stack_->setCurrentIndex(1);
  look();
}

void TryoutPanel::look() {
  if (input_.form != GivenForm::Rows || !input_.columns.empty() || asking_ || looking_) return;
  looking_ = true;
  worker_.ask({.folder = folder_});
}

void TryoutPanel::show_input(const ModelInput& input) {
  input_ = input;
  const bool pictures = input.form == GivenForm::Pictures;
  const bool rows = input.form == GivenForm::Rows;
  choose_->setText(pictures ? tr("Choose a picture…") : rows ? tr("Choose a CSV file…") : tr("Choose a text file…"));
  view_->set_invitation(pictures ? tr("Drop a picture here, or choose one")
                        : rows   ? tr("Fill in the row, or drop a CSV file here")
                                 : tr("Type a text, or drop a file of one text a line here"));
  shaded_->setVisible(pictures);
  form_->setVisible(!pictures);
  if (!pictures) form_->set_input(input);
}

void TryoutPanel::choose() {
  const QString title = input_.form == GivenForm::Pictures ? tr("Try the model on a picture")
                        : input_.form == GivenForm::Rows   ? tr("Try the model on rows of a CSV file")
                                                           : tr("Try the model on the lines of a text file");
  auto* dialog = new QFileDialog(this, title, Settings::last_folder());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
    Settings::set_last_folder(QFileInfo(file).absolutePath());
    try_file(file);
  });
  dialog->open();
}

void TryoutPanel::try_file(const QString& file) {
  ask({.folder = folder_, .file = file.toStdString()}, QFileInfo(file).fileName());
}

void TryoutPanel::try_typed(const QStringList& cells) {
  Question question{.folder = folder_};
  for (const QString& cell : cells) question.cells.push_back(cell.toStdString());
  ask(std::move(question), input_.form == GivenForm::Rows ? tr("your row") : tr("your text"));
}

void TryoutPanel::ask(Question question, const QString& about) {
  about_ = about;
  asking_ = true;
  looking_ = false;  // which this replaces
  told_->set_tone(Caption::Tone::Muted);
  told_->setText(tr("Asking about %1…").arg(about));
  worker_.ask(std::move(question));
}

TryoutPanel::Answer TryoutPanel::answer(const Question& question, const std::stop_token& stop) {
  Answer answer{.looked = question.file.empty() && question.cells.empty()};
  const auto failed = [&](Error error) {
    answer.error = std::move(error);
    return std::move(answer);
  };
  auto found = find_checkpoint(question.folder);
  if (!found) return failed(std::move(found.error()));
  if (!*found)
    return failed(
        {.reason = "the run has written no checkpoint yet",
         .remedy = TryoutPanel::tr("One comes at the end of its epochs, every 10 seconds at most, and when it ends")
                       .toStdString()});
  const TrainingState& state = (*found)->state;
  answer.step = state.position.step;
  auto input = model_input_of(state);
  if (!input) return failed(std::move(input.error()));
  answer.input = std::move(*input);
  if (answer.looked) return answer;
  const InferenceOptions options{.most = kMostRecords, .cells = !question.file.empty(), .stop = stop};
  if (answer.input->form == GivenForm::Pictures) {
    auto explained = explain_picture(state, question.file, options);
    if (!explained) return failed(std::move(explained.error()));
    answer.records.push_back(std::move(*explained));
    return answer;
  }
  auto said =
      question.file.empty() ? predict_typed(state, question.cells, options) : predict(state, {question.file}, options);
  if (!said) return failed(std::move(said.error()));
  if (said->predictions.empty())
    return failed(said->bad.empty() ? Error{.reason = "it gives no record", .file = question.file}
                                    : said->bad.front().error);
  answer.inputs = said->inputs;
  for (RecordPrediction& prediction : said->predictions)
    answer.records.push_back(
        {.classes = said->classes, .several_labels = said->several_labels, .prediction = std::move(prediction)});
  return answer;
}

void TryoutPanel::show_answer(Answer answer) {
  if (answer.input && *answer.input != input_) show_input(*answer.input);
  looking_ = false;
  if (answer.looked) return;
  asking_ = false;
  answer_ = std::move(answer);
  const int records = static_cast<int>(answer_.records.size());
  {
    const QSignalBlocker quiet(record_);
    record_->setRange(1, std::max(1, records));
    record_->setValue(1);
    record_->setSuffix(tr(" of %1").arg(records));
  }
  record_->setVisible(records > 1);
  show_record(0);
}

void TryoutPanel::show_record(int index) {
  const auto at = static_cast<std::size_t>(index);
  const bool known = at < answer_.records.size();
  told_->set_tone(known ? Caption::Tone::Muted : Caption::Tone::Error);
  if (!known) {
    told_->setText(to_qstring(answer_.error.line()));
    view_->show_answer(std::nullopt);
    return;
  }
  const ExplainedPicture& record = answer_.records[at];
  const bool many = answer_.inputs > 1;  // "rows.csv:3", in place of the file's name
  const QString about = many ? QFileInfo(to_qstring(record.prediction.file)).fileName() : about_;
  QString told = tr("%1, by the model of step %2").arg(about).arg(answer_.step);
  if (answer_.inputs > kMostRecords)
    told += tr("; the first %1 of its %2 records").arg(answer_.records.size()).arg(answer_.inputs);
  told_->setText(told);
  QStringList cells;
  for (const std::string& cell : record.prediction.cells) cells << to_qstring(cell);
  if (!cells.isEmpty()) form_->show_cells(cells);
  view_->show_answer(record);
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
  return {.name = "tryout",
          .title = QT_TRANSLATE_NOOP("RunPanels", "Try it"),
          .shows = QT_TRANSLATE_NOOP(
              "RunPanels", "What the model says of a picture, a text or a row of yours, and which parts mattered"),
          .help = "live-view.md",
          .group = PanelGroup::Learning,
          .make = make_run_panel<TryoutPanel>};
}

}  // namespace feedline::gui::inline plots
