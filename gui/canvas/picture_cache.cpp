// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/picture_cache.h"

#include <QPainter>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::gui::inline canvas {
namespace {

/// For making pictures in one frame. A frame of 16 ms has the rest for copying them and for the wires.
constexpr std::chrono::milliseconds kBudget{5};
/// In kilobytes: two screens of 4K full of nodes.
constexpr int kCacheLimit = 64 * 1024;
/// While zooming, a picture that is scaled more than this is worth a new one.
constexpr qreal kMaxStretch = 1.7;

}  // namespace

PictureCache::PictureCache() {
  if (QPixmapCache::cacheLimit() < kCacheLimit) QPixmapCache::setCacheLimit(kCacheLimit);
}

void PictureCache::begin_frame(qreal zoom) {
  zooming_ = zoom != zoom_;
  zoom_ = zoom;
  owes_ = false;
  freely_ = std::exchange(hurried_, false);
  spent_ = {};
}

bool PictureCache::may_make(bool has_one, qreal stretch) const {
  if (freely_) return true;
  if (spent_ >= kBudget) return false;
  return !has_one || !zooming_ || stretch > kMaxStretch;
}

bool PictureCache::draw(QPainter& painter, CachedPicture& picture, const QRectF& rect, int variant,
                        const std::function<void(QPainter&)>& paint) {
  const QTransform world = painter.worldTransform();
  const qreal zoom = world.m11();
  const qreal ratio = painter.device()->devicePixelRatio();
  QPixmap pixmap;
  const bool has_one = picture.zoom > 0 && QPixmapCache::find(picture.key, &pixmap);
  bool sharp =
      has_one && !picture.stale && picture.zoom == zoom && picture.ratio == ratio && picture.variant == variant;
  const qreal stretch = has_one ? std::max(picture.zoom / zoom, zoom / picture.zoom) : 0;
  if (!sharp && may_make(has_one, stretch)) {
    picture.zoom = zoom;
    picture.ratio = ratio;
    picture.variant = variant;
    picture.stale = false;
    pixmap = make(picture, rect, paint);
    sharp = true;
  }
  owes_ |= !sharp;
  if (pixmap.isNull()) return false;

  // On whole device pixels, where the picture is as sharp as it was made.
  const QPointF corner = world.map(rect.topLeft());
  const QPointF at(std::round(corner.x() * ratio) / ratio, std::round(corner.y() * ratio) / ratio);
  painter.setWorldTransform({});
  if (sharp) {
    painter.drawPixmap(at, pixmap);
  } else {
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawPixmap(QRectF(at, pixmap.deviceIndependentSize() * (zoom / picture.zoom)), pixmap,
                       QRectF(QPointF(), QSizeF(pixmap.size())));
  }
  painter.setWorldTransform(world);
  return true;
}

QPixmap PictureCache::make(CachedPicture& picture, const QRectF& rect, const std::function<void(QPainter&)>& paint) {
  const auto begin = std::chrono::steady_clock::now();
  const QSizeF size = rect.size() * picture.zoom * picture.ratio;
  QPixmap pixmap(std::max(1, static_cast<int>(std::ceil(size.width()))),
                 std::max(1, static_cast<int>(std::ceil(size.height()))));
  pixmap.setDevicePixelRatio(picture.ratio);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.scale(picture.zoom, picture.zoom);
  painter.translate(-rect.topLeft());
  paint(painter);
  painter.end();
  QPixmapCache::remove(picture.key);
  picture.key = QPixmapCache::insert(pixmap);
  spent_ += std::chrono::steady_clock::now() - begin;
  return pixmap;
}

}  // namespace feedline::gui::inline canvas
