// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/torch.h"
#include "graph/json.h"
#include "training/blas.h"
#include "training/block_cache.h"
#include "training/collect_state.h"
#include "training/device.h"
#include "training/early_stop.h"
#include "training/evaluator.h"
#include "training/frozen_features.h"
#include "training/learner.h"
#include "training/load_weights.h"
#include "training/ranks/rank_evaluation.h"
#include "training/ranks/rank_parts.h"
#include "training/resolve_execution.h"
#include "training/step.h"
#include "training/weights_notice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace feedline::inline training {
namespace {

/// How often the loss is read back from a GPU: each reading waits for all work in flight.
constexpr Nanos kReadInterval = 100'000'000;
/// The same of what the stages of a network have done.
constexpr Nanos kStagesInterval = 100'000'000;

class NetworkLearner final : public Learner {
 public:
  NetworkLearner(const Plan& plan, const ModelPlan& network, std::unique_ptr<Replicas> replicas, RunState& state,
                 const RunOptions& options)
      : plan_(plan),
        network_(network),
        state_(state),
        options_(options),
        asynchronous_(is_asynchronous(replicas->model().loss_device())),
        step_(plan, network, std::move(replicas), state.meter),
        training_(network, kTrainSplit, step_.team().loss_devices()),
        validation_(network, kValSplit, step_.team().loss_devices()),
        evaluator_(network),
        ranks_(step_.team().ranks()) {
    state_.meter.show(kNotKnown, training_.metrics());  // what there will be, for whoever records it
  }

  /// The losses of all ranks are known with the next batch; then they count.
  void hear_losses(std::uint64_t step) {
    const LossTally::Totals before = training_.loss();
    for (const RankWord& word : ranks_->heard())
      if (word.loss_rows > 0) training_.add({word.loss_sum, static_cast<std::uint64_t>(word.loss_rows)});
    unheard_ = false;
    const LossTally::Totals now = training_.loss();
    if (now.samples == before.samples) return;
    newest_ = (now.loss_sum - before.loss_sum) / static_cast<double>(now.samples - before.samples);
    check_finite(newest_);
    state_.loss_curve.add(static_cast<double>(step), newest_);
  }

  /// No batch comes for now with which the losses of the newest one would be told.
  void settle_losses() {
    if (!ranks_ || !unheard_) return;
    ranks_->own().rows = 0;
    ranks_->tell();
    (void)ranks_->hear();
    hear_losses(last_step_);
  }

  [[nodiscard]] static BatchLoss sum_of(const std::vector<Part>& parts) {
    LossTally tally;
    tally.add(parts);
    const LossTally::Totals totals = tally.read();
    return {totals.loss_sum, static_cast<std::int64_t>(totals.samples)};
  }

  std::optional<Progress> train_with_ranks(const Batch& batch, std::uint64_t step) {
    const std::vector<Part> parts = step_.train(batch, training_);
    if (unheard_) hear_losses(last_step_);
    if (ranks_->rows() == 0) return std::nullopt;
    const BatchLoss own = sum_of(parts);
    ranks_->own().loss_sum = own.sum;
    ranks_->own().loss_rows = own.rows;
    unheard_ = true;
    last_step_ = step;
    if (features_) state_.meter.show_frozen(features_->sample());
    state_.meter.enter(Phase::Other);
    show_optimizer();
    if (!std::isfinite(newest_)) return std::nullopt;
    return Progress{newest_, training_.metrics()};
  }

  void begin_validation() override { step_.team().share_with_ranks(); }
  [[nodiscard]] CollectiveSample collective() const override { return step_.collective(); }

  void keep_on(const std::shared_ptr<CacheShelf>& shelf) override {
    if (step_.team().stages() != nullptr) return;  // a stage runs its layers alone
    shelf_ = shelf;
    features_ =
        std::make_shared<FrozenFeatures>(step_.model(), plan_, *shelf, options_.cache_folder, state_.stop_token());
    if (features_->any()) {
      step_.team().look_up(features_);
    } else {
      features_ = nullptr;
    }
  }

