// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/source_report.h"

#include "schema/behaviour.h"

#include <algorithm>
#include <map>
#include <utility>

namespace feedline::inline schema {

std::vector<EndingCount> by_ending(const SourceReport& report, const std::function<bool(const PassedFiles&)>& wanted) {
  std::map<std::string, EndingCount> found;
  for (const PassedFiles& files : report.ignored) {
    if (!wanted(files)) continue;
    EndingCount& same = found[files.ending];
    same.ending = files.ending;
    same.count += files.count;
    same.where.push_back(files.class_name + ": " + std::to_string(files.count));
  }
  std::vector<EndingCount> sorted;
  for (auto& [ending, count] : found) sorted.push_back(std::move(count));
  std::stable_sort(sorted.begin(), sorted.end(), [](const EndingCount& a, const EndingCount& b) {
    return a.count != b.count ? a.count > b.count : a.ending.empty() < b.ending.empty();
  });
  return sorted;
}

const SourceReport* report_of(const Source& source) {
  const auto* reporting = dynamic_cast<const Reporting*>(&source);
  return reporting == nullptr ? nullptr : &reporting->report();
}

Status usable(const Source& source) {
  const SourceReport* report = report_of(source);
  if (report != nullptr && report->refusal) return fail(*report->refusal);
  return {};
}

}  // namespace feedline::inline schema
