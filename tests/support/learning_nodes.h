// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "schema/registry.h"

#include <QString>

namespace feedline::test {

/// All node types, and some whose outputs follow from what they learn:
///   letters    Text -> Features: how often each byte occurs in a text that the training records have `least` times; as
///              many numbers as there are such bytes
///   letter_ids Text -> Tokens: the bytes' ids from 2 on; 0 pads, 1 is a byte that was not learnt
///   centre     Features -> Features, less the mean of the training records: as wide as what enters it. It refuses to
///   be
///              prepared, or to learn, while that is not known.
[[nodiscard]] const Registry& learning_registry();

/// text_lines of this file -> letters -> centre -> batch -> linear (`hidden`) -> relu -> linear (`last`) ->
/// cross_entropy -> trainer, with adam; a fifth of the records is set aside.
[[nodiscard]] Document letters_graph(const QString& lines);

}  // namespace feedline::test
