// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "base/user_path.h"
#include "graph/subgraph.h"
#include "training/apply_options.h"
#include "training/inference/given_source.h"
#include "training/inference/session.h"
#include "training/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iostream>
#include <numeric>
#include <utility>

namespace feedline::inline training {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 13> kPictureEndings = {
    ".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif", ".ppm"};
constexpr std::string_view kStandardInput = "-";

bool is_picture(const fs::path& file) {
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kPictureEndings.begin(), kPictureEndings.end(), ending) != kPictureEndings.end();
}

Error missing_input(const std::string& input) {
  return {.reason = "there is no such file or folder",
          .remedy = "Give picture files, or folders that hold some",
          .file = escape_name(input)};
}

/// The pictures in a folder and all below it, by name.
Result<std::vector<GivenRecord>> pictures_in(const fs::path& folder, const std::stop_token& stop) {
  std::vector<std::string> names;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end; it.increment(error)) {
    if (stop.stop_requested()) return fail_cancelled();
    std::error_code ignored;
    if (is_picture(it->path()) && it->is_regular_file(ignored)) names.push_back(it->path().string());
  }
  if (names.empty())
    return fail(Error{.reason = error ? "it cannot be read: " + error.message() : "there are no pictures in it",
                      .remedy = "Give picture files, or folders that hold some",
                      .file = escape_name(folder.string())});
  std::sort(names.begin(), names.end());
  std::vector<GivenRecord> records;
  for (std::string& name : names) records.push_back({.name = std::move(name)});
  return records;
}

Result<std::vector<GivenRecord>> lines_of(const std::string& input) {
  std::ifstream file;
  const bool standard = input == kStandardInput;
  if (!standard) file.open(user_path(input));
  if (!standard && !file) return fail(missing_input(input));
  std::istream& from = standard ? std::cin : file;
  std::vector<GivenRecord> records;
  std::string line;
  for (std::size_t number = 1; std::getline(from, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty())
      records.push_back({.name = fmt::format("{}:{}", input, number), .text = std::exchange(line, {})});
  }
  return records;
}

Result<std::vector<GivenRecord>> records_of(const std::string& input, bool lines, const std::stop_token& stop) {
  if (lines) return lines_of(input);
  const fs::path path = user_path(input);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return fail(missing_input(input));
  if (fs::is_directory(status)) return pictures_in(path, stop);
  return std::vector<GivenRecord>{{.name = path.string()}};
}

/// The source nodes of a graph, sub-graphs opened, whose records a model reads.
const Node* source_node(const Document& document) {
  const Node* found = nullptr;
  each_node(document, [&](const std::string&, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (found == nullptr && spec != nullptr && spec->role == Role::Source) found = &node;
  });
  return found;
}

class ScoreReader {
 public:
  ScoreReader(const Learner::Scores& scores, std::vector<std::string> names)
      : scores_(scores), names_(std::move(names)) {}

  [[nodiscard]] std::vector<RecordPrediction::Value> row(std::size_t row) const {
    const float* first = scores_.values.data() + row * scores_.columns;
    std::vector<std::size_t> order(scores_.columns);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const bool classes = scores_.target == TargetKind::Classes;
    if (classes) std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return first[a] > first[b]; });
    std::vector<RecordPrediction::Value> values;
    for (const std::size_t i : order)
      values.push_back({!classes            ? std::string()
                        : i < names_.size() ? names_[i]
                                            : std::to_string(i),
                        static_cast<double>(first[i])});
    return values;
  }

 private:
  const Learner::Scores& scores_;
  std::vector<std::string> names_;
};

Result<std::shared_ptr<const Plan>> plan_for(const Document& document, const TrainingState& state,
                                             const std::shared_ptr<const std::vector<GivenRecord>>& records,
                                             const InferenceOptions& options) {
  PlanOptions plan_options;
  plan_options.sources.cache_folder = options.cache_folder.empty() ? default_cache_folder() : options.cache_folder;
  plan_options.sources.stop = options.stop;
  plan_options.open = [&](const NodeSpec& spec, const ParamMap& params) {
    return given_source(spec, params, state, records);
  };
  auto plan = make_plan(document, plan_options);
  if (!plan) return fail(std::move(plan.error()));
  return judging(**plan);
}

}  // namespace

Result<Predictions> predict(const TrainingState& state, const std::vector<std::string>& inputs,
                            const InferenceOptions& options) {
  auto graph = graph_of(state);
  if (!graph) return fail(std::move(graph.error()));
  auto document = open_for_any_records(std::move(*graph));
  if (!document) return fail(std::move(document.error()));
  if (Status set = apply_options(*document, {.device = options.device, .workers = options.workers}); !set)
    return fail(std::move(set.error()));
  const Node* source = source_node(*document);
  if (source == nullptr) return fail("the checkpoint's graph has no source");
  const NodeSpec& spec = *Registry::instance().find(source->type);
  const auto lines = takes_lines(spec, spec.complete(source->params));
  if (!lines) return fail(Error(lines.error()).at_node(source->id));

  auto records = std::make_shared<std::vector<GivenRecord>>();
  for (const std::string& input : inputs) {
    auto more = records_of(input, *lines, options.stop);
    if (!more) return fail(std::move(more.error()));
    records->insert(records->end(), more->begin(), more->end());
  }
  if (records->empty()) return fail("there is nothing to predict", "Give files or folders");

  auto plan = plan_for(*document, state, records, options);
  if (!plan) return fail(std::move(plan.error()));
  auto session = InferenceSession::open(std::move(*plan), state, options);
  if (!session) return fail(std::move(session.error()));

  Predictions found{.inputs = records->size(), .execution = (*session)->execution()};
  Status done = (*session)->each_batch([&](const Batch& batch) -> Status {
    auto scores = (*session)->learner().predict(batch);
    if (!scores) return fail(std::move(scores.error()));
    if (scores->empty()) return fail("the model compares nothing with a target, so nothing of it can be shown");
    const Learner::Scores& first = scores->front();
    found.classes = first.target == TargetKind::Classes;
    const ScoreReader reader(first, class_names_of(state));
    for (std::size_t row = 0; row < batch.records; ++row) {
      const std::uint64_t record = batch.record_ids[row];
      found.predictions.push_back(
          {.record = record, .file = escape_name((*records)[record].name), .values = reader.row(row)});
    }
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  found.bad = (*session)->pipeline().bad_records();
  return found;
}

}  // namespace feedline::inline training
