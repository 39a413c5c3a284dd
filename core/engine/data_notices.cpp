// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/data_notices.h"

#include "base/numbers.h"
#include "engine/label_notices.h"
#include "engine/label_scale.h"
#include "graph/target_notice.h"
#include "plan/plan.h"
#include "plan/record_split.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>

namespace feedline::inline engine {
namespace {

using numbers::listed;

/// More kinds of files are not told one by one on a card.
constexpr std::size_t kMostEndings = 3;

std::string files_text(std::uint64_t count) { return fmt::format("{} {}", count, count == 1 ? "file" : "files"); }

bool in_class(const SourceReport& report, const PassedFiles& files) {
  const auto& classes = report.class_names;
  return std::find(classes.begin(), classes.end(), files.class_name) != classes.end();
}

std::string remedy_for(const PassedFiles& first, bool without_ending) {
  if (without_ending)
    return "Name pictures without an ending by their format, such as .jpg, and convert those that cannot be read to "
           "PNG";
  return first.picture ? "Convert pictures among them to a format that can be read, such as PNG" : "";
}

/// A picture beside the class folders; texts there, such as a licence, are nobody's pictures.
bool stray_picture(const PassedFiles& files) {
  return files.class_name.empty() && files.picture && !files.ending.empty();
}

std::uint64_t total_of(const std::vector<EndingCount>& endings) {
  return std::accumulate(endings.begin(), endings.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const EndingCount& ending) { return sum + ending.count; });
}

std::optional<Error> ignored_files(const SourceReport& report) {
  const auto wanted = [&](const PassedFiles& files) { return in_class(report, files); };
  const std::vector<EndingCount> endings = by_ending(report, wanted);
  if (endings.empty()) return std::nullopt;
  const PassedFiles* first = nullptr;
  for (const PassedFiles& files : report.ignored)
    if (wanted(files) && (first == nullptr || (files.picture && !first->picture))) first = &files;
  std::vector<std::string> parts;
  bool without_ending = false;
  for (const EndingCount& found : endings) {
    without_ending |= found.ending.empty();
    parts.push_back(fmt::format("{} {} ({})", found.count, found.ending.empty() ? "without one" : found.ending,
                                listed(found.where)));
  }
  return Error{.reason = fmt::format("{} passed over for the ending: {}", files_text(total_of(endings)), listed(parts)),
               .remedy = remedy_for(*first, without_ending),
               .parameter = "folder",
               .file = first->example};
}

std::optional<Error> stray_pictures(const SourceReport& report) {
  std::uint64_t total = 0;
  std::string example;
  for (const PassedFiles& files : report.ignored) {
    if (!stray_picture(files)) continue;
    total += files.count;
    if (example.empty()) example = files.example;
  }
  if (total == 0) return std::nullopt;
  return Error{
      .reason = fmt::format("{} passed over: pictures beside the class folders belong to no class", files_text(total)),
      .remedy = "Move them into the folder of their class",
      .parameter = "folder",
      .file = example};
}

/// Pictures that cannot be read, in a folder that is no class for want of others: "500 .cr2, which cannot be read".
std::string unreadable_in(const SourceReport& report, const std::string& folder) {
  std::vector<std::string> parts;
  for (const PassedFiles& files : report.ignored)
    if (files.picture && files.class_name == folder && !files.ending.empty())
      parts.push_back(fmt::format("{} {}", files.count, files.ending));
  return parts.empty() ? std::string() : listed(parts) + ", which cannot be read";
}

std::optional<Error> passed_folders(const SourceReport& report) {
  std::vector<std::string> names;
  bool without_pictures = false;
  bool unreadable = false;
  for (const PassedFolder& folder : report.passed_folders) {
    const bool empty = folder.why == PassedFolder::Why::NoPictures;
    without_pictures |= empty;
    const std::string name = std::filesystem::path(folder.path).filename().string();
    const std::string found = empty ? unreadable_in(report, name) : std::string();
    unreadable |= !found.empty();
    names.push_back(fmt::format("'{}' ({})", name,
                                !found.empty() ? found
                                : empty        ? "no pictures"
                                               : "kept by a system"));
  }
  if (names.empty()) return std::nullopt;
  return Error{
      .reason = fmt::format("{} no class: {}", names.size() == 1 ? "a folder is" : "folders are", listed(names)),
      .remedy = unreadable         ? "Convert their pictures to a format that can be read, such as PNG"
                : without_pictures ? "Set classes to all if a folder without pictures is a class"
                                   : "",
      .parameter = "folder"};
}

std::optional<Error> merged_classes(const SourceReport& report) {
  std::vector<std::string> names;
  for (const auto& [first, second] : report.merged) names.push_back("'" + second + "'");
  if (names.empty()) return std::nullopt;
  return Error{
      .reason = "folders whose names are written differently in Unicode, but are the same name, make one class: " +
                listed(names),
      .parameter = "folder"};
}

std::optional<Error> deeper_folder(const SourceReport& report) {
  if (report.deeper.empty()) return std::nullopt;
  return Error{.reason = "its only class has sub-folders with pictures, which look like the classes",
               .remedy = "Did you mean '" + report.deeper + "'?",
               .parameter = "folder"};
}

LabelCounts labels_of(const SourceReport& report) {
  return {.names = report.class_names, .records = report.class_counts, .stretches = report.label_runs};
}

/// Of the records in the order in which training reads them.
std::optional<Error> unshuffled(const LabelCounts& counts, const DataPlan& data) {
  const SamplerPlan& sampler = data.sampler;
  if (sampler.shuffle || sampler.split || sampler.count <= static_cast<std::uint64_t>(data.batch.size))
    return std::nullopt;
  return sorted_by_class(counts);
}

std::optional<Error> lacking(const SourceReport& report) {
  std::vector<std::string> absent;
  for (std::size_t i = 0; i < report.class_counts.size(); ++i)
    if (report.class_counts[i] == 0) absent.push_back(report.class_names[i]);
  return absent_classes(absent, report.class_counts.size());
}

std::vector<std::string> names_of_classes(const Source& source) {
  const auto port = class_port(source);
  return port ? source.outputs()[*port].class_names : std::vector<std::string>{};
}

/// Does the run ask what class a record is of? Of records that nobody has labelled it need not.
bool asks_for_classes(const DataPlan& data, const SourceReport& report) {
  const auto port = class_port(*data.source);
  return !report.unlabelled || (port && *port < data.source_outputs.size() && data.source_outputs[*port].has_value());
}

void add(std::vector<Error>& to, std::optional<Error> found, const std::string& node) {
  if (found) to.push_back(std::move(*found).at_node(node));
}

/// Losses of numbers that are given classes.
void add_targets(std::vector<Error>& to, const ModelPlan& network) {
  const auto look_at = [&to](const LayerPlan& layer) {
    if (layer.spec == nullptr) return;
    std::vector<const TensorDesc*> in;
    for (const TensorDesc& input : layer.inputs) in.push_back(&input);
    add(to, class_as_number(*layer.spec, in), layer.node);
  };
  for (const LayerPlan& layer : network.layers) look_at(layer);
  look_at(network.loss);
}

}  // namespace

