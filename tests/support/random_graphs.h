// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <string>

namespace feedline::test {

/// Folders of pictures for random graphs: `validation` has some of the classes of `training`.
struct PictureFolders {
  std::string training{};
  std::string validation{};
};

/// A graph that trains on pictures, and whose data side is put together at random: shuffles at any place, caches,
/// partial decodes, crops, flips, muted nodes, sub-graphs with repeats, wires that nobody needs, several batches,
/// validation by a split, by a batch of the same source or of its own, and nodes whose keys have one hash. The same
/// seed gives the same graph.
[[nodiscard]] Document random_graph(unsigned seed, const PictureFolders& folders);

}  // namespace feedline::test
