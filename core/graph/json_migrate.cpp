// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/advice.h"
#include "graph/json_detail.h"

#include <nlohmann/json.hpp>

namespace feedline::inline graph::json {
namespace {

/// Version 0, the drafts before the first release, wrote a wire as a pair: ["source.file", "decode.file"].
Status pairs_to_links(Tree& file) {
  const auto links = file.find("links");
  if (links == file.end() || !links->is_array()) return {};
  for (Tree& link : *links) {
    if (!link.is_array()) continue;
    if (link.size() != 2) return fail("a link of format 0 is not a pair", "Write [\"node.output\", \"node.input\"]");
    link = Tree{{"from", link[0]}, {"to", link[1]}};
  }
  return {};
}

/// Gives a key that meant nothing in this version another name, so that it goes on meaning nothing.
void set_aside(Tree& object, const std::string& key, int version) {
  if (!object.is_object() || !object.contains(key)) return;
  const std::string aside = "version-" + std::to_string(version) + "-" + key;
  Tree renamed = Tree::object();
  for (auto& [name, value] : object.items()) renamed[name == key ? aside : name] = std::move(value);
  object = std::move(renamed);
}

void set_aside_in_list(Tree& file, const char* list, const std::string& key, int version) {
  const auto found = file.find(list);
  if (found == file.end() || !found->is_array()) return;
  for (Tree& object : *found) set_aside(object, key, version);
}

/// Version 2 knows muted nodes, wires led through points, frames and sub-graphs.
Status keep_unknown_keys_unknown(Tree& file) {
  set_aside(file, "frames", 1);
  set_aside_in_list(file, "nodes", "muted", 1);
  set_aside_in_list(file, "links", "via", 1);
  return {};
}

/// Version 3 knows the keys of nodes; those in sub-graphs too.
Status keep_key_unknown(Tree& diagram) {
  set_aside_in_list(diagram, "nodes", "key", 2);
  const auto nodes = diagram.find("nodes");
  if (nodes == diagram.end() || !nodes->is_array()) return {};
  for (Tree& node : *nodes)
    if (node.is_object() && node.contains("graph") && node["graph"].is_object()) (void)keep_key_unknown(node["graph"]);
  return {};
}

}  // namespace

const Migrations& migrations() {
  static const Migrations steps = {{0, pairs_to_links}, {1, keep_unknown_keys_unknown}, {2, keep_key_unknown}};
  return steps;
}

Status migrate(Tree& file, int target, const Migrations& steps) {
  constexpr auto kKey = "feedline";
  if (!file.is_object() || !file.contains(kKey) || !file[kKey].is_number_integer())
    return fail("this is not a Feedline graph: it has no version under the key \"feedline\"",
                advice("Open a .feedline file, or start with an example: File > New",
                       "Open a .feedline file, or start one with: feedline-cli new quickstart my.feedline"));
  const auto written = file[kKey].get<std::int64_t>();
  if (file[kKey].is_number_unsigned() && written < 0)
    return fail("the format version of the file is not a sensible number");
  if (written > target)
    return fail("the file has format version " + std::to_string(written) + ", this program reads up to " +
                    std::to_string(target),
                "Open it with a newer Feedline");
  for (auto version = written; version < target; ++version) {
    const auto step = version < 0 ? steps.end() : steps.find(static_cast<int>(version));
    if (step == steps.end())
      return fail("the file has format version " + std::to_string(version) + ", which never was");
    if (Status done = step->second(file); !done) return done;
    file[kKey] = version + 1;
  }
  return {};
}

}  // namespace feedline::inline graph::json