  void begin_epoch(std::uint32_t epoch) override {
    const bool more = step_.team().learn_in(epoch);
    if (!features_) return;
    features_->settle();
    if (ranks_) ranks_->meet();  // what the others have kept is there too, whoever is first
    if (more) features_->look_again(step_.model());
    if (epoch > 1 && (ranks_ == nullptr || ranks_->leads())) features_->leave_to_later_runs();
  }

  std::optional<Progress> train(const Batch& batch, std::uint64_t step) override {
    if (ranks_) return train_with_ranks(batch, step);
    (void)step_.train(batch, training_);
    if (features_) state_.meter.show_frozen(features_->sample());
    state_.meter.enter(Phase::Other);
    show_optimizer();
    show_stages(Clock::system().now());
    if (options_.rate_test) return test_rate(step);
    const Nanos now = Clock::system().now();
    if (asynchronous_ && now - read_at_ < kReadInterval) return std::nullopt;
    read_at_ = now;
    return read(step);
  }

  void evaluate(const Batch& batch) override {
    step_.team().use_average(true);
    if (ranks_ && batch.records == 0) return validated_.push_back({});
    const std::vector<Part> parts = step_.evaluate(batch, validation_);
    if (ranks_) validated_.push_back(sum_of(parts));
    state_.meter.enter(Phase::Other);
    if (features_) state_.meter.show_frozen(features_->sample());
    evaluator_.add(parts, batch.record_ids);
  }

  Result<std::vector<Scores>> predict(const Batch& batch) override {
    const at::NoGradGuard no_gradients;
    step_.team().use_average(true);
    std::vector<Scores> all;
    for (const Comparison& comparison : comparisons(network_))
      all.push_back({.node = comparison.node, .target = comparison.target});
    for (const Part& part : step_.evaluate(batch, validation_))
      for (std::size_t i = 0; i < all.size(); ++i) add_scores(all[i], part.outcome.compared[i].prediction());
    state_.meter.enter(Phase::Other);
    validation_.clear();  // nobody knows the targets
    return all;
  }

  void finish_batches() override {
    step_.finish_batches();
    show_optimizer();
  }

  Progress finish_training() override {
    settle_losses();
    show_stages(0);
    const auto totals = training_.loss();
    check_finite(totals.loss_sum);
    Progress progress{totals.loss(), metrics_of(training_, kTrainSplit)};
    training_.clear();
    seen_ = {};
    return progress;
  }

  Progress finish_validation() override {
    step_.team().use_average(false);
    if (ranks_) validation_.add(loss_over_ranks(*ranks_, std::exchange(validated_, {})));
    Progress progress{validation_.loss().loss(), metrics_of(validation_, kValSplit)};
    validation_.clear();
    return progress;
  }

  Evaluation evaluate() override {
    Evaluation own = evaluator_.take();
    return ranks_ ? evaluation_over_ranks(*ranks_, own) : own;
  }
  ResidualPlot take_residuals() override {
    ResidualPlot own = evaluator_.take_residuals();
    return ranks_ ? residuals_over_ranks(*ranks_, own) : own;
  }

  void keep_gradient() override { step_.team().keep_gradient(); }
  WatchedTensors tensors() override { return step_.team().tensors(); }

  void observe(const Metrics& metrics) override {
    const MetricValue* watched = metric_with_key(metrics, step_.optimizer().settings().watch);
    if (watched != nullptr) (void)step_.optimizer().observe(watched->value, watched->higher_is_better);
  }

  void keep_best() override { step_.team().copy_measured(best_); }
  void restore_best() override { step_.team().restore_measured(best_); }

  [[nodiscard]] bool keeps_state() const override { return true; }

  Result<TrainingState> collect() override {
    settle_losses();
    auto state = collect_state(step_.team());
    if (!state) return state;
    state->tallies = training_.collect();
    if (ranks_) join_replicas(*ranks_, step_.replicas(), *state);
    if (best_.parameters.defined()) state->best = collect_averaged(step_.team(), best_);
    return state;
  }

