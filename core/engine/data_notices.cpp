// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/data_notices.h"

#include "base/numbers.h"
#include "engine/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace feedline {
namespace {

using numbers::listed;

std::string files_text(std::uint64_t count) { return fmt::format("{} {}", count, count == 1 ? "file" : "files"); }

Error ignored_files(const SourceReport& report) {
  std::uint64_t total = 0;
  std::map<std::string, std::pair<std::uint64_t, std::vector<std::string>>> by_ending;  // count, classes
  const PassedFiles* first = nullptr;
  for (const PassedFiles& files : report.ignored) {
    const auto& classes = report.class_names;
    if (std::find(classes.begin(), classes.end(), files.class_name) == classes.end()) continue;
    if (first == nullptr || (files.picture && !first->picture)) first = &files;
    total += files.count;
    auto& [count, where] = by_ending[files.ending.empty() ? "no ending" : files.ending];
    count += files.count;
    where.push_back(fmt::format("{}: {}", files.class_name, files.count));
  }
  if (first == nullptr) return {};
  std::vector<std::pair<std::string, std::pair<std::uint64_t, std::vector<std::string>>>> sorted(by_ending.begin(),
                                                                                                 by_ending.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.first > b.second.first; });
  std::vector<std::string> parts;
  for (const auto& [ending, found] : sorted)
    parts.push_back(fmt::format("{} {} ({})", found.first, ending, listed(found.second)));
  return {.reason = fmt::format("{} passed over for the ending: {}", files_text(total), listed(parts)),
          .remedy = first->picture ? "Convert pictures among them to a format that can be read, such as PNG" : "",
          .parameter = "folder",
          .file = first->example};
}

/// Pictures that lie beside the class folders; texts there, such as a licence, are nobody's pictures.
Error stray_pictures(const SourceReport& report) {
  std::uint64_t total = 0;
  std::string example;
  for (const PassedFiles& files : report.ignored) {
    if (!files.class_name.empty() || !files.picture || files.ending.empty()) continue;
    total += files.count;
    if (example.empty()) example = files.example;
  }
  if (total == 0) return {};
  return {
      .reason = fmt::format("{} passed over: pictures beside the class folders belong to no class", files_text(total)),
      .remedy = "Move them into the folder of their class",
      .parameter = "folder",
      .file = example};
}

Error passed_folders(const SourceReport& report) {
  std::vector<std::string> names;
  bool without_pictures = false;
  for (const PassedFolder& folder : report.passed_folders) {
    const bool empty = folder.why == PassedFolder::Why::NoPictures;
    without_pictures |= empty;
    names.push_back(fmt::format("'{}' ({})", std::filesystem::path(folder.path).filename().string(),
                                empty ? "no pictures" : "kept by a system"));
  }
  if (names.empty()) return {};
  return {.reason = fmt::format("{} no class: {}", names.size() == 1 ? "a folder is" : "folders are", listed(names)),
          .remedy = without_pictures ? "Set classes to all if a folder without pictures is a class" : "",
          .parameter = "folder"};
}

Error merged_classes(const SourceReport& report) {
  std::vector<std::string> names;
  for (const auto& [first, second] : report.merged) names.push_back("'" + second + "'");
  if (names.empty()) return {};
  return {.reason = "folders whose names are written differently in Unicode, but are the same name, make one class: " +
                    listed(names),
          .parameter = "folder"};
}

Error deeper_folder(const SourceReport& report) {
  if (report.deeper.empty()) return {};
  return {.reason = "its only class has sub-folders with pictures, which look like the classes",
          .remedy = "Did you mean '" + report.deeper + "'?",
          .parameter = "folder"};
}

