// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/diagnosis/find_rate_window.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"

#include <QDialogButtonBox>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace feedline::gui::inline diagnosis {
namespace {

/// Of the lowest loss: what lies above is the divergence itself, and would flatten the rest.
constexpr double kTopOfLoss = 1.15;

QString two_digit_text(double rate) { return QString::number(rate, 'g', 2); }

void set_losses(QCPGraph* graph, const std::vector<RateLoss>& curve, double RateLoss::*loss) {
  QVector<double> keys;
  QVector<double> values;
  for (const RateLoss& point : curve) {
    if (!std::isfinite(point.*loss)) continue;
    keys << point.rate;
    values << point.*loss;
  }
  graph->setData(keys, values, true);
}

}  // namespace

FindRateWindow::FindRateWindow(QWidget* parent)
    : QDialog(parent),
      title_(new Caption(Caption::Tone::Title, {}, this)),
      text_(new Caption(Caption::Tone::Normal, {}, this)),
      busy_(new QProgressBar(this)),
      plot_(new QCustomPlot(this)),
      use_(new QPushButton(this)),
      more_(new QPushButton(tr("Try &more steps"), this)) {
  setWindowTitle(tr("Find learning rate"));
  setObjectName(QStringLiteral("find_rate_window"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(2 * Theme::kUnit, 2 * Theme::kUnit, 2 * Theme::kUnit, 2 * Theme::kUnit);
  layout->setSpacing(Theme::kUnit);
  layout->addWidget(title_);
  layout->addWidget(text_);
  busy_->setRange(0, 0);
  busy_->setTextVisible(false);
  layout->addWidget(busy_);
  make_plot();
  layout->addWidget(plot_, 1);
  layout->addStretch(0);  // takes the room while there is no plot
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  use_->setObjectName(QStringLiteral("use_rate"));
  buttons->addButton(use_, QDialogButtonBox::ActionRole);
  more_->setObjectName(QStringLiteral("more_steps"));
  more_->setToolTip(tr("Tries the same rates again in %1 times as many steps").arg(kMoreSteps));
  more_->hide();
  buttons->addButton(more_, QDialogButtonBox::ActionRole);
  layout->addWidget(buttons);
  connect(more_, &QPushButton::clicked, this, &FindRateWindow::more_wanted);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(use_, &QPushButton::clicked, this, [this] {
    if (found_) Q_EMIT use_wanted(to_qstring(found_->optimizer_node), found_->proposal.to_use());
  });
  connect(&Theme::instance(), &Theme::changed, this, &FindRateWindow::restyle);
  restyle();
  resize(72 * Theme::kUnit, 56 * Theme::kUnit);
}

void FindRateWindow::make_plot() {
  plot_->setMinimumSize(40 * Theme::kUnit, 24 * Theme::kUnit);
  plot_->setAccessibleName(tr("Loss over learning rates"));
  plot_->xAxis->setLabel(tr("learning rate"));
  plot_->yAxis->setLabel(tr("loss"));
  plot_->xAxis->setScaleType(QCPAxis::stLogarithmic);
  plot_->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog));
  plot_->setLocale(QLocale::c());  // QCustomPlot draws powers of ten for its "e", not for the "E" of others
  plot_->xAxis->setNumberFormat(QStringLiteral("eb"));
  plot_->xAxis->setNumberPrecision(0);
  raw_ = plot_->addGraph();
  smooth_ = plot_->addGraph();
  proposed_ = new QCPItemStraightLine(plot_);
  before_ = new QCPItemStraightLine(plot_);
  plot_->hide();
}

void FindRateWindow::restyle() {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  plot_->setBackground(QBrush(c.panel));
  QColor faint = c.train;
  faint.setAlpha(120);
  raw_->setPen(QPen(faint, 1));
  smooth_->setPen(QPen(c.train, 2));
  proposed_->setPen(QPen(c.good, 2));
  before_->setPen(QPen(c.muted, 1, Qt::DashLine));
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
    axis->setBasePen(QPen(c.border));
    axis->setTickPen(QPen(c.border));
    axis->setSubTickPen(Qt::NoPen);
    axis->setTickLabelColor(c.muted);
    axis->setLabelColor(c.muted);
    axis->setTickLabelFont(theme.small_font());
    axis->setLabelFont(theme.small_font());
    axis->grid()->setPen(QPen(c.grid));
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void FindRateWindow::begin(const QString& graph) {
  found_.reset();
  going_on_ = true;
  title_->setText(graph);
  text_->set_tone(Caption::Tone::Normal);
  text_->setText(
      tr("Trains from new weights while the learning rate grows, until the loss diverges. The graph stays "
         "as it is."));
  busy_->show();
  plot_->hide();
  more_->hide();
  use_->setText(tr("Use"));
  use_->setEnabled(false);
}

void FindRateWindow::mark(QCPItemStraightLine* line, double rate) const {
  line->setVisible(rate > 0);
  line->point1->setCoords(rate, 0);
  line->point2->setCoords(rate, 1);
}

void FindRateWindow::show_found(const FoundRate& found) {
  going_on_ = false;
  found_ = found;
  busy_->hide();
  set_losses(raw_, found.curve, &RateLoss::loss);
  set_losses(smooth_, found.curve, &RateLoss::smoothed);
  double least = std::numeric_limits<double>::infinity();
  double first = 0;
  for (const RateLoss& point : found.curve) {
    if (first == 0) first = point.smoothed;
    least = std::min(least, point.smoothed);
  }
  const double room = std::max((first - least) * (kTopOfLoss - 1), 1e-9);
  plot_->yAxis->setRange(least - room, first + room);
  plot_->xAxis->setRange(found.curve.front().rate, found.curve.back().rate);
  mark(proposed_, found.proposal.to_use());
  mark(before_, found.before);
  plot_->show();
  plot_->replot(QCustomPlot::rpQueuedReplot);
  const QString end =
      found.diverged ? tr(" It diverged at %1.").arg(two_digit_text(found.curve.back().rate)) : QString();
  const QString doubt =
      found.doubt.empty() ? QString() : tr(" Unsure: %1. More steps tell more.").arg(to_qstring(found.doubt));
  more_->setVisible(!found.doubt.empty());
  text_->set_tone(found.doubt.empty() ? Caption::Tone::Normal : Caption::Tone::Warning);
  text_->setText(tr("%1 lies in the longest fall of the loss (green); the graph has %2 (dashed). At %3 the loss was "
                    "lowest, which is too high to train with.%4%5")
                     .arg(two_digit_text(found.proposal.to_use()), QString::number(found.before, 'g', 3),
                          two_digit_text(found.proposal.lowest), end, doubt));
  use_->setText(tr("&Use %1").arg(two_digit_text(found.proposal.to_use())));
  use_->setEnabled(true);
  (found.doubt.empty() ? use_ : more_)->setDefault(true);
}

void FindRateWindow::show_failure(const Error& error) {
  going_on_ = false;
  busy_->hide();
  text_->set_tone(Caption::Tone::Error);
  text_->setText(to_qstring(error.line()));
}

void FindRateWindow::show_used(const QString& text) {
  text_->setText(text);
  use_->setEnabled(false);
}

QString FindRateWindow::text() const { return text_->text(); }

void FindRateWindow::done(int result) {
  if (std::exchange(going_on_, false)) Q_EMIT stop_wanted();
  QDialog::done(result);
}

}  // namespace feedline::gui::inline diagnosis
