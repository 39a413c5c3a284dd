// SPDX-License-Identifier: GPL-3.0-or-later
// What can be read on a node at each zoom: drawn into pictures, without a window.
#include "app/theme.h"
#include "canvas/node_item.h"
#include "canvas/paint_tools.h"

#include <QGraphicsScene>
#include <QPainter>
#include <QTest>

using namespace feedline;
using namespace feedline::gui;

namespace {

NodeFace face_named(const QString& title) {
  return {.id = QStringLiteral("node"), .title = title, .type = QStringLiteral("relu")};
}

QImage drawn(QGraphicsItem& item, qreal zoom) {
  QGraphicsScene scene;
  scene.addItem(&item);
  const QRectF area = item.sceneBoundingRect();
  QImage picture((area.size() * zoom).toSize() + QSize(1, 1), QImage::Format_ARGB32);
  picture.fill(Theme::instance().colors().canvas);
  QPainter painter(&picture);
  scene.render(&painter, QRectF(QPointF(), area.size() * zoom), area);
  painter.end();
  scene.removeItem(&item);
  return picture;
}

}  // namespace

class TestNodePaint : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Two titles of one layout give two pictures exactly where titles are written.
  void titles_can_be_read_down_to_a_small_zoom_data() {
    QTest::addColumn<double>("zoom");
    QTest::addColumn<bool>("written");
    QTest::newRow("full size") << 1.0 << true;
    QTest::newRow("just above the small print") << text_zoom() << true;
    QTest::newRow("just below it") << text_zoom() - 0.01 << true;
    QTest::newRow("a graph on a small screen") << 0.39 << true;
    QTest::newRow("just readable") << kTitleZoom + 0.01 << true;
    QTest::newRow("a thousand nodes") << kTitleZoom - 0.02 << false;
  }
  void titles_can_be_read_down_to_a_small_zoom() {
    QFETCH(double, zoom);
    QFETCH(bool, written);
    NodeItem one(face_named(QStringLiteral("HHHH")));
    NodeItem other(face_named(QStringLiteral("IIII")));
    QCOMPARE(one.body(), other.body());
    QCOMPARE(drawn(one, zoom) != drawn(other, zoom), written);
  }

  /// A graph that somebody laid out does not overlap where writing is larger.
  void larger_writing_makes_no_node_larger() {
    NodeItem item(face_named(QStringLiteral("ReLU")));
    const QRectF before = item.body();
    Theme::instance().set_font_scale(2);
    item.restyle();
    const QRectF after = item.body();
    Theme::instance().set_font_scale(1);
    QCOMPARE(after, before);
  }

  void the_rate_is_shown_from_afar() {
    NodeItem item(face_named(QStringLiteral("ReLU")));
    LiveState slow{.rate = QStringLiteral("111/s")};
    item.set_live(slow);
    const QImage before = drawn(item, 0.45);
    LiveState fast = slow;
    fast.rate = QStringLiteral("888/s");
    item.set_live(fast);
    QVERIFY(drawn(item, 0.45) != before);
  }
};

QTEST_MAIN(TestNodePaint)
#include "test_node_paint.moc"
