// SPDX-License-Identifier: GPL-3.0-or-later
// Sub-graphs as node files: save, insert, update, list.
#include "base/user_path.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/graph_arguments.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "graph/graph_file.h"
#include "graph/node_file.h"
#include "graph/part.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace feedline::cli {
namespace {

namespace fs = std::filesystem;

struct NodeArguments {
  std::string file{};
  std::string node{};
  std::string node_file{};
  std::string out{};
};

/// A graph and the folder that its origins are relative to.
struct OpenGraph {
  Document document{};
  fs::path folder{};
};

Result<OpenGraph> open_graph(const NodeArguments& arguments) {
  auto loaded = load_graph(arguments.file);
  if (!loaded) return fail(loaded.error());
  for (const Problem& note : loaded->notes) warn(note.error);
  return OpenGraph{std::move(loaded->document), node_folder(arguments.file)};
}

/// Where a changed graph goes: --output, else back to where it came from, which an example has not.
Result<std::string> target_of(const NodeArguments& arguments) {
  if (!arguments.out.empty()) return user_path(arguments.out);
  if (arguments.file.starts_with(kExamplePrefix))
    return fail(Error{.reason = "a built-in example cannot be changed",
                      .remedy = "Give a file for the result: -o my.feedline",
                      .file = arguments.file});
  return user_path(arguments.file);
}

/// Of a graph that goes to `target`: its origins are told from there on. They are few, and most targets are the file
/// itself.
Status write_graph(OpenGraph graph, const std::string& target) {
  const fs::path folder = node_folder(target);
  if (const auto moved = graph.document.apply(moved_origins(graph.document, graph.folder, folder)); !moved)
    return fail(moved.error());
  return save_document(graph.document, target);
}

Result<std::vector<std::string>> origins_of(const OpenGraph& graph, const NodeArguments& arguments) {
  if (arguments.node.empty()) return nodes_with_origin(graph.document);
  const Node* node = graph.document.find(arguments.node);
  if (node == nullptr)
    return fail(Error{.reason = "the graph has no such node",
                      .remedy = "See which come from files: feedline-cli node list " + arguments.file,
                      .node = arguments.node});
  if (!node->origin || node->origin->file.empty())
    return fail(Error{.reason = "it comes from no file",
                      .remedy = "Save it as a node: feedline-cli node save " + arguments.file + " " + arguments.node +
                                " NAME" + std::string(kNodeFileSuffix),
                      .node = arguments.node});
  return std::vector<std::string>{arguments.node};
}

Status save_node(const NodeArguments& arguments) {
  auto graph = open_graph(arguments);
  if (!graph) return fail(graph.error());
  const Node* node = graph->document.find(arguments.node);
  if (node == nullptr)
    return fail(Error{.reason = "the graph has no such node",
                      .remedy = "Name a sub-graph by its path, such as block or model/block",
                      .node = arguments.node});
  const std::string file = user_path(arguments.node_file);
  const auto saved = save_node_file(*node, file, graph->folder);
  if (!saved) return fail(saved.error());
  put_line(stdout, fmt::format("{} {}, version {}", saved->written ? "wrote" : "nothing new in", arguments.node_file,
                               saved->origin.version));
  if (arguments.out.empty() && arguments.file.starts_with(kExamplePrefix)) return {};
  const auto target = target_of(arguments);
  if (!target) return fail(target.error());
  if (const auto done = graph->document.apply({SetOrigin{arguments.node, saved->origin}}); !done)
    return fail(done.error());
  if (Status written = write_graph(std::move(*graph), *target); !written) return written;
  put_line(stdout, fmt::format("{}: {} comes from it now", *target, arguments.node));
  return {};
}

Status insert_node(const NodeArguments& arguments) {
  auto graph = open_graph(arguments);
  if (!graph) return fail(graph.error());
  const auto target = target_of(arguments);
  if (!target) return fail(target.error());
  const auto read = read_node_file(user_path(arguments.node_file));
  if (!read) return fail(read.error());
  for (const Problem& note : read->notes) warn(Error(note.error).in_file(arguments.node_file));
  const std::string id = arguments.node.empty() ? graph->document.free_id(stem_of(read->node.id)) : arguments.node;
  double below = 0;
  for (const Node& node : graph->document.nodes()) below = std::max(below, node.position.y + 240);
  const Node node = node_from(*read, id, {0, below}, graph->folder);
  if (const auto done = graph->document.apply({AddNode{.node = node}}); !done) return fail(done.error());
  if (Status written = write_graph(std::move(*graph), *target); !written) return written;
  put_line(stdout, fmt::format("{}: {} is version {} of {}; wire it in the window", *target, id, read->version,
                               arguments.node_file));
  return {};
}

Status update_nodes(const NodeArguments& arguments) {
  auto graph = open_graph(arguments);
  if (!graph) return fail(graph.error());
  const auto paths = origins_of(*graph, arguments);
  if (!paths) return fail(paths.error());
  const auto target = target_of(arguments);
  if (!target) return fail(target.error());
  bool changed = false;
  for (const std::string& path : *paths) {
    const NodeOrigin origin = *graph->document.find(path)->origin;
    const auto read = read_node_file(origin_path(origin, graph->folder));
    if (!read) return fail(Error(read.error()).at_node(path));
    if (read->digest == origin.digest) {
      put_line(stdout, fmt::format("{}: version {}, as its file", path, origin.version));
      continue;
    }
    const auto update = update_node(graph->document, path, *read, graph->folder);
    if (!update) return fail(update.error());
    if (const auto done = graph->document.apply(update->edit); !done) return fail(done.error());
    changed = true;
    put_line(stdout,
             fmt::format("{}: {}{}{}", path, version_step({.node = path, .origin = origin, .version = read->version}),
                         update->changes.empty() ? "" : "; ", update->changes));
    if (update->own_changes) warn({.reason = "what had been changed in this copy has gone", .node = path});
    for (const std::string& wire : update->lost)
      warn({.reason = "a wire does not fit any more: " + wire, .remedy = "Wire it anew", .node = path});
  }
  return changed || !arguments.out.empty() ? write_graph(std::move(*graph), *target) : Status{};
}

std::string state_words(const OriginLook& look) {
  switch (look.state) {
    case OriginState::Current:
      return look.own_changes && look.version > 0 ? "changed here" : "as its file";
    case OriginState::Outdated:
      return "update: " + version_step(look);
    case OriginState::Missing:
      return "the file is not there; the copy here is whole";
    case OriginState::Unreadable:
      return look.error ? look.error->reason : "unreadable";
  }
  return {};
}

Status list_nodes(const NodeArguments& arguments) {
  const auto graph = open_graph(arguments);
  if (!graph) return fail(graph.error());
  const std::vector<OriginLook> looks = look_at_origins(graph->document, graph->folder);
  if (looks.empty()) {
    put_line(stdout, "no node of this graph comes from a file");
    return {};
  }
  Table table({"node", "version", "file", "state"}, 4);
  for (const OriginLook& look : looks)
    table.row({look.node, std::to_string(look.origin.version), look.origin.file, state_words(look)});
  put(stdout, table.text(width_of(stdout)));
  return {};
}

CLI::App* add_node_action(CLI::App& group, const char* name, const char* text,
                          const std::shared_ptr<NodeArguments>& arguments, ExitCode& code,
                          Status (*work)(const NodeArguments&)) {
  CLI::App* command = group.add_subcommand(name, text);
  add_file(*command, arguments->file);
  command->callback([arguments, &code, work] {
    const Status done = work(*arguments);
    code = done ? kOk : refuse(done.error());
  });
  return command;
}

void add_node_output(CLI::App& command, NodeArguments& arguments) {
  command.add_option("-o,--output", arguments.out, "Write the changed graph to this file; default: back to FILE")
      ->type_name("PATH");
}

}  // namespace

