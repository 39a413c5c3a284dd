// SPDX-License-Identifier: GPL-3.0-or-later
// Does the window answer while it trains? By itself, since it needs the machine to itself.
#include "gui/app/main_window.h"
#include "gui/base/theme.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAction>
#include <QSettings>
#include <QTest>
#include <QTimer>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <time.h>
#include <unistd.h>
#include <vector>

namespace feedline::gui::test_heartbeat {

namespace {

/// Seconds of CPU time: of this process, and of the whole machine.
struct Cores {
  double ours = 0;
  double busy = 0;
};

Cores read_cores() {
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  Cores cores;
  timespec own{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
  cores.ours = static_cast<double>(own.tv_sec) + static_cast<double>(own.tv_nsec) * 1e-9;
  std::ifstream stat("/proc/stat");
  std::string cpu;
  double user = 0;
  double nice = 0;
  double system = 0;
  stat >> cpu >> user >> nice >> system;
  cores.busy = (user + nice + system) / ticks;
  return cores;
}

}  // namespace

class TestHeartbeat : public QObject {
  Q_OBJECT

  test::WindowHome home_{};

 private Q_SLOTS:
  void initTestCase() { Theme::instance().set_mode(Theme::Mode::Light); }
  void init() { QSettings().clear(); }

  /// The event loop must turn at least every 50 ms while a run fills the cores. What the window can answer for is
  /// judged strictly: between two beats its thread may never have worked longer than that. The gaps themselves also
  /// depend on who else uses the machine, so the 99th percentile of the best of three attempts is judged, and only if
  /// Feedline had the cores to itself; the longest is always reported.
  void the_window_answers_while_it_trains() {
    constexpr double kAllowed = 0.050;
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    window.document().reset(
        test::with(test::small_network(home_.path(), 960), "trainer", "epochs", std::int64_t{100'000}), {});
    window.actions().run->trigger();
    Snapshot last;
    connect(&window.runs(), &RunController::snapshot_taken, this,
            [&](const Snapshot& now, const Snapshot&) { last = now; });
    QTRY_VERIFY_WITH_TIMEOUT(last.trainer.steps > 10, 60'000);

    const Clock& clock = Clock::system();
    double best = std::numeric_limits<double>::max();
    bool alone = true;
    for (int attempt = 0; attempt < 3 && best > kAllowed; ++attempt) {
      std::vector<double> gaps;
      double longest_work = 0;
      Nanos wall = clock.now();
      Nanos cpu = clock.thread_cpu();
      const Nanos wall_start = wall;
      const Nanos cpu_start = cpu;
      const Cores cores_start = read_cores();
      QTimer heartbeat;
      heartbeat.setTimerType(Qt::PreciseTimer);
      connect(&heartbeat, &QTimer::timeout, this, [&] {
        const Nanos now = clock.now();
        const Nanos worked = clock.thread_cpu();
        gaps.push_back(seconds(now - wall));
        longest_work = std::max(longest_work, seconds(worked - cpu));
        wall = now;
        cpu = worked;
      });
      const std::uint64_t steps = last.trainer.steps;
      heartbeat.start(5);
      QTRY_VERIFY_WITH_TIMEOUT(gaps.size() >= 600, 60'000);
      heartbeat.stop();
      QVERIFY(last.trainer.steps > steps);
      const Cores cores = read_cores();
      const double elsewhere = 1 - (cores.ours - cores_start.ours) / std::max(1e-9, cores.busy - cores_start.busy);
      std::sort(gaps.begin(), gaps.end());
      const double p99 = gaps[gaps.size() * 99 / 100];
      qInfo(
          "event loop over %zu beats: median %.0f ms, 99 %% below %.0f ms, longest %.0f ms; the window's thread: "
          "%.1f %% of a core, at most %.0f ms at a time; other programs: %.0f %% of what the cores did",
          gaps.size(), gaps[gaps.size() / 2] * 1e3, p99 * 1e3, gaps.back() * 1e3,
          100 * seconds(cpu - cpu_start) / seconds(wall - wall_start), longest_work * 1e3, 100 * elsewhere);
      QVERIFY2(longest_work <= kAllowed, "the window's thread works too long in one piece");
      best = std::min(best, p99);
      alone = elsewhere < 0.15;
    }
    window.actions().stop->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(window.runs().state(), RunController::State::Idle, 20'000);
    window.close_quietly();
    if (!alone && best > kAllowed) QSKIP("other programs had the cores: the gaps say nothing about Feedline");
    QVERIFY2(best <= kAllowed, "the window does not answer in time while a run is on");
  }
};

FEEDLINE_WINDOW_TEST(TestHeartbeat)

}  // namespace feedline::gui::test_heartbeat

#include "test_heartbeat.moc"
