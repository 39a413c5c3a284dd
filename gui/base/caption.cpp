// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/caption.h"

#include "gui/base/theme.h"

#include <QStyle>

namespace feedline::gui::inline base {

namespace {

/// By which the application's style sheet colours it. A sheet of its own would be parsed and matched for each line, of
/// which a form has dozens.
constexpr char kToneProperty[] = "tone";

const char* word_of_tone(Caption::Tone tone) {
  switch (tone) {
    case Caption::Tone::Title:
    case Caption::Tone::Normal:
      return "text";
    case Caption::Tone::Section:
    case Caption::Tone::Muted:
    case Caption::Tone::Mono:
      return "muted";
    case Caption::Tone::Error:
      return "error";
    case Caption::Tone::Warning:
      return "warning";
  }
  return "text";
}

}  // namespace

Caption::Caption(Tone tone, const QString& text, QWidget* parent) : QLabel(text, parent), tone_(tone) {
  setTextFormat(Qt::PlainText);
  setWordWrap(true);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Minimum);
  setProperty(kToneProperty, QString::fromLatin1(word_of_tone(tone)));
  connect(&Theme::instance(), &Theme::changed, this, &Caption::restyle);
  restyle();
}

void Caption::set_tone(Tone tone) {
  if (tone == tone_) return;
  tone_ = tone;
  setProperty(kToneProperty, QString::fromLatin1(word_of_tone(tone)));
  style()->unpolish(this);
  style()->polish(this);
  restyle();
}

void Caption::restyle() {
  const Theme& theme = Theme::instance();
  QFont font = theme.small_font();
  switch (tone_) {
    case Tone::Title:
      font = theme.bold_font();
      font.setPointSizeF(font.pointSizeF() * 1.25);
      break;
    case Tone::Section:
      font.setWeight(QFont::DemiBold);
      break;
    case Tone::Normal:
      font = QFont();
      break;
    case Tone::Mono:
      font = theme.mono_font();
      break;
    case Tone::Muted:
    case Tone::Error:
    case Tone::Warning:
      break;
  }
  setFont(font);
}

}  // namespace feedline::gui::inline base
