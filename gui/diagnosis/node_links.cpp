// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/diagnosis/node_links.h"

#include <QRegularExpression>

#include <algorithm>

namespace feedline::gui::inline diagnosis {
namespace {

const QLatin1String kScheme("node:");

QString link(const QString& node, const QString& words) {
  return QStringLiteral("<a href=\"%1%2\">%3</a>").arg(kScheme, node.toHtmlEscaped(), words.toHtmlEscaped());
}

/// The first place where the name stands by itself: not as a part of another, nor as the plain word in "a batch".
qsizetype place_of(const QString& text, const QString& name) {
  const QRegularExpression pattern(
      QStringLiteral("(?<![\\w/.-])(?<!\\ba )(?<!first )%1(?![\\w/-])").arg(QRegularExpression::escape(name)),
      QRegularExpression::UseUnicodePropertiesOption);
  return pattern.match(text).capturedStart();
}

}  // namespace

QString with_node_links(const std::string& sentence, const Verdict& verdict, const std::vector<std::string>& nodes,
                        const std::string& trainer) {
  const QString text = QString::fromStdString(sentence);
  struct Found {
    qsizetype at;
    QString words;
    QString node;
  };
  std::vector<Found> found;
  const auto add = [&](const QString& words, const QString& node) {
    if (const qsizetype at = place_of(text, words); at >= 0) found.push_back({at, words, node});
  };
  if (verdict.node == trainer && !trainer.empty()) {
    for (const QLatin1String words : {QLatin1String("The step itself"), QLatin1String("Copying to the device")})
      add(words, QString::fromStdString(trainer));
  } else if (!verdict.node.empty()) {
    add(QString::fromStdString(verdict.node), QString::fromStdString(verdict.node));
  } else if (verdict.kind == VerdictKind::NoClearBottleneck) {
    for (const std::string& node : nodes) add(QString::fromStdString(node), QString::fromStdString(node));
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.at != b.at ? a.at < b.at : a.words.size() > b.words.size();
  });
  QString html;
  qsizetype done = 0;
  for (const Found& one : found) {
    if (one.at < done) continue;
    html += text.mid(done, one.at - done).toHtmlEscaped() + link(one.node, one.words);
    done = one.at + one.words.size();
  }
  return html + text.mid(done).toHtmlEscaped();
}

QString linked_node(const QString& link) { return link.startsWith(kScheme) ? link.mid(kScheme.size()) : QString(); }

}  // namespace feedline::gui::inline diagnosis
