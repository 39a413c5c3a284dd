// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/help.h"
#include "cli/measuring.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "diagnosis/whatif.h"
#include "tuning/pair_clock.h"
#include "tuning/rank_probe.h"
#include "tuning/virtual_gain.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>

namespace feedline::cli {
namespace {

struct WhatIfArguments : MeasureArguments {
  double seconds = 5;
  std::optional<double> what_cores{};
  std::optional<double> what_memory{};
  std::optional<double> disk{};
  std::optional<double> batch{};
  std::optional<std::size_t> workers{};
  double step_speedup = 1;
  std::vector<std::string> faster{};
  std::optional<std::size_t> ranks{};
  std::optional<std::size_t> ranks_per_machine{};
  std::optional<double> network{};  ///< MB/s
  std::optional<double> latency{};  ///< ms
  bool live = false;
};

/// "decode=2". Errors: not of that form, no such node.
Result<std::pair<std::string, double>> parse_faster(const std::string& text, const RunFacts& facts) {
  const std::size_t at = text.rfind('=');
  double factor = 0;
  const char* const end = text.data() + text.size();
  const bool read = at != std::string::npos && std::from_chars(text.data() + at + 1, end, factor).ptr == end;
  if (!read || factor <= 0)
    return fail("--faster " + text + ": not of the form NODE=TIMES", "Write for instance --faster decode=2");
  std::string node = text.substr(0, at);
  if (facts.find(node) == nullptr && node != facts.trainer_node && node != facts.batch_node)
    return fail(Error{.reason = "--faster: there is no such node on the data side", .node = node});
  return std::pair{std::move(node), factor};
}

std::string answer_text(const WhatIfAnswer& answer, std::size_t width) {
  Table table({"", "samples/s", "beside measured"});
  const auto row = [&](const char* name, double value) {
    table.row({name, rate(value), answer.measured > 0 ? fmt::format("{:.2f} times", value / answer.measured) : "-"});
  };
  row("measured", answer.measured);
  row("ceiling as it is", answer.ceiling);
  row("with the change", answer.rate());
  std::string text = table.text(width) + "\nNext limit: " + limit_text(answer.solution.tightest()) + ".\n";
  if (!answer.cached.empty()) text += "With a cache behind " + answer.cached + ".\n";
  return text;
}

/// Rates from 1 to 1,024 ranks, and where more of them stop paying.
std::string scaling_text(const ScalingModel& scaling, std::size_t width) {
  Table table({"ranks", "samples/s", "efficiency", "exchange", "cores a rank", "limit"});
  for (const ScalingPoint& point : scaling.curve())
    table.row({count(point.ranks), rate(point.samples_per_s), percent(point.efficiency), percent(point.exchange_share),
               fmt::format("{:.3g}", point.cores), std::string(name(point.limit))});
  const std::size_t pays = scaling.pays_until();
  std::string text = '\n' + table.text(width);
  const std::string_view what = scaling.per_machine > 1 && pays >= scaling.per_machine ? "machine" : "rank";
  text += pays >= ScalingModel::kMostRanks
              ? fmt::format("\nUp to {} ranks each {} pays: it brings half of what one alone reaches, or more.\n",
                            count(pays), what)
              : fmt::format("\nBeyond {} one {} more brings less than half of what one alone reaches.\n",
                            plural(pays, "rank"), what);
  text += fmt::format("Batches of {:.0f} shared out, {} of gradients a step. The table rests on this:\n", scaling.batch,
                      bytes(static_cast<std::uint64_t>(scaling.bytes)));
  for (const std::string& sentence : scaling.assumptions()) text += "- " + sentence + '\n';
  return text;
}

nlohmann::ordered_json wire_json(const Network& wire) {
  return {{"measured", wire.measured},
          {"latency_s", wire.latency},
          {"bytes_per_s", wire.bytes_per_s},
          {"core_s_a_message", wire.cpu_message},
          {"core_s_a_byte", wire.cpu_byte}};
}

nlohmann::ordered_json scaling_json(const ScalingModel& scaling) {
  nlohmann::ordered_json json = {{"points", nlohmann::ordered_json::array()},
                                 {"pays_until", scaling.pays_until()},
                                 {"ranks_per_machine", scaling.per_machine},
                                 {"gradient_bytes", scaling.bytes},
                                 {"network_measured", scaling.network.measured},
                                 {"network_latency_s", scaling.network.latency},
                                 {"network_bytes_per_s", scaling.network.bytes_per_s},
                                 {"within_machine", wire_json(scaling.loopback)},
                                 {"cores_per_machine", scaling.cores}};
  json["step"] = {
      {"rows", scaling.rows},
      {"threads", scaling.threads},
      {"rows_s", scaling.kernels - scaling.fixed},
      {"fixed_s", scaling.fixed_measured ? nlohmann::ordered_json(scaling.fixed) : nlohmann::ordered_json(nullptr)},
      {"optimizer_s", scaling.optimizer},
      {"optimizer_in_parts", scaling.optimizer_in_parts},
      {"other_s", scaling.once},
      {"loader_core_s_a_sample", scaling.loader_cpu}};
  json["assumptions"] = scaling.assumptions();
  for (const ScalingPoint& point : scaling.curve())
    json["points"].push_back({{"ranks", point.ranks},
                              {"samples_per_s", point.samples_per_s},
                              {"efficiency", point.efficiency},
                              {"exchange_share", point.exchange_share},
                              {"cores_per_rank", point.cores},
                              {"limit", name(point.limit)}});
  return json;
}

std::string answer_json(const WhatIfAnswer& answer, const ScalingModel* scaling) {
  nlohmann::ordered_json json;
  json["measured_samples_per_s"] = answer.measured;
  json["ceiling_samples_per_s"] = answer.ceiling;
  json["whatif_samples_per_s"] = answer.rate();
  json["limits"] = nlohmann::ordered_json::array();
  for (const Limit& limit : answer.solution.limits)
    json["limits"].push_back(
        {{"kind", name(limit.kind)}, {"node", limit.node}, {"samples_per_s", limit.samples_per_s}});
  json["cache_behind"] =
      answer.cached.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(answer.cached);
  json["scaling"] = scaling == nullptr ? nlohmann::ordered_json(nullptr) : scaling_json(*scaling);
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string gain_text(const VirtualGain& gain, std::size_t width) {
  Table table({"", "samples/s", "beside measured"});
  table.row({"measured", rate(gain.measured), "1.00 times"});
  table.row({fmt::format("{} looking {:.3g} times faster", gain.node, gain.factor), rate(gain.with_faster_node),
             fmt::format("{:.2f} times ({:.2f} to {:.2f})", gain.ratio.ratio, gain.ratio.low, gain.ratio.high)});
  table.row({"by the closed form", rate(gain.measured * gain.predicted), fmt::format("{:.2f} times", gain.predicted)});
  return table.text(width) + (gain.agree() ? "\nThe run and the closed form agree.\n"
                                           : "\nThe run and the closed form do not agree: there is contention, a cache "
                                             "or a queue that the form does not see. Trust the run.\n");
}

std::string gain_json(const VirtualGain& gain) {
  nlohmann::ordered_json json;
  json["node"] = gain.node;
  json["factor"] = gain.factor;
  json["measured_samples_per_s"] = gain.measured;
  json["virtual_samples_per_s"] = gain.with_faster_node;
  json["ratio"] = gain.ratio.ratio;
  json["interval"] = {gain.ratio.low, gain.ratio.high};
  json["predicted_ratio"] = gain.predicted;
  json["agree"] = gain.agree();
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// The gain of one faster node, measured on the live run.
ExitCode measure_gain(const WhatIfArguments& arguments, const Document& document, const WhatIf& change) {
  const RunFacts facts = facts_of(document);
  std::vector<std::pair<std::string, double>> faster = change.faster;
  if (change.step_speedup != 1) faster.emplace_back(facts.trainer_node, change.step_speedup);
  const bool other =
      change.cores || change.memory || change.disk_bytes_per_s || change.batch || change.workers || change.of_ranks();
  if (faster.size() != 1 || other || faster.front().second < 1) {
    complain(Error{.code = ErrorCode::BadInput,
                   .reason = "--live measures one node that is faster, and nothing else",
                   .remedy = "Write for instance --faster decode=2 --live"});
    return kBadInput;
  }
  const Watch watch(arguments);
  VirtualGainOptions options{.measure = watch.options(), .seconds = arguments.seconds};
  options.slice = slice_within(arguments.seconds, options.least_pairs, options.slice);
  auto gain = measure_virtual_gain(document, faster.front().first, faster.front().second, options);
  if (!gain) return watch.failed(gain.error());
  return deliver(arguments.json, gain_text(*gain, width_of(stdout)), gain_json(*gain));
}

ExitCode whatif(const WhatIfArguments& arguments) {
  auto document = prepare(arguments);
  if (!document) {
    complain(document.error());
    return exit_code(document.error().code);
  }
  WhatIf change{.cores = arguments.what_cores,
                .memory = arguments.what_memory,
                .batch = arguments.batch,
                .workers = arguments.workers,
                .step_speedup = arguments.step_speedup,
                .ranks = arguments.ranks,
                .ranks_per_machine = arguments.ranks_per_machine};
  if (arguments.network) change.network_bytes_per_s = *arguments.network * 1e6;
  if (arguments.latency) change.network_latency = *arguments.latency * 1e-3;
  if (arguments.disk) change.disk_bytes_per_s = *arguments.disk * 1e6;
  for (const std::string& text : arguments.faster) {
    auto faster = parse_faster(text, facts_of(*document));
    if (!faster) {
      complain(faster.error());
      return exit_code(faster.error().code);
    }
    change.faster.push_back(std::move(*faster));
  }
  if (arguments.live) return measure_gain(arguments, *document, change);
  std::optional<Examination> found;
  {
    const Watch watch(arguments);
    const double probing = change.of_ranks() ? rank_probe_seconds(arguments.seconds / 2) : 0;
    auto examined = examine(*document, watch.options().before(probing), arguments.seconds);
    if (!examined) return watch.failed(examined.error());
    found = std::move(*examined);
    if (change.of_ranks()) {
      auto probed = probe_ranks(*found, watch.options(), arguments.seconds / 2);
      if (!probed) return watch.failed(probed.error());
      found->facts.calibration = *probed;
    }
  }
  const WhatIfAnswer answer = what_if(found->facts, found->diagnosis, change);
  const std::size_t width = width_of(stdout);
  if (!change.of_ranks()) return deliver(arguments.json, answer_text(answer, width), answer_json(answer, nullptr));
  const ScalingModel scaling = scaling_with(found->facts, found->diagnosis, change);
  return deliver(arguments.json, answer_text(answer, width) + scaling_text(scaling, width),
                 answer_json(answer, &scaling));
}

}  // namespace

void add_whatif(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("whatif", "Say how fast a graph would be on other hardware");
  explain(
      *command,
      "Measures the graph for a while, changes what is asked for in the closed form of its costs, and solves it again "
      "with the best settings (or with the settings as they are, for --workers): the rate, and what limits next. "
      "For --ranks it also measures smaller batches for half as long, and sums over two processes of this machine. "
      "With --live, one faster node is not solved but measured on the run, by delaying everything else in proportion.");
  command->footer(
      "Examples:\n"
      "  feedline-cli whatif my.feedline --cores 16\n"
      "  feedline-cli whatif my.feedline --step-speedup 5             a faster GPU\n"
      "  feedline-cli whatif my.feedline --faster decode=2 --memory 32GB\n"
      "  feedline-cli whatif my.feedline --ranks 8 --network 125      on eight machines, 1 Gbit/s between them\n"
      "  feedline-cli whatif my.feedline --faster decode=2 --live     measured, not solved\n");
  auto arguments = std::make_shared<WhatIfArguments>();
  add_measure_arguments(*command, *arguments);
  command->add_option("--seconds", arguments->seconds, "Measure for so long after the warm-up (5)")
      ->type_name("S")
      ->check(CLI::Range(0.2, 3600.0));
  command->add_option("--cores", arguments->what_cores, "So many cores")
      ->type_name("N")
      ->check(CLI::Range(0.1, 65536.0));
  command->add_option("--memory", arguments->what_memory, "So many bytes for a cache at the best place")
      ->type_name("BYTES")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::NonNegativeNumber);
  command->add_option("--disk", arguments->disk, "A disk of so many megabytes a second")
      ->type_name("MB/S")
      ->check(CLI::PositiveNumber);
  command->add_option("--batch", arguments->batch, "Batches of so many records")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_option("--workers", arguments->workers, "So many workers, everything else as it is")
      ->type_name("N")
      ->check(CLI::Range(1U, 1024U));
  command->add_option("--step-speedup", arguments->step_speedup, "The training step faster by this factor")
      ->type_name("TIMES")
      ->check(CLI::PositiveNumber);
  command->add_option("--faster", arguments->faster, "A node so many times faster. May be given many times")
      ->type_name("NODE=TIMES")
      ->allow_extra_args(false);
  command->add_option("--ranks", arguments->ranks, "So many processes that share out each batch, settings as they are")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, ScalingModel::kMostRanks));
  command
      ->add_option("--ranks-per-machine", arguments->ranks_per_machine,
                   "Of them, so many share the cores of a machine (1)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, ScalingModel::kMostRanks));
  command->add_option("--network", arguments->network, "So many megabytes a second between machines (1250)")
      ->type_name("MB/S")
      ->check(CLI::Range(1e-3, 1e9));
  command->add_option("--latency", arguments->latency, "So many milliseconds a message between machines (0.05)")
      ->type_name("MS")
      ->check(CLI::Range(0.0, 1e5));
  command->add_flag("--live", arguments->live,
                    "Measure what the faster node (or step) would bring: everything else is delayed in proportion");
  command->callback([arguments, &code] { code = whatif(*arguments); });
}

}  // namespace feedline::cli
