// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/source_keeper.h"

#include "plan/open_source.h"

#include <algorithm>
#include <utility>

namespace feedline::inline plan {

Result<std::shared_ptr<const Source>> SourceKeeper::open(const NodeSpec& spec, const ParamMap& params,
                                                         const SourceContext& context) {
  const auto known = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const Kept& k) { return k.type == spec.type && k.params == params; });
  if (known != kept_.end()) {
    std::rotate(kept_.begin(), known, known + 1);
    return kept_.front().source;
  }
  if (kept_.size() == kMost) kept_.pop_back();  // before the new one takes memory
  auto opened = open_source(spec, params, context);
  if (!opened) return fail(std::move(opened.error()));
  kept_.push_front({.type = spec.type, .params = params, .source = std::move(*opened)});
  return kept_.front().source;
}

}  // namespace feedline::inline plan
