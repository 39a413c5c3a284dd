// SPDX-License-Identifier: GPL-3.0-or-later
// Files that other programs write, remove or protect while they are open: nothing is overwritten without a word.
#include "graph/graph_file.h"
#include "gui/app/main_window.h"
#include "gui/canvas/graph_view.h"
#include "gui/workspace/notice_bar.h"
#include "support/answer.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAction>
#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QPushButton>
#include <QTest>
#include <QTimer>
#include <QToolButton>

#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace feedline::gui::test_files_on_disk {

using test::Answer;

namespace {

Edit rename(const char* from, const char* to) { return Edit{RenameNode{from, to}}; }

std::string bytes_of(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return "(unreadable)";
  return file.readAll().toStdString();
}

/// As most editors do it: another file, renamed over the old one.
void replace_by_other_program(const QString& path, const Document& document) {
  test::write_file(path + "~new", QByteArray::fromStdString(to_json(document)));
  QVERIFY(::rename(qPrintable(path + "~new"), qPrintable(path)) == 0);
}

/// As others do it: the same file, written into.
void write_by_other_program(const QString& path, const Document& document) {
  test::write_file(path, QByteArray::fromStdString(to_json(document)));
}

}  // namespace

class TestFilesOnDisk : public QObject {
  Q_OBJECT

  test::WindowHome home_{};
  Document network_{};
  Document theirs_{};
  int files_ = 0;

  struct Open {
    explicit Open(const QString& file) {
      window.resize(1280, 800);
      window.show();
      window.activateWindow();
      if (!QTest::qWaitForWindowActive(&window)) qFatal("no window");
      if (!window.files().open(file)) qFatal("not opened");
    }
    ~Open() { window.close_quietly(); }
    [[nodiscard]] NoticeBar& notice() { return window.workspace().current().notice(); }
    [[nodiscard]] QString told() { return notice().text("on_disk"); }
    void press(const QString& button) {
      for (auto* one : notice().findChildren<QPushButton*>())
        if (one->text().remove('&') == button && one->isVisible()) return QTest::mouseClick(one, Qt::LeftButton);
      QFAIL(qPrintable("no button " + button));
    }
    /// As when the user comes back from another program.
    void come_back() {
      QEvent event(QEvent::WindowActivate);
      QApplication::sendEvent(&window, &event);
    }
    [[nodiscard]] bool shows(const char* node) { return window.document().document().find(node) != nullptr; }
    MainWindow window{};
  };

  [[nodiscard]] QString fresh() {
    const QString path = home_.file(QString("graph%1.feedline").arg(++files_));
    if (!save_document(network_, path.toStdString())) qFatal("cannot write");
    return path;
  }

 private Q_SLOTS:
  void initTestCase() {
    network_ = test::small_network(home_.path(), 320);
    theirs_ = network_;
    QVERIFY(theirs_.apply(rename("relu", "theirs")));
  }
  void init() { QSettings().clear(); }

  // --- what is told ------------------------------------------------------------------------------------------------
  void a_change_is_told_when_the_window_is_taken_up_again_data() {
    QTest::addColumn<bool>("by_rename");
    QTest::newRow("renamed over") << true;
    QTest::newRow("written into") << false;
  }
  void a_change_is_told_when_the_window_is_taken_up_again() {
    QFETCH(bool, by_rename);
    const QString path = fresh();
    Open o(path);
    o.come_back();
    QTest::qWait(50);
    QVERIFY(!o.notice().isVisible());
    by_rename ? replace_by_other_program(path, theirs_) : write_by_other_program(path, theirs_);
    o.come_back();
    QTRY_VERIFY(o.notice().isVisible());
    QVERIFY2(o.told().contains("changed by another program"), qPrintable(o.told()));
    QVERIFY(!o.shows("theirs"));  // nothing happens by itself
    QTest::mouseClick(o.notice().findChild<QToolButton*>("dismiss"), Qt::LeftButton);
    QVERIFY(!o.notice().isVisible());
    o.come_back();
    QTest::qWait(100);
    QVERIFY(!o.notice().isVisible());  // told once
    Document again = theirs_;
    QVERIFY(again.apply(rename("theirs", "again")));
    replace_by_other_program(path, again);
    o.come_back();
    QTRY_VERIFY(o.notice().isVisible());
  }

