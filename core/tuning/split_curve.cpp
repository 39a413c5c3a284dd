// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/split_curve.h"

#include "diagnosis/cache_placement.h"
#include "diagnosis/fixes/insert_cache.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline tuning {
namespace {

constexpr double kFillSeconds = 1.5;
constexpr double kMeasureSeconds = 1.5;

double kept_bytes(const Snapshot& snapshot, std::uint64_t& records) {
  double bytes = 0;
  for (const StageSample& stage : snapshot.stages) {
    if (!stage.cache) continue;
    bytes += static_cast<double>(stage.cache->ram_bytes + stage.cache->disk_bytes);
    records = std::max(records, stage.cache->records);
  }
  return bytes;
}

}  // namespace

Result<std::vector<Split>> split_curve(const Examination& examination, const MeasureOptions& options) {
  const Diagnosis& found = examination.diagnosis;
  std::vector<Split> curve{{.samples_per_s = found.measured()}};
  MeasureOptions measuring = options;
  shorten_epochs(measuring, examination.facts, found.measured(), kFillSeconds);
  const std::vector<CachePlace> places = cache_places(examination.facts, found.model, 0);
  auto left = static_cast<double>(places.size());
  for (const CachePlace& place : places) {
    options.tell(fmt::format("preparing up to {}", place.node), left-- * (kFillSeconds + kMeasureSeconds));
    const auto edit = insert_cache(examination.document, Registry::instance(), place.node, {{"fill_first", true}});
    Document document = examination.document;
    if (!edit || !document.apply(*edit)) continue;
    LiveRun run(document, measuring);
    if (Status warm = run.warm_up(2); !warm) return fail(std::move(warm.error()));
    auto slice = run.measure(kMeasureSeconds);
    if (!slice) return fail(std::move(slice.error()));
    std::uint64_t records = 0;
    const double bytes = kept_bytes(slice->to, records);
    const double scale =
        records > 0 ? static_cast<double>(examination.facts.records) / static_cast<double>(records) : 1;
    curve.push_back({.node = place.node,
                     .offline_s = run.first_wait() * scale,
                     .bytes = bytes * scale,
                     .samples_per_s = slice->samples_per_s()});
  }
  std::reverse(curve.begin() + 1, curve.end());  // from the source on
  return curve;
}

}  // namespace feedline::inline tuning
