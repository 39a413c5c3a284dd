// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/command_line.h"

#include "base/user_path.h"
#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/base/settings.h"

#include <QAction>
#include <QCommandLineParser>
#include <QCoreApplication>
#include <QSignalBlocker>
#include <QTimer>

#include <cstdio>
#include <cstdlib>

namespace feedline::gui::inline app {

namespace {

constexpr int kUsageError = 2;

void say(const QString& line) { std::fprintf(stderr, "feedline: %s\n", line.toLocal8Bit().constData()); }

[[noreturn]] void refuse(const QString& line) {
  say(line);
  std::exit(kUsageError);
}

std::optional<QSize> parse_size(const QString& text) {
  const QStringList parts = text.split(QLatin1Char('x'));
  if (parts.size() != 2) return std::nullopt;
  const QSize size(parts[0].toInt(), parts[1].toInt());
  return size.width() >= 320 && size.height() >= 240 ? std::optional(size) : std::nullopt;
}

/// One line a fact on stderr, for scripts that drive the window.
void log_facts(MainWindow& window) {
  RunController& runs = window.runs();
  QObject::connect(&runs, &RunController::started, &window, [](const Started& f) {
    say(QStringLiteral("started on %1").arg(QString::fromStdString(f.execution.device)));
  });
  QObject::connect(&runs, &RunController::record_failed, &window,
                   [](const Error& e) { say(QStringLiteral("record failed: ") + QString::fromStdString(e.line())); });
  QObject::connect(&runs, &RunController::noticed, &window,
                   [](const Error& e) { say(QStringLiteral("warning: ") + QString::fromStdString(e.line())); });
  QObject::connect(&runs, &RunController::epoch_done, &window, [](const EpochResult& e) {
    QStringList parts;
    for (const MetricValue& metric : e.metrics)
      parts << QStringLiteral("%1 %2").arg(QString::fromStdString(metric_title(metric))).arg(metric.value);
    say(QStringLiteral("epoch %1: %2").arg(e.epoch).arg(parts.join(QStringLiteral(", "))));
  });
  QObject::connect(&runs, &RunController::finished, &window, [](const RunResult& r) { say(end_text(r)); });
}

}  // namespace

CommandLine CommandLine::parse(const QStringList& arguments) {
  QCommandLineParser parser;
  parser.setApplicationDescription(QStringLiteral("Draw, run and profile a training pipeline."));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument(QStringLiteral("FILE"), QStringLiteral("A .feedline graph to open."),
                               QStringLiteral("[FILE]"));
  const QCommandLineOption example("example", "Open an example: " + Files::examples().join(", ") + '.', "NAME");
  const QCommandLineOption run("run", "Start the run at once.");
  const QCommandLineOption staged("staged", "Show every queue: each node with its own workers and queue.");
  const QCommandLineOption theme("theme", "light, dark or system, for this time.", "THEME");
  const QCommandLineOption size("size", "Size of the window.", "WIDTHxHEIGHT");
  const QCommandLineOption facts("log-facts", "Write start, epochs, errors and end of a run to stderr.");
  const QCommandLineOption screenshot("screenshot", "Save a picture of the window, then quit.", "PNG");
  const QCommandLineOption after("after-seconds", "How long to wait before the picture (1).", "SECONDS");
  parser.addOptions({example, run, staged, theme, size, facts, screenshot, after});
  parser.process(arguments);

  CommandLine wanted;
  if (parser.positionalArguments().size() > 1) refuse(QStringLiteral("one FILE at most; see --help"));
  wanted.file = QString::fromStdString(user_path(parser.positionalArguments().value(0).toStdString()));
  wanted.example = parser.value(example);
  if (!wanted.file.isEmpty() && !wanted.example.isEmpty()) refuse(QStringLiteral("FILE or --example, not both"));
  wanted.run = parser.isSet(run);
  wanted.staged = parser.isSet(staged);
  wanted.log_facts = parser.isSet(facts);
  wanted.screenshot = parser.value(screenshot);
  if (parser.isSet(theme)) {
    wanted.theme = theme_mode(parser.value(theme));
    if (!wanted.theme) refuse(QStringLiteral("--theme: '%1' is not light, dark or system").arg(parser.value(theme)));
  }
  if (parser.isSet(size)) {
    wanted.size = parse_size(parser.value(size));
    if (!wanted.size) refuse(QStringLiteral("--size: '%1' is not like 1280x800").arg(parser.value(size)));
  }
  if (parser.isSet(after)) {
    bool ok = false;
    wanted.after_seconds = parser.value(after).toDouble(&ok);
    if (!ok || wanted.after_seconds < 0) refuse(QStringLiteral("--after-seconds: not a number of seconds"));
  }
  return wanted;
}

bool CommandLine::apply_to(MainWindow& window) const {
  if (size) {
    window.resize(*size);
    window.arrange();
  }
  if (log_facts) gui::log_facts(window);
  if (staged) {
    const QSignalBlocker unremembered(window.actions().show_queues);
    window.actions().show_queues->setChecked(true);
  }
  if (!file.isEmpty()) {
    if (window.files().open(file)) return true;
    say(QStringLiteral("'%1' could not be opened").arg(file));
    return screenshot.isEmpty();  // the user has seen why; the window stays of use
  }
  const bool welcomed = example.isEmpty() && screenshot.isEmpty() && !run;
  if (welcomed || window.files().open_example(example.isEmpty() ? QStringLiteral("quickstart") : example)) return true;
  say(QStringLiteral("there is no example '%1'. Choose one of: %2").arg(example, Files::examples().join(", ")));
  return false;
}

void CommandLine::schedule(MainWindow& window) const {
  if (run) QTimer::singleShot(0, &window, &MainWindow::start_run);
  if (screenshot.isEmpty()) {
    const bool nothing_asked = file.isEmpty() && example.isEmpty() && !run;
    if (!window.offer_recovery() && nothing_asked) window.welcome().begin();
    return;
  }
  QTimer::singleShot(static_cast<int>(after_seconds * 1000), &window, [&window, file_name = screenshot] {
    const bool saved = window.grab().save(file_name);
    if (!saved) say(QStringLiteral("'%1' cannot be written").arg(file_name));
    window.close_quietly();
    if (!saved) QCoreApplication::exit(kUsageError);
  });
}

}  // namespace feedline::gui::inline app
