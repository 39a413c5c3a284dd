// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/rank_parts.h"

#include "training/ranks/with_ranks.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace feedline::inline training {
namespace {

constexpr std::string_view kGeneratorPrefix = "generator:";
constexpr std::string_view kTallyPrefix = "tally:";
constexpr std::string_view kAccumulatedPrefix = "accumulated:";

void put_number(std::string& bytes, std::uint64_t number) {
  char raw[sizeof(number)];
  std::memcpy(raw, &number, sizeof(number));
  bytes.append(raw, sizeof(raw));
}

/// Takes numbers and texts off the front; once something is missing, nothing more is had.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}
  std::uint64_t number() {
    std::uint64_t number = 0;
    const std::string_view raw = text(sizeof(number));
    if (raw.size() == sizeof(number)) std::memcpy(&number, raw.data(), sizeof(number));
    return number;
  }
  std::string_view text(std::uint64_t size) {
    fine_ = fine_ && size <= left_.size();
    if (!fine_) return {};
    const std::string_view text = left_.substr(0, size);
    left_.remove_prefix(size);
    return text;
  }
  [[nodiscard]] bool fine() const { return fine_; }
  [[nodiscard]] bool at_end() const { return left_.empty(); }

 private:
  std::string_view left_;
  bool fine_ = true;
};

template <class T>
T or_throw(Result<T> result) {
  if (!result) throw StepFailed(std::move(result.error()));
  return std::move(*result);
}

/// "3.accuracy.0": of which replica, and how the rest goes on; none: of no single one.
std::optional<std::pair<std::size_t, std::string>> replica_of(const std::string& name) {
  std::size_t replica = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), replica);
  if (fault != std::errc() || end == name.data()) return std::nullopt;
  return std::pair(replica, std::string(end, name.data() + name.size()));
}

void add_with_prefix(NamedTensors& to, std::string_view prefix, const NamedTensors& from) {
  for (const auto& [name, value] : from) to.emplace(std::string(prefix) + name, value);
}

NamedTensors take_prefix(const NamedTensors& from, std::string_view prefix) {
  NamedTensors found;
  for (auto at = from.lower_bound(prefix); at != from.end() && at->first.starts_with(prefix); ++at)
    found.emplace(at->first.substr(prefix.size()), at->second);
  return found;
}

}  // namespace

std::string packed(const NamedTensors& tensors) {
  std::string bytes;
  put_number(bytes, tensors.size());
  for (const auto& [name, value] : tensors) {
    put_number(bytes, name.size());
    bytes += name;
    put_number(bytes, static_cast<std::uint64_t>(value.type));
    put_number(bytes, value.shape.size());
    for (const std::int64_t size : value.shape) put_number(bytes, static_cast<std::uint64_t>(size));
    put_number(bytes, value.data.size());
    bytes.append(reinterpret_cast<const char*>(value.data.data()), value.data.size());
  }
  return bytes;
}

Result<NamedTensors> unpacked(std::string_view bytes) {
  ByteReader reader(bytes);
  NamedTensors all;
  for (std::uint64_t left = reader.number(); left > 0 && reader.fine(); --left) {
    std::string name(reader.text(reader.number()));
    const std::uint64_t type = reader.number();
    TensorValue value;
    for (std::uint64_t dims = reader.number(); dims > 0 && reader.fine(); --dims)
      value.shape.push_back(static_cast<std::int64_t>(reader.number()));
    const std::string_view data = reader.text(reader.number());
    if (!reader.fine() || type > static_cast<std::uint64_t>(ElementType::U64)) break;
    value.type = static_cast<ElementType>(type);
    if (bytes_of(value.type, value.shape) != std::optional<std::uint64_t>(data.size())) break;
    const auto* first = reinterpret_cast<const std::byte*>(data.data());
    value.data.assign(first, first + data.size());
    all.emplace(std::move(name), std::move(value));
    if (left == 1 && reader.at_end()) return all;
  }
  if (reader.fine() && reader.at_end() && all.empty() && bytes.size() == sizeof(std::uint64_t)) return all;
  return fail("what another rank has sent is damaged", "Start all ranks with the same build of Feedline");
}

