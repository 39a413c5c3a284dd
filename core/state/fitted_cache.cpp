// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/fitted_cache.h"

#include "base/bounded_folder.h"
#include "state/safetensors.h"

#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

namespace feedline::inline state {
namespace {

/// A part to which nobody has written for so long is nobody's.
constexpr std::chrono::hours kMayBeWritten{1};

}  // namespace

std::optional<NamedTensors> FittedCache::find(const std::string& hash) const {
  auto state = look(hash);
  if (!state) return std::nullopt;
  (void)mark_asked(file(hash));  // make_room() takes the others first
  return state;
}

std::optional<NamedTensors> FittedCache::look(const std::string& hash) const {
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
  if (Status written = write_safetensors(file(hash), views_of(state),
                                         {{"feedline", FEEDLINE_VERSION}, {"node", node}, {"hash", hash}});
      !written)
    return written;
  make_room(file(hash));
  return {};
}

void FittedCache::make_room(const std::filesystem::path& newest) const {
  std::vector<std::filesystem::path> left;  // by programs that were killed while they wrote
  const auto long_ago = std::filesystem::file_time_type::clock::now() - kMayBeWritten;
  std::error_code fault;
  for (std::filesystem::directory_iterator it(folder_, fault), end; !fault && it != end; it.increment(fault)) {
    std::error_code gone;
    if (it->path().extension() == ".part" && it->last_write_time(gone) < long_ago && !gone) left.push_back(it->path());
  }
  for (const std::filesystem::path& part : left) std::filesystem::remove(part, fault);
  bound_folder(newest, {.files = kMostFiles, .bytes = kMostBytes});
}

}  // namespace feedline::inline state
