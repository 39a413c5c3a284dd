// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/checking/check_pages.h"

#include "base/numbers.h"
#include "gui/models/text.h"

#include <QObject>
#include <QStringList>

#include <algorithm>
#include <utility>

namespace feedline::gui::inline checking {
namespace {

constexpr std::size_t kMostClasses = 50;
constexpr std::size_t kMostSizes = 8;

QString level_text(DataFinding::Level level) {
  return level == DataFinding::Level::Wrong     ? QObject::tr("Wrong: ")
         : level == DataFinding::Level::Warning ? QObject::tr("Warning: ")
                                                : QObject::tr("Note: ");
}

QString role_of(const SourceCheck& source) {
  if (source.training && source.validation) return QObject::tr("training and validation");
  if (source.validation) return QObject::tr("validation");
  return source.training ? QObject::tr("training") : QObject::tr("not read by a trainer");
}

FindingText finding_text(const DataFinding& finding) {
  QString words =
      level_text(finding.level) + to_qstring((finding.node.empty() ? "" : finding.node + ": ") + finding.text);
  for (const std::string& example : finding.examples) words += "\n    " + to_qstring(Error{.reason = example}.line());
  if (!finding.remedy.empty()) words += "\n→ " + to_qstring(finding.remedy);
  return {.words = words, .node = to_qstring(finding.node)};
}

/// A table of one source.
QString source_text(const SourceCheck& source) {
  QString html = QStringLiteral("<h4>%1 (%2)</h4><table cellpadding='3'>")
                     .arg(to_qstring(source.node).toHtmlEscaped(), role_of(source));
  const auto row = [&](const QString& name, const QString& value) {
    html += QStringLiteral("<tr><td>%1</td><td>%2</td></tr>").arg(name, value.toHtmlEscaped());
  };
  row(QObject::tr("Records"), QObject::tr("%1, %2 bad").arg(number(source.records), number(source.bad.size())));
  QStringList parts;
  for (std::size_t i = 0; i < std::min(source.classes.size(), kMostClasses); ++i)
    parts << to_qstring(source.classes[i].name) + " " + number(source.classes[i].records);
  if (source.classes.size() > kMostClasses)
    parts << QObject::tr("and %1 more").arg(source.classes.size() - kMostClasses);
  if (!parts.isEmpty()) row(QObject::tr("Classes"), QString::number(source.classes.size()) + ": " + parts.join(", "));
  parts.clear();
  for (const auto& [mode, count] : source.modes) parts << to_qstring(mode) + ": " + number(count);
  if (!parts.isEmpty()) row(QObject::tr("Pictures"), parts.join("; "));
  parts.clear();
  for (std::size_t i = 0; i < std::min(source.sizes.size(), kMostSizes); ++i)
    parts << QStringLiteral("%1 × %2: %3")
                 .arg(source.sizes[i].width)
                 .arg(source.sizes[i].height)
                 .arg(number(source.sizes[i].count));
  if (source.sizes.size() > kMostSizes) parts << QObject::tr("%1 more sizes").arg(source.sizes.size() - kMostSizes);
  if (!parts.isEmpty()) row(QObject::tr("Sizes in pixels"), parts.join("; "));
  if (source.low <= source.high)
    row(QObject::tr("Values"), QObject::tr("%1 to %2 of 255").arg(source.low).arg(source.high));
  return html + "</table>";
}

QString summary_of(const CheckReport& report) {
  const QString work =
      QObject::tr("%1 of %2 records checked in %3")
          .arg(number(report.checked), number(report.records), to_qstring(numbers::duration(report.seconds)));
  const QString verdict = !report.complete          ? QObject::tr("stopped: the next check goes on from here")
                          : report.wrong()          ? QObject::tr("a run would be wrong")
                          : report.findings.empty() ? QObject::tr("nothing to complain of")
                                                    : QObject::tr("nothing that would make a run wrong");
  return work + ": " + verdict;
}

}  // namespace

QString number(std::uint64_t n) { return to_qstring(numbers::count(n)); }

std::shared_ptr<const CheckPages> pages_of(CheckReport report) {
  auto pages = std::make_shared<CheckPages>();
  for (const DataFinding& finding : report.findings) pages->findings.push_back(finding_text(finding));
  if (report.findings.empty() && report.complete)
    pages->findings.push_back({.words = QObject::tr("Every record can be used.")});
  for (const SourceCheck& source : report.sources) pages->overview += source_text(source);
  pages->summary = summary_of(report);
  pages->bad_files = report.bad() + report.duplicates.extra;
  pages->report = std::make_shared<const CheckReport>(std::move(report));
  pages->files = files_of(pages->report);
  return pages;
}

}  // namespace feedline::gui::inline checking
