// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/fuzzy_match.h"

#include "gui/models/text.h"

#include <algorithm>

namespace feedline::gui::inline models {
namespace {

bool starts_word(QStringView text, qsizetype i) {
  return i == 0 || !text[i - 1].isLetterOrNumber() || (text[i].isUpper() && text[i - 1].isLower());
}

/// Greedy match from `start` on; negative if the letters run out.
int score_from(QStringView pattern, QStringView text, qsizetype start) {
  int score = 0;
  qsizetype at = start;
  qsizetype previous = -2;
  for (const QChar wanted : pattern) {
    if (wanted.isSpace() || wanted == u'_') continue;
    qsizetype found = -1;
    for (qsizetype i = at; i < text.size(); ++i) {
      if (text[i].toLower() != wanted.toLower()) continue;
      if (found < 0) found = i;
      if (i == previous + 1 || starts_word(text, i)) {
        found = i;
        break;
      }
    }
    if (found < 0) return -1;
    score += 10 + (starts_word(text, found) ? 12 : 0) + (found == previous + 1 ? 15 : 0);
    score -= static_cast<int>(std::min<qsizetype>(found - at, 8));
    previous = found;
    at = found + 1;
  }
  return score;
}

}  // namespace

int fuzzy_score(QStringView pattern, QStringView text) {
  pattern = pattern.trimmed();
  if (pattern.isEmpty()) return 0;
  int best = -1;
  for (qsizetype i = 0; i < text.size(); ++i)
    if (text[i].toLower() == pattern[0].toLower()) best = std::max(best, score_from(pattern, text, i));
  if (best >= 0 && text.startsWith(pattern, Qt::CaseInsensitive)) best += 40;
  return best < 0 ? -1 : std::max(0, best * 4 - static_cast<int>(text.size()));
}

int fuzzy_score(QStringView pattern, const NodeSpec& spec) {
  pattern = pattern.trimmed();
  const int title = fuzzy_score(pattern, to_qstring(spec.title));
  const int type = fuzzy_score(pattern, to_qstring(spec.type));
  const bool in_summary = pattern.size() >= 3 && to_qstring(spec.summary).contains(pattern, Qt::CaseInsensitive);
  return std::max({title, type, in_summary ? 1 : -1});
}

}  // namespace feedline::gui::inline models