std::string passed_over_text(const SourceReport& report) {
  const std::vector<EndingCount> endings =
      by_ending(report, [&](const PassedFiles& files) { return in_class(report, files) || stray_picture(files); });
  if (endings.empty()) return {};
  std::vector<std::string> parts;
  for (const EndingCount& found : endings)
    parts.push_back(fmt::format("{} {}", found.count, found.ending.empty() ? "without an ending" : found.ending));
  const std::uint64_t passed = total_of(endings);
  const std::uint64_t all =
      passed + std::accumulate(report.class_counts.begin(), report.class_counts.end(), std::uint64_t{0});
  return fmt::format("{} of {} passed over: {}", passed, files_text(all), listed(parts, kMostEndings));
}

std::vector<Error> source_notices(const SourceReport& report) {
  std::vector<Error> found;
  for (const auto& notice : {ignored_files, stray_pictures, passed_folders, merged_classes, deeper_folder})
    if (std::optional<Error> error = notice(report)) found.push_back(std::move(*error));
  return found;
}

std::vector<Error> data_notices(const Plan& plan) {
  std::vector<Error> found;
  const auto add_source = [&found](const SourceReport& report, const std::string& node) {
    for (Error& error : source_notices(report)) found.push_back(std::move(error).at_node(node));
  };
  const SourceReport* training = report_of(*plan.train.source);
  if (training != nullptr) {
    const std::string& node = plan.train.source_node;
    add_source(*training, node);
    const LabelCounts counts = asks_for_classes(plan.train, *training) ? labels_of(*training) : LabelCounts{};
    if (training->deeper.empty()) add(found, one_class(counts), node);  // else deeper_folder() has said it
    add(found, small_classes(counts), node);
    if (!plan.train.sampler.balanced) add(found, imbalance(counts), node);
    add(found, unshuffled(counts, plan.train), node);
  }
  if (plan.validation)
    for (Error& lost : lost_classes(plan.train.class_counts, plan.validation->class_counts,
                                    names_of_classes(*plan.train.source), plan.trainer.split_by))
      found.push_back(std::move(lost).at_node(plan.trainer_node));
  const bool own = plan.validation && plan.validation->source_node != plan.train.source_node;
  const SourceReport* validation = own ? report_of(*plan.validation->source) : nullptr;
  if (validation != nullptr) {
    add_source(*validation, plan.validation->source_node);
    add(found, lacking(*validation), plan.validation->source_node);
  }
  if (const ModelPlan* network = plan.network()) add_targets(found, *network);
  for (Error& scale : scale_notices(plan)) found.push_back(std::move(scale));
  return found;
}

}  // namespace feedline::inline engine
