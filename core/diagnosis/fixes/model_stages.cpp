// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"
#include "plan/stage_cut.h"
#include "plan/stage_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace feedline::inline diagnosis {
namespace {

/// The rate when a part of the step, of so many seconds, takes `share` of its time, beside the rate now.
double ratio_of_shorter_part(const FixContext& context, double seconds, double share) {
  const double step = context.diagnosis.profile.step.busy();
  if (step <= 0 || seconds <= 0) return 1;
  const double part = std::min(seconds / step, 1.0);
  CostModel after = context.diagnosis.model;
  after.speed_up(after.trainer, 1 / (1 - part + part * share));
  return context.ratio(after);
}

/// The same of the pass through the stages.
double ratio_of_shorter_pass(const FixContext& context, double share) {
  double pass = 0;
  for (const ModelStageCost& stage : context.diagnosis.profile.stages) pass = std::max(pass, stage.busy + stage.idle);
  return ratio_of_shorter_part(context, pass, share);
}

/// More micro-batches leave a shorter bubble at both ends of a step.
std::vector<Fix> more_micro_batches(const FixContext& context) {
  const auto micros = static_cast<std::int64_t>(context.facts.micro_batches());
  const std::size_t stages = context.diagnosis.profile.stages.size();
  if (stages < 2 || 2 * micros > context.facts.batch) return {};
  const auto now = static_cast<std::size_t>(micros);
  const double share = (1 - bubble_share(stages, now)) / (1 - bubble_share(stages, 2 * now));
  return {{.id = "micro_batches",
           .title = fmt::format("Cut each batch into {} micro-batches", 2 * micros),
           .why = "The stages of the network wait for less of each step. Batch norm then sees fewer rows at a time.",
           .edit = context.set(context.facts.trainer_node, "micro_batches", 2 * micros),
           .predicted_ratio = ratio_of_shorter_pass(context, share),
           .changes_results = true}};
}

std::vector<CutLayer> cut_layers(const std::vector<LayerCostShare>& layers) {
  std::vector<CutLayer> cut;
  for (const LayerCostShare& layer : layers)
    cut.push_back({.seconds = layer.seconds, .bytes = layer.bytes, .can_begin_stage = layer.can_begin_stage});
  return cut;
}

/// Seconds of the longest stage of a cut, and the most layers that one has.
struct CutStage {
  double seconds = 0;
  std::size_t layers = 0;
};

CutStage longest_stage(const std::vector<CutLayer>& layers, const std::vector<std::size_t>& begins) {
  CutStage longest;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= begins.size(); ++i) {
    const std::size_t to = i < begins.size() ? begins[i] : layers.size();
    double sum = 0;
    for (std::size_t layer = from; layer < to; ++layer) sum += layers[layer].seconds;
    longest.seconds = std::max(longest.seconds, sum);
    longest.layers = std::max(longest.layers, to - from);
    from = to;
  }
  return longest;
}

std::vector<std::string> names_at(const std::vector<LayerCostShare>& layers, const std::vector<std::size_t>& begins) {
  std::vector<std::string> names;
  for (const std::size_t begin : begins) names.push_back(layers[begin].node);
  return names;
}

/// Stages of equal length, by the layers' measured times.
std::vector<Fix> another_cut(const FixContext& context) {
  const std::vector<ModelStageCost>& stages = context.diagnosis.profile.stages;
  if (stages.size() < 2) return {};
  std::vector<LayerCostShare> all;
  double longest = 0;
  for (const ModelStageCost& stage : stages) {
    longest = std::max(longest, stage.busy);
    all.insert(all.end(), stage.layers.begin(), stage.layers.end());
  }
  const std::vector<CutLayer> layers = cut_layers(all);
  // Stages on the processor share its memory; of GPUs each has a part of what there was.
  const RunFacts& facts = context.facts;
  const double most_bytes =
      facts.execution.on_cpu() ? 0 : static_cast<double>(facts.memory_there) / static_cast<double>(stages.size());
  const std::vector<std::size_t> cuts = balanced_cut(layers, stages.size(), most_bytes);
  if (cuts.empty() || longest <= 0) return {};
  const std::vector<std::string> begins = names_at(all, cuts);
  return {{.id = "stages",
           .title = fmt::format("Begin the stages at {}", fmt::join(begins, ", ")),
           .why = "By the measured times of the layers the stages are then of more equal length. All wait for the "
                  "longest one.",
           .edit = context.set(context.facts.trainer_node, "stages", ValueList(begins.begin(), begins.end())),
           .predicted_ratio = ratio_of_shorter_pass(context, longest_stage(layers, cuts).seconds / longest)}};
}

