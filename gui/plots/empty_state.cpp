// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/empty_state.h"

#include "gui/base/theme.h"

#include <utility>

namespace feedline::gui::inline plots {

QString RunPhase::preparing_text() const {
  if (kind != Kind::Preparing) return {};
  const QString what = preparing.isEmpty() ? EmptyState::tr("Preparing the run") : preparing;
  const int share = static_cast<int>(done * 100);
  return share > 0 ? EmptyState::tr("%1 (%2 %)").arg(what).arg(share) : what;
}

EmptyState::EmptyState(Words words, QWidget* parent) : QLabel(parent), words_(std::move(words)) {
  setAlignment(Qt::AlignCenter);
  setWordWrap(true);
  setTextFormat(Qt::PlainText);
  setMargin(2 * Theme::kUnit);
  const auto style = [this] {
    setStyleSheet(QStringLiteral("color: %1").arg(Theme::instance().colors().muted.name()));
  };
  connect(&Theme::instance(), &Theme::changed, this, style);
  style();
  tell();
}

void EmptyState::show_phase(const RunPhase& phase) {
  phase_ = phase;
  tell();
}

void EmptyState::set_reason(const QString& reason) {
  reason_ = reason;
  tell();
}

void EmptyState::tell() {
  const bool comes_first = phase_.kind == RunPhase::Kind::Preparing || phase_.kind == RunPhase::Kind::Failed;
  setText(reason_.isEmpty() || comes_first ? words_of_phase() : reason_);
}

QString EmptyState::words_of_phase() const {
  const auto later = [this](const QString& now) {
    return QStringLiteral("%1.\n").arg(now) + tr("This panel will show %1.").arg(words_.purpose);
  };
  switch (phase_.kind) {
    case RunPhase::Kind::None:
      break;
    case RunPhase::Kind::Preparing:
      return later(phase_.preparing_text());
    case RunPhase::Kind::Running:
      return later(tr("Waiting for %1").arg(words_.awaited));
    case RunPhase::Kind::Paused:
      return later(tr("Paused before %1").arg(words_.awaited));
    case RunPhase::Kind::Ended:
      return tr("The run ended before %1.").arg(words_.awaited);
    case RunPhase::Kind::Failed:
      return tr("The run failed before %1. The reason is in Log.").arg(words_.awaited);
  }
  return tr("Press Run to see %1.").arg(words_.purpose);
}

}  // namespace feedline::gui::inline plots
