// SPDX-License-Identifier: GPL-3.0-or-later
#include "checking/data_findings.h"

#include "base/normal_form.h"
#include "base/numbers.h"
#include "engine/label_notices.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace feedline::inline checking {
namespace {

using Level = DataFinding::Level;
using numbers::count;
using numbers::listed;
using numbers::percent;
using numbers::plural;

/// Validation records that are in training too: a share of them that shows in the accuracy.
constexpr double kLeak = 0.01;
/// A share of pictures that is worth a warning.
constexpr double kMany = 0.1;
constexpr std::size_t kExamples = 5;

/// "1 class", "2 classes".
std::string classes_text(std::size_t n) { return fmt::format("{} class{}", count(n), n == 1 ? "" : "es"); }

class FindingRules {
 public:
  explicit FindingRules(const CheckReport& report) : report_(report) {}

  std::vector<DataFinding> run() {
    for (const SourceCheck& source : report_.sources) {
      if (source.failure) {
        std::string text = source.failure->reason;
        if (!source.failure->file.empty()) text = "'" + source.failure->file + "': " + text;
        add(Level::Wrong, "unreadable-source", source.node, std::move(text), source.failure->remedy, 0);
        continue;
      }
      bad_records(source);
      ignored(source);
      classes(source);
      split(source);
      values(source);
      fits(source);
      if (source.unchecked)
        add(Level::Note, "not-looked-at", source.unchecked->node,
            "not looked at, nor what follows: " + source.unchecked->reason, source.unchecked->remedy, 0);
      if (source.training && source.validation)
        add(Level::Wrong, "validates-on-training", source.node, "training and validation read the same records",
            "Give validation a source of its own, or set validation_split of the trainer", source.records);
    }
    names_of_classes();
    repeats();
    std::stable_sort(found_.begin(), found_.end(),
                     [](const DataFinding& a, const DataFinding& b) { return a.level > b.level; });
    return std::move(found_);
  }

 private:
  DataFinding& add(Level level, std::string kind, const std::string& node, std::string text, std::string remedy,
                   std::uint64_t n) {
    return found_.emplace_back(DataFinding{.level = level,
                                           .kind = std::move(kind),
                                           .node = node,
                                           .text = std::move(text),
                                           .remedy = std::move(remedy),
                                           .count = n});
  }

  static void name_some(DataFinding& finding, const SourceCheck& source, const std::vector<std::uint64_t>& records) {
    for (const std::uint64_t record : records) finding.examples.push_back(source.name_of(record));
  }

  void bad_records(const SourceCheck& source) {
    if (source.bad.empty()) return;
    std::map<std::uint32_t, std::uint64_t> kinds;
    for (const BadRef& bad : source.bad) ++kinds[bad.fault];
    const double share =
        static_cast<double>(source.bad.size()) / static_cast<double>(std::max<std::uint64_t>(source.checked, 1));
    const bool too_many = share > source.max_bad_fraction || source.good() == 0;
    auto& finding =
        add(too_many ? Level::Wrong : Level::Warning, "bad-records", source.node,
            fmt::format("{} of {} ({}) cannot be used{}", count(source.bad.size()), plural(source.checked, "record"),
                        percent(share, share < 0.01 ? 2 : 1), too_many ? ": a run stops" : "; a run leaves them out"),
            "Restore or delete them", source.bad.size());
    for (std::size_t i = 0; i < source.bad.size() && i < kExamples; ++i)
      finding.examples.push_back(source.name_of(source.bad[i].record) + ": " +
                                 report_.faults[source.bad[i].fault - 1].reason);
  }

  void ignored(const SourceCheck& source) {
    std::uint64_t files = 0;
    for (const PassedFiles& passed : source.ignored) files += passed.count;
    for (const Error& notice : source.passed_over)
      add(Level::Warning, "passed-over", source.node, notice.reason, notice.remedy, files);
  }

