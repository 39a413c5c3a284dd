// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/user_path.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/json_values.h"
#include "cli/measuring.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/text_chart.h"
#include "graph/edit.h"
#include "graph/json.h"
#include "tuning/find_rate.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <string>

namespace feedline::cli {
namespace {

/// Rows of the table that people see.
constexpr std::size_t kRows = 20;
/// So many times as many are tried where a proposal is unsure.
constexpr std::uint64_t kMoreSteps = 4;

struct FindLrArguments : MeasureArguments {
  double from = FindRateOptions{}.low;
  double to = FindRateOptions{}.high;
  std::uint64_t steps = FindRateOptions{}.steps;
  std::optional<std::int64_t> seed{};
  bool write = false;
};

std::string rate_text(double rate) { return fmt::format("{:.2g}", rate); }

/// What the test is about, drawn: the smoothed loss falls, and rises again where the rate is too high.
std::string chart_of_rates(const FoundRate& found, std::size_t width) {
  ChartLine smoothed;
  for (const RateLoss& point : found.curve) smoothed.points.emplace_back(point.rate, point.smoothed);
  const std::string text = chart_text({smoothed}, {.title = "smoothed loss over learning rate; | is the proposed one",
                                                   .x_text = rate_text,
                                                   .y_text = [](double y) { return loss(y); },
                                                   .logarithmic = true,
                                                   .mark = found.proposal.to_use(),
                                                   .width = width});
  return text.empty() ? text : '\n' + text;
}

std::string find_lr_text(const FoundRate& found, std::uint64_t steps, std::size_t width) {
  Table table({"learning rate", "loss", "smoothed"}, 0);
  const std::size_t all = found.curve.size();
  const std::size_t rows = std::min(all, kRows);
  for (std::size_t i = 0; i < rows; ++i) {
    const RateLoss& point = found.curve[rows > 1 ? i * (all - 1) / (rows - 1) : 0];
    table.row({rate_text(point.rate), loss(point.loss), loss(point.smoothed)});
  }
  std::string text = table.text(width) + chart_of_rates(found, width) + '\n';
  text +=
      wrap(fmt::format("Proposed: {}.learning_rate={} (it is {}). The loss fell most steeply at {} and was lowest "
                       "at {}, which is too high to train with{}.",
                       found.optimizer_node, rate_text(found.proposal.proposed), rate_text(found.before),
                       rate_text(found.proposal.steepest), rate_text(found.proposal.lowest),
                       found.diverged ? fmt::format("; it diverged at {}", rate_text(found.curve.back().rate)) : ""),
           width);
  text += '\n';
  if (!found.doubt.empty())
    text += wrap(fmt::format("Unsure: {}. Try more steps: --steps {}", found.doubt, kMoreSteps * steps), width) + '\n';
  return text;
}

std::string find_lr_json(const FoundRate& found) {
  Json json = {
      {"node", found.optimizer_node},        {"before", found.before},          {"proposed", found.proposal.to_use()},
      {"steepest", found.proposal.steepest}, {"lowest", found.proposal.lowest}, {"unsure", !found.doubt.empty()},
      {"doubt", text_or_null(found.doubt)},  {"diverged", found.diverged},      {"curve", Json::array()}};
  for (const RateLoss& point : found.curve)
    json["curve"].push_back(
        {{"learning_rate", point.rate}, {"loss", number(point.loss)}, {"smoothed", number(point.smoothed)}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

/// Sets the rate in the file, without what --set changed for the test alone.
Status write_rate(const FindLrArguments& arguments, const FoundRate& found) {
  auto loaded = load_graph(arguments.file);
  if (!loaded) return fail(std::move(loaded.error()));
  const double rate = found.proposal.to_use();
  auto undo = loaded->document.apply(
      Edit{SetParam{.node = found.optimizer_node, .param = "learning_rate", .value = Value(rate)}});
  if (!undo) return fail(std::move(undo.error()));
  if (Status saved = save_document(loaded->document, user_path(arguments.file)); !saved) return saved;
  put_line(stderr,
           fmt::format("wrote {}.learning_rate={} to {}", found.optimizer_node, rate_text(rate), arguments.file));
  return {};
}

Status check_arguments(const FindLrArguments& arguments) {
  if (arguments.from >= arguments.to)
    return fail("--from is not below --to", "Give a range such as --from 1e-6 --to 1");
  if (!arguments.write) return {};
  if (arguments.file.starts_with(kExamplePrefix))
    return fail("an example cannot be written to", "Make a file of it: feedline-cli new");
  return check_writable(arguments.file);
}

ExitCode find_lr(const FindLrArguments& arguments) {
  Status right = check_arguments(arguments);
  auto document = right ? prepare(arguments) : Result<Document>(fail(std::move(right.error())));
  if (!document) {
    complain(document.error());
    return exit_code(document.error().code);
  }
  std::optional<FoundRate> found;
  {
    const Watch watch(arguments);
    FindRateOptions options{
        .measure = watch.options(), .low = arguments.from, .high = arguments.to, .steps = arguments.steps};
    options.measure.run.seed = arguments.seed;
    auto tested = find_rate(*document, options);
    if (!tested) return watch.failed(tested.error());
    found = std::move(*tested);
  }
  const ExitCode code =
      deliver(arguments.json, find_lr_text(*found, arguments.steps, width_of(stdout)), find_lr_json(*found));
  if (code != kOk || !arguments.write) return code;
  if (const Status written = write_rate(arguments, *found); !written) {
    complain(written.error());
    return exit_code(written.error().code);
  }
  return kOk;
}

}  // namespace

void add_find_lr(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("find-lr", "Find a learning rate by a range test");
  explain(*command,
          "Trains a graph for a hundred steps from its first weights while the learning rate grows from step to step, "
          "until the loss diverges (Smith, 2015), and proposes a rate within the longest fall of the loss. It is the "
          "peak of whatever schedule the optimiser has. The graph stays as it is unless --write is given.");
  command->footer(
      "Examples:\n"
      "  feedline-cli find-lr my.feedline\n"
      "  feedline-cli find-lr my.feedline --from 1e-5 --to 1 --steps 200 --json rates.json\n"
      "  feedline-cli find-lr my.feedline --write\n");
  auto arguments = std::make_shared<FindLrArguments>();
  add_measure_arguments(*command, *arguments);
  const CLI::Validator is_rate(
      [](std::string& text) -> std::string {
        double rate = 0;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), rate);
        const bool number = fault == std::errc() && end == text.data() + text.size();
        return number && rate >= 1e-30 && rate <= 1e30 ? "" : "'" + text + "' is no rate above 0, such as 1e-5";
      },
      "");
  command->add_option("--from", arguments->from, "The lowest rate (1e-7)")->type_name("RATE")->check(is_rate);
  command->add_option("--to", arguments->to, "The highest rate (10)")->type_name("RATE")->check(is_rate);
  command->add_option("--steps", arguments->steps, "Steps from the lowest to the highest (100)")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{20}, std::uint64_t{100000}));
  command->add_option("--seed", arguments->seed, "Start of all random numbers")
      ->type_name("S")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{4294967295}));
  command->add_flag("--write", arguments->write, "Set the proposed rate in the graph's file");
  command->callback([arguments, &code] { code = find_lr(*arguments); });
}

}  // namespace feedline::cli
