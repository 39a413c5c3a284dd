// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/preview.h"
#include "graph/document.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

namespace feedline::inline training {

/// Shows what leaves a node for one record, be it of the data side or of the model, also in a graph that is not yet
/// finished: only what lies upstream of the node has to be right.
///
/// Values are those that a run sees: the same seed, the same random numbers. A model has the weights that a run of
/// this graph starts with and is not in training mode, since one record has no statistics. What was opened and built
/// is kept for the next look; one look at a time.
class Previewer {
 public:
  /// `cache_folder`: where generated and unpacked data are kept; empty: default_cache_folder().
  explicit Previewer(std::filesystem::path cache_folder = {});
  ~Previewer();

  /// May take long (opening a source): call it off the GUI thread. Errors name node, file and remedy; Cancelled when
  /// stopped, which takes effect between nodes.
  [[nodiscard]] Result<Preview> look(const Document& document, const PreviewRequest& request,
                                     const std::stop_token& stop = {});
  /// What keeps a look that takes long: "Fitting normalise, 34 %". Fitting goes on when the look is given up. Empty
  /// where nothing has to be fitted. From any thread.
  [[nodiscard]] std::string doing() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace feedline::inline training