  Status restore(const TrainingState& of_all) override {
    std::optional<TrainingState> own;
    if (ranks_) {
      auto chosen = own_replicas(*ranks_, step_.replicas(), of_all);
      if (!chosen) return fail(std::move(chosen.error()));
      own = std::move(*chosen);
    }
    const TrainingState& state = own ? *own : of_all;
    if (Status restored = restore_state(state, step_.team()); !restored) return restored;
    if (Status restored = training_.restore(state.tallies); !restored) return restored;
    seen_ = training_.loss();
    if (state.best.empty()) return {};
    step_.team().copy_measured(best_);  // memory of the right layout
    return restore_averaged(state.best, step_.team(), best_);
  }

  Result<std::string> take_weights(const TrainingState& state) override {
    auto all = feedline::take_weights(state, step_.team());
    if (!all) return fail(std::move(all.error()));
    if (all->taken.empty())
      return fail(Error{.reason = "no tensor of the checkpoint has the name and shape of one in this graph",
                        .remedy = "Name its nodes as those of the graph that the checkpoint is of"});
    std::string text =
        fmt::format("{} of {} tensors have the checkpoint's values: {}", all->taken.size(),
                    all->taken.size() + all->missing.size() + all->unfit.size(), fmt::join(all->taken, ", "));
    if (!all->missing.empty()) text += fmt::format("; not in it: {}", fmt::join(all->missing, ", "));
    if (!all->unfit.empty()) text += fmt::format("; of another shape in it: {}", fmt::join(all->unfit, ", "));
    if (!all->unused.empty()) text += fmt::format("; in it alone: {}", fmt::join(all->unused, ", "));
    return text;
  }

 private:
  [[nodiscard]] Metrics metrics_of(SplitTally& split, std::string_view name) {
    return ranks_ ? metrics_over_ranks(*ranks_, network_, name, split, step_.model().device()) : split.metrics();
  }

  void show_optimizer() { state_.meter.show_optimizer(step_.learning_rate(), step_.team().loss_scale()); }

  /// And of the layers of one that is not cut. Now and then; `now` 0: whenever it was shown last.
  void show_stages(Nanos now) {
    if (now != 0 && now - stages_shown_at_ < kStagesInterval) return;
    stages_shown_at_ = now;
    const StagePipeline* stages = step_.team().stages();
    if (stages == nullptr) return state_.meter.show_layers(step_.team().layers());
    state_.meter.show_stages(stages->samples());
  }

  static void add_scores(Scores& scores, const at::Tensor& prediction) {
    const at::Tensor rows = prediction.reshape({prediction.size(0), -1}).to(at::kFloat);
    const at::Tensor shown = scores.target == TargetKind::Classes  ? at::softmax(rows, 1)
                             : scores.target == TargetKind::Labels ? at::sigmoid(rows)
                                                                   : rows;
    const at::Tensor plain = shown.to(at::kCPU).contiguous();
    scores.columns = static_cast<std::size_t>(plain.size(1));
    const auto* first = plain.data_ptr<float>();
    scores.values.insert(scores.values.end(), first, first + plain.numel());
  }

  /// On the CPU the loss of this very step, on a GPU the mean since the last reading.
  Progress read(std::uint64_t step) {
    const auto totals = training_.loss();
    const double newest = (totals.loss_sum - seen_.loss_sum) / static_cast<double>(totals.samples - seen_.samples);
    seen_ = totals;
    check_finite(newest);
    state_.loss_curve.add(static_cast<double>(step), newest);
    return {newest, training_.metrics()};
  }

  /// The loss of this very step, on a GPU too.
  Progress test_rate(std::uint64_t step) {
    const auto totals = training_.loss();
    const double newest = (totals.loss_sum - seen_.loss_sum) / static_cast<double>(totals.samples - seen_.samples);
    if (step_.stepped() && !options_.rate_test->seen(step_.learning_rate(), newest)) throw StepCancelled();
    return read(step);
  }

