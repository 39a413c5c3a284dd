// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/model_card.h"

#include "base/numbers.h"
#include "base/plain_text.h"
#include "base/sha256.h"
#include "exporting/python_text.h"
#include "exporting/whole_files.h"
#include "graph/path.h"
#include "graph/validate.h"
#include "plan/step_work.h"
#include "recording/checkpoint_places.h"
#include "recording/markup.h"
#include "runs/database.h"
#include "runs/run_store.h"
#include "training/machine_facts.h"
#include "training/resume.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <fstream>
#include <optional>
#include <span>
#include <system_error>

namespace feedline::inline exporting {
namespace {

namespace fs = std::filesystem;

Result<std::string> digest_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Sha256 digest;
  std::array<char, 1 << 16> part{};
  while (file.read(part.data(), part.size()) || file.gcount() > 0)
    digest.add(std::as_bytes(std::span(part.data(), static_cast<std::size_t>(file.gcount()))));
  if (file.bad() || !file.eof())
    return fail(Error{.reason = "it cannot be read",
                      .remedy = "See that it is there and may be read",
                      .file = escape_name(path.string())});
  return digest.hex();
}

std::optional<RunProgress> progress_in(const TrainingState& state) {
  const auto text = state.texts.find(kProgressText);
  if (text == state.texts.end()) return std::nullopt;
  auto progress = run_progress_of(text->second);
  return progress ? std::optional<RunProgress>(std::move(*progress)) : std::nullopt;
}

/// As this machine's record of runs has it, for checkpoints that do not say themselves.
MachineFacts recorded_machine(const RunProgress& progress) {
  std::error_code error;
  if (progress.recorded.run == 0 || !fs::exists(default_data_folder() / "runs.db", error)) return {};
  auto database = Database::open();
  if (!database) return {};
  auto run = load_run(*database, progress.recorded.run);
  // Another record may have a run of the same number.
  if (!run || std::abs(run->started_at - progress.recorded.started_at) > 1) return {};
  std::erase_if(run->environment, [](const auto& property) { return property.first == kCheckpointsProperty; });
  return std::move(run->environment);
}

/// Nothing is known: no rows.
CardPart machine_part(const TrainingState& state, const std::optional<RunProgress>& progress) {
  CardPart part{.heading = "Machine", .head = {"What", "Value"}};
  MachineFacts facts = machine_of(state);
  if (facts.empty() && progress) facts = recorded_machine(*progress);
  for (auto& [name, value] : facts) part.rows.push_back({std::move(name), std::move(value)});
  return part;
}

/// Parameters in one cell.
std::string parameters_text(const ParamMap& params) {
  std::string all;
  for (const auto& [name, value] : params)
    all += fmt::format("{}{} = {}", all.empty() ? "" : ", ", name, plain_line(to_text(value)));
  return all;
}

/// Of a role, as they were drawn; repeated sub-graphs are told once.
std::vector<std::vector<std::string>> nodes_of(const ExportedModel& model, std::initializer_list<Role> roles) {
  std::vector<std::vector<std::string>> rows;
  for (const Node& node : model.flat.nodes()) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr || instance_of(node.id) > 1) continue;
    for (const Role role : roles)
      if (spec->role == role) rows.push_back({drawn_path(node.id), node.type, parameters_text(node.params)});
  }
  return rows;
}

CardPart figures_part(const RunProgress& progress) {
  CardPart part{.heading = "Figures", .head = {"Epoch", "Measured on", "Metric", "Value"}};
  if (progress.epochs.empty()) {
    part.sentences.push_back("No epoch of its run was over.");
    part.head.clear();
    return part;
  }
  const EpochResult& last = progress.epochs.back();
  for (const MetricValue& metric : last.metrics)
    part.rows.push_back(
        {std::to_string(last.epoch), std::string(split_title(metric.split)), metric.name, metric_text(metric)});
  const MetricValue* headline_metric = headline(last.metrics, kValSplit);
  if (headline_metric == nullptr) return part;
  const EpochResult* best = &last;
  for (const EpochResult& epoch : progress.epochs) {
    const double value = epoch.value(headline_metric->name, kValSplit);
    const double so_far = best->value(headline_metric->name, kValSplit);
    if (headline_metric->higher_is_better ? value > so_far : value < so_far) best = &epoch;
  }
  part.sentences.push_back(fmt::format(
      "Best {} of its run: {}, in epoch {} of {}.", metric_title(*headline_metric),
      metric_text(best->value(headline_metric->name, kValSplit), headline_metric->unit), best->epoch, last.epoch));
  return part;
}