/// Beyond so many, a pipeline of one machine is all bubble.
constexpr std::size_t kMostNewStages = 8;
/// Calling a layer, forward and backward, takes about so many seconds whatever its rows: micro-batches call it anew.
constexpr double kLayerCall = 50e-6;

/// A network in one piece and where it could be cut.
class FirstCut {
 public:
  explicit FirstCut(const FixContext& context)
      : context_(context), layers_(cut_layers(context.diagnosis.profile.layers)) {
    const Profile& profile = context.diagnosis.profile;
    passes_ = profile.step[Phase::Forward] + profile.step[Phase::Backward];
    threads_ = std::max(static_cast<double>(context.facts.execution.intra_op_threads), 1.0);
    one_thread_ = passes_;
    if (threads_ == 1 || profile.step.busy() <= 0) return;
    // What the processor computed was more than the passes lasted, as far as threads did not wait for each other.
    const double computed = profile.step_cpu * profile.batch * passes_ / profile.step.busy();
    one_thread_ = std::clamp(computed > 0 ? computed : passes_ * threads_, passes_, passes_ * threads_);
    serial_ = std::clamp((passes_ / one_thread_ - 1 / threads_) / (1 - 1 / threads_), 0.0, 1.0);
  }

  [[nodiscard]] std::vector<Fix> fixes() {
    const RunFacts& facts = context_.facts;
    if (!facts.network || facts.execution.stages > 1 || context_.diagnosis.profile.rank_count() > 1) return {};
    const bool timed = std::any_of(layers_.begin(), layers_.end(), [](const CutLayer& one) { return one.seconds > 0; });
    // Layers of a block that backward computes again are not timed one by one.
    const auto* recomputed = std::get_if<ValueList>(&settings_of("recompute"));
    if (layers_.size() < 2 || passes_ <= 0 || !timed || (recomputed != nullptr && !recomputed->empty())) return {};
    return facts.execution.on_cpu() ? on_cores() : on_gpus();
  }

 private:
  struct Choice {
    std::vector<std::size_t> begins{};
    std::int64_t micros = 1;
    double seconds = 0;  ///< of a step, both passes
    [[nodiscard]] std::size_t stages() const { return begins.size() + 1; }
  };

  const Value& settings_of(std::string_view param) {
    held_ = context_.setting(context_.facts.trainer_node, param);
    return held_;
  }

  /// Seconds of both passes on so many threads: Amdahl's law through what was measured.
  [[nodiscard]] double passes_on(double threads) const { return one_thread_ * (serial_ + (1 - serial_) / threads); }

  /// The best cut into so many stages with room for `most_bytes` each, which have so many threads or a GPU; none: there
  /// is no such cut, or the batch has too few rows.
  [[nodiscard]] Choice cut_into(std::size_t stages, double threads, double most_bytes) {
    Choice best;
    const std::vector<std::size_t> begins = balanced_cut(layers_, stages, most_bytes);
    if (begins.empty()) return best;
    const CutStage longest = longest_stage(layers_, begins);
    const double busy = longest.seconds / passes_ * (context_.facts.execution.on_cpu() ? passes_on(threads) : passes_);
    const auto* asked = std::get_if<std::int64_t>(&settings_of("micro_batches"));
    const std::int64_t usual = asked != nullptr ? std::max<std::int64_t>(*asked, 2) : 4;
    for (const std::int64_t micros : {usual, 2 * usual}) {
      if (micros > context_.facts.batch) continue;
      const double calls = kLayerCall * static_cast<double>(longest.layers) * static_cast<double>(micros - 1);
      const double lasts = (busy + calls) / (1 - bubble_share(stages, static_cast<std::size_t>(micros)));
      if (best.begins.empty() || lasts < best.seconds) best = {.begins = begins, .micros = micros, .seconds = lasts};
    }
    return best;
  }

