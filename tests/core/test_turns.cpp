// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/turns.h"
#include "support/test_program.h"

#include <QTest>

#include <array>
#include <cstdint>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace test_turns {

using namespace feedline;

namespace {

/// Nanoseconds of a turn of the calling thread; 0: the kernel does not say.
std::uint64_t turn_here() {
  std::array<std::uint64_t, 6> words{sizeof(std::uint64_t) * 6};  // struct sched_attr: its size comes first
  if (::syscall(SYS_sched_getattr, 0, words.data(), sizeof words, 0) != 0) return 0;
  return words[3];
}

}  // namespace

class TestTurns : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Those of threads that it starts too, and of no others.
  void a_thread_has_turns_of_its_own() {
    const std::uint64_t before = turn_here();
    if (before == 0) QSKIP("this kernel has no choice of turns (Linux before 6.12)");
    std::uint64_t own = 0;
    std::uint64_t started = 0;
    std::jthread([&] {
      ask_for_turns(0.5);
      own = turn_here();
      std::jthread([&] { started = turn_here(); }).join();
    }).join();
    QCOMPARE(own, before / 2);
    QCOMPARE(started, own);
    QCOMPARE(turn_here(), before);
  }
};

FEEDLINE_TEST(TestTurns)

}  // namespace test_turns

#include "test_turns.moc"
