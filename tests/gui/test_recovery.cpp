// SPDX-License-Identifier: GPL-3.0-or-later
// Runs beside others: its clock only says how long it has waited.
// A window that is killed in mid-edit loses nothing older than ten seconds. The window runs in a process of its own
// (this program again, with arguments), which is ended by SIGKILL.
#include "graph/json.h"
#include "gui/app/main_window.h"
#include "gui/canvas/graph_view.h"
#include "gui/workspace/recovery_dialog.h"
#include "support/answer.h"
#include "support/fixtures.h"
#include "support/test_program.h"
#include "support/wait_until.h"
#include "support/window_home.h"

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QTreeWidget>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <sys/wait.h>
#include <unistd.h>

namespace feedline::gui::test_recovery {

namespace {

constexpr qint64 kMostLostMs = 10'000;

void say(const QByteArray& line) {
  std::puts(line.constData());
  std::fflush(stdout);
}

QString home_of(int argc, char** argv) { return argc > 1 ? QString::fromLocal8Bit(argv[1]) : QString(); }

/// The window that will be killed: one file changed, one opened only, an untitled one and an example changed.
int edit_and_wait(int argc, char** argv) {
  const QString home = home_of(argc, argv);
  const test::WindowHome settings(home);
  QApplication app(argc, argv);
  MainWindow window;
  window.show();
  if (!window.files().open(home + "/changed.feedline")) return 1;
  // Drawn as a person does: Tab, a name, Enter.
  GraphView& view = window.view();
  view.setFocus();
  QTest::keyClick(&view, Qt::Key_Tab);
  auto* search = view.findChild<SearchPopup*>()->findChild<QLineEdit*>();
  QTest::keyClicks(search, "dropout");
  QTest::keyClick(search, Qt::Key_Return);
  const std::string changed = to_json(window.document().document());
  if (!window.files().open(home + "/opened.feedline")) return 1;
  window.workspace().add();
  window.view().editor().add_node("linear");
  const std::string untitled = to_json(window.document().document());
  if (!window.files().open_example("quickstart")) return 1;
  window.view().editor().add_node("relu");
  window.actions().undo->trigger();  // as it was: nothing to rescue
  test::write_file(home + "/expected-changed", QByteArray::fromStdString(changed));
  test::write_file(home + "/expected-untitled", QByteArray::fromStdString(untitled));
  say("edited");
  return QApplication::exec();
}

/// Edits for ever, and says what it has done before it goes on.
int edit_for_ever(int argc, char** argv) {
  const QString home = home_of(argc, argv);
  const test::WindowHome settings(home);
  QApplication app(argc, argv);
  MainWindow window;
  window.show();
  window.view().editor().add_node("linear");
  QElapsedTimer clock;
  clock.start();
  std::int64_t units = 0;
  QTimer timer;
  QObject::connect(&timer, &QTimer::timeout, &timer, [&] {
    ++units;
    if (!window.document().apply(Edit{SetParam{.node = "linear", .param = "units", .value = Value(units)}}, "typing"))
      QCoreApplication::exit(1);
    say(QByteArray::number(static_cast<qlonglong>(units)) + ' ' + QByteArray::number(clock.elapsed()));
  });
  timer.start(20);
  return QApplication::exec();
}

/// Writes one copy after the other, in a copy of this process; returns when the first is there.
pid_t write_for_ever(const QString& path) {
  std::array<int, 2> written{};
  if (::pipe(written.data()) != 0) qFatal("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    test::die_with_parent();
    const RescueFile file{.name = "torn", .time = QDateTime::currentDateTime(), .graph = to_json(Document())};
    for (bool first = true; file.write(path); first = false)
      if (first && ::write(written[1], "1", 1) != 1) break;
    ::_exit(1);
  }
  ::close(written[1]);
  char byte = 0;
  const bool there = child > 0 && ::read(written[0], &byte, 1) == 1;
  ::close(written[0]);
  if (!there) qFatal("no copy was written");
  return child;
}

/// The whole copies: one that is being written has a longer name.
QStringList rescued(const QString& home) {
  return test::files_below(home + "/data").filter(QRegularExpression("\\.rescue$"));
}

}  // namespace

class TestRecovery : public QObject {
  Q_OBJECT

  test::WindowHome home_{};

  void start(QProcess& process, const char* what) const { start(process, what, home_.path()); }
  static void start(QProcess& process, const char* what, const QString& home) {
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(QCoreApplication::applicationFilePath(), {what, home});
  }

