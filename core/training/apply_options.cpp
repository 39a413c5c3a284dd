// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/apply_options.h"

#include "graph/edit.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace feedline {

Status apply_options(Document& document, const RunOptions& options) {
  const auto& nodes = document.nodes();
  const auto trainer = std::find_if(nodes.begin(), nodes.end(), [](const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    return spec != nullptr && spec->role == Role::Trainer;
  });
  if (trainer == nodes.end()) return {};
  Edit::List edits;
  const auto set = [&edits, id = trainer->id](const char* param, Value value) {
    edits.push_back({SetParam{.node = id, .param = param, .value = std::move(value)}});
  };
  if (options.epochs) set("epochs", static_cast<std::int64_t>(*options.epochs));
  if (options.device) set("device", *options.device);
  if (options.seed) set("seed", *options.seed);
  if (options.workers) set("workers", static_cast<std::int64_t>(*options.workers));
  if (edits.empty()) return {};
  auto undo = document.apply(Edit{std::move(edits)});
  if (!undo) return fail(std::move(undo.error()));
  return {};
}

}  // namespace feedline
