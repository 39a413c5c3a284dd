// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "base/results_json.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/graph_arguments.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/inference_arguments.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "training/inference/importance.h"
#include "training/resume.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace feedline::cli {
namespace {

using ImportanceJson = nlohmann::ordered_json;

struct ImportanceArguments {
  std::string checkpoint{};
  MeasuredArguments measured{};
  std::size_t top = 0;
  ImportanceOptions wanted{};
  InferenceArguments common{};
};

/// A loss of a metric as it is written: of a share in points.
std::string loss_text(double loss, const MetricValue& metric) {
  if (metric.unit == kShareUnit) return fmt::format("{:+.2f}", -100 * loss);
  return fmt::format("{:+.4g}", metric.higher_is_better ? -loss : loss);
}

void print_importance(const ImportanceReport& report, const ImportanceArguments& arguments) {
  put_line(stdout,
           fmt::format("{} {} on {}; each feature shuffled {} in {}", report.metric.name, metric_text(report.metric),
                       plural(report.records, "record"),
                       plural(static_cast<std::uint64_t>(arguments.wanted.repeats), "time"), duration(report.wall_s)));
  Table table({"feature", report.metric.name + (report.metric.unit == kShareUnit ? ", points" : ""), "deviation"});
  const std::size_t shown =
      arguments.top == 0 ? report.features.size() : std::min(arguments.top, report.features.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const FeatureImportance& feature = report.features[i];
    const bool share = report.metric.unit == kShareUnit;
    table.row({escape_name(feature.name), loss_text(feature.loss, report.metric),
               share ? fmt::format("{:.2f}", 100 * feature.deviation) : fmt::format("{:.4g}", feature.deviation)});
  }
  put(stdout, table.text(width_of(stdout)));
  if (shown < report.features.size()) put_line(stdout, fmt::format("and {} more", report.features.size() - shown));
}

std::string importance_json(const ImportanceReport& report, const OpenedCheckpoint& from) {
  ImportanceJson json = {{"checkpoint", escape_name(from.path.string())},
                         {"metric", metric_key(report.metric.name)},
                         {"higher_is_better", report.metric.higher_is_better},
                         {"value", report.metric.value},
                         {"samples", report.records},
                         {"wall_s", report.wall_s},
                         {"features", ImportanceJson::array()}};
  for (const FeatureImportance& feature : report.features)
    json["features"].push_back({{"name", feature.name}, {"loss", feature.loss}, {"deviation", feature.deviation}});
  return json.dump(2, ' ', false, ImportanceJson::error_handler_t::replace) + '\n';
}

Result<ImportanceReport> ask(const ImportanceArguments& arguments, const TrainingState& state) {
  const auto document = measured_graph(state, arguments.measured);
  if (!document) return fail(document.error());
  return feature_importance(state, *document, arguments.measured.all_records(), arguments.wanted,
                            arguments.common.options());
}

ExitCode run_importance(const ImportanceArguments& arguments) {
  const auto from = open_for_inference(arguments.checkpoint);
  if (!from) return refuse(from.error());
  const auto report = ask(arguments, from->state);
  if (!report) return refuse(report.error());
  if (arguments.common.json.empty()) {
    print_importance(*report, arguments);
    return kOk;
  }
  const Status written = write_result(arguments.common.json, importance_json(*report, *from));
  return written ? kOk : refuse(written.error());
}

}  // namespace

void add_importance(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("importance", "Show which features a trained model rests on");
  explain(*command,
          "Measures a checkpoint, then again with one feature after the other dealt out to other records: what the "
          "metric loses is what the model owes to the feature. Features that lose nothing can be left out, one at a "
          "time: of two that say the same, each hides the other. By default on the records that the graph sets aside "
          "for validation.");
  command->footer(
      "Examples:\n"
      "  feedline-cli importance CKPT                          the best checkpoint, by its first metric\n"
      "  feedline-cli importance CKPT --metric loss --repeats 20 --top 10\n"
      "  feedline-cli importance CKPT --data OTHER.csv --json - | jq '.features[].name'\n");
  auto arguments = std::make_shared<ImportanceArguments>();
  command
      ->add_option("CHECKPOINT", arguments->checkpoint,
                   "A checkpoint, or the folder of a run's checkpoints (its best one)")
      ->required();
  command->add_option("--metric", arguments->wanted.metric, "What is measured: accuracy, macro_f1, loss, ...")
      ->type_name("KEY");
  command->add_option("--repeats", arguments->wanted.repeats, "How often each feature is shuffled. Default: 5")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command->add_option("--records", arguments->wanted.records, "How many records are looked at, at most. Default: 10000")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40U));
  command->add_option("--seed", arguments->wanted.seed, "Of the shuffles. Default: 1")->type_name("N");
  command->add_option("--top", arguments->top, "Only so many features, the most important ones. Default: all")
      ->type_name("N");
  add_measured_arguments(*command, arguments->measured);
  add_inference_arguments(*command, arguments->common);
  command->callback([arguments, &code] { code = run_importance(*arguments); });
}

}  // namespace feedline::cli