  [[nodiscard]] Fix fix_of(const Choice& choice, const std::string& why, const std::string& device) {
    const std::string& trainer = context_.facts.trainer_node;
    const std::vector<std::string> begins = names_at(context_.diagnosis.profile.layers, choice.begins);
    Edit::List edits;
    edits.push_back(context_.set(trainer, "stages", ValueList(begins.begin(), begins.end())));
    if (settings_of("micro_batches") != Value(choice.micros))
      edits.push_back(context_.set(trainer, "micro_batches", choice.micros));
    if (settings_of("replicas") != Value(std::int64_t{0}))  // a network that is cut has one
      edits.push_back(context_.set(trainer, "replicas", std::int64_t{0}));
    if (!device.empty()) edits.push_back(context_.set(trainer, "device", device));
    return {.id = "stages",
            .title = fmt::format("Cut the network into {} stages: begin {} at {}", choice.stages(),
                                 choice.stages() == 2 ? "the second" : "them", fmt::join(begins, ", ")),
            .why = why,
            .edit = {std::move(edits)},
            .predicted_ratio = ratio_of_shorter_part(context_, passes_, choice.seconds / passes_),
            .changes_results = true};
  }

  /// Groups of cores. Replicas share a batch out with less waiting, so only where there is one.
  std::vector<Fix> on_cores() {
    const RunFacts& facts = context_.facts;
    const auto cores = static_cast<std::size_t>(facts.cores_of_rank(1) + 1e-6);
    if (facts.execution.replicas > 1) return {};
    Choice best;
    for (std::size_t stages = 2; stages <= std::min({cores, layers_.size(), kMostNewStages}); ++stages) {
      Choice one = cut_into(stages, static_cast<double>(cores / stages), 0);
      if (!one.begins.empty() && (best.begins.empty() || one.seconds < best.seconds)) best = std::move(one);
    }
    if (best.begins.empty()) return {};
    return {fix_of(best,
                   "The step has one replica, and cores are idle in it. The stages compute at the same time, each on "
                   "cores of its own, and are of equal length by the measured times of the layers. Batch norm then "
                   "sees one micro-batch at a time.",
                   "")};
  }

  /// Devices that the run leaves alone, or of which none has room for the whole network.
  std::vector<Fix> on_gpus() {
    const RunFacts& facts = context_.facts;
    const bool lacks = facts.memory_there > 0 && facts.memory_needed > facts.memory_there;
    if (facts.execution.replica_devices() > 1 && !lacks) return {};
    // Of what the forecast says, each layer has its part by what it was measured to hold.
    double held = 0;
    for (const CutLayer& layer : layers_) held += layer.bytes;
    if (facts.memory_needed > 0 && held > 0)
      for (CutLayer& layer : layers_) layer.bytes *= static_cast<double>(facts.memory_needed) / held;
    const double room = facts.memory_needed > 0 ? static_cast<double>(facts.memory_there) : 0;
    Choice best;
    for (std::size_t stages = 2; stages <= std::min(static_cast<std::size_t>(std::max(facts.gpus, 0)), kMostNewStages);
         ++stages) {
      Choice one = cut_into(stages, 1, room);
      if (one.begins.empty() || (!best.begins.empty() && one.seconds >= best.seconds)) continue;
      best = std::move(one);
      if (lacks) break;  // the fewest that have room
    }
    if (best.begins.empty()) return {};
    std::string devices;
    for (std::size_t i = 0; i < best.stages(); ++i) devices += fmt::format("{}cuda:{}", i > 0 ? "," : "", i);
    Fix fix =
        fix_of(best,
               lacks ? "No GPU has room for the whole network; cut so, each has room for its stage, and they are "
                       "of equal length by the measured times of the layers."
                     : "The other GPUs are idle. The stages compute at the same time, each on its own, and are of "
                       "equal length by the measured times of the layers.",
               devices);
    fix.why += " Batch norm then sees one micro-batch at a time.";
    fix.needed = lacks;
    return {std::move(fix)};
  }

  const FixContext& context_;
  std::vector<CutLayer> layers_;
  double passes_ = 0;      ///< seconds a step: forward and backward, on the threads of the run
  double threads_ = 1;     ///< within an operation
  double one_thread_ = 0;  ///< seconds that they would take on one
  double serial_ = 1;      ///< part of that which more threads do not shorten
  Value held_{};
};

std::vector<Fix> model_stages(const FixContext& context) {
  std::vector<Fix> all = another_cut(context);
  for (Fix& fix : more_micro_batches(context)) all.push_back(std::move(fix));
  for (Fix& fix : FirstCut(context).fixes()) all.push_back(std::move(fix));
  return all;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(model_stages)
