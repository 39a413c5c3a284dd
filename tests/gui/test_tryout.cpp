// SPDX-License-Identifier: GPL-3.0-or-later
// The panel Try it: pictures are dropped on the real window, texts and rows typed, and the newest checkpoint of its run
// says what they are.
#include "graph/json.h"
#include "gui/app/main_window.h"
#include "gui/base/settings.h"
#include "gui/base/theme.h"
#include "gui/plots/answer_view.h"
#include "gui/plots/record_form.h"
#include "gui/plots/tryout_panel.h"
#include "state/checkpoint_files.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "support/window_home.h"
#include "training/inference/occlusion.h"

#include <QDropEvent>
#include <QFile>
#include <QFileDialog>
#include <QImage>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>
#include <QUrl>

#include <algorithm>
#include <cmath>

namespace test_tryout {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

class TestTryout : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    graph_ = small_network(home_.path());
    side_ = static_cast<int>(static_cast<unsigned char>(idx_images(1).at(11)));
    QImage plain(side_, side_, QImage::Format_Grayscale8);
    plain.fill(100);
    QVERIFY(plain.save(home_.file("plain.png")));
    QImage halves = plain;
    for (int y = 0; y < side_; ++y)
      for (int x = 0; x < side_; ++x) halves.scanLine(y)[x] = x < side_ / 2 ? 10 : 230;
    QVERIFY(halves.save(home_.file("halves.png")));
    QFile text(home_.file("letter.png"));
    QVERIFY(text.open(QIODevice::WriteOnly) && text.write("Dear Sir or Madam") > 0);
    QVERIFY(halves.scaled(3 * side_, 3 * side_).save(home_.file("large.png")));
  }
  void init() {
    Settings::set_checkpoints(true);
    graph_ = small_network(home_.path());
  }

  void the_newest_checkpoint_says_what_a_picture_is() {
    MainWindow window;
    run(window);
    auto& panel = window.live_run().panel<TryoutPanel>();
    Panels::show(&panel);
    QVERIFY(!panel.shows_empty_state());
    QVERIFY(drop_on(&panel, home_.file("halves.png")));
    QTRY_VERIFY2_WITH_TIMEOUT(panel.view().answer().has_value(), qPrintable(panel.told()), 60'000);
    const ExplainedPicture halves = *panel.view().answer();
    QVERIFY(panel.told().startsWith("halves.png, by the model of step 24"));
    QVERIFY(halves.classes);
    double sum = 0;
    for (const RecordPrediction::Value& value : halves.prediction.values) sum += value.value;
    QVERIFY(std::abs(sum - 1) < 1e-4);
    QVERIFY(!panel.view().bar_texts().isEmpty());
    QCOMPARE(halves.importance.size(), halves.rows * halves.columns);
    QVERIFY(std::any_of(halves.importance.begin(), halves.importance.end(), [](float part) { return part != 0; }));

    // The same as the command line says.
    const auto checkpoint = find_checkpoint(window.runs().checkpoint_folder());
    QVERIFY(checkpoint && checkpoint->has_value());
    const auto alone = predict((*checkpoint)->state, {home_.file("halves.png").toStdString()}, {});
    QVERIFY2(alone, alone ? "" : alone.error().line().c_str());
    const auto& values = alone->predictions.front().values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      QCOMPARE(halves.prediction.values[i].name, values[i].name);
      QVERIFY(std::abs(halves.prediction.values[i].value - values[i].value) < 1e-5);
    }
    window.close_quietly();
  }

  /// Until there is a picture, the panel is one area to drop it in, which says so and can be clicked.
  void the_empty_panel_invites_a_picture() {
    MainWindow window;
    run(window);
    auto& panel = window.live_run().panel<TryoutPanel>();
    Panels::show(&panel);
    auto& view = *panel.findChild<AnswerView*>();
    QVERIFY(view.invites() && panel.told().isEmpty());
    QCOMPARE(view.accessibleDescription(), QString("Drop a picture here, or choose one"));
    QTRY_VERIFY(view.height() > 60);
    for (const Theme::Mode mode : {Theme::Mode::Light, Theme::Mode::Dark}) {
      Theme::instance().set_mode(mode);
      const Theme::Colors& colors = Theme::instance().colors();
      const QImage plain = view.grab().toImage();
      QCOMPARE(plain.pixelColor(12, 12), colors.raised);
      int written = 0;
      for (int x = 12; x < plain.width() - 12; ++x)
        for (int y = 12; y < plain.height() - 12; ++y) written += plain.pixelColor(x, y) == colors.raised ? 0 : 1;
      QVERIFY2(written > 100, QByteArray::number(written));
      QMimeData mime;
      mime.setUrls({QUrl::fromLocalFile(home_.file("halves.png"))});
      QDragEnterEvent enter(panel.rect().center(), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
      static_cast<QObject&>(panel).event(&enter);
      QVERIFY(view.grab().toImage() != plain);  // it shows that it would take it
      QDragLeaveEvent leave;
      static_cast<QObject&>(panel).event(&leave);
      QCOMPARE(view.grab().toImage(), plain);
    }
    Theme::instance().set_mode(Theme::Mode::Light);
    QTest::mouseClick(&view, Qt::LeftButton);
    QTRY_VERIFY(panel.findChild<QFileDialog*>() != nullptr);
    panel.findChild<QFileDialog*>()->reject();
    QVERIFY(drop_on(&panel, home_.file("halves.png")));
    QTRY_VERIFY_WITH_TIMEOUT(!view.invites(), 60'000);
    QSignalSpy clicks(&view, &AnswerView::clicked);
    QTest::mouseClick(&view, Qt::LeftButton);
    QVERIFY(clicks.isEmpty());
    window.close_quietly();
  }

  void covering_what_is_plain_changes_nothing() {
    MainWindow window;
    run(window);
    const auto checkpoint = find_checkpoint(window.runs().checkpoint_folder());
    QVERIFY(checkpoint && checkpoint->has_value());
    const auto plain = explain_picture((*checkpoint)->state, home_.file("plain.png").toStdString(), {});
    QVERIFY2(plain, plain ? "" : plain.error().line().c_str());
    for (const float part : plain->importance) QVERIFY(std::abs(part) < 1e-4F);
    window.close_quietly();
  }

  void what_is_no_picture_is_named() {
    MainWindow window;
    run(window);
    auto& panel = window.live_run().panel<TryoutPanel>();
    Panels::show(&panel);
    for (const char* name : {"letter.png", "large.png", "gone.png"}) {
      QVERIFY(drop_on(&panel, home_.file(name)));
      QTRY_VERIFY2_WITH_TIMEOUT(!panel.told().startsWith("Asking"), qPrintable(panel.told()), 60'000);
      QVERIFY2(panel.told().contains(name), qPrintable(panel.told()));
      QVERIFY(!panel.view().answer());
    }
    QVERIFY(!drop_on(&panel, home_.file("other.feedline")));  // the window opens those
    window.close_quietly();
  }

  /// The class of a row is told by "signal" alone.
  void a_row_is_typed_cell_by_cell() {
    QByteArray table = "noise;signal;place;class\n";  // Feedline's own form is another
    for (int i = 0; i < 160; ++i)
      table += QByteArray::number(i % 7) + (i * 37 % 5 < 2 ? ";0,9;\"a;b\";yes\n" : ";0,1;c;no\n");
    write_file(home_.file("rows.csv"), table);
    graph_ = graph_of(R"({"feedline": 1, "nodes": [
      {"id": "source", "type": "csv", "version": 1, "params": {"file": "FILE", "label": "class", "separator": ";"}},
      {"id": "chosen", "type": "choose_columns", "version": 1, "params": {"columns": ["noise", "signal"]}},
      {"id": "features", "type": "features", "version": 1, "params": {}},
      {"id": "batch", "type": "batch", "version": 1, "params": {"size": 32}},
      {"id": "linear", "type": "linear", "version": 1, "params": {"units": 0}},
      {"id": "loss", "type": "cross_entropy", "version": 1, "params": {}},
      {"id": "adam", "type": "adam", "version": 1, "params": {"learning_rate": 0.3}},
      {"id": "trainer", "type": "trainer", "version": 1, "params": {"device": "cpu", "epochs": 40}}],
      "links": [
      {"from": "source.row", "to": "chosen.row"}, {"from": "chosen.row", "to": "features.row"},
      {"from": "features.features", "to": "batch.features"}, {"from": "source.label", "to": "batch.label"},
      {"from": "batch.features", "to": "linear.x"}, {"from": "linear.y", "to": "loss.prediction"},
      {"from": "batch.label", "to": "loss.target"}, {"from": "loss.loss", "to": "trainer.loss"},
      {"from": "adam.optimizer", "to": "trainer.optimizer"}]})",
                      "rows.csv");
    MainWindow window;
    run(window);
    auto& panel = window.live_run().panel<TryoutPanel>();
    Panels::show(&panel);
    const auto field = [&](const char* name) { return panel.findChild<QLineEdit*>(name); };
    QTRY_VERIFY_WITH_TIMEOUT(field("cell_signal") != nullptr && field("cell_signal")->isVisible(), 60'000);
    QVERIFY(field("cell_place") != nullptr && field("cell_class") == nullptr);
    QTest::keyClicks(field("cell_noise"), "3");
    QTest::keyClicks(field("cell_place"), "a \"quoted\", one");
    for (const auto& [number, right] : {std::pair("0.9", "yes"), std::pair("0.1", "no")}) {
      field("cell_signal")->clear();
      QTest::keyClicks(field("cell_signal"), number);
      QTest::keyClick(field("cell_signal"), Qt::Key_Return);
      QTRY_VERIFY2_WITH_TIMEOUT(!panel.told().startsWith("Asking"), qPrintable(panel.told()), 60'000);
      QVERIFY2(panel.view().answer(), qPrintable(panel.told()));
      QCOMPARE(panel.view().answer()->prediction.values.front().name, std::string(right));
    }
    QTest::keyClicks(field("cell_noise"), " much");
    QTest::mouseClick(panel.findChild<QPushButton*>("ask_typed"), Qt::LeftButton);
    QTRY_VERIFY2_WITH_TIMEOUT(panel.told().contains("noise"), qPrintable(panel.told()), 60'000);
    QVERIFY(!panel.view().answer());

    write_file(home_.file("more.csv"), "signal;noise;place\n0,1;1;c\n0,9;2;c\n");
    QVERIFY(drop_on(&panel, home_.file("more.csv")));
    auto& record = *panel.findChild<QSpinBox*>("choose_record");
    QTRY_VERIFY2_WITH_TIMEOUT(record.isVisible(), qPrintable(panel.told()), 60'000);
    QCOMPARE(record.maximum(), 2);
    QCOMPARE(panel.view().answer()->prediction.values.front().name, std::string("no"));
    QCOMPARE(panel.form().cells(), (QStringList{"1", "0.1", "c"}));  // the row of the file, by the model's columns
    QTest::keyClick(&record, Qt::Key_Up);
    QCOMPARE(panel.form().cells(), (QStringList{"2", "0.9", "c"}));
    QCOMPARE(panel.view().answer()->prediction.values.front().name, std::string("yes"));
    window.close_quietly();
  }

  void a_text_is_typed() {
    write_file(home_.file("lines.txt"), text_lines(120));
    graph_ = graph_of(text_graph(home_.file("lines.txt")), "lines.txt");
    MainWindow window;
    run(window);
    auto& panel = window.live_run().panel<TryoutPanel>();
    Panels::show(&panel);
    auto& text = *panel.findChild<QPlainTextEdit*>("typed_text");
    auto& button = *panel.findChild<QPushButton*>("ask_typed");
    QTRY_VERIFY(text.isVisible() && !button.isEnabled());
    QTest::keyClicks(&text, "one line");
    QTest::keyClick(&text, Qt::Key_Return);
    QTest::keyClicks(&text, "and another");
    QVERIFY(button.isEnabled() && panel.told().isEmpty());
    QTest::keyClick(&text, Qt::Key_Return, Qt::ControlModifier);
    QTRY_VERIFY2_WITH_TIMEOUT(panel.view().answer().has_value(), qPrintable(panel.told()), 60'000);
    QCOMPARE(text.toPlainText(), QString("one line\nand another"));
    QVERIFY2(panel.told().startsWith("your text, by the model"), qPrintable(panel.told()));
    QCOMPARE(panel.view().bar_texts().size(), 3);
    window.close_quietly();
  }

  void without_checkpoints_it_says_why_it_is_empty() {
    Settings::set_checkpoints(false);
    MainWindow window;
    run(window);
    auto& panel = window.live_run().panel<TryoutPanel>();
    QVERIFY(panel.shows_empty_state());
    QVERIFY2(panel.empty_state().text().contains("no checkpoints"), qPrintable(panel.empty_state().text()));
    QVERIFY(!drop_on(&panel, home_.file("plain.png")));
    window.close_quietly();
  }

 private:
  void run(MainWindow& window) {
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.document().reset(graph_, {});
    QSignalSpy finished(&window.runs(), &RunController::finished);
    QTest::keyClick(&window, Qt::Key_F5);
    QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 60'000);
  }
  Document graph_of(QByteArray json, const QString& file) {
    json.replace("FILE", home_.file(file).toUtf8());
    auto loaded = from_json(json.toStdString());
    if (!loaded) qFatal("%s", loaded.error().line().c_str());
    return std::move(loaded->document);
  }
  static bool drop_on(QWidget* widget, const QString& path) {
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(path)});
    const QPoint at = widget->rect().center();
    QDragEnterEvent enter(at, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    enter.ignore();
    static_cast<QObject*>(widget)->event(&enter);  // to this widget alone
    if (!enter.isAccepted()) return false;
    QDropEvent drop(at, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    return static_cast<QObject*>(widget)->event(&drop);
  }

  WindowHome home_{};
  Document graph_{};
  int side_ = 0;
};

FEEDLINE_WINDOW_TEST(TestTryout)

}  // namespace test_tryout

#include "test_tryout.moc"
