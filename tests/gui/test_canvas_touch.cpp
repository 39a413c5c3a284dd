// SPDX-License-Identifier: GPL-3.0-or-later
// Panning and zooming with a touchpad and on a touch screen.
#include "gui/canvas_bench.h"
#include "support/test_program.h"

#include <QPointingDevice>
#include <QTest>
#include <QWheelEvent>

#include <cmath>
#include <memory>

namespace test_canvas_touch {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

namespace {

const QPoint kHeld(400, 300);

void scroll(Bench& b, QPoint pixels, Qt::KeyboardModifiers modifiers = {}) {
  QWheelEvent event(kHeld, b.port()->mapToGlobal(kHeld), pixels, pixels * 2, Qt::NoButton, modifiers, Qt::ScrollUpdate,
                    false);
  QApplication::sendEvent(b.port(), &event);
}

void gesture(Bench& b, Qt::NativeGestureType type, double value, QPointF delta = {}) {
  QNativeGestureEvent event(type, QPointingDevice::primaryPointingDevice(), 2, kHeld, kHeld,
                            b.port()->mapToGlobal(kHeld), value, delta);
  QApplication::sendEvent(b.port(), &event);
}

double away(QPointF a, QPointF b) { return std::hypot(a.x() - b.x(), a.y() - b.y()); }

}  // namespace

class TestCanvasTouch : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void two_fingers_on_the_touchpad_pan() {
    Bench b;
    const QPoint before = b.at(in("flip", "image"));
    const double zoom = b.view.zoom();
    scroll(b, {30, -20});
    scroll(b, {5, 50});
    QCOMPARE(b.at(in("flip", "image")), before + QPoint(35, 30));
    QCOMPARE(b.view.zoom(), zoom);
    QCOMPARE(b.steps(), 0);
  }

  void with_control_they_zoom_about_the_cursor() {
    Bench b;
    const QPointF held = b.view.mapToScene(kHeld);
    const double zoom = b.view.zoom();
    scroll(b, {0, 100}, Qt::ControlModifier);
    QVERIFY(b.view.zoom() > 1.1 * zoom);
    QVERIFY(away(b.view.mapToScene(kHeld), held) < 2);
  }

  void a_pinch_on_the_touchpad_zooms_about_the_cursor() {
    Bench b;
    const QPointF held = b.view.mapToScene(kHeld);
    const double zoom = b.view.zoom();
    gesture(b, Qt::BeginNativeGesture, 0);
    for (int i = 0; i < 4; ++i) gesture(b, Qt::ZoomNativeGesture, 0.05);
    gesture(b, Qt::EndNativeGesture, 0);
    QVERIFY(std::abs(b.view.zoom() / zoom - std::pow(1.05, 4)) < 0.001);
    QVERIFY(away(b.view.mapToScene(kHeld), held) < 3);
    const QPoint before = b.at(in("flip", "image"));
    gesture(b, Qt::PanNativeGesture, 0, {12, 7});
    QCOMPARE(b.at(in("flip", "image")), before + QPoint(12, 7));
  }

  void a_pinch_on_the_touch_screen_zooms_and_pans() {
    Bench b;
    const std::unique_ptr<QPointingDevice> screen(QTest::createTouchDevice());
    const double zoom = b.view.zoom();
    QTest::touchEvent(b.port(), screen.get()).press(0, {350, 300}).press(1, {450, 300});
    for (int i = 1; i <= 8; ++i)
      QTest::touchEvent(b.port(), screen.get()).move(0, {350 - 10 * i, 300}).move(1, {450 + 10 * i, 300});
    QTest::touchEvent(b.port(), screen.get()).release(0, {270, 300}).release(1, {530, 300});
    QVERIFY2(b.view.zoom() > 1.5 * zoom, qPrintable(QString::number(b.view.zoom() / zoom)));
    QVERIFY(b.view.zoom() < 3.5 * zoom);
    QCOMPARE(b.steps(), 0);
  }
};

FEEDLINE_WINDOW_TEST(TestCanvasTouch)

}  // namespace test_canvas_touch

#include "test_canvas_touch.moc"
