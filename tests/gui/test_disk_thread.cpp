// SPDX-License-Identifier: GPL-3.0-or-later

// What is to be written when a window closes is written, unless the disk does not answer: that must not keep the
// window.

#include "gui/session/disk_thread.h"
#include "gui/session/run_archive.h"
#include "support/recorded_runs.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QRegularExpression>
#include <QSemaphore>
#include <QTest>

#include <atomic>
#include <memory>
#include <optional>

namespace test_disk_thread {

using namespace feedline;
using namespace feedline::gui;

class TestDiskThread : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void all_that_waits_is_done() {
    QObject owner;
    auto done = std::make_shared<std::atomic<int>>(0);
    {
      DiskThread disk(&owner, "nothing");
      for (int i = 0; i < 100; ++i)
        disk.start([done, i] {
          if (*done == i) ++*done;  // in their order
        });
    }
    QCOMPARE(done->load(), 100);
  }

  /// What is asked for just before the window closes, behind a list that nobody will see.
  void a_change_to_the_record_is_kept() {
    const test::WindowHome home;
    const auto file = default_data_folder() / "runs.db";
    const std::int64_t id = test::record_run(file, {.title = "one"}, {.status = RunStatus::Finished});
    QVERIFY(id > 0);
    {
      RunArchive archive;
      for (int i = 0; i < 20; ++i) archive.refresh();
      archive.set_note(id, "kept");
    }
    Database database = test::open_runs(file);
    QCOMPARE(test::recorded_run(database, id).note, std::string("kept"));
  }

  void a_disk_that_does_not_answer_keeps_nobody() {
    auto answers = std::make_shared<QSemaphore>();
    auto written = std::make_shared<QSemaphore>();
    auto told = std::make_shared<std::atomic<bool>>(false);
    const auto wait_for_answer = [&](DiskThread& disk) {
      disk.start([answers, written, told, outbox = disk.outbox()] {
        answers->acquire();
        outbox->post([told] { *told = true; });
        written->release();
      });
    };
    QElapsedTimer time;
    {
      QObject owner;
      auto patient = std::make_optional<DiskThread>(&owner, "more files", 60'000);
      auto first = std::make_optional<DiskThread>(&owner, "two files", 50);
      wait_for_answer(*first);
      wait_for_answer(*patient);
      QTest::ignoreMessage(QtWarningMsg, QRegularExpression("does not answer: two files"));
      QTest::ignoreMessage(QtWarningMsg, QRegularExpression("does not answer: more files"));
      time.start();
      first.reset();
      patient.reset();  // it need not find out for itself
    }
    QVERIFY(time.elapsed() < 5'000);
    answers->release(2);
    QVERIFY(written->tryAcquire(2, 5'000));
    QCoreApplication::processEvents();
    QVERIFY(!*told);  // who had asked is gone
  }
};

FEEDLINE_TEST(TestDiskThread)

}  // namespace test_disk_thread

#include "test_disk_thread.moc"
