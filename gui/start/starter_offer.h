// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/inspector/themed_combo.h"

#include <QFrame>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QString>
#include <QStringList>

namespace feedline::gui::inline start {

/// A question at the top of a canvas: "Build a classifier for 5 classes, 440 pictures?" Before it can be asked it says
/// what is being looked at, and where nothing can be built, why. Of a table it lets choose the column that is
/// predicted. Esc and the second button take it away.
class StarterOffer : public QFrame {
  Q_OBJECT

 public:
  explicit StarterOffer(QWidget* canvas);

  void show_looking(const QString& name);
  /// `number`: what is predicted is a number, not a class.
  void show_offer(const QString& size, bool number = false);
  /// The columns that could be predicted, and the one that is. None: there is nothing to choose.
  void show_labels(const QStringList& columns, const QString& label);
  void show_fault(const QString& line);
  [[nodiscard]] QString text() const { return words_.text(); }
  [[nodiscard]] QPushButton& build_button() { return build_; }
  [[nodiscard]] QComboBox& label_box() { return label_; }

 Q_SIGNALS:
  void accepted();
  void label_chosen(const QString& column);
  void dismissed();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void show_words(const QString& text, bool offers);
  void place();
  void style();

  QWidget* canvas_;
  QLabel words_{this};
  ThemedCombo label_{this};
  QPushButton build_{this};
  QPushButton leave_{this};
};

}  // namespace feedline::gui::inline start
