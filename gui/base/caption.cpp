// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/caption.h"

#include "gui/base/theme.h"

namespace feedline::gui::inline base {

Caption::Caption(Tone tone, const QString& text, QWidget* parent) : QLabel(text, parent), tone_(tone) {
  setTextFormat(Qt::PlainText);
  setWordWrap(true);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Minimum);
  connect(&Theme::instance(), &Theme::changed, this, &Caption::restyle);
  restyle();
}

void Caption::set_tone(Tone tone) {
  if (tone == tone_) return;
  tone_ = tone;
  restyle();
}

void Caption::restyle() {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  QColor color = c.text;
  QFont font = theme.small_font();
  switch (tone_) {
    case Tone::Title:
      font = theme.bold_font();
      font.setPointSizeF(font.pointSizeF() * 1.25);
      break;
    case Tone::Section:
      font.setWeight(QFont::DemiBold);
      color = c.muted;
      break;
    case Tone::Normal:
      font = QFont();
      break;
    case Tone::Muted:
      color = c.muted;
      break;
    case Tone::Mono:
      font = theme.mono_font();
      color = c.muted;
      break;
    case Tone::Error:
      color = c.error;
      break;
    case Tone::Warning:
      color = c.warning;
      break;
  }
  setFont(font);
  setStyleSheet(QStringLiteral("color: %1; background: transparent").arg(color.name()));
}

}  // namespace feedline::gui::inline base
