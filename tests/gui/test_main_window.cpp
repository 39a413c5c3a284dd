// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/json.h"
#include "gui/app/live_run_controller.h"
#include "gui/app/log_panel.h"
#include "gui/app/main_window.h"
#include "gui/app/panels.h"
#include "gui/app/problems_button.h"
#include "gui/app/problems_panel.h"
#include "gui/app/run_bar.h"
#include "gui/base/settings.h"
#include "gui/canvas/graph_view.h"
#include "gui/plots/mistakes_panel.h"
#include "gui/runs/runs_panel.h"
#include "support/answer.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QDropEvent>
#include <QFile>
#include <QFileInfo>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

namespace feedline::gui::test_main_window {

using State = RunController::State;
using test::Answer;

namespace {

Edit rename(const char* from, const char* to) { return Edit{RenameNode{from, to}}; }

}  // namespace

class TestMainWindow : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase();
  void init();
  void opens_every_example();
  void opens_and_saves_files();
  void an_unreadable_file_is_told_and_nothing_changes();
  void unsaved_changes_are_asked_about_data();
  void unsaved_changes_are_asked_about();
  void a_dropped_file_opens();
  void the_parent_of_train_and_val_is_wired_on_request();
  void the_first_window_fits_the_screen();
  void an_empty_canvas_says_what_can_be_dropped();
  void a_graph_with_problems_does_not_start();
  void the_status_bar_tells_how_the_graph_stands();
  void runs_pauses_and_stops();
  void an_estimator_runs_as_a_network_does();
  void a_failed_run_is_told();
  void closing_during_a_run_asks();
  void layout_and_theme_are_remembered();

 private:
  [[nodiscard]] QString file_of(const Document& document, const QString& name) const;
  test::WindowHome home_{};
  Document network_{};
};

void TestMainWindow::initTestCase() {
  Theme::instance().set_mode(Theme::Mode::Light);
  network_ = test::small_network(home_.path(), 960);
}

void TestMainWindow::init() { QSettings().clear(); }

QString TestMainWindow::file_of(const Document& document, const QString& name) const {
  const QString path = home_.file(name);
  if (!save_document(document, path.toStdString())) qFatal("cannot write %s", qPrintable(path));
  return path;
}

void TestMainWindow::opens_every_example() {
  QVERIFY(!Files::examples().isEmpty());
  for (const QString& name : Files::examples()) {
    MainWindow window;
    QVERIFY2(window.files().open_example(name), qPrintable(name));
    QVERIFY(!window.document().document().nodes().empty());
    QVERIFY(window.document().file().isEmpty());
    QVERIFY(!window.isWindowModified());
    QVERIFY(window.windowTitle().startsWith(name.chopped(9)));
  }
  MainWindow window;
  QVERIFY(!window.files().open_example("no such example"));
}

void TestMainWindow::opens_and_saves_files() {
  const QString path = file_of(network_, "net.feedline");
  MainWindow window;
  QVERIFY(window.files().open(path));
  QCOMPARE(window.document().document(), network_);
  QCOMPARE(window.windowTitle(), QString("net.feedline[*] – Feedline"));
  QVERIFY(window.document().apply(rename("source", "numbers")));
  QVERIFY(window.isWindowModified());
  window.actions().save->trigger();
  QVERIFY(!window.isWindowModified());
  const Result<Loaded> saved = load_document(path.toStdString());
  QVERIFY(saved.has_value());
  QVERIFY(saved->document.find("numbers") != nullptr);
  QCOMPARE(Settings::recent_files(), QStringList{path});
  window.actions().undo->trigger();
  QVERIFY(window.isWindowModified());
  window.close_quietly();
}

void TestMainWindow::an_unreadable_file_is_told_and_nothing_changes() {
  const QString path = home_.file("broken.feedline");
  test::write_file(path, "{\"feedline\": 1, \"nodes\": [");
  MainWindow window;
  QVERIFY(window.files().open_example(Files::examples().front()));
  const Document before = window.document().document();
  Answer answer("OK");
  QVERIFY(!window.files().open(path));
  QVERIFY(answer.given());
  QVERIFY2(answer.text().contains("broken.feedline"), qPrintable(answer.text()));
  QCOMPARE(window.document().document(), before);
  QVERIFY(Settings::recent_files().isEmpty());
}

