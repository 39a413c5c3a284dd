// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/cache_placement.h"
#include "diagnosis/fix.h"
#include "diagnosis/fixes/insert_cache.h"
#include "diagnosis/wording.h"

namespace feedline::inline diagnosis {
namespace {

/// Prepares each record only once, and keeps it nearest to the trainer.
std::vector<Fix> cache(const FixContext& context) {
  std::vector<Fix> fixes;
  if (context.facts.records == 0 || context.facts.execution.epochs == 1) return fixes;
  const auto places = cache_places(context.facts, context.diagnosis.model, static_cast<double>(context.facts.memory));
  const CachePlace* place = best_place(places);
  if (place == nullptr) return fixes;
  const auto edit = insert_cache(context.document, context.registry, place->node, {});
  if (!edit) return fixes;
  fixes.push_back(
      {.id = "cache:" + place->node,
       .title = "Keep what " + place->node + " gives " + (place->fits ? "in memory" : "on disk"),
       .why = "From the second epoch on nothing above runs again. It takes " + wording::bytes(place->bytes) + ".",
       .edit = *edit,
       .predicted_ratio = context.ratio(place->after)});
  return fixes;
}

/// The same, before training: no epoch pays for it, the start does.
std::vector<Fix> offline(const FixContext& context) {
  std::vector<Fix> fixes;
  if (context.facts.records == 0) return fixes;
  for (const CachePlace& place :
       cache_places(context.facts, context.diagnosis.model, static_cast<double>(context.facts.memory))) {
    const auto edit = insert_cache(context.document, context.registry, place.node, {{"fill_first", true}});
    if (!edit) continue;
    fixes.push_back(
        {.id = "offline:" + place.node,
         .title = "Do everything up to " + place.node + " once, before training",
         .why = "Every epoch then starts from prepared records. It takes " + wording::bytes(place.bytes) + ".",
         .edit = *edit,
         .predicted_ratio = context.ratio(place.after)});
    break;
  }
  return fixes;
}

std::vector<Fix> caching(const FixContext& context) {
  std::vector<Fix> fixes = cache(context);
  for (Fix& fix : offline(context)) fixes.push_back(std::move(fix));
  return fixes;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(caching)
