// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/csv.h"
#include "base/plain_text.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/help.h"
#include "cli/inference_arguments.h"
#include "cli/output.h"
#include "cli/stop_on_interrupt.h"
#include "cli/terminal.h"
#include "training/inference/inference.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace feedline::cli {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct PredictArguments {
  std::string checkpoint{};
  std::vector<std::string> inputs{};
  InferenceArguments common{};
  std::size_t top = 3;
  bool csv = false;
};

std::string value_text(const RecordPrediction::Value& value, bool classes) {
  return classes ? fmt::format("{} {}", value.name, percent(value.value)) : fmt::format("{:.6g}", value.value);
}

std::vector<std::string> labels_of_record(const RecordPrediction& one) {
  std::vector<std::string> labels;
  for (const RecordPrediction::Value& value : one.values)
    if (has_label(value)) labels.push_back(value.name);
  return labels;
}

/// All that the record has, or else the likeliest.
std::string labels_text(const RecordPrediction& one) {
  std::string text;
  for (const RecordPrediction::Value& value : one.values)
    if (has_label(value)) text += (text.empty() ? "" : ", ") + value_text(value, true);
  if (text.empty() && !one.values.empty()) text = "none (" + value_text(one.values.front(), true) + ")";
  return text;
}

void print_predictions(const Predictions& all, std::size_t top) {
  for (const RecordPrediction& one : all.predictions) {
    std::string text = one.file + "  ";
    if (all.several_labels) {
      put_line(stdout, text + labels_text(one));
      continue;
    }
    const std::size_t shown = all.classes ? std::min(top, one.values.size()) : one.values.size();
    for (std::size_t i = 0; i < shown; ++i) text += (i > 0 ? ", " : "") + value_text(one.values[i], all.classes);
    put_line(stdout, text);
  }
}

std::string predictions_json(const Predictions& all, const OpenedCheckpoint& from) {
  OrderedJson json = {{"checkpoint", escape_name(from.path.string())},
                      {"step", from.state.position.step},
                      {"device", all.execution.device},
                      {"predictions", OrderedJson::array()},
                      {"bad", OrderedJson::array()}};
  for (const RecordPrediction& one : all.predictions) {
    OrderedJson entry = {{"file", one.file}};
    if (all.classes) {
      if (all.several_labels) {
        entry["labels"] = labels_of_record(one);
      } else {
        entry["class"] = one.values.front().name;
        entry["probability"] = one.values.front().value;
      }
      OrderedJson& shares = entry["probabilities"] = OrderedJson::object();
      for (const RecordPrediction::Value& value : one.values) shares[value.name] = value.value;
    } else {
      OrderedJson& numbers = entry["values"] = OrderedJson::array();
      for (const RecordPrediction::Value& value : one.values) numbers.push_back(value.value);
    }
    json["predictions"].push_back(std::move(entry));
  }
  for (const BadRecord& bad : all.bad)
    json["bad"].push_back({{"file", bad.error.file},
                           {"node", bad.error.node},
                           {"message", bad.error.reason},
                           {"remedy", bad.error.remedy}});
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + '\n';
}

/// A column a class, in the order of their names, or a number.
std::string csv_of(const Predictions& all) {
  if (all.predictions.empty()) return csv_line({"file"});
  std::vector<std::string> header = {"file"};
  std::vector<std::string> classes;
  if (all.classes) {
    if (all.several_labels) {
      header.emplace_back("labels");
    } else {
      header.insert(header.end(), {"class", "probability"});
    }
    for (const RecordPrediction::Value& value : all.predictions.front().values) classes.push_back(value.name);
    std::sort(classes.begin(), classes.end());
    header.insert(header.end(), classes.begin(), classes.end());
  } else {
    for (std::size_t i = 0; i < all.predictions.front().values.size(); ++i)
      header.push_back(fmt::format("value {}", i));
  }
  std::string text = csv_line(header);
  for (const RecordPrediction& one : all.predictions) {
    std::vector<std::string> row = {one.file};
    if (all.classes) {
      if (all.several_labels) {
        row.push_back(fmt::format("{}", fmt::join(labels_of_record(one), "|")));
      } else {
        row.insert(row.end(), {one.values.front().name, fmt::format("{}", one.values.front().value)});
      }
      for (const std::string& name : classes) {
        const auto found =
            std::find_if(one.values.begin(), one.values.end(), [&](const auto& value) { return value.name == name; });
        row.push_back(fmt::format("{}", found->value));
      }
    } else {
      for (const RecordPrediction::Value& value : one.values) row.push_back(fmt::format("{}", value.value));
    }
    text += csv_line(row);
  }
  return text;
}

ExitCode run_predict(const PredictArguments& arguments) {
  auto from = open_for_inference(arguments.checkpoint);
  if (!from) return refuse(from.error());
  const StopOnInterrupt interrupt;
  InferenceOptions options = arguments.common.options();
  options.stop = interrupt.token();
  const auto all = predict(from->state, arguments.inputs, options);
  if (!all) return interrupt.failed(all.error());
  for (const BadRecord& bad : all->bad) warn(bad.error);
  const bool to_file = !arguments.common.json.empty();
  if (to_file)
    if (Status written = write_result(arguments.common.json, predictions_json(*all, *from)); !written)
      return refuse(written.error());
  if (arguments.csv) {
    put(stdout, csv_of(*all));
  } else if (!to_file) {
    print_predictions(*all, arguments.top);
  }
  if (!all->bad.empty())
    put_line(stderr, fmt::format("{} of {} could not be used", count(all->bad.size()), plural(all->inputs, "input")));
  return all->predictions.empty() ? kBadInput : kOk;
}

}  // namespace

void add_predict(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("predict", "Ask a trained model about pictures, texts or tables");
  explain(*command,
          "Predicts what inputs are, with the weights of a checkpoint and the preprocessing with which it was "
          "validated: random nodes take their fixed form, fitted ones know what they had learnt. Inputs are picture "
          "files, folders (all pictures in them); of a model of texts, text files of one record a line; of a model of "
          "tables, CSV files with the columns that it was trained on, in any order, with or without a label. - is "
          "standard input: one picture, or texts or a table. What cannot be used is named on standard error, a bad row "
          "with its line, and the rest predicted.");
  command->footer(
      "Examples:\n"
      "  feedline-cli predict CKPT photo.jpg                     the best checkpoint of a folder\n"
      "  feedline-cli predict CKPT/best.safetensors photos --csv > answers.csv\n"
      "  feedline-cli predict CKPT photos --json | jq '.predictions[].class'\n"
      "  feedline-cli predict CKPT new-customers.csv --csv       of a model of tables\n"
      "  curl -s https://example.org/photo.jpg | feedline-cli predict CKPT -\n");
  auto arguments = std::make_shared<PredictArguments>();
  command
      ->add_option("CHECKPOINT", arguments->checkpoint,
                   "A checkpoint, or the folder of a run's checkpoints (its best one)")
      ->required();
  command->add_option("INPUT", arguments->inputs, "Picture files and folders, text files, or CSV files")->required();
  add_inference_arguments(*command, arguments->common);
  command
      ->add_option("--top", arguments->top, "How many classes are shown of each; of several labels, all over 50 % are")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000}));
  auto* csv = command->add_flag("--csv", arguments->csv, "Write a table with the probability of each class");
  csv->excludes("--json");
  command->callback([arguments, &code] { code = run_predict(*arguments); });
}

}  // namespace feedline::cli