/// How records are divided, as splits.py of --pytorch does it again.
std::string split_sentence(const TrainerSettings& trainer) {
  const std::string by = trainer.split_by == "random"   ? fmt::format("by chance (seed {})", trainer.seed)
                         : trainer.split_column.empty() ? trainer.split_by
                                                        : trainer.split_by + " by '" + trainer.split_column + "'";
  if (trainer.split_by == "column")
    return fmt::format("Of '{}' these validate: {}.", trainer.split_column,
                       numbers::listed(trainer.validation_values, 20));
  if (trainer.folds > 1)
    return fmt::format("Fold {} of {} validates; records are divided {}.", trainer.fold, trainer.folds, by);
  if (trainer.validation_split <= 0) return "No share of the records is set aside for validation.";
  return fmt::format("{} of the records are set aside for validation, divided {}.",
                     numbers::percent(trainer.validation_split), by);
}

CardPart data_part(const ExportedModel& model, const std::optional<RunProgress>& progress) {
  CardPart part{.heading = "Data", .head = {"Node", "Type", "Parameters"}};
  part.rows = nodes_of(model, {Role::Source, Role::Sampler, Role::Batch});
  if (progress)
    part.sentences.push_back(fmt::format("{} train in an epoch.", numbers::plural(progress->records, "record")));
  if (model.trainer.sets_aside() || !model.validation) part.sentences.push_back(split_sentence(model.trainer));
  if (model.validation) part.sentences.push_back("Validation has data of its own.");
  if (!model.class_names.empty()) {
    std::vector<std::string> names;
    for (const std::string& name : model.class_names) names.push_back(plain_line(name));
    part.sentences.push_back(fmt::format("{}: {}.",
                                         names.size() == 1 ? "1 class" : numbers::count(names.size()) + " classes",
                                         numbers::listed(names, 50)));
  }
  return part;
}

CardPart preparation_part(const ExportedModel& model) {
  CardPart part{.heading = "Preprocessing", .head = {"Node", "Type", "All parameters", "What it does, in Python"}};
  for (const StepToWrite& step : model.evaluated().steps) {
    if (instance_of(step.node) > 1) continue;
    const auto write = Writers::instance().find_step(step.spec.type);
    const auto written = write ? (*write)(step) : Result<WrittenStep>(fail(write.error()));
    const bool nothing = written && !step.in.empty() && written->call == step.in.front();
    part.rows.push_back({drawn_path(step.node), step.spec.type, parameters_text(step.params),
                         !written  ? "-"
                         : nothing ? "nothing to such records"
                                   : written->call});
  }
  for (const ExportedData::Field& field : model.evaluated().fields)
    part.sentences.push_back(fmt::format("The model's batch has '{}': {} a record.", field.name, field.record.text()));
  return part;
}

CardPart estimator_part(const ExportedModel& model) {
  CardPart part{.heading = "Model", .head = {"Tensor", "Type", "Shape"}};
  for (const auto& [name, value] : model.weights)
    part.rows.push_back(
        {name, std::string(feedline::name(value.type)), fmt::format("{}", fmt::join(value.shape, " x "))});
  part.sentences.push_back(
      fmt::format("A {}, fitted to its records in a way of its own; what it has learnt:", model.estimator()->type));
  return part;
}

CardPart model_part(const ExportedModel& model) {
  if (model.estimator() != nullptr) return estimator_part(model);
  CardPart part{.heading = "Network", .head = {"Node", "Type", "Gives", "Parameters"}};
  std::int64_t parameters = 0;
  double multiply_adds = 0;
  for (const LayerPlan& layer : model.network().layers) {
    const LayerCost cost = layer_cost(layer);
    parameters += cost.parameters;
    multiply_adds += cost.multiply_adds;
    part.rows.push_back({layer.node, layer.type, layer.output.text(),
                         cost.parameters > 0 ? numbers::count(static_cast<std::uint64_t>(cost.parameters)) : "-"});
  }
  part.sentences.push_back(fmt::format("{} parameters, {} multiply-adds a record (of the longest, where they differ).",
                                       numbers::count(static_cast<std::uint64_t>(parameters)),
                                       numbers::count(static_cast<std::uint64_t>(multiply_adds))));
  return part;
}

