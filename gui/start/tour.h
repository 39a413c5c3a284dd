// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QPointer>
#include <QString>
#include <QWidget>

#include <functional>

class QLabel;
class QPushButton;

namespace feedline::gui::inline start {

/// One stop of the tour: what is lit, and two sentences on it.
struct TourStop {
  QPointer<QWidget> target{};
  QString title{};
  QString text{};
  std::function<void()> prepare{};  ///< brings the target into view; may be empty
};

/// Leads through the window, a stop after the other: the real widget stays bright, the rest is dimmed, a card tells
/// what it is. Keys: Right, Enter or Space go on, Left goes back, Escape ends it. What lies below takes no clicks
/// meanwhile.
class Tour : public QWidget {
  Q_OBJECT

 public:
  /// Covers `window` at once.
  Tour(QList<TourStop> stops, QWidget* window);

  [[nodiscard]] int at() const { return at_; }
  [[nodiscard]] int count() const { return static_cast<int>(stops_.size()); }
  /// The lit place, in the window.
  [[nodiscard]] QRect spot() const;
  void next();
  void back();
  void finish();

 Q_SIGNALS:
  void finished();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  bool focusNextPrevChild(bool next) override;

 private:
  void build_card();
  void go_to(int stop);
  void place_card();
  void style();

  QList<TourStop> stops_;
  int at_ = -1;
  QWidget* card_;
  QLabel* title_;
  QLabel* text_;
  QLabel* number_;
  QPushButton* skip_;
  QPushButton* back_;
  QPushButton* next_;
};

}  // namespace feedline::gui::inline start
