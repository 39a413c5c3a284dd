// SPDX-License-Identifier: GPL-3.0-or-later
// What has become of the files that sub-graphs were copied from.
#include "base/advice.h"
#include "graph/node_file.h"
#include "graph/path.h"

#include <map>

namespace feedline::inline graph {
namespace {

void find_origins(const Diagram& diagram, const std::string& scope, std::vector<std::string>& found) {
  for (const Node& node : diagram.nodes()) {
    const std::string path = join_path(scope, node.id);
    if (node.origin && !node.origin->file.empty()) {
      found.push_back(path);
    } else if (node.inner) {
      find_origins(*node.inner, path, found);
    }
  }
}

}  // namespace

std::vector<std::string> nodes_with_origin(const Diagram& diagram) {
  std::vector<std::string> found;
  find_origins(diagram, {}, found);
  return found;
}

std::vector<OriginLook> look_at_origins(const Document& document, const std::filesystem::path& folder,
                                        const std::stop_token& stop, const Registry& registry) {
  std::map<std::filesystem::path, Result<NodeFile>> files;
  std::vector<OriginLook> looks;
  for (const std::string& path : nodes_with_origin(document)) {
    if (stop.stop_requested()) break;
    const Node& node = *document.find(path);
    const std::filesystem::path file = origin_path(*node.origin, folder);
    auto read = files.find(file);
    if (read == files.end()) read = files.emplace(file, read_node_file(file, registry)).first;
    const std::string own = node_digest(*node.inner);
    OriginLook look{.node = path, .origin = *node.origin, .own_changes = own != node.origin->digest};
    if (const Result<NodeFile>& known = read->second) {
      look.version = known->version;
      if (known->digest != node.origin->digest && known->digest != own) look.state = OriginState::Outdated;
    } else {
      std::error_code error;
      const auto there = std::filesystem::symlink_status(file, error).type();
      look.state = there == std::filesystem::file_type::not_found ? OriginState::Missing : OriginState::Unreadable;
      look.error = known.error();
    }
    looks.push_back(std::move(look));
  }
  return looks;
}

std::string version_step(const OriginLook& look) {
  if (look.version == look.origin.version) return "version " + std::to_string(look.version) + ", changed since";
  return "version " + std::to_string(look.origin.version) + " → " + std::to_string(look.version);
}

std::optional<Error> origin_note(const OriginLook& look) {
  if (look.state == OriginState::Unreadable) {
    Error error = *look.error;
    error.reason = "the file that it comes from cannot be used: " + error.reason + "; the copy here is whole";
    return std::move(error).at_node(look.node);
  }
  if (look.state != OriginState::Outdated) return std::nullopt;
  return Error{.reason = "the file that it comes from has changed (" + version_step(look) + ")" +
                         (look.own_changes ? "; the copy here has been changed as well" : ""),
               .remedy = advice("Choose “Update from file” in its menu",
                                "Update it: feedline-cli node update FILE " + look.node),
               .node = look.node,
               .file = look.origin.file};
}

}  // namespace feedline::inline graph