/// What the classes of the training records are like.
std::vector<Error> balance(const SourceReport& report) {
  std::vector<Error> found;
  const auto& counts = report.class_counts;
  std::vector<std::size_t> used;
  std::vector<std::string> small;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    used.push_back(i);
    if (counts[i] <= kFewRecords) small.push_back(fmt::format("'{}' ({})", report.class_names[i], counts[i]));
  }
  if (used.size() == 1)
    found.push_back({.reason = fmt::format("all records are of one class, '{}': a model that always says so is right "
                                           "every time, and learns nothing",
                                           report.class_names[used.front()]),
                     .remedy = "Choose data of at least two classes"});
  if (used.size() < 2) return found;
  if (!small.empty())
    found.push_back(
        {.reason = fmt::format("at most {} records in {}: {}", kFewRecords,
                               small.size() == 1 ? "a class" : fmt::format("{} classes", small.size()), listed(small)),
         .remedy = "A model can hardly learn a class from so few: add records, or leave the class out"});
  const auto less = [&](std::size_t a, std::size_t b) { return counts[a] < counts[b]; };
  const auto [least, most] = std::minmax_element(used.begin(), used.end(), less);
  const double ratio = static_cast<double>(counts[*most]) / static_cast<double>(counts[*least]);
  if (ratio >= kSevereImbalance)
    found.push_back(
        {.reason = fmt::format("classes are severely imbalanced, {:.0f} to 1: '{}' has {} records, '{}' has {}", ratio,
                               report.class_names[*most], counts[*most], report.class_names[*least], counts[*least]),
         .remedy = "Accuracy hides small classes: look at the confusion matrix, or add records to them"});
  return found;
}

Error sorted_by_class(const SourceReport& report, const DataPlan& data) {
  const SamplerPlan& sampler = data.sampler;
  const auto used = static_cast<std::uint64_t>(
      std::count_if(report.class_counts.begin(), report.class_counts.end(), [](std::uint64_t n) { return n > 0; }));
  const bool in_order = !sampler.shuffle && !sampler.split && used > 1 && report.label_runs <= 2 * used;
  if (!in_order || sampler.count <= static_cast<std::uint64_t>(data.batch.size)) return {};
  return {.reason =
              "records come in the order of their classes and are not shuffled, so most batches hold one class "
              "only",
          .remedy = "Put a shuffle node behind the source"};
}

Error absent_classes(const SourceReport& report) {
  std::vector<std::string> absent;
  for (std::size_t i = 0; i < report.class_counts.size(); ++i)
    if (report.class_counts[i] == 0) absent.push_back("'" + report.class_names[i] + "'");
  if (absent.empty()) return {};
  return {.reason = fmt::format("validation has no record of {} of {} classes: {}", absent.size(),
                                report.class_counts.size(), listed(absent)),
          .remedy = "What the model does with them is not judged"};
}

void add(std::vector<Error>& to, std::vector<Error> found, const std::string& node) {
  for (Error& error : found)
    if (!error.reason.empty()) to.push_back(std::move(error).at_node(node));
}

}  // namespace

std::vector<Error> source_notices(const SourceReport& report) {
  std::vector<Error> found;
  add(found,
      {ignored_files(report), stray_pictures(report), passed_folders(report), merged_classes(report),
       deeper_folder(report)},
      {});
  return found;
}

std::vector<Error> data_notices(const Plan& plan) {
  std::vector<Error> found;
  const SourceReport* training = report_of(*plan.train.source);
  if (training != nullptr) {
    const std::string& node = plan.train.source_node;
    add(found, source_notices(*training), node);
    if (training->deeper.empty()) add(found, balance(*training), node);
    add(found, {sorted_by_class(*training, plan.train)}, node);
  }
  const bool own = plan.validation && plan.validation->source_node != plan.train.source_node;
  const SourceReport* validation = own ? report_of(*plan.validation->source) : nullptr;
  if (validation != nullptr) {
    add(found, source_notices(*validation), plan.validation->source_node);
    add(found, {absent_classes(*validation)}, plan.validation->source_node);
  }
  return found;
}

}  // namespace feedline
