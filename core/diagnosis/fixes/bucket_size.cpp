// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/exchange_gain.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <variant>

namespace feedline::inline diagnosis {
namespace {

constexpr double kBucketMiB = 1 << 20;
/// Sizes in MiB beyond which nothing is gained: a message of less is all latency, one of more begins too late.
constexpr double kLeastBucket = 0.25;
constexpr double kMostBucket = 64;
/// Where the mean byte travels in a bucket so many times the set size, single parameters fill buckets of their own, and
/// those are not divided.
constexpr double kOfOneParameter = 1.5;

/// Smaller buckets leave while backward still runs; larger ones pay the network's latency less often. Which is better
/// follows from the line that was fitted to the buckets' times: without a latency of its own there is nothing to weigh.
std::vector<Fix> bucket_size(const FixContext& context) {
  const std::string& trainer = context.facts.trainer_node;
  const Value set = context.setting(trainer, "bucket_mib");
  const auto now = slow_exchange(context);
  if (!now || now->between(now->ranks).latency <= 0 || !std::holds_alternative<double>(set)) return {};
  const double size = std::get<double>(set);
  const double given = context.setting(trainer, "gradients") == Value(std::string("bfloat16")) ? 2 : 4;
  const double gradients = now->bytes * 4 / given;  // which are divided before they are made short
  const CollectiveSample& counted = context.diagnosis.profile.collective;
  const double mean = counted.bytes > 0 ? counted.bytes_squared / static_cast<double>(counted.bytes) * 4 / given : 0;
  const bool undivided = mean > kOfOneParameter * size * kBucketMiB;

  double best = size;
  ScalingModel then = *now;
  for (const double factor : {0.125, 0.25, 0.5, 2.0, 4.0, 8.0}) {
    const double other = std::clamp(size * factor, kLeastBucket, kMostBucket);
    if ((other < size) != (factor < 1) || (other < size && undivided)) continue;
    ScalingModel changed = *now;
    changed.set_buckets(now->buckets * bucket_count(gradients, other * kBucketMiB) /
                        bucket_count(gradients, size * kBucketMiB));
    if (changed.exposed(now->ranks) >= then.exposed(now->ranks)) continue;
    best = other;
    then = changed;
  }
  if (best == size) return {};
  return {{.id = "bucket-size",
           .title = fmt::format("Exchange gradients in buckets of {:.3g} MiB", best),
           .why = best < size ? "Smaller buckets leave earlier, while backward still runs. The sums are the same."
                              : "Fewer messages pay the network's latency less often. The sums are the same.",
           .edit = context.set(trainer, "bucket_mib", best),
           .predicted_ratio = ratio_of_exchange(context, *now, then)}};
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(bucket_size)
