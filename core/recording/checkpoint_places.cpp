// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/checkpoint_places.h"

#include "runs/database.h"
#include "state/fingerprint.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <unistd.h>

namespace feedline::inline recording {
namespace {

namespace fs = std::filesystem;

/// All runs' together; the oldest go first.
constexpr std::uint64_t kMostCheckpointBytes = std::uint64_t{4} << 30U;
constexpr std::size_t kHashDigits = 8;

fs::path checkpoint_root() { return default_data_folder() / "checkpoints"; }

}  // namespace

fs::path checkpoint_home(const std::string& graph) {
  const bool example = graph.starts_with(kExampleGraph);
  std::error_code error;
  const fs::path whole = example ? fs::path(graph) : fs::absolute(graph, error).lexically_normal();
  const std::string stem = example ? graph.substr(kExampleGraph.size()) : whole.stem().string();
  return checkpoint_root() / fmt::format("{}-{}", stem, Fingerprint().add(whole.string()).hex().substr(0, kHashDigits));
}

fs::path new_checkpoint_folder(const std::string& graph) {
  static std::atomic<unsigned> given{0};
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const std::string name = fmt::format("{:%Y%m%d-%H%M%S}-{}", fmt::gmtime(now), ::getpid());
  const unsigned before = given++;
  return checkpoint_home(graph) / (before == 0 ? name : fmt::format("{}-{}", name, before));
}

fs::path newest_checkpoint_folder(const std::string& graph) {
  const fs::path home = checkpoint_home(graph);
  fs::path newest;
  std::error_code error;
  for (fs::directory_iterator it(home, error), end; !error && it != end; it.increment(error))
    if (it->path() > newest && !list_checkpoints(it->path()).empty()) newest = it->path();
  return newest.empty() ? home : newest;
}

void make_room_for_checkpoints() { bound_checkpoints(checkpoint_root(), kMostCheckpointBytes); }

fs::path checkpoints_of(const RunRecord& run) {
  for (const auto& [name, value] : run.environment)
    if (name == kCheckpointsProperty) return value;
  return {};
}

std::string checkpoints_property(const fs::path& folder) {
  std::error_code error;
  const fs::path whole = fs::absolute(folder, error).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).string();
}

}  // namespace feedline::inline recording
