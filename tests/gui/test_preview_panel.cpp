// SPDX-License-Identifier: GPL-3.0-or-later
// Runs beside others: its clock decides nothing.
// The preview in the window: what is selected, for a record, off the GUI thread.
#include "gui/app/main_window.h"
#include "gui/app/panels.h"
#include "gui/base/in_view.h"
#include "gui/canvas/graph_view.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/number_field.h"
#include "gui/preview/preview_panel.h"
#include "gui/preview/preview_view.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QDockWidget>
#include <QElapsedTimer>
#include <QLabel>
#include <QTest>
#include <QToolButton>

namespace feedline::gui::test_preview_panel {

using Form = PreviewPicture::Form;

class TestPreviewPanel : public QObject {
  Q_OBJECT

  test::WindowHome home_{};
  Document network_{};
  Document photos_{};

  struct Bench {
    explicit Bench(const Document& document) {
      window.resize(1280, 800);
      window.show();
      window.document().reset(document, {});
      if (!QTest::qWaitForWindowExposed(&window)) qFatal("no window");
      Panels::show(window.panels().preview);
    }
    ~Bench() { window.close_quietly(); }
    void select(const char* node) { window.view().select_node(QLatin1String(node)); }
    [[nodiscard]] PreviewPanel& panel() { return *window.panels().preview; }
    [[nodiscard]] PreviewView& view() { return panel().view(); }
    [[nodiscard]] NumberField& record() { return *panel().findChild<NumberField*>(); }
    [[nodiscard]] QToolButton& button(const char* name) {
      return *panel().findChild<QToolButton*>(QLatin1String(name));
    }
    MainWindow window{};
  };

 private Q_SLOTS:
  void initTestCase() {
    network_ = test::small_network(home_.path(), 320);
    test::write_picture_folder(home_.file("photos"), 8, 48);
    const auto node = [&](const char* id, const char* type, ParamMap params = {}) {
      if (!photos_.apply(Edit{AddNode{.node = {.id = id, .type = type, .params = std::move(params)}}}))
        qFatal("%s", id);
    };
    const auto wire = [&](PortRef from, PortRef to) {
      if (!photos_.apply(Edit{AddLink{.link = {.from = std::move(from), .to = std::move(to)}}})) qFatal("wire");
    };
    node("source", "image_folder", {{"folder", home_.file("photos").toStdString()}});
    node("decode", "decode");
    node("crop", "random_resized_crop", {{"size", std::int64_t{32}}});
    node("normalise", "normalise");
    node("batch", "batch");
    node("conv", "conv2d", {{"filters", std::int64_t{6}}});
    wire({"source", "file"}, {"decode", "file"});
    wire({"decode", "image"}, {"crop", "image"});
    wire({"crop", "image"}, {"normalise", "image"});
    wire({"normalise", "image"}, {"batch", "image"});
    wire({"source", "label"}, {"batch", "label"});
    wire({"batch", "image"}, {"conv", "x"});
  }
  void init() { QSettings().clear(); }

