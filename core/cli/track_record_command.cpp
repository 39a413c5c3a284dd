// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/help.h"
#include "cli/measuring.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "runs/predictions.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace feedline::cli {
namespace {

std::string record_text(const std::vector<Prediction>& all, std::size_t width) {
  if (all.empty()) return "No prediction has been measured yet: feedline-cli prove FILE --fix ID\n";
  Table table({"when", "graph", "fix", "predicted", "measured", "interval", "error"}, 3);
  table.spare({0});
  for (const Prediction& p : all)
    table.row({p.made_at, p.graph, p.fix, fmt::format("{:.2f}", p.predicted), fmt::format("{:.2f}", p.measured),
               fmt::format("{:.2f} - {:.2f}", p.low, p.high), percent(p.error())},
              p.kept ? "kept" : "");
  const TrackRecord record = track_record(all);
  return table.text(width) + fmt::format("\n{}: median error {}, nine in ten within {}, right direction {} of {}.\n",
                                         plural(record.count, "prediction"), percent(record.median_error, 1),
                                         percent(record.p90_error), record.right_direction, record.count);
}

std::string record_json(const std::vector<Prediction>& all) {
  const TrackRecord record = track_record(all);
  nlohmann::ordered_json json;
  json["count"] = record.count;
  json["median_error"] = record.median_error;
  json["p90_error"] = record.p90_error;
  json["right_direction"] = record.right_direction;
  json["predictions"] = nlohmann::ordered_json::array();
  for (const Prediction& p : all)
    json["predictions"].push_back({{"made_at", p.made_at},
                                   {"graph", p.graph},
                                   {"fix", p.fix},
                                   {"title", p.title},
                                   {"verdict", p.verdict},
                                   {"predicted_ratio", p.predicted},
                                   {"measured_ratio", p.measured},
                                   {"interval", {p.low, p.high}},
                                   {"pairs", p.pairs},
                                   {"kept", p.kept}});
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

ExitCode show(const std::string& json) {
  auto database = Database::open();
  auto all = database ? predictions(*database) : Result<std::vector<Prediction>>(fail(std::move(database.error())));
  if (!all) {
    complain(all.error());
    return exit_code(all.error().code);
  }
  return deliver(json, record_text(*all, width_of(stdout)), record_json(*all));
}

}  // namespace

void add_track_record(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("track-record", "Show how accurate the predictions were so far");
  explain(*command, "Lists every fix that was proved, with its predicted and its measured gain.");
  command->footer("Example:\n  feedline-cli track-record --json -\n");
  auto json = std::make_shared<std::string>();
  add_result_option(*command, "--json", *json, "Write it as JSON to this file, or to standard output");
  command->callback([json, &code] { code = show(*json); });
}

}  // namespace feedline::cli
