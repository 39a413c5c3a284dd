// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/run_length.h"

#include "graph/flatten.h"
#include "plan/lowering.h"

#include <algorithm>

namespace feedline::inline plan {

RunLength run_length(const Document& document, const std::function<std::uint64_t(std::string_view source)>& records,
                     const Registry& registry) {
  const Flat flat = flatten(document, registry);
  const Analysis analysis = analyse(flat.document, {}, registry);
  const Lowering lowering(flat.document, analysis, registry);
  const Node* trainer = lowering.first(Role::Trainer);
  if (trainer == nullptr) return {};
  const TrainerSettings settings = lowering.spec(*trainer).trainer(lowering.spec(*trainer).complete(trainer->params));
  RunLength length{.epochs = static_cast<std::uint64_t>(std::max<std::int64_t>(settings.epochs, 0))};
  const Node* batch = model_inputs(lowering, *trainer).batch;
  if (batch == nullptr) return length;
  const auto source = source_of(lowering, *batch);
  if (!source) return length;
  std::uint64_t all = records((*source)->id);
  if (lowering.into(*trainer, kValidationInput) == nullptr && settings.sets_aside()) {
    if (settings.split_by == "group" || settings.split_by == "column") return length;  // only the data tell
    all -= std::min(all, settings.folds > 1 ? all / static_cast<std::uint64_t>(settings.folds)
                                            : held_out_count(all, settings.validation_split));
  }
  const BatchSettings sizes = lowering.spec(*batch).batch(lowering.spec(*batch).complete(batch->params));
  const auto size = static_cast<std::uint64_t>(std::max<std::int64_t>(sizes.size, 1));
  const auto together = static_cast<std::uint64_t>(std::max<std::int64_t>(settings.accumulate, 1));
  length.batches_per_epoch = sizes.drop_last ? all / size : (all + size - 1) / size;
  length.steps_per_epoch = (length.batches_per_epoch + together - 1) / together;
  return length;
}

}  // namespace feedline::inline plan
