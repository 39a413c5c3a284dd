// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>

namespace feedline::gui::inline app {

/// Words that change many times a second. QLabel has its whole window laid out anew with each change; this one takes
/// more room when it needs more, and keeps it until it is cleared. It stands on a panel's ground. What has no room as a
/// whole is told in a shorter form, and as a whole in the tooltip.
class LiveLabel : public QWidget {
  Q_OBJECT

 public:
  explicit LiveLabel(QWidget* parent = nullptr);

  /// As a whole, however much of it has room.
  [[nodiscard]] const QString& text() const { return forms_.front(); }
  void set_text(const QString& text) { set_forms({text}); }
  /// The same said ever shorter, the whole first, one at least: the first that has room is shown.
  void set_forms(const QStringList& forms);
  void clear();
  /// It may break into so many lines, and takes the height of them.
  void set_lines(int lines);
  /// The form that has room now; of the last one, as much as has.
  [[nodiscard]] QString shown() const;

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  [[nodiscard]] int width_of_text() const;
  [[nodiscard]] bool fits(const QString& form) const;
  [[nodiscard]] int flags() const;

  QStringList forms_{QString()};
  int lines_ = 1;
  int room_ = 0;
};

}  // namespace feedline::gui::inline app
