// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "graph/edit.h"
#include "schema/registry.h"

#include <atomic>
#include <string>
#include <string_view>

namespace feedline::test {

/// A small set of node types under the names of the real ones, without their work, so that tests of graph and plan
/// need no files and no LibTorch: files, pictures, decode, resize, jitter, cache, describe, shuffle, batch, linear,
/// add, cross_entropy, sgd, neighbours (an estimator), trainer.
[[nodiscard]] const Registry& fake_registry();

/// Calls of shape inference since the program started.
[[nodiscard]] std::atomic<std::size_t>& infer_calls();

/// A document in a few words: nodes "id:type", then wires "a.x>b.y", separated by blanks; parameters by set().
class Graph {
 public:
  explicit Graph(std::string_view text = {});
  Graph& add(std::string_view text);
  Graph& set(const std::string& node, const std::string& param, Value value);
  [[nodiscard]] const Document& document() const { return document_; }

 private:
  void must(const Edit& edit);
  Document document_{};
};

/// pictures -> resize -> shuffle -> batch -> linear -> cross_entropy -> trainer, with sgd: it plans without errors.
[[nodiscard]] Graph trainable();

/// The same data into `neighbours`, which the trainer has as its estimator.
[[nodiscard]] Graph estimating();

}  // namespace feedline::test