LossTally::Totals loss_over_ranks(const RankAgreement& ranks, const std::vector<BatchLoss>& own) {
  const std::vector<std::string> all =
      ranks.gather({reinterpret_cast<const char*>(own.data()), own.size() * sizeof(BatchLoss)});
  LossTally::Totals totals;
  for (std::size_t b = 0; b < own.size(); ++b)
    for (const std::string& rank : all) {
      if (rank.size() < (b + 1) * sizeof(BatchLoss)) continue;
      BatchLoss loss;
      std::memcpy(&loss, rank.data() + b * sizeof(BatchLoss), sizeof(BatchLoss));
      if (loss.rows == 0) continue;
      totals.loss_sum += loss.sum;
      totals.samples += static_cast<std::uint64_t>(loss.rows);
    }
  return totals;
}

Metrics metrics_over_ranks(const RankAgreement& ranks, const ModelPlan& plan, std::string_view split, SplitTally& own,
                           at::Device device) {
  const std::size_t replicas = own.by_replica().size();
  std::vector<MetricSet> sets;
  for (const std::string& bytes : ranks.gather(packed(own.collect()))) {
    SplitTally rank(plan, split, std::vector<at::Device>(replicas, device));
    if (Status restored = rank.restore(or_throw(unpacked(bytes))); !restored)
      throw StepFailed(std::move(restored.error()));
    for (MetricSet& set : rank.by_replica()) sets.push_back(std::move(set));
  }
  return merged_values(plan, split, sets);
}

void join_replicas(const RankAgreement& ranks, std::size_t replicas, TrainingState& state) {
  NamedTensors own;
  add_with_prefix(own, kGeneratorPrefix, state.generators);
  add_with_prefix(own, kTallyPrefix, state.tallies);
  add_with_prefix(own, kAccumulatedPrefix, state.accumulated);
  const std::vector<std::string> all = ranks.gather(packed(own));
  if (!ranks.leads()) return;
  std::map<std::string, std::vector<std::vector<std::byte>>> generators;
  for (std::size_t r = 0; r < all.size(); ++r) {
    const NamedTensors part = or_throw(unpacked(all[r]));
    for (const auto& [key, value] : take_prefix(part, kGeneratorPrefix))
      for (auto& generator : or_throw(unpack_generators(value))) generators[key].push_back(std::move(generator));
    if (r == 0) continue;
    const auto add = [&](std::string_view prefix, NamedTensors& to) {
      for (const auto& [name, value] : take_prefix(part, prefix))
        if (const auto of = replica_of(name))
          to.insert_or_assign(std::to_string(r * replicas + of->first) + of->second, value);
    };
    add(kTallyPrefix, state.tallies);
    add(kAccumulatedPrefix, state.accumulated);
  }
  for (const auto& [key, states] : generators) state.generators.insert_or_assign(key, pack_generators(states));
}

Result<TrainingState> own_replicas(const RankAgreement& ranks, std::size_t replicas, const TrainingState& state) {
  TrainingState own = state;
  const std::size_t first = ranks.rank() * replicas;
  const std::size_t all = ranks.size() * replicas;
  own.generators.clear();
  for (const auto& [key, value] : state.generators) {
    auto states = unpack_generators(value);
    if (!states) return fail(std::move(states.error()).at_node(key));
    if (states->size() <= first) continue;  // more replicas than there were: they draw as at the beginning
    const auto begin = states->begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = states->begin() + static_cast<std::ptrdiff_t>(std::min(first + replicas, states->size()));
    own.generators.emplace(key, pack_generators(std::vector<std::vector<std::byte>>(begin, end)));
  }
  const auto choose = [&](const NamedTensors& from) {
    NamedTensors chosen;
    for (const auto& [name, value] : from) {
      const auto of = replica_of(name);
      if (!of) {
        chosen.emplace(name, value);
      } else if (of->first >= first && of->first < first + replicas) {
        chosen.emplace(std::to_string(of->first - first) + of->second, value);
      } else if (of->first >= all && ranks.leads()) {
        chosen.emplace(name, value);
      }
    }
    return chosen;
  };
  own.tallies = choose(state.tallies);
  own.accumulated = choose(state.accumulated);
  return own;
}

}  // namespace feedline::inline training
