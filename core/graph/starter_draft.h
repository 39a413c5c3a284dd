// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/graph: how starter graphs are put together.

#include "graph/document.h"
#include "graph/edit.h"
#include "graph/starter.h"
#include "schema/registry.h"

#include <optional>
#include <string>
#include <utility>

namespace feedline::inline graph {

/// Changes one thing of a document after the other; the first that fails ends it.
class StarterDraft {
 public:
  explicit StarterDraft(Document document) : document_(std::move(document)) {}

  void add(const std::string& id, const std::string& type, const ParamMap& params, Position place) {
    const NodeSpec* spec = Registry::instance().find(type);
    Node node{.id = id, .type = type, .params = params, .position = place};
    if (spec != nullptr) node.version = spec->version;
    apply({AddNode{.node = std::move(node)}});
  }
  void remove(const std::string& id) { apply({RemoveNode{id}}); }
  void connect(const PortRef& from, const PortRef& to) {
    if (document_.link_into(to) != nullptr) apply({RemoveLink{to}});
    apply({AddLink{.link = {.from = from, .to = to}}});
  }
  void set(const std::string& node, const std::string& param, Value value) {
    apply({SetParam{.node = node, .param = param, .value = std::move(value)}});
  }
  void apply(const Edit& edit) {
    if (!error_)
      if (const auto done = document_.apply(edit); !done) error_ = done.error();
  }
  [[nodiscard]] const Document& document() const { return document_; }
  [[nodiscard]] Result<Document> take() {
    if (error_) return fail(std::move(*error_));
    return std::move(document_);
  }

 private:
  Document document_;
  std::optional<Error> error_{};
};

/// The example's size, or less where there are few records.
[[nodiscard]] std::int64_t starter_batch_size(const StarterData& data, std::int64_t most);
/// In place of whatever notes there are.
void put_starter_note(StarterDraft& draft, const StarterData& data);

/// Of tables, texts and vectors of numbers: a graph of its own, not one of the examples. Errors: a node that this
/// version lacks.
[[nodiscard]] Result<Document> starter_of_rows(const StarterData& data);

}  // namespace feedline::inline graph
