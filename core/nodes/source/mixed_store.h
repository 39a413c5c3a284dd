// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace feedline::inline nodes {

/// What generated records of a picture, a text, a number and a category are made from. Equal recipes give equal bytes.
struct MixedRecipe {
  std::uint64_t count = 0;
  std::size_t shapes = 2;  ///< picture i shows shape i % shapes
  std::size_t topics = 3;  ///< text i is about topic i % topics; best without a common divisor with shapes
  int size = 32;           ///< px, width and height of a picture
  double difficulty = 0;   ///< of both, 0..1
  std::uint32_t seed = 0;
};

/// A CSV file in the cache folder, beside the folders of the JPEG files that it names; both are made when they are
/// first asked for, and the table last. Columns: picture, text, price (a number that tells a little of the shape),
/// cover (a category that tells a little of the topic), kind. The kind is shape and topic together, "heart, music":
/// whoever looks at the picture alone, or at the text alone, cannot know it. Errors: cannot write; stopped.
[[nodiscard]] Result<std::string> written_records(const MixedRecipe& recipe, const SourceContext& context);

}  // namespace feedline::inline nodes
