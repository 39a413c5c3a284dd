// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/log_panel.h"

#include "base/left_out.h"
#include "gui/app/run_bar.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/plot_panel.h"

#include <QLocale>
#include <QTextCursor>
#include <QTime>

namespace feedline::gui::inline app {

namespace {

constexpr std::size_t kLines = 2000;

QString epoch_text(const EpochResult& e) {
  QString text = LogPanel::tr("Epoch %1:").arg(e.epoch);
  std::string split;
  for (const MetricValue& metric : e.metrics) {
    const QString value = metric.unit == kLossUnit ? short_number(metric.value) : to_qstring(metric_text(metric));
    if (metric.split == split) {
      text += LogPanel::tr(", %1 %2").arg(to_qstring(metric.name), value);
    } else {
      text += LogPanel::tr(split.empty() ? " %1 %2" : " · %1 %2").arg(to_qstring(metric_title(metric)), value);
    }
    split = metric.split;
  }
  return text +
         LogPanel::tr(" · %1 samples/s (training only), %2").arg(short_number(e.samples_per_s), clock_text(e.wall_s));
}

}  // namespace

LogPanel::LogPanel(QWidget* parent) : QPlainTextEdit(parent) {
  setObjectName(QStringLiteral("log"));  // by which the style sheet takes the frame of a field from it
  setReadOnly(true);
  setAccessibleName(tr("Log"));
  setFrameShape(QFrame::NoFrame);
  setMaximumBlockCount(static_cast<int>(kLines));
  setPlaceholderText(tr("What happens in a run is written here: start, epochs, unreadable files, the end."));
  connect(&Theme::instance(), &Theme::changed, this, &LogPanel::write_again);
}

void LogPanel::add(Level level, const QString& text) {
  const QString time = QTime::currentTime().toString(QStringLiteral("HH:mm:ss"));
  if (lines_.size() >= kLines) lines_.erase(lines_.begin(), lines_.begin() + kLines / 4);
  lines_.push_back({level, time, text});
  append_line(level, time, text);
}

void LogPanel::append_line(Level level, const QString& time, const QString& text) {
  const Theme::Colors& c = Theme::instance().colors();
  const QColor colors[] = {c.text, c.good, c.warning, c.error};
  const QString words[] = {{}, {}, tr("Warning: "), tr("Error: ")};
  const auto i = static_cast<int>(level);
  appendHtml(QStringLiteral("<span style='color:%1'>%2</span>&nbsp; <span style='color:%3'>%4%5</span>")
                 .arg(c.muted.name(), time, colors[i].name(), words[i], text.toHtmlEscaped()));
}

void LogPanel::write_again() {
  clear();
  for (const Line& line : lines_) append_line(line.level, line.time, line.text);
}

void LogPanel::follow(RunController& runs) {
  connect(&runs, &RunController::started, this, [this](const Started& f) {
    const QLocale english(QLocale::English, QLocale::UnitedKingdom);
    const Execution& e = f.execution;
    if (!f.estimator.empty()) {
      add(Level::Info, tr("Fitting %1 on %2 (threads: %3) with %4 loader workers: %5 samples per epoch")
                           .arg(QString::fromStdString(f.estimator), QString::fromStdString(e.device))
                           .arg(e.intra_op_threads)
                           .arg(e.workers)
                           .arg(english.toString(static_cast<qulonglong>(f.samples_per_epoch))));
      return;
    }
    add(Level::Info,
        tr("Training on %1 (replicas: %2, threads of each: %3, %4%5) with %6 loader workers: %7 samples per "
           "epoch, %8 parameters")
            .arg(QString::fromStdString(e.device))
            .arg(e.replicas)
            .arg(e.intra_op_threads)
            .arg(QString::fromStdString(e.precision), e.channels_last ? tr(", channels last") : QString())
            .arg(e.workers)
            .arg(english.toString(static_cast<qulonglong>(f.samples_per_epoch)),
                 english.toString(static_cast<qulonglong>(f.parameters))));
  });
  for (const auto fact : {&RunController::record_failed, &RunController::noticed})
    connect(&runs, fact, this,
            [this](const Error& error) { add(Level::Warning, QString::fromStdString(error.line())); });
  connect(&runs, &RunController::epoch_done, this,
          [this](const EpochResult& result) { add(Level::Info, epoch_text(result)); });
  connect(&runs, &RunController::finished, this, [this](const RunResult& result) {
    for (const RecordError& e : result.errors) {
      add(Level::Warning,
          tr("Left out: %1: %2").arg(to_qstring(left_out_text(e.records, e.count)), to_qstring(e.error.line())));
    }
    const Level levels[] = {Level::Good, Level::Info, Level::Error};
    add(levels[static_cast<int>(result.end)], end_text(result));
  });
}

}  // namespace feedline::gui::inline app