  void a_touch_and_the_same_bytes_anew_are_no_change() {
    const QString path = fresh();
    Open o(path);
    struct timespec times[2] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 1, .tv_nsec = 0}};
    QVERIFY(::utimensat(AT_FDCWD, qPrintable(path), times, 0) == 0);
    QCOMPARE(o.window.workspace().current().file().look().state, OnDisk::Same);
    replace_by_other_program(path, network_);
    o.come_back();
    QTest::qWait(100);
    QVERIFY(!o.notice().isVisible());
    QVERIFY(o.window.document().apply(rename("relu", "mine")));
    o.window.actions().save->trigger();  // without a question
    QVERIFY(!o.window.isWindowModified());
    // A change of as many bytes at the same time of the clock is one.
    const std::string bytes = bytes_of(path);
    std::string other = bytes;
    for (std::size_t at = other.find("mine"); at != std::string::npos; at = other.find("mine"))
      other.replace(at, 4, "your");
    struct stat before {};
    QVERIFY(::stat(qPrintable(path), &before) == 0);
    replace_by_other_program(path, from_json(other)->document);
    struct timespec same[2] = {before.st_atim, before.st_mtim};
    QVERIFY(::utimensat(AT_FDCWD, qPrintable(path), same, 0) == 0);
    QCOMPARE(o.window.workspace().current().file().look().state, OnDisk::Changed);
  }

  void a_change_that_is_taken_back_takes_the_notice_away() {
    const QString path = fresh();
    Open o(path);
    write_by_other_program(path, theirs_);
    o.come_back();
    QTRY_VERIFY(o.notice().isVisible());
    write_by_other_program(path, network_);
    o.come_back();
    QTRY_VERIFY(!o.notice().isVisible());
  }

  void a_file_that_is_gone_is_told_and_can_be_saved_again() {
    const QString path = fresh();
    Open o(path);
    QVERIFY(QFile::remove(path));
    o.come_back();
    QTRY_VERIFY2(o.told().contains("no longer on the disk"), qPrintable(o.told()));
    QVERIFY(o.window.isWindowModified());  // closing asks now
    o.press("Save again");
    QVERIFY(QFile::exists(path));
    QVERIFY(!o.window.isWindowModified());
    QVERIFY(!o.notice().isVisible());
  }

  // --- saving ------------------------------------------------------------------------------------------------------
  void saving_over_a_change_asks_data() {
    QTest::addColumn<QString>("button");
    QTest::addColumn<bool>("mine_is_saved");
    QTest::addColumn<bool>("theirs_is_shown");
    QTest::newRow("overwrite") << "Overwrite" << true << false;
    QTest::newRow("reload") << "Reload" << false << true;
    QTest::newRow("cancel") << "Cancel" << false << false;
  }
  void saving_over_a_change_asks() {
    QFETCH(QString, button);
    QFETCH(bool, mine_is_saved);
    QFETCH(bool, theirs_is_shown);
    const QString path = fresh();
    Open o(path);
    QVERIFY(o.window.document().apply(rename("relu", "mine")));
    replace_by_other_program(path, theirs_);
    Answer answer(button);
    QTest::keyClick(&o.window, Qt::Key_S, Qt::ControlModifier);
    QVERIFY(answer.given());
    QCOMPARE(answer.default_button(), QString("Save as…"));
    QVERIFY2(answer.text().contains("changed by another program"), qPrintable(answer.text()));
    const std::string now = bytes_of(path);
    QCOMPARE(now.find("\"mine\"") != std::string::npos, mine_is_saved);
    QCOMPARE(now.find("\"theirs\"") != std::string::npos, !mine_is_saved);
    QCOMPARE(o.shows("theirs"), theirs_is_shown);
    if (!theirs_is_shown) return;
    o.window.actions().undo->trigger();
    QVERIFY(o.shows("mine"));  // nothing was lost
  }

  void closing_with_changes_on_both_sides_asks_as_well() {
    const QString path = fresh();
    Open o(path);
    QVERIFY(o.window.document().apply(rename("relu", "mine")));
    write_by_other_program(path, theirs_);
    Answer save("Save");
    std::unique_ptr<Answer> cancel;  // of the second question
    QTimer second;
    connect(&second, &QTimer::timeout, this, [&] {
      if (save.given() && !cancel) cancel = std::make_unique<Answer>("Cancel");
    });
    second.start(5);
    QVERIFY(!o.window.close());
    QVERIFY(cancel && cancel->given());
    QVERIFY(bytes_of(path).find("\"theirs\"") != std::string::npos);
  }

  // --- reloading ---------------------------------------------------------------------------------------------------
  void reload_keeps_the_view_and_undo_brings_back() {
    const QString path = fresh();
    Open o(path);
    QVERIFY(o.window.document().apply(rename("relu", "mine")));
    GraphView& view = o.window.view();
    view.zoom_in();
    view.select_node("mine");
    const QTransform zoom = view.transform();
    const QPointF middle = view.mapToScene(view.viewport()->rect().center());
    Document moved = theirs_;
    QVERIFY(moved.apply(Edit{AddNode{.node = {.id = "extra", .type = "relu", .position = {5000, 4000}}}}));
    replace_by_other_program(path, moved);
    o.come_back();
    QTRY_VERIFY2(o.told().contains("unsaved changes here as well"), qPrintable(o.told()));
    o.press("Reload");
    QVERIFY(o.shows("theirs"));
    QVERIFY(!o.notice().isVisible());
    QVERIFY(!o.window.isWindowModified());
    QCOMPARE(view.transform(), zoom);
    QVERIFY((view.mapToScene(view.viewport()->rect().center()) - middle).manhattanLength() < 60);
    QCOMPARE(o.window.document().undo_stack().undoText(), "Reload " + QFileInfo(path).fileName());
    o.window.actions().undo->trigger();
    QVERIFY(o.shows("mine"));
    QVERIFY(o.window.isWindowModified());
    o.window.actions().undo->trigger();
    QVERIFY(o.shows("relu"));
    o.window.actions().redo->trigger();
    o.window.actions().redo->trigger();
    QVERIFY(o.shows("theirs"));
    QVERIFY(!o.window.isWindowModified());
    QCOMPARE(to_json(o.window.document().document()), to_json(moved));
  }

  void a_reload_inside_a_subgraph_that_is_no_more_goes_out_of_it() {
    Document with_block = network_;
    Diagram inner;
    QVERIFY(inner.apply(Edit{AddNode{.node = {.id = "n", .type = "relu"}}}));
    QVERIFY(with_block.apply(
        Edit{AddNode{.node = {.id = "block", .type = "subgraph", .inner = Boxed<Diagram>(std::move(inner))}}}));
    const QString path = fresh();
    write_by_other_program(path, with_block);
    Open o(path);
    o.window.view().enter("block");
    write_by_other_program(path, theirs_);
    QVERIFY(o.window.files().reload(o.window.workspace().current()));
    QVERIFY(o.window.view().scope().empty());
    o.window.actions().undo->trigger();
    QVERIFY(o.shows("block/n"));
  }

  void revert_is_in_the_menu_and_can_be_undone() {
    const QString path = fresh();
    Open o(path);
    QVERIFY(o.window.actions().revert->isEnabled());
    QVERIFY(o.window.document().apply(rename("relu", "mine")));
    o.window.actions().revert->trigger();
    QVERIFY(o.shows("relu"));
    QVERIFY(!o.window.isWindowModified());
    o.window.actions().undo->trigger();
    QVERIFY(o.shows("mine"));
    o.window.workspace().add();
    QVERIFY(!o.window.actions().revert->isEnabled());  // it has no file
  }

  void opening_it_again_shows_what_it_holds_now() {
    const QString path = fresh();
    Open o(path);
    write_by_other_program(path, theirs_);
    QVERIFY(o.window.files().open(path));
    QCOMPARE(o.window.workspace().count(), 1);
    QVERIFY(o.shows("theirs"));
    QVERIFY(o.window.document().apply(rename("theirs", "mine")));
    write_by_other_program(path, network_);
    QVERIFY(o.window.files().open(path));
    QVERIFY(o.shows("mine"));  // changes of one's own are not thrown away,
    o.come_back();
    QTRY_VERIFY(o.notice().isVisible());  // and the notice asks
  }

  void what_cannot_be_read_is_not_reloaded() {
    const QString path = fresh();
    Open o(path);
    test::write_file(path, "{ torn");
    Answer ok("OK");
    QVERIFY(!o.window.files().reload(o.window.workspace().current()));
    QVERIFY(ok.given());
    QVERIFY(o.shows("relu"));
  }

  // --- two windows -------------------------------------------------------------------------------------------------
  void two_windows_on_one_file_are_told() {
    const QString path = fresh();
    Open first(path);
    QVERIFY(first.notice().text("open_elsewhere").isEmpty());
    const QString link = home_.file("link-to-it.feedline");
    QFile::remove(link);
    QVERIFY(QFile::link(path, link));
    {
      Open second(link);  // another name, the same file
      QVERIFY2(second.notice().text("open_elsewhere").contains("another Feedline window"),
               qPrintable(second.notice().text("open_elsewhere")));
      first.come_back();  // who was first learns it as well
      QTRY_VERIFY2(first.notice().text("open_elsewhere").contains("another Feedline window"),
                   qPrintable(first.notice().text("open_elsewhere")));
      // What one saves the other hears of, and does not overwrite.
      QVERIFY(first.window.document().apply(rename("relu", "firsts")));
      first.window.actions().save->trigger();
      second.come_back();
      QTRY_VERIFY(!second.told().isEmpty());
      QVERIFY(second.window.document().apply(rename("relu", "seconds")));
      Answer cancel("Cancel");
      second.window.actions().save->trigger();
      QVERIFY(cancel.given());
      QVERIFY(bytes_of(path).find("firsts") != std::string::npos);
    }
    first.come_back();
    QTRY_VERIFY(first.notice().text("open_elsewhere").isEmpty());
    Open third(path);
    QVERIFY(!third.notice().text("open_elsewhere").isEmpty());
    first.come_back();
    QTRY_VERIFY(!first.notice().text("open_elsewhere").isEmpty());  // told again
    first.window.close_quietly();
    first.window.workspace().remove(first.window.workspace().current());
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    third.come_back();
    QTRY_VERIFY(third.notice().text("open_elsewhere").isEmpty());
  }

  void of_three_windows_on_one_file_each_is_told_until_it_is_alone() {
    const QString path = fresh();
    const auto told = [](Open& o) {
      o.come_back();
      return !o.notice().text("open_elsewhere").isEmpty();
    };
    Open first(path);
    auto second = std::make_unique<Open>(path);
    auto third = std::make_unique<Open>(path);
    for (Open* o : {&first, second.get(), third.get()}) QTRY_VERIFY(told(*o));
    second.reset();
    for (Open* o : {&first, third.get()}) QTRY_VERIFY(told(*o));
    third.reset();
    QTRY_VERIFY(!told(first));
  }

  void a_window_that_was_killed_holds_nothing() {
    const QString path = fresh();
    QProcess other;
    other.setProgram(QCoreApplication::applicationFilePath());
    other.setArguments({"--hold", path, home_.path()});
    other.start();
    QVERIFY(other.waitForReadyRead(60'000));
    {
      Open o(path);
      QVERIFY(!o.notice().text("open_elsewhere").isEmpty());
    }
    other.kill();
    QVERIFY(other.waitForFinished(10'000));
    Open o(path);
    QVERIFY(o.notice().text("open_elsewhere").isEmpty());
  }

  // --- what is protected -------------------------------------------------------------------------------------------
  void a_protected_file_is_not_replaced_silently() {
    const QString path = fresh();
    QVERIFY(::chmod(qPrintable(path), 0444) == 0);
    const std::string before = bytes_of(path);
    Open o(path);
    QVERIFY(o.window.document().apply(rename("relu", "mine")));
    {
      Answer cancel("Cancel");
      o.window.actions().save->trigger();
      QVERIFY(cancel.given());
      QVERIFY2(cancel.text().contains("write-protected"), qPrintable(cancel.text()));
      QCOMPARE(cancel.default_button(), QString("Save as…"));
    }
    QCOMPARE(bytes_of(path), before);
    QVERIFY(o.window.isWindowModified());
    Answer replace("Replace");
    o.window.actions().save->trigger();
    QVERIFY(replace.given());
    QVERIFY(bytes_of(path).find("mine") != std::string::npos);
    struct stat info {};
    QVERIFY(::stat(qPrintable(path), &info) == 0);
    QCOMPARE(info.st_mode & 0777, 0444U);
    // The command line's way is refused outright.
    const Status saved = save_document(network_, path.toStdString());
    QVERIFY(!saved && saved.error().reason.find("write-protected") != std::string::npos);
  }

  void a_folder_without_the_right_to_write_offers_another_place() {
    if (::geteuid() == 0) QSKIP("root may write everywhere");
    const QString folder = home_.file("closed");
    QVERIFY(QDir().mkpath(folder));
    const QString path = folder + "/graph.feedline";
    QVERIFY(save_document(network_, path.toStdString()));
    QVERIFY(::chmod(qPrintable(folder), 0555) == 0);
    Open o(path);
    QVERIFY(o.window.document().apply(rename("relu", "mine")));
    Answer cancel("Cancel");
    o.window.actions().save->trigger();
    ::chmod(qPrintable(folder), 0755);
    QVERIFY(cancel.given());
    QCOMPARE(cancel.default_button(), QString("Save as…"));
    QVERIFY2(cancel.text().contains("folder"), qPrintable(cancel.text()));
    QCOMPARE(QDir(folder).entryList(QDir::Files), QStringList{"graph.feedline"});
  }

  void a_link_stays_a_link() {
    const QString path = fresh();
    const QString link = home_.file("kept-link.feedline");
    QVERIFY(QFile::link(path, link));
    Open o(link);
    QVERIFY(o.window.document().apply(rename("relu", "mine")));
    o.window.actions().save->trigger();
    QVERIFY(QFileInfo(link).isSymLink());
    QVERIFY(bytes_of(path).find("mine") != std::string::npos);
    QVERIFY(::chmod(qPrintable(path), 0400) == 0);  // what it leads to is protected
    QVERIFY(o.window.document().apply(rename("mine", "more")));
    Answer cancel("Cancel");
    o.window.actions().save->trigger();
    QVERIFY(cancel.given());
  }

  void what_a_crash_left_does_not_overwrite_what_was_written_since() {
    const QString path = fresh();
    MainWindow window;
    window.show();
    DocumentTab& tab = window.workspace().current();
    const QDateTime now = QDateTime::currentDateTime();
    tab.take_rescued({network_, {}}, path, "graph", now.addSecs(-60));  // the file is younger than the copy
    QVERIFY(tab.modified());
    {
      Answer cancel("Cancel");
      window.actions().save->trigger();
      QVERIFY(cancel.given());
    }
    tab.take_rescued({theirs_, {}}, path, "graph", now.addSecs(60));
    window.actions().save->trigger();
    QVERIFY(!tab.modified());
    QVERIFY(bytes_of(path).find("theirs") != std::string::npos);
    window.close_quietly();
  }
};

/// Opens a file and waits to be killed.
int hold(int argc, char** argv) {
  const test::WindowHome home(QString::fromLocal8Bit(argv[3]));
  QApplication app(argc, argv);
  MainWindow window;
  if (!window.files().open(QString::fromLocal8Bit(argv[2]))) return 1;
  std::puts("open");
  std::fflush(stdout);
  return QApplication::exec();
}

}  // namespace feedline::gui::test_files_on_disk

int main(int argc, char** argv) {
  using namespace feedline::gui;
  if (argc == 4 && qstrcmp(argv[1], "--hold") == 0) return hold(argc, argv);
  QApplication app(argc, argv);
  TestFilesOnDisk test;
  return QTest::qExec(&test, argc, argv);
}

#include "test_files_on_disk.moc"
