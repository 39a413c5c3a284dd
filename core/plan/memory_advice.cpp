// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/memory_advice.h"

#include "base/numbers.h"
#include "plan/stage_cut.h"
#include "plan/step_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace feedline::inline plan {
namespace {

/// Savings below this share are not worth a change.
constexpr double kLeastSaving = 0.02;
/// Of a forward pass and a backward pass, which takes about twice as long, in forward passes.
constexpr double kPassesOfAStep = 3;

/// A plan with another batch or other settings of the network.
struct Smaller {
  std::int64_t batch = 0;
  Execution execution{};
  ModelPlan model{};
};

class Advisor {
 public:
  Advisor(const Plan& plan, const Execution& execution, std::uint64_t limit, int gpus)
      : plan_(plan), execution_(execution), limit_(limit), gpus_(gpus), now_(forecast_memory(plan, execution)) {}

  std::vector<MemoryAdvice> advise() {
    smaller_batches();
    short_numbers();
    recompute();
    shard_optimizer();
    fewer_replicas();
    stages_on_gpus();
    std::stable_sort(all_.begin(), all_.end(),
                     [](const MemoryAdvice& a, const MemoryAdvice& b) { return a.saves > b.saves; });
    return std::move(all_);
  }

 private:
  [[nodiscard]] Smaller as_it_is() const {
    return {.batch = plan_.train.batch.size, .execution = execution_, .model = *plan_.network()};
  }
  /// Batches shrink with their rows.
  [[nodiscard]] std::uint64_t total_of(const Smaller& smaller) const {
    const auto rows = static_cast<std::uint64_t>(smaller.batch);
    const auto all_rows = static_cast<std::uint64_t>(std::max<std::int64_t>(plan_.train.batch.size, 1));
    return forecast_memory(smaller.model, smaller.execution, smaller.batch).total() + now_.batches * rows / all_rows;
  }
  void add(MemoryAdvice advice, const Smaller& smaller) { add(std::move(advice), total_of(smaller)); }
  void add(MemoryAdvice advice, std::uint64_t then) {
    const std::uint64_t before = now_.total();
    if (then >= before || static_cast<double>(before - then) < kLeastSaving * static_cast<double>(before)) return;
    advice.saves = before - then;
    all_.push_back(std::move(advice));
  }

  void smaller_batches() {
    const std::int64_t least = std::max<std::int64_t>({execution_.ranks, execution_.replicas, 1});
    Smaller smaller = as_it_is();
    std::int64_t times = 1;
    do {
      if (smaller.batch % 2 != 0 || smaller.batch / 2 < least) break;
      smaller.batch /= 2;
      times *= 2;
    } while (limit_ > 0 && total_of(smaller) > limit_);
    if (times == 1) return;
    const std::int64_t accumulate = plan_.trainer.accumulate * times;
    add({.id = "micro-batch",
         .title = fmt::format("set {}.size to {} and {}.accumulate to {}", plan_.train.batch_node, smaller.batch,
                              plan_.trainer_node, accumulate),
         .why = "The optimiser steps on the same number of records, of which fewer are in memory at a time. Batch norm "
                "sees fewer rows.",
         .changes = {{plan_.train.batch_node, "size", smaller.batch}, {plan_.trainer_node, "accumulate", accumulate}},
         .changes_results = true},
        smaller);
  }

  void short_numbers() {
    if (!execution_.has_bfloat16 || execution_.precision != "float32") return;
    Smaller smaller = as_it_is();
    smaller.execution.precision = "bfloat16";
    add({.id = "bfloat16",
         .title = fmt::format("set {}.precision to bfloat16", plan_.trainer_node),
         .why = "Activations have half the bytes. Results change slightly.",
         .changes = {{plan_.trainer_node, "precision", std::string("bfloat16")}},
         .changes_results = true},
        smaller);
  }

  /// A network without sub-graphs keeps as much as before, and nothing is offered.
  void recompute() {
    if (!plan_.network()->memory.recompute.empty()) return;
    Smaller smaller = as_it_is();
    smaller.model.memory.recompute = {"*"};
    const double share = forecast_memory(smaller.model, smaller.execution, smaller.batch).recompute_share;
    const double kernels = 1 + share / kPassesOfAStep;
    add({.id = "recompute",
         .title = fmt::format("set {}.recompute to *", plan_.trainer_node),
         .why = fmt::format("Backward computes each sub-graph once more instead of keeping its activations: the same "
                            "numbers, for about "
                            "{:.0f} % more time in forward and backward.",
                            100 * (kernels - 1)),
         .changes = {{plan_.trainer_node, "recompute", ValueList{std::string("*")}}},
         .kernels = kernels},
        smaller);
  }

