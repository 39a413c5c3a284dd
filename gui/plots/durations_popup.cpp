// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/durations_popup.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/plots/plot_panel.h"

#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

namespace feedline::gui::inline plots {

namespace {
constexpr int kRefreshMs = 1000;
constexpr int kLongestFileName = 46;  // letters of a file's name
}  // namespace

QString span_text(Nanos time) {
  const auto t = static_cast<double>(time);
  if (t < 1e3) return DurationsPopup::tr("%1 ns").arg(short_number(t));
  if (t < 1e6) return DurationsPopup::tr("%1 µs").arg(short_number(t / 1e3));
  if (t < 1e9) return DurationsPopup::tr("%1 ms").arg(short_number(t / 1e6));
  return DurationsPopup::tr("%1 s").arg(short_number(t / 1e9));
}

void DurationsView::set_durations(const Durations& durations) {
  durations_ = durations;
  update();
}

std::pair<std::size_t, std::size_t> DurationsView::span() const {
  const auto& counts = durations_.counts;
  const auto used = [](std::uint64_t count) { return count > 0; };
  const auto first = std::find_if(counts.begin(), counts.end(), used);
  if (first == counts.end()) return {0, 0};
  const auto last = std::find_if(counts.rbegin(), counts.rend(), used);
  return {static_cast<std::size_t>(first - counts.begin()), static_cast<std::size_t>(counts.rend() - last)};
}

QRectF DurationsView::area() const {
  const int line = QFontMetrics(Theme::instance().small_font()).height();
  return QRectF(rect()).adjusted(2, line, -2, -line - 4);
}

QRectF DurationsView::bar(std::size_t bucket) const {
  const auto [first, last] = span();
  if (bucket < first || bucket >= last) return {};
  const QRectF room = area();
  const auto most = static_cast<double>(*std::max_element(durations_.counts.begin(), durations_.counts.end()));
  const double width = std::min(room.width() / static_cast<double>(last - first), 40.0);
  const double count = static_cast<double>(durations_.counts[bucket]);
  // A single slow record among a million is what is looked for: it keeps a pixel or two.
  const double height = count == 0 ? 0 : std::max(2.0, room.height() * count / most);
  return {room.left() + static_cast<double>(bucket - first) * width, room.bottom() - height, width - 1, height};
}

void DurationsView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Theme& theme = Theme::instance();
  painter.setFont(theme.small_font());
  const auto [first, last] = span();
  const QRectF room = area();
  if (first == last) {
    painter.setPen(theme.colors().muted);
    painter.drawText(rect(), Qt::AlignCenter, tr("No record yet."));
    return;
  }
  for (std::size_t i = first; i < last; ++i) painter.fillRect(bar(i), theme.colors().train);
  painter.setPen(theme.colors().border);
  painter.drawLine(QLineF(room.bottomLeft(), room.bottomRight()));
  painter.setPen(theme.colors().muted);
  const double end = bar(last - 1).right() + 1;
  const QRectF below(room.left(), room.bottom() + 2, std::max(end - room.left(), 150.0), 20);
  painter.drawText(below, Qt::AlignLeft | Qt::AlignTop, span_text(Durations::lower(first)));
  painter.drawText(below, Qt::AlignRight | Qt::AlignTop, span_text(Durations::lower(last)));
}

DurationsPopup::DurationsPopup(const QString& node, QWidget* parent)
    : QFrame(parent, Qt::Popup),
      node_(node),
      summary_(new Caption(Caption::Tone::Muted, {}, this)),
      histogram_(new DurationsView(this)),
      slowest_(new Caption(Caption::Tone::Normal, {}, this)) {
  setAttribute(Qt::WA_DeleteOnClose);
  setFrameShape(QFrame::StyledPanel);
  setAccessibleName(tr("Time per record of %1").arg(node));
  auto* column = new QVBoxLayout(this);
  column->setSpacing(Theme::kUnit / 2);
  column->addWidget(new Caption(Caption::Tone::Section, tr("%1: time per record").arg(node), this));
  column->addWidget(summary_);
  column->addWidget(histogram_, 1);
  column->addWidget(new Caption(Caption::Tone::Section, tr("Slowest records"), this));
  column->addWidget(slowest_);
  slowest_->setTextFormat(Qt::PlainText);
  setMinimumWidth(360);
  refresh_.setInterval(kRefreshMs);
  connect(&refresh_, &QTimer::timeout, this, &DurationsPopup::refresh_wanted);
  refresh_.start();
}

void DurationsPopup::show_durations(const Durations& durations, const Locate& locate) {
  histogram_->set_durations(durations);
  if (durations.records() == 0) {
    summary_->setText(tr("It has worked on nothing yet."));
    slowest_->clear();
    return;
  }
  summary_->setText(tr("%1 records · half within %2 · 99 of 100 within %3")
                        .arg(short_number(static_cast<double>(durations.records())), span_text(durations.quantile(0.5)),
                             span_text(durations.quantile(0.99))));
  QStringList lines;
  for (const Durations::Slow& slow : durations.slowest) {
    QString where = locate ? QString::fromStdString(locate(slow.record)) : QString();
    if (where.size() > kLongestFileName) where = QStringLiteral("…") + where.right(kLongestFileName);
    lines << tr("%1 · record %2 · %3").arg(span_text(slow.time)).arg(slow.record).arg(where);
  }
  slowest_->setText(lines.isEmpty() ? tr("Each takes less than 20 µs: none is timed by itself.")
                                    : lines.join(QLatin1Char('\n')));
  adjustSize();
}

QString DurationsPopup::summary() const { return summary_->text(); }
QString DurationsPopup::slowest() const { return slowest_->text(); }

}  // namespace feedline::gui::inline plots
