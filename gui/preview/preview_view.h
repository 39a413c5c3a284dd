// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/preview/preview_picture.h"

#include <QWidget>

namespace feedline::gui::inline preview {

/// Draws one value: a picture as large as fits, maps as small multiples, numbers as a histogram, words as words. A
/// problem is said in words beside a sign.
class PreviewView : public QWidget {
  Q_OBJECT

 public:
  explicit PreviewView(QWidget* parent = nullptr);

  void show_picture(const PreviewPicture& picture);
  /// Everything that has numbers as a histogram.
  void set_histogram(bool on);
  void show_hint(const QString& text);
  void show_error(const QString& text);
  /// What is drawn, for tests and screen readers.
  [[nodiscard]] PreviewPicture::Form shown() const;
  [[nodiscard]] QString message() const { return message_; }

  [[nodiscard]] QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void paint_images(QPainter& painter) const;
  void paint_histogram(QPainter& painter) const;
  void paint_words(QPainter& painter, const QString& text, const QColor& color) const;
  void say(const QString& text);

  PreviewPicture picture_{};
  QString message_{};
  bool wrong_ = false;
  bool histogram_ = false;
};

}  // namespace feedline::gui::inline preview
