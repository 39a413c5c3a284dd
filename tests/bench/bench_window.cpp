// SPDX-License-Identifier: GPL-3.0-or-later
// What the live view costs: a real run with every panel in view, each in a window of its own, drawn by the raster
// engine without a screen. Prints the processor time of the GUI thread, and of Qt's own threads, which help it to draw,
// as a share of one core; then, for as long again, the gaps of its event loop, which a timer finds that would itself
// count in the first figure. See resources/help/benchmarks.md.
//
//   QT_QPA_PLATFORM=offscreen bench_window [EXAMPLE] [SECONDS] [apart|docked|hidden]
//
// "apart" is the default. "docked": the window as it opens, where panels cover each other. "hidden": no panel can be
// seen, and the rest is what the run itself costs these threads.
#include "gui/app/main_window.h"
#include "gui/base/pace.h"

#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <vector>

using namespace feedline;
using namespace feedline::gui;

namespace {

constexpr int kTickMs = 5;
constexpr int kSettleMs = 12000;  // the view finds its pace

double thread_cpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Of all threads that Qt's pools have started, so far: the raster engine has large areas filled by them.
double pool_cpu() {
  double sum = 0;
  for (const QFileInfo& task :
       QDir(QStringLiteral("/proc/self/task")).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot)) {
    QFile name(task.filePath() + QStringLiteral("/comm"));
    QFile times(task.filePath() + QStringLiteral("/schedstat"));
    if (!name.open(QIODevice::ReadOnly) || !name.readAll().startsWith("Thread (pooled")) continue;
    if (times.open(QIODevice::ReadOnly)) sum += times.readAll().split(' ').front().toDouble() * 1e-9;
  }
  return sum;
}

/// A timer that fires as often as the event loop lets it: how late it is tells how long other events took.
class Pulse : public QObject {
 public:
  Pulse() {
    timer_.setTimerType(Qt::PreciseTimer);
    timer_.setInterval(kTickMs);
    connect(&timer_, &QTimer::timeout, this, [this] {
      gaps_.push_back(static_cast<double>(clock_.nsecsElapsed()) * 1e-6 - kTickMs);
      clock_.restart();
    });
  }
  void start() {
    clock_.start();
    timer_.start();
  }
  void stop() {
    timer_.stop();
    std::sort(gaps_.begin(), gaps_.end());
  }
  [[nodiscard]] double gap(double part) const {
    return gaps_.empty() ? 0
                         : std::max(0.0, gaps_[static_cast<std::size_t>(part * static_cast<double>(gaps_.size() - 1))]);
  }

 private:
  QTimer timer_{};
  QElapsedTimer clock_{};
  std::vector<double> gaps_{};
};

void wait(int ms) {
  QEventLoop loop;
  QTimer::singleShot(ms, &loop, &QEventLoop::quit);
  loop.exec();
}

}  // namespace

int main(int argc, char** argv) {
  QApplication app(argc, argv);
  const QString example = argc > 1 ? QString::fromLocal8Bit(argv[1]) : QStringLiteral("quickstart.feedline");
  const int seconds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 20;
  const std::string_view how = argc > 3 ? argv[3] : "apart";
  const bool hidden = how == "hidden";
  MainWindow window;
  if (!window.files().open_example(example)) {
    std::fprintf(stderr, "no example %s\n", qPrintable(example));
    return 1;
  }
  window.resize(1600, 900);
  if (!hidden) window.show();
  int shown = 0;
  for (QDockWidget* dock : window.panels().docks().all()) {
    if (how == "docked") break;
    dock->setFloating(true);
    dock->resize(520, 300);
    dock->setVisible(!hidden);
    ++shown;
  }
  if (!window.document().apply(Edit{SetParam{"trainer", "epochs", std::int64_t{100'000}}})) return 1;
  window.start_run();
  QObject::connect(&window.runs(), &RunController::finished, &app, [](const RunResult& result) {
    if (result.failure) std::fprintf(stderr, "%s\n", result.failure->line().c_str());
  });
  while (window.runs().state() == RunController::State::Preparing) wait(100);
  wait(kSettleMs);
  QElapsedTimer wall;
  const double before = thread_cpu();
  const double pool_before = pool_cpu();
  wall.start();
  wait(seconds * 1000);
  const double used = thread_cpu() - before;
  const double pool = pool_cpu() - pool_before;
  const double passed = static_cast<double>(wall.nsecsElapsed()) * 1e-9;
  Pulse pulse;
  pulse.start();
  wait(seconds * 1000);
  pulse.stop();
  std::printf(
      "%s, %s (%d panels), %.0f s: %.2f %% of one core (GUI thread %.2f, Qt's pools %.2f), drawn every %d ms; "
      "event-loop gap: median "
      "%.2f ms, 99 of 100 within %.1f ms, longest %.1f ms\n",
      qPrintable(example), how.data(), shown, passed, 100 * (used + pool) / passed, 100 * used / passed,
      100 * pool / passed, Pace::instance().interval_ms(), pulse.gap(0.5), pulse.gap(0.99), pulse.gap(1));
  window.close_quietly();
  while (window.runs().active()) wait(50);
  return 0;
}
