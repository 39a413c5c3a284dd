// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPixmapCache>
#include <QRectF>

#include <chrono>
#include <functional>

class QPainter;

namespace feedline::gui::inline canvas {

/// The picture of one thing on the canvas, and how the thing looked when it was made. The thing owns it; the pixels are
/// in Qt's pixmap cache, which drops those that have not been drawn for long.
struct CachedPicture {
  QPixmapCache::Key key{};
  qreal zoom = 0;
  qreal ratio = 0;    ///< device pixels a pixel
  int variant = 0;    ///< selected or not, and whatever else its owner tells apart
  bool stale = true;  ///< what it shows has changed: set by its owner
};

/// Pictures of what stands on the canvas, at the size at which it stands on the screen, so that a frame copies pixels
/// instead of drawing text and outlines anew.
///
/// A frame makes new pictures for a few milliseconds only. What is not ready then is drawn from its old picture, scaled
/// (while zooming that is what the eye expects), and owed: the view draws another frame. So a frame takes about as long
/// with a thousand nodes as with ten.
class PictureCache {
 public:
  PictureCache();

  /// The view begins a frame at this zoom. While the zoom changes from frame to frame, what has a picture keeps it.
  void begin_frame(qreal zoom);
  /// The next frame makes all that it needs, however long it takes: the theme has changed, and a canvas that is half
  /// light and half dark is worse than a late one.
  void hurry() { hurried_ = true; }
  /// Did the frame leave something to the next one?
  [[nodiscard]] bool owes() const { return owes_; }

  /// Draws the thing that fills `rect` (in the painter's coordinates, which may be scaled and moved, not turned) from
  /// its picture; `paint` draws it truly. False if there is no picture and no time to make one: draw something quick.
  bool draw(QPainter& painter, CachedPicture& picture, const QRectF& rect, int variant,
            const std::function<void(QPainter&)>& paint);

 private:
  [[nodiscard]] bool may_make(bool has_one, qreal stretch) const;
  [[nodiscard]] QPixmap make(CachedPicture& picture, const QRectF& rect, const std::function<void(QPainter&)>& paint);

  qreal zoom_ = 0;
  bool zooming_ = false;
  bool owes_ = false;
  bool hurried_ = false;                         ///< the next frame
  bool freely_ = false;                          ///< this one
  std::chrono::steady_clock::duration spent_{};  ///< making pictures, in this frame
};

}  // namespace feedline::gui::inline canvas
