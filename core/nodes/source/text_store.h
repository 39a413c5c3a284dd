// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace feedline::inline nodes {

/// What a set of generated texts is made from. Equal recipes give equal bytes.
struct TextRecipe {
  std::uint64_t count = 0;
  std::size_t topics = 2;       ///< text i is about topic i % topics
  std::uint32_t sentences = 1;  ///< the most that a text has
  double difficulty = 0;
  std::uint32_t seed = 0;
  std::size_t authors = 1;  ///< more than one sign their texts, and have a column in front of these; not in a table
  bool table = false;       ///< a CSV file without a header: number of the topic from 1 on, a title, a text
};

/// The file of these texts in the cache folder, each a line of its topic, a tab and the text, or a row; written when it
/// is first asked for. It appears complete or not at all. Errors: cannot write; stopped.
[[nodiscard]] Result<std::string> written_texts(const TextRecipe& recipe, const SourceContext& context);

}  // namespace feedline::inline nodes
