// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/mistakes_panel.h"

#include "base/numbers.h"
#include "graph/learner_input.h"
#include "gui/base/in_view.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/panel_menu.h"
#include "gui/plots/plot_panel.h"
#include "gui/plots/run_panels.h"
#include "gui/preview/preview_picture.h"
#include "schema/registry.h"
#include "training/preview.h"

#include <QHBoxLayout>
#include <QListView>
#include <QPainter>
#include <QSplitter>
#include <QStackedLayout>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <cmath>
#include <utility>

namespace feedline::gui::inline plots {

namespace {

constexpr int kPicture = WorstModel::kSide;
constexpr int kCaptionMargin = 12;
const QString kArrow = QStringLiteral(" → ");

/// Small, but large enough to be recognised: tiny pictures are enlarged without blurring.
QImage thumbnail(const PreviewPicture& picture) {
  if (picture.images.isEmpty()) return {};
  const QImage& whole = picture.images.front();
  const bool tiny = std::max(whole.width(), whole.height()) < kPicture;
  const QImage fitted =
      whole.scaled(kPicture, kPicture, Qt::KeepAspectRatio, tiny ? Qt::FastTransformation : Qt::SmoothTransformation);
  QImage square(kPicture, kPicture, QImage::Format_ARGB32_Premultiplied);
  square.fill(Qt::transparent);
  QPainter painter(&square);
  painter.drawImage((kPicture - fitted.width()) / 2, (kPicture - fitted.height()) / 2, fitted);
  return square;
}

/// Right answers, all, and the cell off the diagonal that is fullest.
struct Summary {
  std::uint64_t right = 0;
  std::uint64_t all = 0;
  std::optional<ConfusionView::Cell> most_confused{};
};

Summary summarise(const Evaluation& evaluation) {
  Summary summary;
  std::uint64_t most = 0;
  for (std::size_t label = 0; label < evaluation.classes; ++label)
    for (std::size_t predicted = 0; predicted < evaluation.classes; ++predicted) {
      const std::uint64_t count = evaluation.count(label, predicted);
      summary.all += count;
      if (label == predicted) summary.right += count;
      if (label == predicted || count <= most) continue;
      most = count;
      summary.most_confused = {static_cast<int>(label), static_cast<int>(predicted)};
    }
  return summary;
}

/// Does its trainer have data to validate on? True where there is none, which another panel tells.
bool validates(const Document& document) {
  const Registry& registry = Registry::instance();
  for (const Node& node : document.nodes()) {
    const NodeSpec* spec = registry.find(node.type);
    if (spec == nullptr || spec->role != Role::Trainer || !spec->trainer) continue;
    return document.link_into({node.id, kValidationInput}) != nullptr ||
           spec->trainer(spec->complete(node.params)).sets_aside();
  }
  return true;
}

}  // namespace

MistakesPanel::MistakesPanel(QWidget* parent)
    : QWidget(parent),
      readings_(new Readings(this)),
      menu_(new PanelMenu([this] { return exported(); }, this)),
      matrix_(new ConfusionView(this)),
      list_(new QListView(this)),
      residual_view_(new ResidualView(this)),
      views_(new QStackedWidget(this)),
      empty_(new EmptyState({.purpose = tr("what of the validation data the model gets wrong, after each epoch"),
                             .awaited = tr("the first validation on data with classes or numbers")},
                            this)),
      stack_(new QStackedLayout(this)),
      worker_(
          [previewer = std::make_shared<Previewer>()](const Question& question, const std::stop_token& stop) {
            Looks looks;
            for (const std::uint64_t record : question.records) {
              if (stop.stop_requested()) break;
              const auto seen = previewer->look(question.document,
                                                {.node = question.node, .record = record, .training = false}, stop);
              const bool any = seen && !seen->values.empty();
              const PreviewPicture look = any ? make_preview_picture(seen->values.front()) : PreviewPicture();
              looks.pictures << thumbnail(look);
              looks.words << (look.form == PreviewPicture::Form::Text ? look.text : QString());
            }
            return looks;
          },
          [this](Looks looks) { show_looks(std::move(looks)); }) {
  setWindowTitle(tr("Mistakes"));
  build();
  connect(matrix_, &ConfusionView::cell_chosen, this, [this](std::optional<ConfusionView::Cell> cell) {
    model_.show_only(cell ? std::optional<WorstModel::Confusion>(*cell) : std::nullopt);
  });
}

void MistakesPanel::build() {
  list_->setModel(&model_);
  list_->setAccessibleName(tr("Worst samples"));
  list_->setViewMode(QListView::IconMode);
  list_->setMovement(QListView::Static);
  list_->setResizeMode(QListView::Adjust);
  list_->setUniformItemSizes(true);
  list_->setVerticalScrollMode(QListView::ScrollPerPixel);
  list_->setIconSize({kPicture, kPicture});
  list_->setWordWrap(true);
  list_->setFrameShape(QFrame::NoFrame);
  connect(&Theme::instance(), &Theme::changed, this, &MistakesPanel::fit_captions);
  connect(&model_, &WorstModel::modelReset, this, &MistakesPanel::fit_captions);
  fit_captions();

  auto* page = new QWidget(this);
  auto* head = new QHBoxLayout;
  head->setSpacing(0);
  head->addWidget(readings_, 1);
  head->addWidget(menu_);
  auto* halves = new QSplitter(Qt::Horizontal, views_);
  halves->addWidget(matrix_);
  halves->addWidget(list_);
  halves->setChildrenCollapsible(false);
  halves->setStretchFactor(0, 1);
  halves->setStretchFactor(1, 1);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addLayout(head);
  views_->addWidget(halves);
  views_->addWidget(residual_view_);
  column->addWidget(views_, 1);
  stack_->addWidget(empty_);
  stack_->addWidget(page);
  new PaintNotifier(matrix_, [this] { ask_for_pictures(); });
}

bool MistakesPanel::shows_residuals() const {
  return !shows_empty_state() && views_->currentWidget() == residual_view_;
}

bool MistakesPanel::shows_empty_state() const { return stack_->currentWidget() == empty_; }

void MistakesPanel::begin(const Document& document) {
  document_ = document;
  evaluation_.reset();
  residuals_.reset();
  worker_.cancel();
  model_.clear();
  matrix_->set_evaluation({});
  readings_->set_items({});
  empty_->set_reason(validates(document) ? QString()
                                         : tr("This run has no validation data. To see what the model confuses, set "
                                              "validation_split of the trainer, or wire a batch of other records to "
                                              "its input validation."));
  stack_->setCurrentIndex(0);
}

void MistakesPanel::add_epoch(const EpochResult& result) {
  if (result.evaluation == nullptr && result.residuals != nullptr) {
    residuals_ = result.residuals;
    metrics_ = result.metrics;
    residual_view_->set_plot(*residuals_);
    views_->setCurrentWidget(residual_view_);
    stack_->setCurrentIndex(1);
    show_residual_readings();
    return;
  }
  if (result.evaluation == nullptr) {
    if (std::isfinite(result.loss(kValSplit)))
      empty_->set_reason(tr("The validation data have neither classes to confuse nor numbers to compare."));
    return;
  }
  evaluation_ = result.evaluation;
  views_->setCurrentIndex(0);
  metrics_ = result.metrics;
  pictures_asked_ = false;
  matrix_->set_evaluation(*evaluation_);
  model_.set_evaluation(*evaluation_);
  list_->scrollToTop();
  stack_->setCurrentIndex(1);
  show_readings();
  ask_for_pictures();
}

/// Pictures stand side by side, words below each other.
void MistakesPanel::show_looks(Looks looks) {
  model_.set_pictures(std::move(looks.pictures));
  model_.set_words(std::move(looks.words));
  if (listed_ == model_.has_words()) return;
  listed_ = model_.has_words();
  list_->setViewMode(listed_ ? QListView::ListMode : QListView::IconMode);
  list_->setMovement(QListView::Static);
  list_->setResizeMode(QListView::Adjust);
  list_->setUniformItemSizes(!listed_);
  list_->setSpacing(listed_ ? Theme::kUnit / 2 : 0);
  list_->setHorizontalScrollBarPolicy(listed_ ? Qt::ScrollBarAlwaysOff : Qt::ScrollBarAsNeeded);  // words wrap
  fit_captions();
}

/// "dandelion → sunflowers" in one line where all have room in it, else in two.
void MistakesPanel::fit_captions() {
  if (listed_) {
    list_->setGridSize({});
    return;
  }
  const QFontMetrics metrics(list_->font());
  int width = kPicture + 32;
  int widest = 0;
  for (int row = 0; row < model_.rowCount(); ++row) {
    const QString caption = model_.index(row).data().toString();
    widest = std::max(widest, metrics.horizontalAdvance(caption));
    const qsizetype arrow = caption.indexOf(kArrow);
    const QString parts[] = {caption.left(arrow + kArrow.size()).trimmed(), caption.mid(arrow + kArrow.size())};
    for (const QString& part : parts) width = std::max(width, metrics.horizontalAdvance(part) + kCaptionMargin);
  }
  const int lines = widest + kCaptionMargin > width ? 2 : 1;
  list_->setGridSize({width, kPicture + lines * metrics.lineSpacing() + kCaptionMargin});
}

void MistakesPanel::show_readings() {
  const Summary found = summarise(*evaluation_);
  std::vector<Readings::Item> items{{Readings::Mark::None, {}, tr("epoch"), QString::number(evaluation_->epoch)}};
  if (found.all > 0)
    items.push_back(
        {Readings::Mark::Square, Theme::instance().colors().good, tr("right"),
         tr("%1 of %2").arg(to_qstring(numbers::count(found.right)), to_qstring(numbers::count(found.all)))});
  for (const MetricValue& metric : metrics_)
    if (metric.split == kValSplit)
      items.push_back({Readings::Mark::None, {}, to_qstring(metric.name), to_qstring(metric_text(metric))});
  if (found.most_confused)
    items.push_back({Readings::Mark::Square, Theme::instance().colors().error, tr("most often"),
                     matrix_->text_of(*found.most_confused)});
  readings_->set_items(std::move(items));
}

void MistakesPanel::show_residual_readings() {
  std::vector<Readings::Item> items{{Readings::Mark::None, {}, tr("epoch"), QString::number(residuals_->epoch)}};
  for (const MetricValue& metric : metrics_)
    if (metric.split == kValSplit)
      items.push_back({Readings::Mark::None, {}, to_qstring(metric.name), to_qstring(metric_text(metric))});
  if (residuals_->count > 0)
    items.push_back(
        {Readings::Mark::Square, Theme::instance().colors().validation, tr("residuals"),
         tr("%1 on average, deviation %2").arg(short_number(residuals_->mean), short_number(residuals_->deviation))});
  if (residuals_->not_finite > 0)
    items.push_back({Readings::Mark::Square, Theme::instance().colors().error, tr("not finite"),
                     QString::number(residuals_->not_finite)});
  readings_->set_items(std::move(items));
}

void MistakesPanel::ask_for_pictures() {
  if (evaluation_ == nullptr || pictures_asked_ || !in_view(*this)) return;
  pictures_asked_ = true;
  Question question{document_, evaluation_->node, {}};
  for (const WorstSample& sample : evaluation_->worst) question.records.push_back(sample.record);
  worker_.ask(std::move(question));
}

ExportedView MistakesPanel::exported() const {
  if (shows_residuals())
    return {.title = windowTitle(),
            .size = residual_view_->size(),
            .paint =
                [this](QPaintDevice& device, const QSize& size) {
                  QPainter painter(&device);
                  residual_view_->paint(painter, QRectF({}, size));
                },
            .csv = [this] { return residual_csv(); }};
  return {.title = windowTitle(),
          .size = matrix_->size(),
          .paint =
              [this](QPaintDevice& device, const QSize& size) {
                QPainter painter(&device);
                matrix_->paint(painter, QRectF({}, size));
              },
          .csv = [this] { return csv(); }};
}

/// The matrix with its names, an empty line, and the worst samples.
QString MistakesPanel::csv() const {
  if (evaluation_ == nullptr) return {};
  const auto name = [this](std::int64_t index) { return QString::fromStdString(evaluation_->name_of(index)); };
  if (evaluation_->several_labels) {
    QString text = csv_line({QStringLiteral("record"), QStringLiteral("file"), QStringLiteral("missed"),
                             QStringLiteral("extra"), QStringLiteral("label_probability")});
    for (const WorstSample& sample : evaluation_->worst)
      text += csv_line({QString::number(sample.record), QString::fromStdString(sample.file),
                        QString::fromStdString(evaluation_->names_of(sample.missed)),
                        QString::fromStdString(evaluation_->names_of(sample.extra)), csv_number(sample.truth)});
    return text;
  }
  const auto classes = static_cast<std::int64_t>(evaluation_->classes);
  QStringList head{QStringLiteral("true class")};
  for (std::int64_t i = 0; i < classes; ++i) head << name(i);
  QString text = csv_line(head);
  for (std::int64_t label = 0; label < classes; ++label) {
    QStringList row{name(label)};
    for (std::int64_t i = 0; i < classes; ++i)
      row << QString::number(evaluation_->count(static_cast<std::size_t>(label), static_cast<std::size_t>(i)));
    text += csv_line(row);
  }
  text += QLatin1Char('\n') + csv_line({QStringLiteral("record"), QStringLiteral("file"), QStringLiteral("label"),
                                        QStringLiteral("predicted"), QStringLiteral("label_probability")});
  for (const WorstSample& sample : evaluation_->worst)
    text += csv_line({QString::number(sample.record), QString::fromStdString(sample.file), name(sample.label),
                      name(sample.predicted), csv_number(sample.truth)});
  return text;
}

/// Bins that hold something, by their lower bounds; an empty line, and the residuals.
QString MistakesPanel::residual_csv() const {
  if (residuals_ == nullptr) return {};
  const auto bound = [](double first, double width, std::size_t bin) {
    return csv_number(first + width * static_cast<double>(bin));
  };
  QString text = csv_line({QStringLiteral("true_from"), QStringLiteral("predicted_from"), QStringLiteral("width"),
                           QStringLiteral("count")});
  const ResidualPlot& plot = *residuals_;
  for (std::size_t truth = 0; truth < plot.bins; ++truth)
    for (std::size_t predicted = 0; predicted < plot.bins; ++predicted)
      if (const std::uint64_t count = plot.at(predicted, truth); count > 0)
        text += csv_line({bound(plot.first, plot.width, truth), bound(plot.first, plot.width, predicted),
                          csv_number(plot.width), QString::number(count)});
  text +=
      QLatin1Char('\n') + csv_line({QStringLiteral("residual_from"), QStringLiteral("width"), QStringLiteral("count")});
  const NumberBins& residuals = plot.residuals;
  for (std::size_t bin = 0; bin < residuals.counts.size(); ++bin)
    text += csv_line({bound(residuals.first, residuals.width, bin), csv_number(residuals.width),
                      QString::number(residuals.counts[bin])});
  return text;
}

RunPanelSpec mistakes_panel() {
  return {.name = "mistakes",
          .title = QT_TRANSLATE_NOOP("RunPanels", "Mistakes"),
          .shows = QT_TRANSLATE_NOOP("RunPanels",
                                     "What the model gets wrong: confusion matrix and worst samples, or residuals"),
          .help = "live-view.md",
          .group = PanelGroup::Learning,
          .make = make_run_panel<MistakesPanel>};
}

}  // namespace feedline::gui::inline plots
