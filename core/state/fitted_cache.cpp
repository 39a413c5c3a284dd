// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/fitted_cache.h"

#include "state/safetensors.h"

#include <system_error>

namespace feedline::inline state {

std::optional<NamedTensors> FittedCache::find(const std::string& hash) const {
  const auto opened = SafetensorsFile::open(file(hash));
  if (!opened) return std::nullopt;
  const auto& metadata = opened->metadata();
  if (const auto own = metadata.find("hash"); own == metadata.end() || own->second != hash) return std::nullopt;
  auto state = opened->read_all();
  if (!state) return std::nullopt;
  return std::move(*state);
}

Status FittedCache::keep(const std::string& hash, const std::string& node, const NamedTensors& state) const {
  std::error_code ignored;  // writing says it better
  std::filesystem::create_directories(folder_, ignored);
  return write_safetensors(file(hash), views_of(state),
                           {{"feedline", FEEDLINE_VERSION}, {"node", node}, {"hash", hash}});
}

}  // namespace feedline::inline state
