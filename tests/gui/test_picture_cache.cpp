// SPDX-License-Identifier: GPL-3.0-or-later
// Frames that copy pictures: when they are made, what stands in for them, and that they show what drawing would.
#include "gui/canvas/picture_cache.h"
#include "support/test_program.h"

#include <QPainter>
#include <QTest>

namespace test_picture_cache {

using namespace feedline::gui;

namespace {

const QRectF kRect(-4, -4, 60, 30);

void paint_thing(QPainter& painter) {
  painter.setBrush(QColor(20, 90, 160));
  painter.setPen(QPen(Qt::white, 2));
  painter.drawRoundedRect(QRectF(0, 0, 50, 20), 6, 6);
}

/// A canvas with one thing on it.
struct Canvas {
  PictureCache cache{};
  CachedPicture picture{};
  int painted = 0;

  QImage frame(qreal zoom, QPointF pan = {}, int variant = 0, bool* drawn = nullptr) {
    QImage image(200, 120, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::black);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    cache.begin_frame(zoom);
    painter.translate(pan + QPointF(20, 20));
    painter.scale(zoom, zoom);
    const bool done = cache.draw(painter, picture, kRect, variant, [this](QPainter& p) {
      ++painted;
      paint_thing(p);
    });
    if (drawn != nullptr) *drawn = done;
    return image;
  }
  static QImage direct(qreal zoom, QPointF pan = {}) {
    QImage image(200, 120, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::black);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(pan + QPointF(20, 20));
    painter.scale(zoom, zoom);
    paint_thing(painter);
    return image;
  }
};

/// The largest difference of a pixel's channel.
int difference(const QImage& a, const QImage& b) {
  int worst = 0;
  for (int y = 0; y < a.height(); ++y)
    for (int x = 0; x < a.width(); ++x) {
      const QRgb p = a.pixel(x, y);
      const QRgb q = b.pixel(x, y);
      worst = std::max(
          {worst, std::abs(qRed(p) - qRed(q)), std::abs(qGreen(p) - qGreen(q)), std::abs(qBlue(p) - qBlue(q))});
    }
  return worst;
}

}  // namespace

class TestPictureCache : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void it_shows_what_drawing_would() {
    for (const qreal zoom : {0.5, 1.0, 2.0}) {
      Canvas canvas;
      QVERIFY(difference(canvas.frame(zoom), Canvas::direct(zoom)) <= 2);
      QVERIFY(!canvas.cache.owes());
    }
  }

  void panning_draws_nothing_anew() {
    Canvas canvas;
    (void)canvas.frame(1);
    for (int x = 1; x < 30; ++x)
      QVERIFY(difference(canvas.frame(1, QPointF(x, x / 2)), Canvas::direct(1, QPointF(x, x / 2))) <= 2);
    QCOMPARE(canvas.painted, 1);
  }

  void a_change_is_drawn_anew() {
    Canvas canvas;
    (void)canvas.frame(1);
    canvas.picture.stale = true;
    (void)canvas.frame(1);
    QCOMPARE(canvas.painted, 2);
    (void)canvas.frame(1, {}, 1);  // selected, say
    QCOMPARE(canvas.painted, 3);
  }

  void while_zooming_the_old_picture_is_scaled_and_then_made_sharp() {
    Canvas canvas;
    (void)canvas.frame(1);
    (void)canvas.frame(1.1);
    (void)canvas.frame(1.2);
    QCOMPARE(canvas.painted, 1);
    QVERIFY(canvas.cache.owes());
    const QImage still = canvas.frame(1.2);
    QCOMPARE(canvas.painted, 2);
    QVERIFY(!canvas.cache.owes());
    QVERIFY(difference(still, Canvas::direct(1.2)) <= 140);  // on whole pixels: edges lie up to half a pixel beside
    (void)canvas.frame(2.4);                                 // too much to scale
    QCOMPARE(canvas.painted, 3);
  }

  /// A frame has a few milliseconds for pictures; what is not ready then is said, and follows.
  void a_frame_does_not_take_long() {
    PictureCache cache;
    std::vector<CachedPicture> pictures(10);
    QImage image(200, 120, QImage::Format_ARGB32_Premultiplied);
    std::size_t frames = 0;
    std::size_t ready = 0;
    while (ready < pictures.size() && ++frames <= pictures.size()) {
      QPainter painter(&image);
      cache.begin_frame(1);
      ready = 0;
      int made = 0;
      for (CachedPicture& picture : pictures)
        ready += cache.draw(painter, picture, kRect, 0, [&](QPainter&) {
          ++made;
          QTest::qSleep(4);
        });
      QVERIFY2(made <= 2, qPrintable(QString::number(made)));
      QCOMPARE(cache.owes(), ready < pictures.size());
    }
    QCOMPARE(ready, pictures.size());
    QVERIFY(frames >= 5);
  }

  /// Once the theme has changed, no node stands there in the colours of the old one.
  void a_frame_in_a_hurry_makes_all() {
    PictureCache cache;
    std::vector<CachedPicture> pictures(5);
    QImage image(200, 120, QImage::Format_ARGB32_Premultiplied);
    const auto frame = [&] {
      QPainter painter(&image);
      cache.begin_frame(1);
      int made = 0;
      for (CachedPicture& picture : pictures) {
        picture.stale = true;
        (void)cache.draw(painter, picture, kRect, 0, [&](QPainter&) {
          ++made;
          QTest::qSleep(4);
        });
      }
      return made;
    };
    cache.hurry();
    QCOMPARE(frame(), 5);
    QVERIFY(!cache.owes());
    QVERIFY(frame() < 5);  // the next one has its few milliseconds again
    QVERIFY(cache.owes());
  }
};

FEEDLINE_WINDOW_TEST(TestPictureCache)

}  // namespace test_picture_cache

#include "test_picture_cache.moc"
