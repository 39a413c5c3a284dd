// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/node_text.h"
#include "cli/terminal.h"
#include "schema/registry.h"

#include <algorithm>
#include <memory>
#include <string>

namespace feedline::cli {
namespace {

struct NodesArguments {
  std::string type{};
  bool json = false;
};

ExitCode nodes(const NodesArguments& arguments) {
  const Registry& registry = Registry::instance();
  std::vector<const NodeSpec*> specs = registry.all();
  const std::size_t width = std::min<std::size_t>(width_of(stdout), 100);
  if (!arguments.type.empty()) {
    const NodeSpec* spec = registry.find(arguments.type);
    if (spec == nullptr) {
      const std::string near = registry.nearest(arguments.type);
      complain({.reason = "there is no node type '" + arguments.type + "'",
                .remedy = (near.empty() ? "" : "Did you mean " + near + "? ") + "All types: feedline-cli nodes"});
      return kBadInput;
    }
    specs = {spec};
  }
  if (arguments.json)
    put(stdout, node_json(specs));
  else
    put(stdout, arguments.type.empty() ? node_list(specs, width) : node_page(*specs.front(), width));
  return kOk;
}

}  // namespace

void add_nodes(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("nodes", "List node types, or describe one");
  explain(
      *command,
      "Lists all node types, or describes one: its function, its ports, and its parameters with ranges and defaults.");
  command->footer(
      "Examples:\n"
      "  feedline-cli nodes\n"
      "  feedline-cli nodes conv2d\n"
      "  feedline-cli nodes --json | jq -r '.[].type'\n");
  auto arguments = std::make_shared<NodesArguments>();
  command->add_option("TYPE", arguments->type, "Node type, such as conv2d");
  command->add_flag("--json", arguments->json, "Print the complete description as JSON");
  command->callback([arguments, &code] { code = nodes(*arguments); });
}

}  // namespace feedline::cli