  void check_finite(double loss) const {
    if (std::isfinite(loss)) return;
    const std::string& optimizer = network_.optimizer_node;
    throw StepFailed({.code = ErrorCode::Failed,
                      .reason = fmt::format("the loss is no longer a finite number (epoch {}, step {})",
                                            state_.meter.read().epoch, state_.meter.read().steps + 1),
                      .remedy = fmt::format(
                          "Lower {0}.learning_rate, ten times say, and see that the data are normalised", optimizer),
                      .node = step_.model().loss_node()});
  }

  /// First, so that it acts when all tensors have gone.
  struct Trim {
    ~Trim() { trim_tensor_memory(); }
  } trim_{};
  const Plan& plan_;
  const ModelPlan& network_;
  RunState& state_;
  const RunOptions& options_;
  std::shared_ptr<CacheShelf> shelf_{};  ///< has what features_ keeps
  std::shared_ptr<FrozenFeatures> features_{};
  bool asynchronous_;
  Step step_;
  SplitTally training_;
  SplitTally validation_;
  Evaluator evaluator_;
  LossTally::Totals seen_{};
  Nanos read_at_ = 0;
  RankAgreement* ranks_;  ///< null: it learns alone
  bool unheard_ = false;  ///< the newest step's loss is not told yet
  std::uint64_t last_step_ = 0;
  double newest_ = kNotKnown;  ///< loss of the step before, over all ranks
  std::vector<BatchLoss> validated_{};
  Nanos stages_shown_at_ = 0;
  FlatOptimizer::Averaged best_{};  ///< by early stopping; on the host
};

/// Steps of the optimiser over the whole run; 0: nobody knows.
std::uint64_t optimizer_steps(const Plan& plan, const Execution& execution, const RunOptions& options) {
  const auto accumulate = static_cast<std::uint64_t>(plan.trainer.accumulate);
  const auto steps = [&](std::uint64_t batches) { return (batches + accumulate - 1) / accumulate; };
  if (execution.epochs == 0) return steps(options.max_steps.value_or(0));
  return execution.epochs * steps(plan.train.batches_per_epoch());
}

/// Metrics by which a run ends or lowers its rate must be among those that it measures.
Status check_watched(const Plan& plan, const ModelPlan& network, const RunOptions& options) {
  if (!options.validate) return {};
  Metrics measured{loss_metric(kTrainSplit, kNotKnown)};
  const Metrics of_training = MetricSet(network, kTrainSplit).values();
  measured.insert(measured.end(), of_training.begin(), of_training.end());
  if (plan.validation) {
    measured.push_back(loss_metric(kValSplit, kNotKnown));
    const Metrics of_validation = MetricSet(network, kValSplit).values();
    measured.insert(measured.end(), of_validation.begin(), of_validation.end());
  }
  if (plan.trainer.stop_early != "off")
    if (Status known = check_metric_named(plan.trainer.stop_early, measured, "stop_early"); !known)
      return fail(std::move(known.error()).at_node(plan.trainer_node));
  const OptimizerSettings settings = network.optimizer->optimizer_settings(network.optimizer_params);
  if (settings.schedule == "plateau")
    if (Status known = check_metric_named(settings.watch, measured, "watch"); !known)
      return fail(std::move(known.error()).at_node(network.optimizer_node));
  return {};
}

/// Backbones begin with the weights of their files, which the run tells.
Status begin_with_weights(const Model& model, const Plan& plan, bool begun, RunState& state) {
  const auto all = load_weights(model, state.stop_token(), begun);
  if (!all) return fail(all.error());
  for (const LoadedWeights& weights : *all)
    state.emit(Noticed{Error{.reason = weights.text(), .node = weights.node, .file = weights.file}, !weights.whole()});
  if (all->empty() || plan.document.empty()) return {};
  const auto drawn = from_json(plan.document);
  if (!drawn) return {};
  for (const LayerPlan& layer : model.plan().layers)
    if (layer.spec->pretrained && layer.inputs.front().shape.size() == 4)  // pictures
      if (auto notice = normalise_notice(drawn->document, layer.node, layer.spec->pretrained(layer.params).weights))
        state.emit(Noticed{std::move(*notice)});
  return {};
}

}  // namespace