CardPart training_part(const ExportedModel& model, const std::optional<RunProgress>& progress) {
  CardPart part{.heading = "Training", .head = {"Node", "Type", "Parameters"}};
  part.rows = nodes_of(model, {Role::Loss, Role::Optimizer, Role::Estimator, Role::Trainer});
  if (progress) {
    part.sentences.push_back(fmt::format("{} of training, {} of processor time; {}.",
                                         numbers::duration(progress->wall_s), numbers::duration(progress->cpu_s),
                                         numbers::plural(progress->replicas, "replica")));
  }
  return part;
}

CardPart checkpoint_part(const ExportedModel& model, const fs::path& checkpoint, const std::string& digest) {
  CardPart part{.heading = "Checkpoint", .head = {"What", "Value"}};
  part.rows = {{"step", numbers::count(model.position.step)}, {"epoch", std::to_string(model.position.epoch)}};
  if (digest.empty()) return part;
  part.rows.push_back({"file", escape_name(checkpoint.filename().string())});
  part.rows.push_back({"SHA-256", digest});
  return part;
}

std::string markdown_text(std::string_view text) {
  std::string all;
  for (const char c : plain_line(text)) {
    if (c == '|' || c == '*' || c == '_' || c == '`' || c == '[' || c == '\\' || c == '#') all += '\\';
    if (c == '<')
      all += "&lt;";
    else if (c == '&')
      all += "&amp;";
    else
      all += c;
  }
  return all;
}

std::string markdown_row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + markdown_text(cell) + " |";
  return line + "\n";
}

constexpr std::string_view kCardStyle =
    "body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1a1f26;background:#fff}"
    "table{border-collapse:collapse;margin:.5em 0}td,th{border-bottom:1px solid #d3d8df;padding:.2em .8em;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "@media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#16191d}td,th{border-color:#3a414b}}";

}  // namespace

Result<std::vector<CardPart>> card_parts(const ExportedModel& model, const TrainingState& state,
                                         const fs::path& checkpoint) {
  std::string digest;
  if (!checkpoint.empty()) {
    auto found = digest_of(checkpoint);
    if (!found) return fail(std::move(found.error()));
    digest = std::move(*found);
  }
  const auto progress = progress_in(state);
  std::vector<CardPart> parts;
  if (progress) parts.push_back(figures_part(*progress));
  parts.push_back(data_part(model, progress));
  parts.push_back(preparation_part(model));
  parts.push_back(model_part(model));
  parts.push_back(training_part(model, progress));
  if (CardPart machine = machine_part(state, progress); !machine.rows.empty()) parts.push_back(std::move(machine));
  parts.push_back(checkpoint_part(model, checkpoint, digest));
  return parts;
}

std::string card_markdown(const std::string& title, const std::vector<CardPart>& parts) {
  std::string text = "# " + markdown_text(title) + "\n\nWritten by Feedline " FEEDLINE_VERSION ".\n";
  for (const CardPart& part : parts) {
    text += "\n## " + markdown_text(part.heading) + "\n";
    for (const std::string& sentence : part.sentences) text += "\n" + markdown_text(sentence) + "\n";
    if (part.head.empty()) continue;
    text += "\n" + markdown_row(part.head) + "|";
    for (std::size_t i = 0; i < part.head.size(); ++i) text += "---|";
    text += "\n";
    for (const auto& row : part.rows) text += markdown_row(row);
  }
  return text;
}

std::string card_html(const std::string& title, const std::vector<CardPart>& parts) {
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title><style>{1}</style></head>\n"
      "<body><h1>{0}</h1>\n<p>Written by Feedline " FEEDLINE_VERSION ".</p>\n",
      markup::escape(title), kCardStyle);
  for (const CardPart& part : parts) {
    text += fmt::format("<h2>{}</h2>\n", markup::escape(part.heading));
    for (const std::string& sentence : part.sentences) text += fmt::format("<p>{}</p>\n", markup::escape(sentence));
    if (!part.head.empty()) text += markup::table(part.head, part.rows, part.head.size()) + "\n";
  }
  return text + "</body></html>\n";
}

Status write_model_card(const ExportedModel& model, const TrainingState& state, const fs::path& checkpoint,
                        const fs::path& file) {
  const auto parts = card_parts(model, state, checkpoint);
  if (!parts) return fail(parts.error());
  const fs::path ending = file.extension();
  const bool html = ending == ".html" || ending == ".htm";
  return write_whole_file(file, html ? card_html(model.title, *parts) : card_markdown(model.title, *parts));
}

}  // namespace feedline::inline exporting