  void add_notice(Level level, const char* kind, const SourceCheck& source, std::optional<Error> found,
                  std::uint64_t n) {
    if (found) add(level, kind, source.node, std::move(found->reason), std::move(found->remedy), n);
  }

  /// Of usable records.
  static LabelCounts labels_of(const SourceCheck& source) {
    LabelCounts counts{.stretches = source.class_changes + 1};
    for (const ClassCount& one : source.classes) {
      counts.names.push_back(one.name);
      counts.records.push_back(one.records - one.bad);
    }
    return counts;
  }

  void classes(const SourceCheck& source) {
    if (source.classes.empty() || !report_.complete) return;  // of half a pass nothing can be said
    const LabelCounts counts = labels_of(source);
    std::vector<std::string> empty;
    std::uint64_t small = 0;
    for (std::size_t i = 0; i < counts.records.size(); ++i) {
      if (counts.records[i] == 0 && !source.validation) empty.push_back(counts.names[i]);
      small += counts.records[i] > 0 && counts.records[i] < kSmallClass ? 1 : 0;
    }
    if (!source.validation) add_notice(Level::Wrong, "one-class", source, one_class(counts), counts.all());
    if (!empty.empty())
      add(Level::Warning, "empty-class", source.node,
          classes_text(empty.size()) + " without a usable record: " + listed(empty, 5, "'"),
          "Add records, or remove the class", empty.size());
    add_notice(Level::Warning, "small-class", source, small_classes(counts), small);
    add_notice(Level::Warning, "imbalance", source, imbalance(counts), counts.all());
    const bool in_order = source.training && !source.shuffled && source.held_out == 0;
    if (in_order) add_notice(Level::Wrong, "class-sorted", source, sorted_by_class(counts), source.records);
  }

  void split(const SourceCheck& source) {
    if (source.split_failure)
      add(Level::Wrong, "split", source.node, source.split_failure->reason, source.split_failure->remedy, 0);
    for (const Error& lost : source.lost_classes)
      add(Level::Warning, "lost-class", source.node, lost.reason, lost.remedy, 0);
  }