 private Q_SLOTS:
  void init() { QDir(home_.file("data")).removeRecursively(); }

  void what_a_killed_window_had_not_saved_is_offered_again() {
    const QByteArray saved = R"({"feedline": 1, "nodes": [{"id": "a", "type": "relu", "position": [0, 0]}]})";
    test::write_file(home_.file("changed.feedline"), saved);
    test::write_file(home_.file("opened.feedline"), saved);
    QProcess process;
    start(process, "test_recovery:edit-and-wait");
    while (!process.canReadLine() && process.waitForReadyRead(60'000)) {
    }
    QCOMPARE(process.readLine().trimmed(), QByteArray("edited"));
    QElapsedTimer since_edit;
    since_edit.start();
    QTRY_COMPARE_WITH_TIMEOUT(rescued(home_.path()).size(), 2, 2 * kMostLostMs);
    qInfo("kept %.1f s after the last edit", static_cast<double>(since_edit.elapsed()) / 1e3);
    process.kill();
    QVERIFY(process.waitForFinished());

    MainWindow window;
    window.resize(1280, 800);
    window.show();
    window.offer_recovery();
    auto* dialog = window.findChild<RecoveryDialog*>();
    QVERIFY(dialog != nullptr);
    auto* list = dialog->findChild<QTreeWidget*>();
    QStringList names;
    for (int i = 0; i < list->topLevelItemCount(); ++i) {
      names << list->topLevelItem(i)->text(0);
      QVERIFY(!list->topLevelItem(i)->text(1).isEmpty());
    }
    names.sort();
    QCOMPARE(names, (QStringList{"Untitled", "changed.feedline"}));
    const QStringList left = rescued(home_.path());
    QTest::mouseClick(dialog->findChild<QPushButton*>("recover"), Qt::LeftButton);

    QCOMPARE(window.workspace().count(), 2);
    DocumentTab* changed = window.workspace().showing(home_.file("changed.feedline"));
    QVERIFY(changed != nullptr);
    DocumentTab* untitled = nullptr;
    for (DocumentTab* tab : window.workspace().documents())
      if (tab != changed) untitled = tab;
    QCOMPARE(QByteArray::fromStdString(to_json(changed->document().document())),
             test::read_file(home_.file("expected-changed")));
    QCOMPARE(QByteArray::fromStdString(to_json(untitled->document().document())),
             test::read_file(home_.file("expected-untitled")));
    for (DocumentTab* tab : {changed, untitled}) QVERIFY(tab->modified());
    QCOMPARE(test::read_file(home_.file("changed.feedline")), saved);  // the file waits for the user to save
    // It is kept for the next crash as well, and goes when it is saved or the window is closed in order. The copies are
    // counted when none moves from folder to folder: a listing in between would see one of two.
    for (const QString& path : left) QTRY_VERIFY_WITH_TIMEOUT(!QFile::exists(path), 20'000);
    QCOMPARE(rescued(home_.path()).size(), 2);
    window.workspace().show(*changed);
    window.actions().save->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(rescued(home_.path()).size(), 1, 20'000);
    window.close_quietly();
    QTRY_COMPARE(rescued(home_.path()).size(), 0);
  }

  void what_is_kept_is_never_older_than_ten_seconds() {
    struct Editor {
      int after_ms;
      QTemporaryDir home{};
      QProcess process{};
    };
    Editor editors[] = {{3'100}, {4'300}};
    for (Editor& editor : editors) start(editor.process, "test_recovery:edit-for-ever", editor.home.path());
    for (Editor& editor : editors)
      QVERIFY(editor.process.bytesAvailable() > 0 || editor.process.waitForReadyRead(60'000));
    QElapsedTimer both_edit;
    both_edit.start();
    for (auto& [after_ms, home, process] : editors) {
      QTest::qWait(static_cast<int>(std::max<qint64>(after_ms - both_edit.elapsed(), 0)));
      process.kill();
      QVERIFY(process.waitForFinished());
      QHash<qint64, qint64> time_of;  // of an edit
      qint64 last = 0;
      for (const QByteArray& line : process.readAllStandardOutput().split('\n')) {
        if (!line.contains(' ')) continue;
        time_of[line.split(' ')[0].toLongLong()] = last = line.split(' ')[1].toLongLong();
      }
      const QStringList files = rescued(home.path());
      QCOMPARE(files.size(), 1);
      const auto kept = RescueFile::read(files.front());
      QVERIFY(kept.has_value());
      const auto loaded = from_json(kept->graph);
      QVERIFY(loaded.has_value());
      const auto& params = loaded->document.find("linear")->params;
      const auto units = params.find("units");
      const qint64 edited = units == params.end() ? 0 : time_of[std::get<std::int64_t>(units->second)];
      qInfo("killed while editing: %.1f s of it are lost", static_cast<double>(last - edited) / 1e3);
      QVERIFY(last - edited < kMostLostMs);
    }
  }

  /// Killed again and again in the middle of writing: what is left is whole, and nothing else stays for ever.
  void a_kill_in_the_middle_of_a_copy_leaves_nothing_behind() {
    const QString left = RescueFolder::default_root() + "/killed";
    int unfinished = 0;
    for (int round = 0; round < 20; ++round) {
      QVERIFY(QDir().mkpath(left));
      const pid_t writer = write_for_ever(left + "/1.rescue");
      QTest::qWait(round * 3);
      QCOMPARE(::kill(writer, SIGKILL), 0);
      int status = 0;
      QCOMPARE(::waitpid(writer, &status, 0), writer);
      QVERIFY(WIFSIGNALED(status));
      const QStringList files = QDir(left).entryList(QDir::Files | QDir::Hidden);
      unfinished += files.size() > 1 ? 1 : 0;
      QCOMPARE(files.filter(".rescue").size(), 1);  // what is being written is not called so
      RescueFolder living(RescueFolder::default_root());
      const auto found = living.left_behind();
      QCOMPARE(found.size(), std::size_t{1});
      QVERIFY(from_json(found.front().file.graph).has_value());
      QCOMPARE(QDir(left).entryList({"*.rescue", "*.part"}, QDir::Files | QDir::Hidden), QStringList{"1.rescue"});
      RescueFolder::discard(found.front().path);
      QVERIFY(!QDir(left).exists());
    }
    qInfo("%d of 20 were killed in the middle of a copy", unfinished);
    // However that went: a part that another version's window left goes, too.
    QVERIFY(QDir().mkpath(left));
    test::write_file(left + "/1.rescue.AbCdEf", "torn");
    test::write_file(left + "/q9Xw2L.part", "torn");
    RescueFolder living(RescueFolder::default_root());
    QVERIFY(living.left_behind().empty());
    QVERIFY(!QDir(left).exists());
  }

  void what_is_discarded_is_not_offered_again() {
    RescueFolder living(RescueFolder::default_root());
    const RescueFile file{.name = "lost", .time = QDateTime::currentDateTime(), .graph = to_json(Document())};
    const QString left = RescueFolder::default_root() + "/gone";
    QVERIFY(QDir().mkpath(left));
    QVERIFY(file.write(left + "/1.rescue"));
    QVERIFY(file.write(living.path() + "/1.rescue"));  // of a window that runs: nobody else's business
    test::write_file(left + "/2.rescue", "torn");
    const auto found = living.left_behind();
    QCOMPARE(found.size(), std::size_t{1});
    RescueFolder second(
        RescueFolder::default_root());  // a window that starts at the same moment is not offered the same
    QVERIFY(second.left_behind().empty());
    living.release();
    QCOMPARE(second.left_behind().size(), std::size_t{1});
    second.release();
    RecoveryDialog dialog(found);
    dialog.show();
    {
      test::Answer hasty(test::Answer::enter());  // keeps them
      QTest::keyClick(dialog.findChild<QPushButton*>("discard"), Qt::Key_Space);
      QVERIFY(hasty.given());
      QVERIFY(dialog.isVisible());
    }
    test::Answer discard("Discard");
    QTest::keyClick(dialog.findChild<QPushButton*>("discard"), Qt::Key_Space);
    QVERIFY(discard.given());
    QVERIFY(!dialog.isVisible());
    QVERIFY(living.left_behind().empty());
    QVERIFY(QFile::exists(living.path() + "/1.rescue"));
    RescueFolder::discard(living.path() + "/1.rescue");
  }
};

FEEDLINE_TEST_PROCESS(kEditAndWait, "edit-and-wait", edit_and_wait)
FEEDLINE_TEST_PROCESS(kEditForEver, "edit-for-ever", edit_for_ever)
FEEDLINE_WINDOW_TEST(TestRecovery)

}  // namespace feedline::gui::test_recovery

#include "test_recovery.moc"
