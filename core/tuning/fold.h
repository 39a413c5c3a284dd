// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <cstddef>

namespace feedline::inline tuning {

/// How a graph is run several times on its own training records.
enum class FoldKind {
  Folds,   ///< each record validates once
  Splits,  ///< a part of them drawn anew for each, where the trainer has no folds
  Seeds    ///< a column says which records validate, and the seed alone differs
};
[[nodiscard]] FoldKind fold_kind(const Document& document);

/// The graph as it runs in one of `folds` folds (2 or more; `fold` from 0 on): a part of its training records
/// validates, the others train: see FoldKind. Data that are wired to the trainer's validation
/// input are left alone: they are for the judgement in the end. Errors: no trainer; the folds are not allowed.
[[nodiscard]] Result<Document> with_fold(Document document, std::size_t folds, std::size_t fold);

}  // namespace feedline::inline tuning
