// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "base/results_json.h"
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/format.h"
#include "cli/graph_arguments.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/inference_arguments.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "training/residual_json.h"
#include "training/resume.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace feedline::cli {
namespace {

using FigureJson = nlohmann::ordered_json;

struct EvaluateArguments {
  std::string checkpoint{};
  MeasuredArguments measured{};
  InferenceArguments common{};
};

constexpr std::size_t kShownWorst = 5;

void print_measured(const CheckpointEvaluation& found) {
  for (const MetricValue& metric : found.metrics)
    put_line(stdout, fmt::format("{}: {}", metric.name, metric_text(metric)));
  put_line(stdout, fmt::format("on {} in {}", plural(found.samples, "record"), duration(found.wall_s)));
  if (found.residuals)
    put_line(stdout, fmt::format("residuals (predicted - true): mean {:.4g}, standard deviation {:.4g}",
                                 found.residuals->mean, found.residuals->deviation));
  if (!found.confusion) return;
  for (std::size_t i = 0; i < std::min(found.confusion->worst.size(), kShownWorst); ++i) {
    const WorstSample& sample = found.confusion->worst[i];
    if (sample.right()) continue;
    if (found.confusion->several_labels) {
      const std::string missed = found.confusion->names_of(sample.missed);
      const std::string extra = found.confusion->names_of(sample.extra);
      put_line(stdout, fmt::format("  {} {}{}{}{}{}", sample.file, missed.empty() ? "" : "misses ", missed,
                                   missed.empty() || extra.empty() ? "" : "; ",
                                   extra.empty() ? "" : "is wrongly said to be ", extra));
      continue;
    }
    if (sample.predicted != sample.label)
      put_line(stdout, fmt::format("  {} is {}, taken for {} ({})", sample.file, found.confusion->name_of(sample.label),
                                   found.confusion->name_of(sample.predicted), percent(sample.confidence)));
  }
}

std::string measured_json(const CheckpointEvaluation& found, const OpenedCheckpoint& from) {
  FigureJson json = {{"checkpoint", escape_name(from.path.string())},
                     {"step", from.state.position.step},
                     {"samples", found.samples},
                     {"wall_s", found.wall_s},
                     {"device", found.execution.device},
                     {"metrics", metrics_json(found.metrics)},
                     {"classes", FigureJson::array()},
                     {"counts", FigureJson::array()},
                     {"residuals", found.residuals ? residuals_json(*found.residuals) : FigureJson(nullptr)},
                     {"bad", FigureJson::array()}};
  if (found.confusion)
    for (std::size_t label = 0; label < found.confusion->classes; ++label) {
      json["classes"].push_back(found.confusion->name_of(static_cast<std::int64_t>(label)));
      FigureJson row = FigureJson::array();
      for (std::size_t predicted = 0; predicted < found.confusion->classes; ++predicted)
        row.push_back(found.confusion->count(label, predicted));
      json["counts"].push_back(std::move(row));
    }
  for (const BadRecord& bad : found.bad)
    json["bad"].push_back({{"file", bad.error.file}, {"node", bad.error.node}, {"message", bad.error.reason}});
  return json.dump(2, ' ', false, FigureJson::error_handler_t::replace) + '\n';
}

Result<CheckpointEvaluation> measure(const EvaluateArguments& arguments, const TrainingState& state) {
  const auto document = measured_graph(state, arguments.measured);
  if (!document) return fail(document.error());
  return evaluate(state, *document, arguments.measured.all_records(), arguments.common.options());
}

ExitCode run_evaluate(const EvaluateArguments& arguments) {
  const auto from = open_for_inference(arguments.checkpoint);
  if (!from) return refuse(from.error());
  const auto found = measure(arguments, from->state);
  if (!found) return refuse(found.error());
  list_errors(found->errors);
  if (found->samples == 0) return refuse({.reason = "no record could be used", .remedy = "Look at the list above"});
  if (arguments.common.json.empty()) {
    print_measured(*found);
    return kOk;
  }
  const Status written = write_result(arguments.common.json, measured_json(*found, *from));
  return written ? kOk : refuse(written.error());
}

}  // namespace

void add_evaluate(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("evaluate", "Measure a trained model on validation or other data");
  explain(
      *command,
      "Measures a checkpoint with all metrics, on the records that its graph sets aside for validation, or on other "
      "data: --data takes the place of the graph's file or folder. Classes are matched by name.");
  command->footer(
      "Examples:\n"
      "  feedline-cli evaluate CKPT                       the best checkpoint, on the graph's validation data\n"
      "  feedline-cli evaluate CKPT --data OTHER_PHOTOS   on every record of another folder\n"
      "  feedline-cli evaluate CKPT --set source.images=t10k-images --set source.labels=t10k-labels --all\n");
  auto arguments = std::make_shared<EvaluateArguments>();
  command
      ->add_option("CHECKPOINT", arguments->checkpoint,
                   "A checkpoint, or the folder of a run's checkpoints (its best one)")
      ->required();
  add_measured_arguments(*command, arguments->measured);
  add_inference_arguments(*command, arguments->common);
  command->callback([arguments, &code] { code = run_evaluate(*arguments); });
}

}  // namespace feedline::cli
