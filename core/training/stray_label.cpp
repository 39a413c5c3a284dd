// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/stray_label.h"

namespace feedline::inline training {

std::optional<StrayLabel> stray_label(const DataPlan& data, const Batch& batch, std::size_t field,
                                      std::int64_t classes) {
  const auto* labels = reinterpret_cast<const std::int64_t*>(batch.buffer->fields[field]);
  for (std::size_t row = 0; row < batch.records; ++row) {
    if (labels[row] >= 0 && labels[row] < classes) continue;
    const bool known = row < batch.record_ids.size() && data.source != nullptr;
    return StrayLabel{labels[row], known ? data.source->locate(batch.record_ids[row]) : ""};
  }
  return std::nullopt;
}

}  // namespace feedline::inline training