  void values(const SourceCheck& source) {
    const auto whole = static_cast<double>(std::max<std::uint64_t>(source.good(), 1));
    if (source.narrow > 0) {
      const bool most = static_cast<double>(source.narrow) > whole / 2;
      // Seen in 8 bit, so the real ends lie within a step of these.
      constexpr unsigned kStep = 257;
      const unsigned low = source.narrow_low > 0 ? (source.narrow_low - 1U) * kStep : 0;
      const unsigned high = std::min((source.narrow_high + 1U) * kStep, 65'535U);
      auto& finding = add(
          most ? Level::Wrong : Level::Warning, "narrow-range", source.node,
          fmt::format(
              "{} of 16 bit: only a corner of the range is used, about {} to {} of 65,535: in 8 bit nearly one shade",
              plural(source.narrow, "picture"), count(low), count(high)),
          fmt::format("Set range of decode, to {}, {} or the like", low, high), source.narrow);
      name_some(finding, source, source.narrow_examples);
    }
    if (source.blank > 0) {
      auto& finding = add(Level::Warning, "blank", source.node, plural(source.blank, "picture") + " of one colour only",
                          "Look at them, and delete what shows nothing", source.blank);
      name_some(finding, source, source.blank_examples);
    }
  }

  void fits(const SourceCheck& source) {
    const auto whole = static_cast<double>(std::max<std::uint64_t>(source.good(), 1));
    const auto tell = [&](std::uint64_t n, const char* kind, const FitCount& fit, const char* what,
                          const char* remedy) {
      if (n == 0) return;
      add(static_cast<double>(n) > kMany * whole ? Level::Warning : Level::Note, kind, fit.node,
          fmt::format("{} ({}): {}", plural(n, "picture"), percent(static_cast<double>(n) / whole), what), remedy, n);
    };
    for (const FitCount& fit : source.fits) {
      tell(fit.cut, "cut-off", fit, "over half of the area is cut off",
           "Choose proportions nearer to theirs, or let resize stretch them");
      tell(fit.enlarged, "enlarged", fit, "enlarged to over twice the size",
           "Choose a smaller size: it costs less and shows as much");
      tell(fit.stretched, "stretched", fit, "proportions change by over a third",
           "Choose proportions nearer to theirs, or let resize crop them");
    }
  }

  /// Classes of validation that training does not know, and the other way round.
  void names_of_classes() {
    std::set<std::string> trained;
    for (const SourceCheck& source : report_.sources)
      if (source.training)
        for (const ClassCount& one : source.classes) trained.insert(normal_form(one.name));
    if (trained.empty()) return;
    for (const SourceCheck& source : report_.sources) {
      if (!source.validation || source.training || source.failure) continue;
      std::vector<std::string> unknown;
      std::set<std::string> here;
      for (const ClassCount& one : source.classes) {
        if (one.records > one.bad) here.insert(normal_form(one.name));
        if (one.records > 0 && !trained.contains(normal_form(one.name))) unknown.push_back(one.name);
      }
      std::vector<std::string> missing;
      std::set_difference(trained.begin(), trained.end(), here.begin(), here.end(), std::back_inserter(missing));
      if (!unknown.empty())
        add(Level::Wrong, "unknown-class", source.node, "classes that training does not have: " + listed(unknown),
            "Name them as in training, or take them away", unknown.size());
      if (!here.empty() && report_.complete)
        add_notice(Level::Note, "missing-class", source, absent_classes(missing, trained.size()), missing.size());
    }
  }

  void repeats() {
    const Duplicates& all = report_.duplicates;
    std::uint64_t validation = 0;
    for (const SourceCheck& source : report_.sources) {
      if (source.validation) validation += source.good();
      validation += std::min(source.held_out, source.good());
    }
    const auto examples = [&](DataFinding& finding, auto wanted) {
      for (const DuplicateGroup& group : all.groups) {
        if (finding.examples.size() >= kExamples) break;
        if (!wanted(group)) continue;
        std::string text;
        for (std::size_t i = 0; i < group.places.size() && i < 3; ++i)
          text += (i == 0 ? "" : " = ") + report_.sources[group.places[i].source].name_of(group.places[i].record);
        finding.examples.push_back(std::move(text));
      }
    };
    if (all.across > 0) {
      const double share =
          static_cast<double>(all.across) / static_cast<double>(std::max<std::uint64_t>(validation, 1));
      examples(add(share > kLeak ? Level::Wrong : Level::Warning, "duplicates-across", {},
                   fmt::format("{} of validation ({}) {} in training too: its accuracy is too good",
                               plural(all.across, "record"), percent(share, share < 0.01 ? 2 : 1),
                               all.across == 1 ? "is" : "are"),
                   "Take them out of one of the two", all.across),
               [](const DuplicateGroup& group) { return group.across; });
    }
    if (all.conflicting > 0)
      examples(add(Level::Warning, "conflicting-classes", {},
                   fmt::format("{} {} in several classes: no model can be right on all of them",
                               plural(all.conflicting, "picture"), all.conflicting == 1 ? "lies" : "lie"),
                   "Leave each in one class", all.conflicting),
               [](const DuplicateGroup& group) { return group.conflicting; });
    if (all.extra > 0)
      examples(add(Level::Warning, "duplicates", {},
                   fmt::format("{} {} another one, byte for byte", plural(all.extra, "record"),
                               all.extra == 1 ? "repeats" : "repeat"),
                   "Delete them", all.extra),
               [](const DuplicateGroup& group) { return !group.across && !group.conflicting; });
  }

  const CheckReport& report_;
  std::vector<DataFinding> found_{};
};

}  // namespace

std::string_view name(DataFinding::Level level) {
  return level == Level::Wrong ? "wrong" : level == Level::Warning ? "warning" : "note";
}

std::vector<DataFinding> data_findings(const CheckReport& report) { return FindingRules(report).run(); }

}  // namespace feedline::inline checking
