// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/machine_caches.h"

#include "engine/cache_sharing.h"
#include "training/ranks/rank_agreement.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace feedline::inline training {
namespace {

/// What ranks have in common that can open each other's files and use one cache folder: the same boot of one kernel,
/// process ids of one name space, the same user. Empty: not known.
std::string place_of_caches(const std::filesystem::path& folder) {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::error_code error;
  const std::filesystem::path processes = std::filesystem::read_symlink("/proc/self/ns/pid", error);
  if (boot.empty() || error) return {};
  return fmt::format("{} {} {} {}", boot, processes.string(), ::geteuid(),
                     (folder.empty() ? default_cache_folder() : folder).string());
}

/// The first rank of each place makes the files.
class MachineCaches final : public CacheSharing {
 public:
  MachineCaches(const RankAgreement& ranks, std::size_t maker, bool alone)
      : ranks_(ranks), maker_(maker), alone_(alone) {}
  [[nodiscard]] bool makes() const override { return !alone_ && maker_ == ranks_.rank(); }
  [[nodiscard]] std::string tell(std::string_view own) override {
    std::vector<std::string> all = ranks_.gather(own);
    return alone_ ? std::string() : std::move(all[maker_]);
  }

 private:
  const RankAgreement& ranks_;  // asked while the caches are made, not later
  const std::size_t maker_;
  const bool alone_;
};

/// Null: each rank is on a machine of its own.
std::shared_ptr<CacheSharing> machine_caches(const RankAgreement& ranks, const std::filesystem::path& folder) {
  const std::vector<std::string> places = ranks.gather(place_of_caches(folder));
  const auto beside = [&](const std::string& place) {
    return place.empty() ? 1 : std::count(places.begin(), places.end(), place);
  };
  if (std::all_of(places.begin(), places.end(), [&](const std::string& place) { return beside(place) == 1; }))
    return nullptr;
  const std::string& own = places[ranks.rank()];
  const auto maker = static_cast<std::size_t>(std::find(places.begin(), places.end(), own) - places.begin());
  return std::make_shared<MachineCaches>(ranks, maker, beside(own) == 1);
}

}  // namespace

std::shared_ptr<CacheShelf> shelf_of_run(std::span<const DataPlan* const> plans, const RunOptions& options) {
  if (options.caches) {
    auto shelf = std::make_shared<CacheShelf>(plans, options.cache_folder, options.caches->stores);
    options.caches->stores = shelf->stores();
    return shelf;
  }
  return std::make_shared<CacheShelf>(plans, options.cache_folder, std::vector<std::shared_ptr<CacheStore>>{},
                                      options.ranks ? machine_caches(*options.ranks, options.cache_folder) : nullptr);
}

}  // namespace feedline::inline training
