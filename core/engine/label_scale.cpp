// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/label_scale.h"

#include "plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

namespace feedline::inline engine {
namespace {

constexpr std::uint64_t kRecordsForScale = 10'000;
constexpr std::uint64_t kRecordsForNotice = 200;
constexpr double kFarOff = 10;         // times the deviation
constexpr double kLeastScale = 1e-12;  // what scale_output takes
constexpr double kMostScale = 1e12;

bool is_number_label(const TensorDesc& output) {
  return output.kind == Kind::Label && output.dtype == DType::F32 && output.shape.empty();
}

double in_four_digits(double number) {
  const std::string text = fmt::format("{:.4g}", number);
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Of records record_at(0), record_at(1), ... below `count` (Welford, 1962).
template <class RecordAt>
std::optional<NumberScale> measured_scale(const Source& source, std::size_t label, std::uint64_t count,
                                          const std::stop_token& stop, const RecordAt& record_at) {
  std::vector<Datum*> out(source.outputs().size(), nullptr);
  Datum value;
  out[label] = &value;
  double seen = 0;
  double mean = 0;
  double squares = 0;  // of the distances from the mean
  for (std::uint64_t i = 0; i < count; ++i) {
    if (stop.stop_requested()) return std::nullopt;
    if (!source.read(record_at(i), out)) continue;
    const auto number = static_cast<double>(*value.as<float>());
    if (!std::isfinite(number)) continue;
    const double step = number - mean;
    mean += step / ++seen;
    squares += step * (number - mean);
  }
  const double deviation = seen > 1 ? std::sqrt(squares / seen) : 0;
  if (std::abs(mean) > kMostScale || !(deviation >= kLeastScale && deviation <= kMostScale)) return std::nullopt;
  return NumberScale{.mean = in_four_digits(mean), .deviation = in_four_digits(deviation)};
}

/// The output of the source that a field of the batch is, as it comes; none: a node has changed it.
std::optional<std::size_t> source_output(const DataPlan& data, int field) {
  if (field < 0) return std::nullopt;
  const SlotIndex slot = data.fields[static_cast<std::size_t>(field)].slot;
  const auto found = std::find(data.source_outputs.begin(), data.source_outputs.end(), std::optional(slot));
  if (found == data.source_outputs.end()) return std::nullopt;
  return static_cast<std::size_t>(found - data.source_outputs.begin());
}

double real_param(const LayerPlan& layer, const char* name) {
  const auto found = layer.params.find(name);
  return found == layer.params.end() ? 0 : real_of(found->second).value_or(0);
}

std::optional<Error> scale_notice(const Plan& plan, const ModelPlan& network, const LayerPlan& loss) {
  if (loss.spec == nullptr || loss.spec->target != TargetKind::Numbers) return std::nullopt;
  const int target = loss.spec->input("target");
  const int prediction = loss.spec->input("prediction");
  if (target < 0 || prediction < 0) return std::nullopt;
  const auto label = source_output(plan.train, loss.from[static_cast<std::size_t>(target)].field);
  const int layer = loss.from[static_cast<std::size_t>(prediction)].layer;
  if (!label || layer < 0 || !is_number_label(plan.train.source->outputs()[*label])) return std::nullopt;
  const SamplerPlan& sampler = plan.train.sampler;
  const std::uint64_t count = std::min(kRecordsForNotice, sampler.count);
  const auto scale = measured_scale(*plan.train.source, *label, count, {},
                                    [&](std::uint64_t i) { return sampler.record(0, i * sampler.count / count); });
  if (!scale) return std::nullopt;
  const LayerPlan& last = network.layers[static_cast<std::size_t>(layer)];
  const bool scaled = last.type == "scale_output";
  const double mean = scaled ? real_param(last, "mean") : 0;
  const double deviation = scaled ? real_param(last, "deviation") : 1;
  if (std::abs(scale->mean - mean) <= kFarOff * deviation && scale->deviation <= kFarOff * deviation &&
      scale->deviation >= deviation / (kFarOff * kFarOff))
    return std::nullopt;
  const std::string set = fmt::format("mean {} and deviation {}", scale->mean, scale->deviation);
  const std::string far = fmt::format("its target is about {} ± {}, ", scale->mean, scale->deviation);
  if (scaled)
    return Error{.reason = far + fmt::format("and it is set for {} ± {}: much of the training goes into the difference",
                                             mean, deviation),
                 .remedy = "Set " + set,
                 .node = last.node,
                 .parameter = "deviation"};
  return Error{.reason = far + "and a network begins with 0 ± 1: much of the training goes into the difference",
               .remedy = fmt::format("Put scale_output between {} and it, with {}", last.node, set),
               .node = loss.node,
               .port = "prediction"};
}

}  // namespace

std::optional<NumberScale> scale_of_label(const Source& source, double set_aside, const std::stop_token& stop) {
  const std::vector<TensorDesc>& outputs = source.outputs();
  const auto label = std::find_if(outputs.begin(), outputs.end(), is_number_label);
  if (label == outputs.end()) return std::nullopt;
  const std::uint64_t size = source.size();
  const SamplerPlan training{.source_size = size,
                             .count = size - held_out_count(size, set_aside),
                             .split = set_aside > 0,
                             .seed = static_cast<std::uint64_t>(LearningSettings{}.seed)};
  const std::uint64_t count = std::min(kRecordsForScale, training.count);
  return measured_scale(source, static_cast<std::size_t>(label - outputs.begin()), count, stop,
                        [&](std::uint64_t i) { return training.record(0, i * training.count / count); });
}

std::vector<Error> scale_notices(const Plan& plan) {
  std::vector<Error> found;
  const ModelPlan* network = plan.network();
  if (network == nullptr) return found;
  const auto look_at = [&](const LayerPlan& loss) {
    if (auto notice = scale_notice(plan, *network, loss)) found.push_back(std::move(*notice));
  };
  for (const LayerPlan& layer : network->layers) look_at(layer);
  look_at(network->loss);
  return found;
}

}  // namespace feedline::inline engine
