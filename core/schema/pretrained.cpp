// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/pretrained.h"

#include "schema/optimizer.h"

#include <algorithm>

namespace feedline::inline schema {

bool has_prefix(std::string_view name, std::string_view prefix) {
  return name.starts_with(prefix) && (name.size() == prefix.size() || name[prefix.size()] == '.');
}

std::int64_t learning_stages(const PretrainedSettings& settings, std::size_t stages) {
  const auto all = static_cast<std::int64_t>(stages);
  if (settings.frozen == "all") return 0;
  return settings.frozen == "stages" ? std::min(settings.trainable_stages, all) : all;
}

std::int64_t learning_stages(const PretrainedSettings& settings, std::size_t stages, std::uint32_t epoch) {
  const std::int64_t first = learning_stages(settings, stages);
  if (settings.unfreeze_every <= 0 || epoch == 0) return first;
  const std::int64_t more = (std::int64_t{epoch} - 1) / settings.unfreeze_every;
  return std::min(first + more, static_cast<std::int64_t>(stages));
}

bool is_frozen(const PretrainedSettings& settings, std::span<const BackboneStage> stages, std::int64_t learning,
               std::string_view name) {
  const auto matched = [&](const std::string& pattern) { return matches_layer(pattern, name); };
  if (std::any_of(settings.freeze_pattern.begin(), settings.freeze_pattern.end(), matched)) return true;
  const auto first = static_cast<std::int64_t>(stages.size()) - learning;
  for (std::int64_t stage = 0; stage < first; ++stage)
    for (const std::string& prefix : stages[static_cast<std::size_t>(stage)].prefixes)
      if (has_prefix(name, prefix)) return true;
  return false;
}

}  // namespace feedline::inline schema
