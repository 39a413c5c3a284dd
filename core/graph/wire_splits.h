// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"
#include "graph/starter.h"

#include <string>

namespace feedline::inline graph {

/// The parts of a divided data set, as values of a source's parameter.
struct SplitPaths {
  std::string training{};
  std::string validation{};  ///< empty: there is none
};

/// Makes one source of a divided data set two: this one reads the training part, and one like it, with the same nodes
/// behind it but without a shuffle, reads the validation part for the trainer's validation; validation_split and its
/// like go.
/// Where validation is wired already, its source of the same type gets the path, if it has none or the same as this
/// one. Where nothing can be wired (no trainer, a batch within a sub-graph), only this source changes.
/// Errors: there is no such node.
[[nodiscard]] Result<Edit> wire_splits(const Document& document, const std::string& source, const std::string& param,
                                       const SplitPaths& paths, const Registry& registry = Registry::instance());

/// A graph that reads these data instead: the source that the trainer learns from, and, where the data are divided, one
/// for validation, which is added by wire_splits() if there is none. Errors: the trainer reads no source of this type;
/// validation has a source of its own, and the data have no part for it.
[[nodiscard]] Result<Document> with_data(Document document, const StarterData& data,
                                         const Registry& registry = Registry::instance());

}  // namespace feedline::inline graph