void add_node(CLI::App& app, ExitCode& code) {
  CLI::App* group = app.add_subcommand("node", "Save sub-graphs as node files and use them in other graphs");
  explain(*group,
          "A node file (.feedline-node) holds one sub-graph and its version. Graphs that use it hold a whole copy, "
          "which runs without the file and changes only by 'node update'.");
  group->footer(
      "Examples:\n"
      "  feedline-cli node save my.feedline block nodes/residual.feedline-node\n"
      "  feedline-cli node insert other.feedline nodes/residual.feedline-node\n"
      "  feedline-cli node list other.feedline\n"
      "  feedline-cli node update other.feedline\n");
  group->require_subcommand(1);
  auto arguments = std::make_shared<NodeArguments>();

  CLI::App* save = add_node_action(*group, "save", "Save a sub-graph as a node file", arguments, code, &save_node);
  explain(
      *save,
      "Writes the sub-graph to a node file, with the next version where one stands there already, and notes in FILE "
      "that it comes from there. Where the file says the same already, its version stays.");
  save->add_option("NODE", arguments->node, "Path of the sub-graph, such as block or model/block")->required();
  save->add_option("OUT", arguments->node_file, "The node file to write")->required();
  add_node_output(*save, *arguments);

  CLI::App* insert =
      add_node_action(*group, "insert", "Put a copy of a node file into a graph", arguments, code, &insert_node);
  explain(*insert, "Adds the node below all others of the graph, without wires.");
  insert->add_option("NODEFILE", arguments->node_file, "The node file (.feedline-node)")->required();
  insert->add_option("--id", arguments->node, "What the node is called; default: as in its file")->type_name("ID");
  add_node_output(*insert, *arguments);

  CLI::App* update =
      add_node_action(*group, "update", "Update copies from their files", arguments, code, &update_nodes);
  explain(
      *update,
      "Takes in what the files hold now. The copies' own parameters, places and wires that still fit are kept; each "
      "wire that does not fit is named on standard error, as are changes inside the copy that go.");
  update->add_option("NODE", arguments->node, "Path of the sub-graph; default: all that come from files");
  add_node_output(*update, *arguments);

  CLI::App* list =
      add_node_action(*group, "list", "List the sub-graphs that come from files", arguments, code, &list_nodes);
  explain(*list, "Shows the version and the file of each, and whether the file has changed since.");
}

}  // namespace feedline::cli
