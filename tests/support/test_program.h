// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// All tests of a room are one program, which runs one of them: "core_tests test_find [ARGUMENT OF QT TEST...]". CTest
// starts it once for each long test. The short ones of a room come in rows, "core_tests --each test_find test_idx ...",
// where each runs in a copy of a process that has only been loaded (fork): each still has a process of its own, and
// LibTorch, whose loading takes longer than they do, is loaded once a row.

#include <QTest>

#include <string>

namespace feedline::test {

/// What a test program can be asked to run, by name. Made by the macros below, before main().
class TestEntry {
 public:
  using Main = int (*)(int argc, char** argv);

  /// `file`: the test's; `process`: empty for the test itself.
  TestEntry(const char* file, const char* process, Main main);

  /// "test_find", "test_recovery:edit-and-wait".
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int run(int argc, char** argv) const { return main_(argc, argv); }

 private:
  std::string name_;
  Main main_;
};

/// As QTEST_MAIN and QTEST_GUILESS_MAIN do.
template <class Application, class Test>
int run_test(int argc, char** argv) {
  QCoreApplication::setAttribute(Qt::AA_Use96Dpi, true);
  Application app(argc, argv);
  Test test;
  return QTest::qExec(&test, argc, argv);
}

}  // namespace feedline::test

/// Ends a test's file, within its namespace: a test that needs no window.
#define FEEDLINE_TEST(Test) \
  const ::feedline::test::TestEntry kTestEntry(__FILE__, "", &::feedline::test::run_test<QCoreApplication, Test>);
/// The same with widgets.
#define FEEDLINE_WINDOW_TEST(Test) \
  const ::feedline::test::TestEntry kTestEntry(__FILE__, "", &::feedline::test::run_test<QApplication, Test>);
/// A process that the test starts and may kill: the program with "test_file:name" as its first argument. `main` is an
/// int(int argc, char** argv), whose argv[1] is the next one.
#define FEEDLINE_TEST_PROCESS(variable, name, main) const ::feedline::test::TestEntry variable(__FILE__, name, &(main));
