// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLabel>

namespace feedline::gui::inline base {

/// A line of text in one of the theme's voices. Wraps.
class Caption : public QLabel {
  Q_OBJECT

 public:
  enum class Tone { Title, Section, Normal, Muted, Mono, Error, Warning };

  explicit Caption(Tone tone, const QString& text = {}, QWidget* parent = nullptr);
  void set_tone(Tone tone);

 private:
  void restyle();
  Tone tone_;
};

}  // namespace feedline::gui::inline base
