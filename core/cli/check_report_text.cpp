// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/check_report_text.h"

#include "cli/format.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::cli {
namespace {

constexpr std::size_t kMostBad = 1000;
constexpr std::size_t kMostClasses = 12;
constexpr std::size_t kMostModes = 6;

std::string role_of(const SourceCheck& source) {
  if (source.training && source.validation) return "training and validation";
  if (source.validation) return "validation";
  if (!source.training) return "not read by a trainer";
  const double share =
      static_cast<double>(source.held_out) / static_cast<double>(std::max<std::uint64_t>(source.records, 1));
  return source.held_out > 0 ? "training, " + percent(share) + " of it for validation" : "training";
}

std::string classes_of(const SourceCheck& source) {
  std::string text = count(source.classes.size()) + (source.classes.size() == 1 ? " class: " : " classes: ");
  for (std::size_t i = 0; i < source.classes.size() && i < kMostClasses; ++i)
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", source.classes[i].name, count(source.classes[i].records));
  if (source.classes.size() > kMostClasses) text += fmt::format(" and {} more", source.classes.size() - kMostClasses);
  return text;
}

std::string sizes_of(const SourceCheck& source) {
  const auto less = [](auto side) {
    return [side](const SizeCount& a, const SizeCount& b) { return a.*side < b.*side; };
  };
  const auto [narrow, wide] = std::minmax_element(source.sizes.begin(), source.sizes.end(), less(&SizeCount::width));
  const auto [low, high] = std::minmax_element(source.sizes.begin(), source.sizes.end(), less(&SizeCount::height));
  if (source.sizes.size() == 1) return fmt::format("size: {} x {} px", wide->width, high->height);
  const SizeCount& usual = source.sizes.front();
  return fmt::format("sizes: {} to {} px wide, {} to {} px high; most often {} x {} ({})", narrow->width, wide->width,
                     low->height, high->height, usual.width, usual.height, count(usual.count));
}

std::string about(const SourceCheck& source, std::size_t width) {
  std::string text = fmt::format("{} ({}): ", source.node, role_of(source));
  if (source.failure) return text + "cannot be opened\n";
  text += plural(source.records, "record");
  if (source.checked < source.records) text += ", " + count(source.checked) + " checked";
  if (!source.bad.empty()) text += ", " + count(source.bad.size()) + " bad";
  if (source.reused > 0) text += ", " + count(source.reused) + " known from an earlier check";
  text += '\n';
  const auto line = [&](const std::string& words) { text += "  " + wrap(words, width, 4, 2) + '\n'; };
  if (!source.classes.empty()) line(classes_of(source));
  if (!source.modes.empty()) {
    std::string modes = "pictures: ";
    for (std::size_t i = 0; i < source.modes.size() && i < kMostModes; ++i)
      modes += fmt::format("{}{} {}", i == 0 ? "" : "; ", source.modes[i].first, count(source.modes[i].second));
    if (source.modes.size() > kMostModes) modes += fmt::format("; {} more kinds", source.modes.size() - kMostModes);
    line(modes);
  }
  if (!source.sizes.empty()) line(sizes_of(source));
  if (source.low <= source.high) line(fmt::format("values: {} to {} of 255", source.low, source.high));
  return text;
}

std::string bad_of(const CheckReport& report, const SourceCheck& source) {
  if (source.bad.empty()) return {};
  std::string text = fmt::format("\n{} bad in {}:\n", plural(source.bad.size(), "record"), source.node);
  for (std::size_t i = 0; i < source.bad.size() && i < kMostBad; ++i) {
    Error error = report.faults[source.bad[i].fault - 1];
    error.file = source.name_of(source.bad[i].record);
    error.remedy.clear();
    text += "  " + error.line() + '\n';
  }
  if (source.bad.size() > kMostBad)
    text += fmt::format("  and {} more; --csv lists all\n", count(source.bad.size() - kMostBad));
  return text;
}

std::string finding_text(const DataFinding& finding, std::size_t width) {
  const std::string head = fmt::format("{:<9}", name(finding.level));
  const std::string node = finding.node.empty() ? "" : finding.node + ": ";
  std::string text = head + wrap(node + finding.text, width, 9, 9) + '\n';
  if (finding.kind != "bad-records")  // those are listed
    for (const std::string& example : finding.examples) text += "           " + Error{.reason = example}.line() + '\n';
  if (!finding.remedy.empty()) text += "         " + wrap("-> " + finding.remedy, width, 12, 9) + '\n';
  return text;
}

}  // namespace

std::string check_text(const CheckReport& report, std::size_t width) {
  std::string text;
  for (const SourceCheck& source : report.sources) text += about(source, width);
  for (const SourceCheck& source : report.sources) text += bad_of(report, source);
  if (!report.findings.empty()) text += '\n';
  for (const DataFinding& finding : report.findings) text += finding_text(finding, width);
  return text;
}

}  // namespace feedline::cli
