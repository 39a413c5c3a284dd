// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "training/doctor.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

namespace feedline::cli {
namespace {

std::string_view level_name(Finding::Level level) {
  constexpr std::array<std::string_view, 3> names = {"ok", "weak", "bad"};
  return names[static_cast<std::size_t>(level)];
}

std::string to_text(const std::vector<Finding>& findings, std::size_t width) {
  std::size_t longest = 0;
  for (const Finding& finding : findings) longest = std::max(longest, columns(finding.topic));
  const std::size_t column = longest + 8;
  std::string text;
  for (const Finding& finding : findings) {
    std::string head(level_name(finding.level));
    head.resize(6, ' ');
    head += finding.topic + std::string(longest - columns(finding.topic) + 2, ' ');
    text += head + wrap(finding.text, width, column, column) + '\n';
    if (!finding.remedy.empty())
      text += std::string(column, ' ') + wrap("-> " + finding.remedy, width, column + 3, column) + '\n';
  }
  return text;
}

std::string to_json(const std::vector<Finding>& findings) {
  auto all = nlohmann::ordered_json::array();
  for (const Finding& finding : findings)
    all.push_back({{"level", level_name(finding.level)},
                   {"topic", finding.topic},
                   {"text", finding.text},
                   {"remedy", finding.remedy}});
  return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

ExitCode examine(bool json) {
  const std::vector<Finding> findings = examine_machine();
  put(stdout, json ? to_json(findings) : to_text(findings, width_of(stdout)));
  const bool bad =
      std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.level == Finding::Level::Bad; });
  return bad ? kFailed : kOk;
}

}  // namespace

void add_doctor(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("doctor", "Check the setup of this machine");
  explain(
      *command,
      "Checks whether this machine is set up for training: library versions, the linear algebra library and its "
      "measured rate, JPEG decoding, cores, GPUs. Each finding is ok, weak or bad, with a remedy unless it is ok. Exit "
      "code 3 if a finding is bad.");
  command->footer("Example:\n  feedline-cli doctor\n");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print the findings as JSON");
  command->callback([json, &code] { code = examine(*json); });
}

}  // namespace feedline::cli
