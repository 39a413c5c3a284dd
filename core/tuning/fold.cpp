// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/fold.h"

#include "graph/edit.h"
#include "graph/learner_input.h"
#include "graph/subgraph.h"
#include "schema/registry.h"
#include "tuning/study_settings.h"

#include <cstdint>
#include <string>
#include <utility>

namespace feedline::inline tuning {

FoldKind fold_kind(const Document& document) {
  const Node* trainer = document.find(find_role(document, Role::Trainer));
  const NodeSpec* spec = trainer != nullptr ? Registry::instance().find(trainer->type) : nullptr;
  if (spec == nullptr || spec->param("folds") == nullptr || spec->param("fold") == nullptr) return FoldKind::Splits;
  const auto by = trainer->params.find("split_by");
  return by != trainer->params.end() && by->second == Value(std::string("column")) ? FoldKind::Seeds : FoldKind::Folds;
}

Result<Document> with_fold(Document document, std::size_t folds, std::size_t fold) {
  const std::string trainer = find_role(document, Role::Trainer);
  const Node* node = document.find(trainer);
  const NodeSpec* spec = node != nullptr ? Registry::instance().find(node->type) : nullptr;
  if (spec == nullptr) return fail("the graph has no trainer", "Add a trainer node, and wire what is to learn to it");
  Edit::List edits;
  const auto set = [&](const char* param, Value value) {
    edits.push_back({SetParam{.node = trainer, .param = param, .value = std::move(value)}});
  };
  const PortRef validation{trainer, kValidationInput};
  if (document.link_into(validation) != nullptr) edits.push_back({RemoveLink{validation}});
  switch (fold_kind(document)) {
    case FoldKind::Folds:
      set("folds", static_cast<std::int64_t>(folds));
      set("fold", static_cast<std::int64_t>(fold) + 1);
      break;
    case FoldKind::Splits:
      set("validation_split", 1.0 / static_cast<double>(folds));
      set("seed", trainer_number(document, "seed") + static_cast<std::int64_t>(fold));
      break;
    case FoldKind::Seeds:
      set("seed", trainer_number(document, "seed") + static_cast<std::int64_t>(fold));
      break;
  }
  if (auto undo = document.apply({std::move(edits)}); !undo) return fail(std::move(undo.error()));
  return document;
}

}  // namespace feedline::inline tuning