Result<Training> make_network(const Plan& plan, const ModelPlan& network, const RunOptions& options, RunState& state) {
  if (Status known = check_watched(plan, network, options); !known) return fail(std::move(known.error()));
  auto chosen = choose_devices(plan, network, options.world);
  if (!chosen) return fail(std::move(chosen.error()).at_node(plan.trainer_node));
  const auto& [placement, devices, format] = *chosen;
  const bool staged = chosen->staged(network);

  if (Status fine = check_metrics(comparisons(network), network.metrics); !fine)
    return fail(std::move(fine.error()).at_node(plan.trainer_node));

  Training training;
  Execution& execution = training.execution;
  execution = resolve_execution(plan, options, Use::Network, placement.uses_cpu());
  if (placement.several() && !staged) execution.replicas = static_cast<int>(devices.size());
  // As many on each rank, whatever the cores of its machine: the replicas of all are counted on from rank to rank.
  if (options.ranks) execution.replicas = static_cast<int>(options.ranks->least(execution.replicas));
  execution.device = placement.text();
  execution.precision = format.precision();
  execution.has_bfloat16 = !placement.uses_cpu() || cpu_has_bfloat16();
  execution.channels_last = format.channels_last;
  training.allocator = batch_allocator(devices);
  cache_tensor_memory();
  at::set_num_threads(execution.intra_op_threads);
  set_blas_threads(execution.intra_op_threads);

  if (options.ranks && !placement.on_cpu()) state.emit(Noticed{host_way_notice(placement, options.world)});

  const auto seed = static_cast<std::uint64_t>(execution.seed);
  // Batches stay on the host where each stage brings what it reads to its own device.
  auto model = staged ? Model::build(network, at::kCPU, seed, format, devices)
                      : Model::build(network, devices.front(), seed, format);
  if (!model) return fail(std::move(model.error()).at_node(plan.trainer_node));
  if (options.reads_weights && !options.resume.state)
    if (Status begun = begin_with_weights(**model, plan, options.weights.state != nullptr, state); !begun)
      return fail(std::move(begun.error()));
  training.parameters = (*model)->parameter_count();
  if (training.parameters == 0)
    return fail(
        Error{.reason = "the model has no trainable parameters: there is no layer with parameters before the loss",
              .remedy = "Put a linear or conv2d node that is not frozen between the batch and the loss",
              .node = plan.trainer_node,
              .port = "loss"});
  auto replicas = Replicas::build(network, std::move(*model),
                                  {.count = static_cast<std::size_t>(execution.replicas),
                                   .intra_op_threads = execution.intra_op_threads,
                                   .seed = seed,
                                   .stop = state.stop_token(),
                                   .total_steps = optimizer_steps(plan, execution, options),
                                   .rate = options.rate_test ? options.rate_test->rate : nullptr,
                                   .scales_loss = format.scales_loss(),
                                   .ranks = options.ranks,
                                   .bucket_bytes = static_cast<std::size_t>(plan.trainer.bucket_mib * 1024 * 1024),
                                   .short_gradients = plan.trainer.gradients == "bfloat16",
                                   .shares_norms = plan.trainer.sync_batch_norm,
                                   .trace = options.meters ? state.trace.get() : nullptr,
                                   .devices = placement.several() && !staged ? devices : std::vector<at::Device>{}});
  if (!replicas)
    return fail(replicas.error().node.empty() ? std::move(replicas.error()).at_node(plan.trainer_node)
                                              : std::move(replicas.error()));
  training.learner = std::make_unique<NetworkLearner>(plan, network, std::move(*replicas), state, options);
  return training;
}

}  // namespace feedline::inline training
