// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/probe_exchange.h"

#include "base/clock.h"
#include "base/torch.h"
#include "ranks/meeting_place.h"
#include "telemetry/process_meter.h"
#include "training/model.h"
#include "training/ranks/process_group.h"
#include "training/step_fault.h"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

namespace feedline::inline training {
namespace {

constexpr int kProbeRanks = 2;
constexpr std::int64_t kSmallSum = 64;  // float32 numbers, as those below
constexpr std::int64_t kLeastLargeSum = 32 << 10;
constexpr std::int64_t kMostLargeSum = 2 << 20;
constexpr int kSmallSums = 200;
/// Of the large ones, as many as make so many numbers.
constexpr std::int64_t kNumbersSummed = 16 << 20;
constexpr std::int64_t kLeastLargeSums = 8;
constexpr std::int64_t kMostLargeSums = 60;

struct SumCost {
  double seconds = 0;
  double cpu = 0;  ///< of each rank
};

/// One behind the other, as buckets of a small network are. The first ones wake threads and get memory.
SumCost time_sums(ProcessGroup& group, std::int64_t numbers, int count) {
  const at::Tensor flat = at::zeros({numbers}, at::kFloat);
  for (int i = 0; i < 3; ++i) group.sum_in_order(flat)->wait();
  const Nanos cpu = process_cpu();
  const Nanos start = Clock::system().now();
  for (int i = 0; i < count; ++i) group.sum_in_order(flat)->wait();
  return {.seconds = seconds(Clock::system().now() - start) / count,
          .cpu = seconds(process_cpu() - cpu) / (count * kProbeRanks)};
}

/// What one of both finds out; the costs of rank 0 count.
Result<ExchangeProbe> probe_as(const World& world, std::int64_t large, std::stop_token stop) {
  auto group = ProcessGroup::join(world, "probe", stop);
  if (!group) return fail(std::move(group.error()));
  const int count = static_cast<int>(std::clamp(kNumbersSummed / large, kLeastLargeSums, kMostLargeSums));
  try {
    const SumCost few = time_sums(**group, kSmallSum, kSmallSums);
    const SumCost many = time_sums(**group, large, count);
    return ExchangeProbe{.small_bytes = static_cast<double>(kSmallSum * 4),
                         .small_s = few.seconds,
                         .small_cpu = few.cpu,
                         .large_bytes = static_cast<double>(large * 4),
                         .large_s = many.seconds,
                         .large_cpu = many.cpu};
  } catch (const StepCancelled&) {
    return fail_cancelled();
  } catch (const RankLost& lost) {
    return fail(lost.error());
  } catch (const std::exception& fault) {
    return fail(library_error(fault, ""));
  }
}

}  // namespace

Result<ExchangeProbe> probe_exchange(std::uint64_t bytes, std::stop_token stop) {
  auto place = MeetingPlace::make();
  if (!place) return fail(std::move(place.error()));
  auto world = (*place)->first_of(kProbeRanks);
  if (!world) return fail(std::move(world.error()));
  World other = *world;
  other.rank = other.local_rank = 1;
  const std::int64_t large = std::clamp(static_cast<std::int64_t>(std::min<std::uint64_t>(bytes / 4, kMostLargeSum)),
                                        kLeastLargeSum, kMostLargeSum);
  std::optional<Result<ExchangeProbe>> beside;
  std::optional<Result<ExchangeProbe>> found;
  try {
    const std::jthread second([&] { beside = probe_as(other, large, stop); });
    found = probe_as(*world, large, stop);
  } catch (const std::system_error&) {
    return fail(Error{.code = ErrorCode::Failed, .reason = "no thread can be started for a second rank"});
  }
  if (stop.stop_requested()) return fail_cancelled();
  if (*found && !*beside) return fail(std::move(beside->error()));
  return std::move(*found);
}

}  // namespace feedline::inline training
