// SPDX-License-Identifier: GPL-3.0-or-later
// Work on a thread beside the window's that throws: the window goes on, and who asked hears of it.
#include "gui/session/latest_worker.h"
#include "support/test_program.h"

#include <QTest>

#include <new>
#include <stdexcept>
#include <string>

namespace test_latest_worker {

using namespace feedline;
using namespace feedline::gui;

namespace {

struct Looked {
  std::optional<Error> error{};
  int number = -1;
};

int thrown_by(int question) {
  if (question == 1) throw std::bad_alloc();
  if (question == 2) throw std::runtime_error("the first line\nand where it was thrown");
  return question;
}

}  // namespace

class TestLatestWorker : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void what_is_thrown_is_the_answer() {
    std::optional<Result<int>> got;
    LatestWorker<int, Result<int>> worker(
        [](const int& question, const std::stop_token&) -> Result<int> { return thrown_by(question); },
        [&](Result<int> answer) { got = std::move(answer); });
    worker.ask(1);
    QTRY_VERIFY(got && !*got);
    QCOMPARE(got->error().code, ErrorCode::Failed);
    QVERIFY(got->error().reason.find("memory") != std::string::npos && !got->error().remedy.empty());
    got.reset();
    worker.ask(2);
    QTRY_VERIFY(got && !*got);
    QCOMPARE(got->error().reason, std::string("it failed: the first line"));
    got.reset();
    worker.ask(3);  // its thread is still there
    QTRY_VERIFY(got && *got);
    QCOMPARE(**got, 3);
  }

  void an_answer_with_an_error_has_it() {
    std::optional<Looked> got;
    LatestWorker<int, Looked> worker(
        [](const int& question, const std::stop_token&) { return Looked{.number = thrown_by(question)}; },
        [&](Looked answer) { got = std::move(answer); });
    worker.ask(1);
    QTRY_VERIFY(got);
    QVERIFY(got->error && got->number == -1);
  }

  void others_are_empty() {
    std::optional<int> got;
    LatestWorker<int, int> worker([](const int& question, const std::stop_token&) { return thrown_by(question); },
                                  [&](int answer) { got = answer; });
    worker.ask(1);
    QTRY_VERIFY(got);
    QCOMPARE(*got, 0);
  }
};

FEEDLINE_TEST(TestLatestWorker)

}  // namespace test_latest_worker

#include "test_latest_worker.moc"