void TestMainWindow::unsaved_changes_are_asked_about_data() {
  QTest::addColumn<QString>("button");
  QTest::addColumn<bool>("closes");
  QTest::addColumn<bool>("writes");
  QTest::newRow("save") << "Save" << true << true;
  QTest::newRow("discard") << "Discard" << true << false;
  QTest::newRow("cancel") << "Cancel" << false << false;
}

void TestMainWindow::unsaved_changes_are_asked_about() {
  QFETCH(QString, button);
  QFETCH(bool, closes);
  QFETCH(bool, writes);
  const QString path = file_of(network_, button + ".feedline");
  MainWindow window;
  window.show();
  QVERIFY(window.files().open(path));
  QVERIFY(window.document().apply(rename("source", "numbers")));
  Answer answer(button);
  QCOMPARE(window.close(), closes);
  QVERIFY(answer.given());
  QCOMPARE(window.isVisible(), !closes);
  QCOMPARE(load_document(path.toStdString())->document.find("numbers") != nullptr, writes);
}

void TestMainWindow::a_dropped_file_opens() {
  const QString path = file_of(network_, "dropped.feedline");
  MainWindow window;
  window.show();
  QMimeData mime;
  mime.setUrls({QUrl::fromLocalFile(path)});
  QDragEnterEvent enter({10, 10}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&window, &enter);
  QVERIFY(enter.isAccepted());
  QDropEvent drop({10, 10}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&window, &drop);
  QCOMPARE(window.document().file(), path);
}

void TestMainWindow::the_parent_of_train_and_val_is_wired_on_request() {
  QTemporaryDir data;
  for (const char* name : {"train/cats/1.jpg", "train/dogs/1.jpg", "val/cats/1.jpg"}) {
    QVERIFY(QDir().mkpath(QFileInfo(data.filePath(name)).path()));
    QFile file(data.filePath(name));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("x") == 1);
  }
  MainWindow window;
  window.show();
  QVERIFY(window.files().open_example("image-folder"));
  auto* button = window.problems().findChild<QPushButton*>("offer");
  QVERIFY(button != nullptr && button->isHidden());
  QVERIFY(window.document().apply(Edit{SetParam{"source", "folder", Value(data.path().toStdString())}}));
  QTRY_VERIFY(!button->isHidden());
  QVERIFY(window.problems().model().error_count() > 0);

  const std::string before = to_json(window.document().document());
  button->click();
  QTRY_COMPARE(std::get<std::string>(window.document().document().find("source")->params.at("folder")),
               data.filePath("train").toStdString());
  const Link* validation = window.document().document().link_into({"trainer", "validation"});
  QVERIFY(validation != nullptr);
  QTRY_VERIFY(button->isHidden());
  QTRY_COMPARE(window.problems().model().error_count(), 0);
  window.document().undo_stack().undo();
  QCOMPARE(to_json(window.document().document()), before);
  QTRY_VERIFY(!button->isHidden());
  window.close_quietly();
}

void TestMainWindow::the_first_window_fits_the_screen() {
  MainWindow window;
  window.show();
  QVERIFY(QTest::qWaitForWindowExposed(&window));
  const QSize room = window.screen()->availableSize();
  QVERIFY2(window.width() <= room.width() && window.height() <= room.height(),
           qPrintable(QString("%1x%2").arg(window.width()).arg(window.height())));
}

void TestMainWindow::an_empty_canvas_says_what_can_be_dropped() {
  MainWindow window;
  window.actions().new_graph->trigger();
  const QList<QLabel*> labels = window.view().findChildren<QLabel*>();
  QVERIFY(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
    return !label->isHidden() && label->text().contains("Drop a folder of pictures");
  }));
}