  void shard_optimizer() {
    if (execution_.ranks < 2 || plan_.network()->memory.shard_optimizer) return;
    Smaller smaller = as_it_is();
    smaller.model.memory.shard_optimizer = true;
    add({.id = "shard-optimizer",
         .title = fmt::format("set {}.shard_optimizer to true", plan_.trainer_node),
         .why =
             "Each rank keeps what the optimiser has of its part of the weights alone: the same numbers, for more to "
             "exchange in each step.",
         .changes = {{plan_.trainer_node, "shard_optimizer", true}}},
        smaller);
  }

  void fewer_replicas() {
    if (execution_.replicas < 2 || !execution_.on_cpu()) return;
    Smaller smaller = as_it_is();
    smaller.execution.replicas = 1;
    add({.id = "one-replica",
         .title = fmt::format("set {}.replicas to 1", plan_.trainer_node),
         .why = "Each replica has gradients of its own. Threads within each operation use the cores less well.",
         .changes = {{plan_.trainer_node, "replicas", std::int64_t{1}}},
         .changes_results = true},
        smaller);
  }

  /// A part of the network on each of several devices, of which the fullest counts. Measured times make a better cut
  /// (diagnosis/fixes/model_stages.cpp), but there are none of a run that has not begun.
  void stages_on_gpus() {
    const ModelPlan& model = *plan_.network();
    const bool mixes = std::any_of(model.layers.begin(), model.layers.end(),
                                   [](const LayerPlan& layer) { return layer.spec->mixes_rows; });
    if (execution_.on_cpu() || execution_.ranks > 1 || model.stages > 1 || mixes || plan_.trainer.sync_batch_norm)
      return;
    const std::vector<bool> borders = stage_borders(model);
    const auto learning = static_cast<double>(now_.weights + now_.gradients + now_.optimizer);
    const double of_weights = now_.weights > 0 ? learning / static_cast<double>(now_.weights) : 1;
    std::vector<CutLayer> layers;
    double held = 0;
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
      const LayerMemory& memory = now_.layers[i];
      layers.push_back({.seconds = layer_cost(model.layers[i]).multiply_adds,
                        .bytes = of_weights * static_cast<double>(memory.weights) + static_cast<double>(memory.kept),
                        .can_begin_stage = borders[i]});
      held += layers.back().bytes;
    }
    // Batches, and what backward works on, take as much wherever they are.
    const double everywhere = std::max(static_cast<double>(now_.total()) - held, 0.0);
    const double room = static_cast<double>(limit_) - everywhere;
    if (limit_ > 0 && room <= 0) return;
    for (std::size_t stages = 2; stages <= static_cast<std::size_t>(std::max(gpus_, 0)); ++stages) {
      const std::vector<std::size_t> cut = balanced_cut(layers, stages, limit_ > 0 ? room : 0);
      if (!cut.empty()) return add_cut(layers, cut, everywhere);
    }
  }

  void add_cut(const std::vector<CutLayer>& layers, const std::vector<std::size_t>& cut, double everywhere) {
    ValueList begins;
    std::string names;
    std::string devices = "cuda:0";
    double fullest = 0;
    double sum = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (std::find(cut.begin(), cut.end(), i) != cut.end()) {
        const std::string& node = plan_.network()->layers[i].node;
        sum = 0;
        names += (begins.empty() ? "" : ",") + node;
        begins.emplace_back(node);
        devices += fmt::format(",cuda:{}", begins.size());
      }
      fullest = std::max(fullest, sum += layers[i].bytes);
    }
    MemoryAdvice advice{
        .id = "stages",
        .title = fmt::format("set {0}.stages to {1} and {0}.device to {2}", plan_.trainer_node, names, devices),
        .why =
            "Each GPU has a part of the network, and they compute at the same time, on micro-batches. "
            "Batch norm sees one of these at a time.",
        .changes = {{plan_.trainer_node, "stages", std::move(begins)},
                    {plan_.trainer_node, "device", std::move(devices)}},
        .changes_results = true};
    if (plan_.trainer.replicas != 0) advice.changes.push_back({plan_.trainer_node, "replicas", std::int64_t{0}});
    add(std::move(advice), static_cast<std::uint64_t>(fullest + everywhere));
  }

  const Plan& plan_;
  const Execution& execution_;
  std::uint64_t limit_;
  int gpus_;
  MemoryForecast now_;
  std::vector<MemoryAdvice> all_{};
};

}  // namespace

std::vector<MemoryAdvice> memory_advice(const Plan& plan, const Execution& execution, std::uint64_t limit, int gpus) {
  if (plan.network() == nullptr) return {};
  return Advisor(plan, execution, limit, gpus).advise();
}

std::string advice_text(const std::vector<MemoryAdvice>& advice, const MemoryForecast& forecast) {
  std::string text;
  for (const MemoryAdvice& one : advice)
    text += fmt::format(
        "{}{} (saves {} of about {}{})", text.empty() ? "" : ", or ", one.title, numbers::bytes(one.saves),
        numbers::bytes(forecast.total()),
        one.kernels > 1 ? fmt::format(", for about {:.0f} % more time in forward and backward", 100 * (one.kernels - 1))
                        : std::string());
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace feedline::inline plan