  void every_kind_of_node_shows_what_leaves_it() {
    Bench b(photos_);
    QCOMPARE(b.view().shown(), Form::Nothing);
    for (const auto& [node, form] : {std::pair{"source", Form::Picture},
                                     {"decode", Form::Picture},
                                     {"normalise", Form::Picture},
                                     {"conv", Form::Maps}}) {
      b.select(node);
      QTRY_COMPARE_WITH_TIMEOUT(b.view().shown(), form, 30'000);
      QVERIFY(!b.view().grab().isNull());
    }
    QTest::mouseClick(&b.button("preview_histogram"), Qt::LeftButton);
    QCOMPARE(b.view().shown(), Form::Histogram);
    Bench n(network_);
    n.select("hidden");
    QTRY_COMPARE_WITH_TIMEOUT(n.view().shown(), Form::Histogram, 30'000);
    QTRY_VERIFY(n.panel().findChild<QLabel*>() != nullptr);
    n.window.view().editor().select_all();
    QTRY_COMPARE(n.view().shown(), Form::Nothing);
  }

  void records_and_dice_change_what_is_seen() {
    Bench b(photos_);
    b.select("crop");
    QTRY_COMPARE_WITH_TIMEOUT(b.view().shown(), Form::Picture, 30'000);
    const QImage first = b.view().grab().toImage();
    QTRY_COMPARE(b.record().maximum(), 15.0);
    b.record().setFocus();
    QTest::keyClick(&b.record(), Qt::Key_Up);
    QTRY_VERIFY_WITH_TIMEOUT(b.view().grab().toImage() != first, 30'000);
    QTest::keyClick(&b.record(), Qt::Key_Down);
    QTRY_VERIFY_WITH_TIMEOUT(b.view().grab().toImage() == first, 30'000);
    QVERIFY(b.button("preview_dice").isEnabled());
    QTest::mouseClick(&b.button("preview_dice"), Qt::LeftButton);
    QCOMPARE(b.panel().epoch(), 2U);
    QTRY_VERIFY_WITH_TIMEOUT(b.view().grab().toImage() != first, 30'000);
    b.select("decode");
    QTRY_VERIFY_WITH_TIMEOUT(!b.button("preview_dice").isEnabled(), 30'000);  // nothing random there
  }

  void it_follows_edits_and_says_what_is_wrong() {
    Bench b(photos_);
    b.select("crop");
    QTRY_COMPARE_WITH_TIMEOUT(b.view().shown(), Form::Picture, 30'000);
    QVERIFY(b.window.document().apply(
        Edit{SetParam{.node = "source", .param = "folder", .value = Value(std::string("/no/such/folder"))}}));
    QTRY_VERIFY_WITH_TIMEOUT(b.view().message().contains("/no/such/folder"), 30'000);
    b.window.document().undo_stack().undo();
    QTRY_COMPARE_WITH_TIMEOUT(b.view().shown(), Form::Picture, 30'000);
    test::write_file(home_.file("photos/a/-broken.jpg"), "no picture");
    QVERIFY(b.window.document().apply(Edit{
        SetParam{.node = "source", .param = "folder", .value = Value((home_.file("photos") + "/").toStdString())}}));
    QTRY_VERIFY_WITH_TIMEOUT(b.view().message().contains("-broken.jpg"), 30'000);
    QVERIFY(QFile::remove(home_.file("photos/a/-broken.jpg")));
  }

  void behind_a_tab_nothing_is_computed() {
    Bench b(photos_);
    QDockWidget* own = Panels::dock_of(&b.panel());
    QDockWidget* other = Panels::dock_of(b.window.panels().inspector);
    b.window.tabifyDockWidget(own, other);
    other->raise();
    QTRY_VERIFY(!in_view(b.panel()));
    b.select("decode");
    QTest::qWait(500);
    QCOMPARE(b.view().shown(), Form::Nothing);
    own->raise();  // it catches up
    QTRY_COMPARE_WITH_TIMEOUT(b.view().shown(), Form::Picture, 30'000);
  }

  /// While a preview opens a source that takes seconds, the event loop turns, and the newest wish is the one answered.
  void a_slow_source_holds_up_nobody() {
    Bench b(photos_);
    Document slow;
    QVERIFY(slow.apply(Edit{
        AddNode{.node = {.id = "source", .type = "generated_pictures", .params = {{"count", std::int64_t{6000}}}}}}));
    b.window.document().reset(slow, {});
    b.select("source");
    QElapsedTimer clock;
    clock.start();
    qint64 longest = 0;
    QTimer heartbeat;
    connect(&heartbeat, &QTimer::timeout, this, [&] { longest = std::max(longest, clock.restart()); });
    heartbeat.start(5);
    QTest::qWait(600);
    heartbeat.stop();
    qInfo("longest pause of the event loop: %lld ms", static_cast<long long>(longest));
    b.window.document().reset(photos_, {});
    b.select("decode");
    QTRY_COMPARE_WITH_TIMEOUT(b.view().shown(), Form::Picture, 60'000);
  }
};

FEEDLINE_WINDOW_TEST(TestPreviewPanel)

}  // namespace feedline::gui::test_preview_panel

#include "test_preview_panel.moc"