void TestMainWindow::a_graph_with_problems_does_not_start() {
  Document broken = network_;
  QVERIFY(broken.apply(Edit{RemoveNode{"adam"}}));
  MainWindow window;
  window.show();
  window.document().reset(broken, {});
  QVERIFY(!window.document().analysis().ok());
  window.actions().run->trigger();
  QVERIFY(!window.runs().active());
  QTRY_VERIFY(window.problems().isVisible());
  QVERIFY(window.problems().model().error_count() > 0);
  QVERIFY(!window.problems().first_error_node().isEmpty());
}

void TestMainWindow::the_status_bar_tells_how_the_graph_stands() {
  MainWindow window;
  const auto* button = window.findChild<ProblemsButton*>();
  QVERIFY(button != nullptr);
  QCOMPARE(button->text(), QString("Empty graph"));
  window.document().reset(network_, {});
  QTRY_COMPARE(button->text(), QString("No problems"));
  QVERIFY(window.document().apply(Edit{RemoveNode{"adam"}}));
  QTRY_VERIFY(button->text().startsWith("Errors: "));
  window.document().reset({}, {});
  QTRY_COMPARE(button->text(), QString("Empty graph"));
  window.close_quietly();
}

void TestMainWindow::runs_pauses_and_stops() {
  MainWindow window;
  window.show();
  window.document().reset(test::with(network_, "trainer", "epochs", std::int64_t{100'000}), {});
  Snapshot last;
  connect(&window.runs(), &RunController::snapshot_taken, this,
          [&](const Snapshot& now, const Snapshot&) { last = now; });
  window.actions().run->trigger();
  QVERIFY(!window.actions().run->isEnabled());
  QTRY_VERIFY_WITH_TIMEOUT(last.trainer.steps > 10, 60'000);
  QVERIFY(window.windowTitle().startsWith("Running"));
  window.actions().pause->trigger();
  QCOMPARE(window.runs().state(), State::Paused);
  QCOMPARE(window.actions().pause->text(), QString("&Resume"));
  window.actions().pause->trigger();
  QCOMPARE(window.runs().state(), State::Running);
  // The graph may be changed meanwhile: the run holds its own copy.
  QVERIFY(window.document().apply(Edit{RemoveNode{"trainer"}}));
  const std::uint64_t steps = last.trainer.steps;
  QTRY_VERIFY_WITH_TIMEOUT(last.trainer.steps > steps + 5, 20'000);
  window.actions().stop->trigger();
  QTRY_COMPARE_WITH_TIMEOUT(window.runs().state(), State::Idle, 20'000);
  QCOMPARE(window.run_bar().state_text(), QString("Stopped"));
  QVERIFY(window.actions().run->isEnabled());
  QVERIFY(!window.actions().stop->isEnabled());
  window.close_quietly();
}

/// A network's end is exchanged for an estimator on the canvas; no panel minds.
void TestMainWindow::an_estimator_runs_as_a_network_does() {
  MainWindow window;
  window.resize(1280, 800);
  window.show();
  window.document().reset(network_, {});
  for (const char* gone : {"flatten", "hidden", "relu", "dropout", "last", "loss"})
    QVERIFY(window.document().apply(Edit{RemoveNode{gone}}));
  window.actions().run->trigger();
  QCOMPARE(window.runs().state(), State::Idle);  // nothing is left that learns
  QVERIFY(window.problems().model().error_count() > 0);
  QVERIFY(window.document().apply(Edit{RemoveNode{"adam"}}));
  QVERIFY(window.document().apply(Edit{AddNode{{.id = "baseline", .type = "majority_class"}}}));
  for (const Link& link : {Link{.from = {"batch", "label"}, .to = {"baseline", "target"}},
                           Link{.from = {"baseline", "estimator"}, .to = {"trainer", "estimator"}}}) {
    QVERIFY(!check_connect(window.document().document(), link.from, link.to));
    QVERIFY(window.document().apply(Edit{AddLink{link}}));
  }
  QTRY_COMPARE(window.problems().model().error_count(), 0);

  std::optional<RunResult> result;
  connect(&window.runs(), &RunController::finished, this, [&](const RunResult& ended) { result = ended; });
  window.actions().run->trigger();
  QTRY_VERIFY_WITH_TIMEOUT(result.has_value(), 60'000);
  QVERIFY2(result->end == RunResult::End::Completed, result->failure ? result->failure->line().c_str() : "");
  QTRY_COMPARE_WITH_TIMEOUT(window.runs().state(), State::Idle, 20'000);
  QCOMPARE(window.run_bar().state_text(), QString("Finished"));
  QCOMPARE(result->epochs.size(), std::size_t{1});
  const double accuracy = result->epochs.front().value("accuracy", kValSplit);
  const QString told = QString("validation accuracy %1 %").arg(accuracy * 100, 0, 'f', 1);
  const QString log = window.live_run().log->toPlainText();
  QVERIFY2(log.contains("Fitting majority_class on cpu"), qPrintable(log));
  QVERIFY2(log.contains(told), qPrintable(log));

  MistakesPanel& mistakes = window.live_run().panel<MistakesPanel>();
  QVERIFY(!mistakes.shows_empty_state());
  const Evaluation& evaluation = *result->epochs.front().evaluation;
  std::uint64_t right = 0;
  for (std::size_t i = 0; i < evaluation.classes; ++i) right += evaluation.count(i, i);
  QStringList readings;
  for (const Readings::Item& item : mistakes.readings().items()) readings << item.name + ' ' + item.value;
  QVERIFY2(readings.contains(QString("right %1 of 240").arg(right)), qPrintable(readings.join('|')));
  QCOMPARE(static_cast<double>(right) / 240, accuracy);
  Panels::show(window.history().panel);                                              // what is not in view is not read
  QTRY_VERIFY_WITH_TIMEOUT(window.history().panel->model().rowCount() > 0, 20'000);  // it is on record
  window.close_quietly();
}

void TestMainWindow::a_failed_run_is_told() {
  MainWindow window;
  window.show();
  window.document().reset(test::with(network_, "source", "images", std::string("/no/such/images")), {});
  Answer answer("OK");
  window.actions().run->trigger();
  QTRY_VERIFY_WITH_TIMEOUT(answer.given(), 30'000);
  QVERIFY2(answer.text().contains("/no/such/images"), qPrintable(answer.text()));
  QCOMPARE(window.run_bar().state_text(), QString("Failed"));
}

void TestMainWindow::closing_during_a_run_asks() {
  MainWindow window;
  window.show();
  window.document().reset(test::with(network_, "trainer", "epochs", std::int64_t{100'000}), {});
  window.actions().run->trigger();
  QTRY_COMPARE_WITH_TIMEOUT(window.runs().state(), State::Running, 60'000);
  {
    Answer keep("Keep running");
    QVERIFY(!window.close());
    QVERIFY(keep.given());
    QCOMPARE(window.runs().state(), State::Running);
  }
  Answer stop("Stop and close");
  window.close();
  QVERIFY(stop.given());
  QVERIFY(!window.isVisible());  // at once; the run ends behind it
  QTRY_VERIFY_WITH_TIMEOUT(window.runs().at_rest(), 20'000);
}

void TestMainWindow::layout_and_theme_are_remembered() {
  {
    MainWindow window;
    window.show();
    window.findChild<QDockWidget*>("palette")->hide();
    window.actions().theme_dark->trigger();
    QVERIFY(Theme::instance().dark());
    window.close();
  }
  QCOMPARE(Settings::theme(), Theme::Mode::Dark);
  MainWindow window;
  window.show();
  QVERIFY(window.findChild<QDockWidget*>("palette")->isHidden());
  QVERIFY(window.actions().theme_dark->isChecked());
  window.actions().reset_layout->trigger();
  QVERIFY(!window.findChild<QDockWidget*>("palette")->isHidden());
  window.actions().theme_light->trigger();
  QVERIFY(!Theme::instance().dark());
}

FEEDLINE_WINDOW_TEST(TestMainWindow)

}  // namespace feedline::gui::test_main_window

#include "test_main_window.moc"
