// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/cost_text.h"

#include "gui/canvas/canvas_text.h"
#include "gui/models/text.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline canvas {
namespace {

/// Three digits and a letter for the thousands.
QString scaled(double count, const QStringList& letters) {
  int step = 0;
  while (count >= 999.5 && step + 1 < letters.size()) {
    count /= 1000;
    ++step;
  }
  const int decimals = step == 0 || count >= 99.95 ? 0 : count >= 9.995 ? 1 : 2;
  return QLocale().toString(count, 'f', decimals) + letters[step];
}

QString whole(double count) { return QLocale().toString(count, 'f', 0); }

}  // namespace

QString short_count(double count) { return scaled(count, {{}, "k", "M", "G", "T", "P"}); }

QString bytes_text(double bytes) { return scaled(bytes, {" B", " kB", " MB", " GB", " TB"}); }

QString short_cost_text(const ModelCost& cost) {
  QStringList parts;
  if (cost.parameters > 0) parts << words("%1 parameters").arg(short_count(static_cast<double>(cost.parameters)));
  if (cost.multiply_adds > 0) parts << words("%1 MACs").arg(short_count(cost.multiply_adds));
  return parts.join(QStringLiteral(" · "));
}

QString source_text(const SourceFacts& facts, const TensorDesc* label) {
  if (facts.counting) return words("counting records…");
  QString text =
      facts.records == 1 ? words("1 record") : words("%1 records").arg(whole(static_cast<double>(facts.records)));
  const std::int64_t classes = label != nullptr && label->classes.known() ? label->classes.size() : 0;
  if (classes > 0) text += classes == 1 ? words(" · 1 class") : words(" · %1 classes").arg(classes);
  if (facts.passed_over.empty()) return text;
  const QString passed = to_qstring(facts.passed_over);
  const qsizetype colon = passed.indexOf(QLatin1String(": ")) + 1;  // by ending in a line of its own
  return text + QLatin1Char('\n') + passed.left(colon) + QLatin1Char('\n') + passed.mid(colon + 1);
}

QString cost_text(const ModelCost& cost) {
  QString text =
      words("%1 parameters (%2), %3 MACs and %4 of activation memory per sample.")
          .arg(whole(static_cast<double>(cost.parameters)), bytes_text(static_cast<double>(cost.weight_bytes())),
               whole(cost.multiply_adds), bytes_text(static_cast<double>(cost.activation_bytes())));
  if (!cost.complete) text += QLatin1Char(' ') + words("Some shapes are not known yet: at least this much.");
  return text;
}

QString total_text(const ModelCost& total, std::int64_t batch) {
  if (total.layers == 0) return {};
  if (!total.complete && total.parameters == 0)
    return words("Model: its size follows from shapes that a run finds out, such as the width of a fitted node");
  const double records = static_cast<double>(std::max<std::int64_t>(1, batch));
  QString text = words("Model: %1 parameters (%2) · %3 MACs per sample")
                     .arg(short_count(static_cast<double>(total.parameters)),
                          bytes_text(static_cast<double>(total.weight_bytes())), short_count(total.multiply_adds));
  const QString results = bytes_text(static_cast<double>(total.activation_bytes()) * records);
  text += batch > 0 ? words(" · %1 of activation memory per batch of %2").arg(results).arg(batch)
                    : words(" · %1 of activation memory per sample").arg(results);
  if (!total.complete) text += words(" · some shapes not known yet");
  return text;
}

}  // namespace feedline::gui::inline canvas
