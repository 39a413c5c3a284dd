// SPDX-License-Identifier: GPL-3.0-or-later
#include "checking/check_report.h"

#include "base/csv.h"
#include "base/results_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace feedline::inline checking {
namespace {

using Json = nlohmann::ordered_json;

Json source_json(const SourceCheck& source, const std::vector<Error>& faults) {
  Json json = {{"node", source.node},
               {"type", source.type},
               {"training", source.training},
               {"validation", source.validation},
               {"validation_split", source.validation_split},
               {"held_out", source.held_out},
               {"shuffled", source.shuffled},
               {"error", source.failure ? Json(source.failure->line()) : Json(nullptr)},
               {"records", source.records},
               {"checked", source.checked},
               {"reused", source.reused},
               {"bytes", source.bytes}};
  json["classes"] = Json::array();
  for (const ClassCount& one : source.classes)
    json["classes"].push_back({{"name", one.name}, {"records", one.records}, {"bad", one.bad}});
  json["modes"] = Json::array();
  for (const auto& [mode, count] : source.modes) json["modes"].push_back({{"mode", mode}, {"records", count}});
  json["sizes"] = Json::array();
  for (const SizeCount& size : source.sizes)
    json["sizes"].push_back({{"width", size.width}, {"height", size.height}, {"records", size.count}});
  json["sizes_complete"] = source.sizes_complete;
  json["fits"] = Json::array();
  for (const FitCount& fit : source.fits)
    json["fits"].push_back(
        {{"node", fit.node}, {"cut_off", fit.cut}, {"enlarged", fit.enlarged}, {"stretched", fit.stretched}});
  json["values"] = source.low > source.high ? Json(nullptr) : Json({{"least", source.low}, {"greatest", source.high}});
  json["blank"] = source.blank;
  json["narrow_16_bit"] = source.narrow;
  json["ignored"] = Json::array();
  for (const PassedFiles& files : source.ignored)
    json["ignored"].push_back({{"ending", files.ending},
                               {"class", text_or_null(files.class_name)},
                               {"files", files.count},
                               {"example", files.example}});
  json["bad"] = Json::array();
  for (const BadRef& bad : source.bad) {
    const Error& fault = faults[bad.fault - 1];
    json["bad"].push_back({{"file", source.name_of(bad.record)},
                           {"record", bad.record},
                           {"class", text_or_null(source.class_of(bad.record))},
                           {"node", text_or_null(fault.node)},
                           {"message", fault.reason},
                           {"remedy", text_or_null(fault.remedy)}});
  }
  return json;
}

Json duplicates_json(const CheckReport& report) {
  Json json = {{"records", report.duplicates.extra},
               {"across_splits", report.duplicates.across},
               {"in_several_classes", report.duplicates.conflicting}};
  json["groups"] = Json::array();
  for (const DuplicateGroup& group : report.duplicates.groups) {
    Json files = Json::array();
    for (const DuplicateGroup::Place& place : group.places) {
      const SourceCheck& source = report.sources[place.source];
      files.push_back({{"source", source.node},
                       {"file", source.name_of(place.record)},
                       {"class", text_or_null(source.class_of(place.record))}});
    }
    json["groups"].push_back(
        {{"across_splits", group.across}, {"in_several_classes", group.conflicting}, {"files", files}});
  }
  return json;
}

}  // namespace

std::string SourceCheck::name_of(std::uint64_t record) const {
  return source ? source->locate(record) : std::to_string(record);
}

std::string SourceCheck::class_of(std::uint64_t record) const {
  if (!source) return {};
  Datum label;
  std::vector<Datum*> out;
  bool any = false;
  for (const TensorDesc& port : source->outputs()) {
    const bool wanted = port.kind == Kind::Label && !any;
    any |= wanted;
    out.push_back(wanted ? &label : nullptr);
  }
  if (!any || !source->read(record, out) || label.bytes() != sizeof(std::int64_t)) return {};
  const auto i = static_cast<std::size_t>(label.label());
  return i < classes.size() ? classes[i].name : std::string();
}

std::uint64_t CheckReport::bad() const {
  std::uint64_t all = 0;
  for (const SourceCheck& source : sources) all += source.bad.size();
  return all;
}

bool CheckReport::wrong() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const DataFinding& finding) { return finding.level == DataFinding::Level::Wrong; });
}

std::string check_json(const CheckReport& report) {
  Json json = {{"complete", report.complete}, {"wrong", report.wrong()},   {"seconds", report.seconds},
               {"records", report.records},   {"checked", report.checked}, {"reused", report.reused},
               {"bad", report.bad()}};
  json["findings"] = Json::array();
  for (const DataFinding& finding : report.findings)
    json["findings"].push_back({{"level", name(finding.level)},
                                {"kind", finding.kind},
                                {"node", text_or_null(finding.node)},
                                {"message", finding.text},
                                {"remedy", text_or_null(finding.remedy)},
                                {"count", finding.count},
                                {"examples", finding.examples}});
  json["sources"] = Json::array();
  for (const SourceCheck& source : report.sources) json["sources"].push_back(source_json(source, report.faults));
  json["duplicates"] = duplicates_json(report);
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string check_csv(const CheckReport& report) {
  std::string text = csv_line({"problem", "file", "class", "source", "record", "node", "reason", "remedy"});
  for (const SourceCheck& source : report.sources)
    for (const BadRef& bad : source.bad) {
      const Error& fault = report.faults[bad.fault - 1];
      text += csv_line({"bad", source.name_of(bad.record), source.class_of(bad.record), source.node,
                        std::to_string(bad.record), fault.node, fault.reason, fault.remedy});
    }
  for (const DuplicateGroup& group : report.duplicates.groups) {
    const DuplicateGroup::Place& kept = group.places.front();
    const std::string same = "the same bytes as " + report.sources[kept.source].name_of(kept.record);
    const char* problem = group.across ? "duplicate-across" : group.conflicting ? "conflicting-classes" : "duplicate";
    for (std::size_t i = 1; i < group.places.size(); ++i) {
      const SourceCheck& source = report.sources[group.places[i].source];
      const std::uint64_t record = group.places[i].record;
      text += csv_line({problem,
                        source.name_of(record),
                        source.class_of(record),
                        source.node,
                        std::to_string(record),
                        {},
                        same,
                        {}});
    }
  }
  return text;
}

}  // namespace feedline::inline checking
