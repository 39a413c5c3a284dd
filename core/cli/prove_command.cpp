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
#include "graph/json.h"
#include "runs/predictions.h"
#include "tuning/pair_clock.h"
#include "tuning/prove.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace feedline::cli {
namespace {

constexpr double kLongestLook = 3;  ///< at the graph as it is, before the two take turns

struct ProveArguments : MeasureArguments {
  std::string fix{};
  std::string with{};
  std::string out{};
  double seconds = 20;
};

/// What is compared with the graph as it is.
struct Rival {
  Fix fix{};  ///< predicted ratio NaN where none was predicted
  Document document{};
};

Result<Rival> find_rival(const ProveArguments& arguments, const Examination& examination) {
  if (!arguments.with.empty()) {
    auto loaded = load_graph(arguments.with);
    if (!loaded) return fail(std::move(loaded.error()));
    return Rival{
        .fix = {.id = "graph:" + arguments.with, .title = loaded->document.title(), .predicted_ratio = std::nan("")},
        .document = std::move(loaded->document)};
  }
  std::vector<Fix> fixes = fixes_of(examination);
  const auto found = std::find_if(fixes.begin(), fixes.end(), [&](const Fix& f) { return f.id == arguments.fix; });
  if (found == fixes.end()) {
    std::string there;
    for (const Fix& fix : fixes) there += (there.empty() ? "" : ", ") + fix.id;
    return fail("--fix " + arguments.fix + ": the diagnosis offers no such fix now",
                there.empty() ? "It offers none" : "It offers " + there);
  }
  if (found->in_fits)
    return fail("--fix " + arguments.fix + ": its gain lies in the fit, and a proof compares the rates of steps",
                "Draw it and compare two runs: feedline-cli run, then feedline-cli runs compare");
  auto changed = with_edit(examination.document, found->edit);
  if (!changed) return fail(std::move(changed.error()));
  return Rival{.fix = *found, .document = std::move(*changed)};
}

Json side_json(const ProofSide& side) {
  return {{"samples_per_s", number(side.samples_per_s)},
          {"wait_share", number(side.wait_share)},
          {"preparation_s_per_epoch", number(side.preparation_s)},
          {"epoch_s", number(side.epoch_s)},
          {"load_s", number(side.load_s)}};
}

std::string proof_json(const Rival& rival, const Proof& proof, int processes) {
  Json json;
  json["ranks"] = processes;
  json["fix"] = rival.fix.id;
  json["title"] = rival.fix.title;
  json["predicted_ratio"] = number(rival.fix.predicted_ratio);
  json["measured_ratio"] = number(proof.rate.ratio);
  json["interval"] = {number(proof.rate.low), number(proof.rate.high)};
  json["pairs"] = proof.rate.pairs;
  json["keep"] = proof.keep();
  json["changes_results"] = rival.fix.changes_results;
  json["a"] = side_json(proof.a);
  json["b"] = side_json(proof.b);
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string proof_text(const Rival& rival, const Proof& proof, std::size_t width) {
  std::string text = rival.fix.title + "\n\n";
  Table table({"", "samples/s", "waiting", "preparation per epoch", "epoch"});
  for (const auto& [name, side] : {std::pair{"A  as it is", &proof.a}, std::pair{"B  changed", &proof.b}})
    table.row({name, rate(side->samples_per_s), percent(side->wait_share), duration(side->preparation_s),
               duration(side->epoch_s)});
  text += table.text(width) + '\n';
  if (std::isfinite(rival.fix.predicted_ratio))
    text += fmt::format("predicted {:.2f} times\n", rival.fix.predicted_ratio);
  text += fmt::format("measured  {:.2f} times, 95 % interval {:.2f} to {:.2f}, {}\n", proof.rate.ratio, proof.rate.low,
                      proof.rate.high, plural(proof.rate.pairs, "pair"));
  if (proof.a.preparation_s > 0)
    text += fmt::format("preparation time per epoch {} by {}\n",
                        proof.b.preparation_s <= proof.a.preparation_s ? "falls" : "rises",
                        percent(std::abs(1 - proof.b.preparation_s / proof.a.preparation_s)));
  if (proof.keep()) return text + "Keep it.\n";
  return text + (proof.rate.surely_slower() ? "Revert it: it is slower.\n" : "No significant difference; revert it.\n");
}

/// The run stands even where its record cannot be kept.
void record(const ProveArguments& arguments, const Examination& examination, const Rival& rival, const Proof& proof) {
  if (!std::isfinite(rival.fix.predicted_ratio)) return;
  const auto keep = [&]() -> Status {
    auto database = Database::open();
    if (!database) return fail(std::move(database.error()));
    return add_prediction(*database, {.graph = arguments.file,
                                      .fix = rival.fix.id,
                                      .title = rival.fix.title,
                                      .verdict = std::string(name(examination.diagnosis.verdict.kind)),
                                      .predicted = rival.fix.predicted_ratio,
                                      .measured = proof.rate.ratio,
                                      .low = proof.rate.low,
                                      .high = proof.rate.high,
                                      .pairs = static_cast<std::int64_t>(proof.rate.pairs),
                                      .kept = proof.keep()});
  };
  if (const Status kept = keep(); !kept) warn(kept.error());
}

ExitCode prove(const ProveArguments& arguments) {
  if (arguments.fix.empty() == arguments.with.empty())
    return refuse({.reason = "give either --fix ID or --with GRAPH",
                   .remedy = "'feedline-cli diagnose FILE' lists the fixes of a graph"});
  auto helpers = share_cores(arguments);
  if (!helpers) return refuse(helpers.error());
  auto document = prepare(arguments);
  if (!document) return refuse(document.error());
  std::optional<Examination> examination;
  std::optional<Rival> rival;
  std::optional<Proof> proof;
  {
    const Watch watch(arguments, std::move(*helpers));
    auto examined = examine(*document, watch.options().before(arguments.seconds + 2 * kUsualWarmUp),
                            std::min(kLongestLook, arguments.seconds));
    if (!examined) return watch.failed(examined.error());
    examination = std::move(*examined);
    auto found = find_rival(arguments, *examination);
    if (!found) return watch.failed(found.error());
    rival = std::move(*found);
    ProveOptions options{.measure = watch.options(), .seconds = arguments.seconds};
    options.slice = slice_within(arguments.seconds, options.least_pairs, options.slice);
    shorten_epochs(options.measure, examination->facts, examination->diagnosis.measured());
    auto proven = feedline::prove(*document, rival->document, options);
    if (!proven) return watch.failed(proven.error());
    proof = *proven;
  }
  record(arguments, *examination, *rival, *proof);
  const ExitCode code = deliver(arguments.json, proof_text(*rival, *proof, width_of(stdout)),
                                proof_json(*rival, *proof, arguments.processes));
  if (code != kOk || arguments.out.empty()) return code;
  if (const Status saved = save_document(proof->keep() ? rival->document : *document, user_path(arguments.out)); !saved)
    return refuse(saved.error());
  return kOk;
}

}  // namespace

void add_prove(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("prove", "Measure what a fix brings, side by side with the graph as it is");
  explain(
      *command,
      "Runs the graph as it is and with a fix in turn, in short slices on this machine, and says how many times faster "
      "the fix is, with its confidence interval, beside what was predicted. Every prediction is kept with what came "
      "of it: see 'feedline-cli track-record'. With --nproc each of the two is a run of so many processes, which is "
      "how a fix for their exchange of gradients is proved.");
  command->footer(
      "Examples:\n"
      "  feedline-cli prove my.feedline --fix workers --out faster.feedline\n"
      "  feedline-cli prove my.feedline --nproc 4 --fix accumulate    with four processes\n"
      "  feedline-cli prove example:naive --with example:tuned\n");
  auto arguments = std::make_shared<ProveArguments>();
  add_measure_arguments(*command, *arguments);
  add_budget_arguments(*command, *arguments);
  add_processes(*command, *arguments);
  command->add_option("--fix", arguments->fix, "Id of a fix that 'diagnose' offers")->type_name("ID");
  command->add_option("--with", arguments->with, "Another graph to compare with, instead of a fix")->type_name("FILE");
  command->add_option("--seconds", arguments->seconds, "Measure for so long, both sides together (20)")
      ->type_name("S")
      ->check(CLI::Range(1.0, 3600.0));
  command->add_option("--out", arguments->out, "Write the graph that is to be kept to this file")->type_name("PATH");
  command->callback([arguments, &code] { code = prove(*arguments); });
}

}  // namespace feedline::cli
