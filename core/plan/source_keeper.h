// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"

#include <deque>
#include <memory>
#include <string>

namespace feedline::inline plan {

/// Keeps the sources that were used last, so that looking at one record after the other opens them once.
class SourceKeeper {
 public:
  /// One for training, and one for validation whose classes are counted by it.
  static constexpr std::size_t kMost = 2;

  /// The source of this node, opened now if it is not among those that are kept. Errors: those of open_source().
  [[nodiscard]] Result<std::shared_ptr<const Source>> open(const NodeSpec& spec, const ParamMap& params,
                                                           const SourceContext& context);

 private:
  struct Kept {
    std::string type{};
    ParamMap params{};
    std::shared_ptr<const Source> source{};
  };
  std::deque<Kept> kept_{};  ///< the newest first
};

}  // namespace feedline::inline plan
