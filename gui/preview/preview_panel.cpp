// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/preview/preview_panel.h"

#include "gui/base/caption.h"
#include "gui/base/in_view.h"
#include "gui/base/theme.h"
#include "gui/commands/document_controller.h"
#include "gui/inspector/number_field.h"
#include "gui/models/text.h"
#include "gui/preview/preview_view.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include <limits>

namespace feedline::gui::inline preview {

namespace {

constexpr int kDebounceMs = 60;
constexpr int kPatienceMs = 400;

}  // namespace

PreviewPanel::PreviewPanel(QWidget* parent)
    : QWidget(parent),
      title_(new Caption(Caption::Tone::Section, {}, this)),
      port_(new QComboBox(this)),
      record_(new NumberField(whole_number("record", 0, std::numeric_limits<int>::max()), this)),
      before_(new QToolButton(this)),
      after_(new QToolButton(this)),
      dice_(new QToolButton(this)),
      histogram_(new QToolButton(this)),
      fixed_(new QCheckBox(tr("fixed"), this)),
      view_(new PreviewView(this)),
      shape_(new Caption(Caption::Tone::Mono, {}, this)),
      about_(new Caption(Caption::Tone::Muted, {}, this)),
      previewer_(std::make_shared<Previewer>()),
      worker_(
          [previewer = previewer_](const Question& question, const std::stop_token& stop) {
            Answer answer;
            Result<Preview> seen = previewer->look(question.document, question.request, stop);
            if (!seen) {
              answer.error = std::move(seen.error());
              return answer;
            }
            answer.preview = std::move(*seen);
            for (const PreviewValue& value : answer.preview.values) {
              if (stop.stop_requested()) break;
              answer.pictures << make_preview_picture(value);
            }
            for (PreviewValue& value : answer.preview.values) value.data = {};
            return answer;
          },
          [this](const Answer& answer) { receive(answer); }) {
  build();
  debounce_.setSingleShot(true);
  debounce_.setInterval(kDebounceMs);
  connect(&debounce_, &QTimer::timeout, this, &PreviewPanel::look);
  patience_.setInterval(kPatienceMs);
  connect(&patience_, &QTimer::timeout, this, [this] {
    const QString doing = to_qstring(previewer_->doing());
    view_->show_hint(doing.isEmpty() ? tr("Working on it…") : doing + QStringLiteral("…"));
  });
  new PaintNotifier(view_, [this] {
    if (unseen_ && !debounce_.isActive()) later_look();
  });
}

void PreviewPanel::build() {
  setObjectName(QStringLiteral("preview_panel"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(Theme::kUnit, Theme::kUnit / 2, Theme::kUnit, Theme::kUnit / 2);
  layout->setSpacing(Theme::kUnit / 2);
  auto* row = new QHBoxLayout;
  row->setSpacing(Theme::kUnit / 2);
  title_->setWordWrap(false);
  row->addWidget(title_, 1);
  port_->setAccessibleName(tr("Output"));
  port_->setToolTip(tr("Which output of the node"));
  port_->hide();
  row->addWidget(port_);
  record_->setAccessibleName(tr("Record"));
  record_->setToolTip(tr("Which record of the source, counted from 0 (arrow keys: the next, the one before)"));
  record_->show_number(Value(std::int64_t{0}));
  const auto fit = [box = record_] {
    box->setFixedWidth(box->fontMetrics().horizontalAdvance(QStringLiteral("000000")) + 3 * Theme::kUnit);
  };
  fit();
  connect(&Theme::instance(), &Theme::changed, record_, fit);
  record_->setAlignment(Qt::AlignHCenter);
  const auto arrow = [&](QToolButton* button, const QString& text, const QString& tip, int step) {
    button->setText(text);
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    button->setAutoRaise(true);
    button->setAutoRepeat(true);
    connect(button, &QToolButton::clicked, record_, [this, step] { record_->step_by(step); });
  };
  arrow(before_, QStringLiteral("‹"), tr("The record before"), -1);
  arrow(after_, QStringLiteral("›"), tr("The next record"), 1);
  row->addWidget(new Caption(Caption::Tone::Muted, tr("record"), this));
  row->addWidget(before_);
  row->addWidget(record_);
  row->addWidget(after_);
  const auto tool = [&](QToolButton* button, const char* icon, const QString& tip) {
    button->setAutoRaise(true);
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    const auto style = [button, icon] { button->setIcon(Theme::instance().icon(QLatin1String(icon))); };
    style();
    connect(&Theme::instance(), &Theme::changed, button, style);
    row->addWidget(button);
  };
  tool(dice_, "dice", tr("Draw again: what random nodes do in another epoch"));
  dice_->setObjectName(QStringLiteral("preview_dice"));
  tool(histogram_, "throughput", tr("Show the numbers as a histogram"));
  histogram_->setObjectName(QStringLiteral("preview_histogram"));
  histogram_->setCheckable(true);
  fixed_->setToolTip(tr("Random nodes take their fixed form, as on validation records"));
  fixed_->setAccessibleName(tr("Without randomness"));
  row->addWidget(fixed_);
  layout->addLayout(row);
  layout->addWidget(view_, 1);
  layout->addWidget(shape_);
  layout->addWidget(about_);

  connect(record_, &NumberField::edited, this, &PreviewPanel::later_look);
  connect(record_, &NumberField::withdrawn, this, &PreviewPanel::later_look);
  connect(dice_, &QToolButton::clicked, this, &PreviewPanel::throw_dice);
  connect(fixed_, &QCheckBox::toggled, this, &PreviewPanel::later_look);
  connect(histogram_, &QToolButton::toggled, view_, &PreviewView::set_histogram);
  connect(port_, &QComboBox::currentIndexChanged, this, &PreviewPanel::show_port);
}

void PreviewPanel::show_document(DocumentController& document) {
  if (document_ != nullptr) disconnect(document_, nullptr, this, nullptr);
  document_ = &document;
  connect(&document, &DocumentController::changed, this, &PreviewPanel::later_look);
  show_nodes({});
}

void PreviewPanel::show_nodes(const QStringList& ids) {
  node_ = ids.size() == 1 ? ids.front() : QString();
  later_look();
}

void PreviewPanel::show_run_active(bool active) {
  if (run_active_ == active) return;
  run_active_ = active;
  later_look();
}

void PreviewPanel::later_look() { debounce_.start(); }

void PreviewPanel::throw_dice() {
  ++epoch_;
  fixed_->setChecked(false);
  look();
}

void PreviewPanel::look() {
  unseen_ = !in_view(*this);
  if (unseen_) return;
  const bool there = document_ != nullptr && document_->document().find(node_.toStdString()) != nullptr;
  for (QWidget* control : {static_cast<QWidget*>(port_), static_cast<QWidget*>(record_), static_cast<QWidget*>(dice_),
                           static_cast<QWidget*>(histogram_), static_cast<QWidget*>(fixed_),
                           static_cast<QWidget*>(before_), static_cast<QWidget*>(after_)})
    control->setEnabled(there);
  if (!there) {
    worker_.cancel();
    patience_.stop();
    pictures_.clear();
    port_->hide();
    title_->clear();
    shape_->clear();
    about_->clear();
    view_->show_hint(tr("Select a node to see what leaves it for one record."));
    return;
  }
  title_->setText(node_);
  patience_.start();
  worker_.ask({document_->document(),
               {.node = node_.toStdString(),
                .record = static_cast<std::uint64_t>(record_->value()),
                .epoch = epoch_,
                .training = !fixed_->isChecked()}});
}

void PreviewPanel::receive(const Answer& answer) {
  patience_.stop();
  pictures_ = answer.pictures;
  {
    const QSignalBlocker quiet(port_);
    const QString before = port_->currentText();
    port_->clear();
    for (const PreviewPicture& picture : pictures_) port_->addItem(spaced(picture.port.toStdString()));
    port_->setCurrentIndex(std::max(0, port_->findText(before)));
    port_->setVisible(pictures_.size() > 1);
  }
  if (answer.error) {
    shape_->clear();
    about_->clear();
    if (answer.error->code != ErrorCode::Cancelled) view_->show_error(to_qstring(answer.error->line()));
    return;
  }
  dice_->setEnabled(answer.preview.random);
  fixed_->setEnabled(answer.preview.random);
  record_->set_limits(0, static_cast<double>(std::min<std::uint64_t>(answer.preview.records - 1, 2'000'000'000)));
  describe(answer.preview);
  show_port(port_->currentIndex());
}

void PreviewPanel::show_port(int index) {
  if (index < 0 || index >= pictures_.size()) {
    view_->show_hint(tr("Nothing leaves this node for a single record."));
    return;
  }
  const PreviewPicture& picture = pictures_[index];
  view_->show_picture(picture);
  shape_->setText(picture.remark.isEmpty() ? picture.shape : picture.shape + QStringLiteral(" · ") + picture.remark);
}

void PreviewPanel::describe(const Preview& preview) {
  QStringList parts;
  if (preview.several_labels)
    parts << (preview.class_name.empty() ? tr("no label") : tr("labels %1").arg(to_qstring(preview.class_name)));
  if (preview.label)
    parts << (preview.class_name.empty() ? tr("label %1").arg(*preview.label)
                                         : tr("label %1, %2").arg(*preview.label).arg(to_qstring(preview.class_name)));
  if (preview.random && !fixed_->isChecked()) parts << tr("as drawn in epoch %1").arg(epoch_);
  if (preview.untrained)
    parts << (run_active_ ? tr("initial weights, not those of the current run") : tr("initial weights"));
  parts << QFileInfo(to_qstring(preview.where)).fileName();
  about_->setText(parts.join(QStringLiteral(" · ")));
  about_->setToolTip(to_qstring(preview.where));
}

}  // namespace feedline::gui::inline preview
