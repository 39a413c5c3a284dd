// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/apply_options.h"

#include "graph/edit.h"
#include "graph/subgraph.h"

#include <cstdint>
#include <string>
#include <utility>

namespace feedline::inline training {

Status apply_options(Document& document, const RunOptions& options) {
  const std::string trainer = find_role(document, Role::Trainer);
  if (trainer.empty()) return {};
  Edit::List edits;
  const auto set = [&edits, id = trainer](const char* param, Value value) {
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

}  // namespace feedline::inline training
