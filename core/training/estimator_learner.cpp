// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/estimator_scores.h"
#include "training/learner.h"
#include "training/resolve_execution.h"
#include "training/step_fault.h"
#include "training/stray_label.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <functional>
#include <new>

namespace feedline::inline training {
namespace {

/// Rows that are predicted between two looks at whether a stop was asked for: fewer, where these take long.
constexpr std::size_t kMostPredictedAtOnce = 256;
constexpr std::size_t kFirstPredictedAtOnce = 16;
constexpr Nanos kLongPrediction = 60'000'000;
constexpr Nanos kShortPrediction = 15'000'000;

/// What the rows that are added between two such looks may cost at most, in products of two of their numbers: that is
/// what the dearest learners (normal equations) take, about 60 ms of one core. It follows from the shape alone, never
/// from the clock, so that what is learnt and told is the same on every machine. Whole groups of rows: those that
/// learners take together stay together.
constexpr std::size_t kMostAddedProducts = std::size_t{1} << 28U;
constexpr std::size_t kAddedGroup = 4;

std::size_t rows_added_at_once(const EstimatorSetup& setup) {
  std::size_t columns = 1;
  for (const TensorDesc& input : setup.inputs)
    if (input.kind != Kind::Any) columns = std::max(columns, static_cast<std::size_t>(input.elements()));
  const std::size_t rows = kMostAddedProducts / columns / columns;
  return std::max(rows / kAddedGroup * kAddedGroup, kAddedGroup);
}

Error estimator_fault(const std::exception& fault, const std::string& node) {
  if (dynamic_cast<const std::bad_alloc*>(&fault) != nullptr)
    return {.code = ErrorCode::Failed,
            .reason = "there is not enough memory for the estimator",
            .remedy = "Train on fewer records or features",
            .node = node};
  return {.code = ErrorCode::Failed, .reason = std::string("the estimator failed: ") + fault.what(), .node = node};
}

/// Calls the estimator. What it throws and what it reports become faults of the step, which name its node.
template <class Call>
auto call_estimator(const std::string& node, const Call& call) {
  decltype(call()) result = [&]() -> decltype(call()) {
    try {
      return call();
    } catch (const std::exception& fault) {
      throw StepFailed(estimator_fault(fault, node));
    }
  }();
  if (result) return result;
  if (result.error().code == ErrorCode::Cancelled) throw StepCancelled();
  throw StepFailed(std::move(result.error()).at_node(node));
}

/// Tells of a fit, and holds it up or ends it as the run is asked to.
class RunFitControl final : public FitControl {
 public:
  RunFitControl(RunState& state, std::uint64_t steps) : state_(state), steps_(steps) { show(0, kNotKnown); }
  ~RunFitControl() override { state_.meter.show_fitting(std::nullopt); }

  bool go_on(double fraction, double loss) override {
    if (state_.stop_requested()) return false;
    const Nanos now = Clock::system().now();
    if (now - told_ < kInterval) return true;
    told_ = now;
    show(fraction, loss);
    if (!state_.paused()) return true;
    state_.meter.enter(Phase::Wait);  // which counts for nobody while the run is paused
    const bool on = state_.wait_while_paused();
    state_.meter.enter(Phase::Fit);
    return on;
  }

 private:
  static constexpr Nanos kInterval = 20'000'000;

  void show(double fraction, double loss) {
    fraction = std::clamp(fraction, 0.0, 1.0);
    state_.meter.show_fitting(fraction);
    if (!std::isfinite(loss)) return;
    state_.meter.show(loss, {});
    state_.loss_curve.add(static_cast<double>(steps_) + fraction, loss);
  }

  RunState& state_;
  std::uint64_t steps_;
  Nanos told_ = 0;
};

MetricValue accuracy_metric(std::string_view split, double value) {
  return {.name = "accuracy", .split = std::string(split), .value = value, .unit = std::string(kShareUnit)};
}

bool is_wanted(const std::vector<std::string>& metrics, std::string_view key) {
  return metrics.empty() || std::find(metrics.begin(), metrics.end(), key) != metrics.end();
}

class EstimatorLearner final : public Learner {
 public:
  EstimatorLearner(const Plan& plan, const EstimatorPlan& estimator, EstimatorSetup setup,
                   std::shared_ptr<Estimator> first, RunState& state)
      : plan_(plan),
        estimator_(estimator),
        setup_(std::move(setup)),
        learning_(std::move(first)),
        state_(state),
        added_at_once_(rows_added_at_once(setup_)),
        scores_(estimator, plan.trainer.metrics, learning_->gives_probabilities()),
        shows_accuracy_(setup_.classes > 0 && is_wanted(plan.trainer.metrics, "accuracy")) {}

  /// Can what the trainer asks for be measured? See check_metrics().
  [[nodiscard]] Status check() const { return scores_.check(); }

  std::optional<Progress> train(const Batch& batch, std::uint64_t step) override {
    state_.meter.enter(Phase::Add);
    if (learning_ == nullptr) learning_ = make();
    check_labels(plan_.train, batch);
    const std::vector<EstimatorInput> inputs = inputs_of(plan_.train, batch);
    const EstimatorRows rows{.count = batch.records, .pass = pass_, .records = batch.record_ids, .inputs = inputs};
    const FitScore score = rows.count <= added_at_once_ ? add(rows) : add_in_parts(rows);
    rows_ += batch.records;
    step_ = step;
    if (!std::isfinite(score.loss)) return std::nullopt;
    state_.loss_curve.add(static_cast<double>(step), score.loss);
    return training_progress(score);
  }

  Progress finish_training() override {
    if (rows_ == 0) return {};
    if (state_.stop_requested()) throw StepCancelled();
    state_.meter.enter(Phase::Fit);
    const auto fit = call_estimator(estimator_.node, [&] {
      RunFitControl control(state_, step_);
      return learning_->fit(control);
    });
    state_.meter.enter(Phase::Other);
    rows_ = 0;
    if (fit->fitted) fitted_ = learning_;
    for (const Error& notice : learning_->notices())
      state_.emit(Noticed{notice.node.empty() ? Error(notice).at_node(estimator_.node) : notice});
    if (estimator_.passes && pass_ >= *estimator_.passes) {
      learning_.reset();
      pass_ = 0;
    }
    ++pass_;
    Progress progress = training_progress(*fit);
    state_.meter.show(progress.loss, progress.metrics);
    return progress;
  }

  void forget() override {
    learning_ = make();
    rows_ = 0;
    pass_ = 1;
  }

  void evaluate(const Batch& batch) override {
    if (fitted_ == nullptr) return;
    const std::vector<EstimatorInput> inputs = inputs_of(*plan_.validation, batch);
    check_labels(*plan_.validation, batch);
    predict(inputs, batch,
            [this](const EstimatorRows& rows, std::span<const float> predictions) { compare(rows, predictions); });
    scores_.end_batch();
  }

  /// Targets are not looked at: nobody knows them.
  Result<std::vector<Scores>> predict(const Batch& batch) override {
    if (fitted_ == nullptr) return fail("it has not been fitted");
    Scores scores{.node = estimator_.node,
                  .target = setup_.classes > 0 ? TargetKind::Classes : TargetKind::Numbers,
                  .columns = setup_.outputs()};
    predict(inputs_of(*plan_.validation, batch), batch,
            [&scores](const EstimatorRows&, std::span<const float> predictions) {
              scores.values.insert(scores.values.end(), predictions.begin(), predictions.end());
            });
    state_.meter.enter(Phase::Other);
    return std::vector<Scores>{std::move(scores)};
  }

  /// Between two of several passes there is nothing yet that could be kept.
  [[nodiscard]] bool keeps_state() const override {
    const Estimator* any = fitted_ != nullptr ? fitted_.get() : learning_.get();
    return any != nullptr && any->keeps_state() && estimator_.passes.value_or(1) == 1;
  }
  [[nodiscard]] bool keeps_inside_epochs() const override { return false; }

  Result<TrainingState> collect() override {
    if (fitted_ == nullptr) return fail("nothing has been fitted yet");
    TrainingState state;
    for (auto& [name, tensor] : fitted_->state()) state.parameters.emplace(estimator_.key + "." + name, tensor);
    return state;
  }

  Status restore(const TrainingState& state) override {
    NamedTensors own;
    for (const auto& [name, tensor] : state.parameters)
      if (const auto [key, tensor_name] = split_tensor_name(name); key == estimator_.key)
        own.emplace(std::string(tensor_name), tensor);
    std::shared_ptr<Estimator> loaded = make();
    const Status done = call_loading([&] { return loaded->load(own); });
    if (!done) return done;
    fitted_ = loaded;
    learning_ = estimator_.passes ? nullptr : std::move(loaded);
    pass_ = estimator_.passes ? 1 : state.position.epoch + 1;
    return {};
  }

  Result<std::string> take_weights(const TrainingState&) override {
    return fail(Error{.reason = "an estimator is fitted to its data and begins with no weights",
                      .remedy = "Run it without --init-from",
                      .node = estimator_.node});
  }

  Progress finish_validation() override { return scores_.read(); }
  Evaluation evaluate() override { return scores_.take(); }
  ResidualPlot take_residuals() override { return scores_.take_residuals(); }

 private:
  [[nodiscard]] Progress training_progress(const FitScore& score) const {
    Progress progress{.loss = score.loss};
    if (shows_accuracy_) progress.metrics = {accuracy_metric(kTrainSplit, score.accuracy)};
    return progress;
  }

  [[nodiscard]] std::shared_ptr<Estimator> make() const {
    auto made = call_estimator(estimator_.node, [&] { return estimator_.spec->estimator(estimator_.params, setup_); });
    return std::move(*made);
  }

  /// An error of loading is told as it is, with its node; what it throws as one.
  template <class Call>
  [[nodiscard]] Status call_loading(const Call& call) const {
    try {
      Status done = call();
      return done ? done : fail(std::move(done.error()).at_node(estimator_.node));
    } catch (const std::exception& fault) {
      return fail(estimator_fault(fault, estimator_.node));
    }
  }

  void check_labels(const DataPlan& data, const Batch& batch) const {
    if (setup_.classes > 0)
      if (const auto stray = stray_label(data, batch, *estimator_.fields[estimator_.target], setup_.classes))
        throw StepFailed({.code = ErrorCode::Failed,
                          .reason = fmt::format("a record is of class {}, but there are {} classes (0 to {})",
                                                stray->label, setup_.classes, setup_.classes - 1),
                          .remedy = "Use training data that has all classes",
                          .node = estimator_.node,
                          .file = stray->file});
  }

  /// The rows of a batch by the node's inputs.
  [[nodiscard]] std::vector<EstimatorInput> inputs_of(const DataPlan& data, const Batch& batch) const {
    std::vector<EstimatorInput> inputs;
    for (const auto& field : estimator_.fields) {
      EstimatorInput& input = inputs.emplace_back(EstimatorInput{.rows = batch.records});
      if (!field) continue;
      input.record = data.fields[*field].record;
      input.data = batch.buffer->fields[*field];
    }
    return inputs;
  }

  FitScore add(const EstimatorRows& rows) {
    return *call_estimator(estimator_.node, [&] { return learning_->add(rows); });
  }

  /// Rows that take long, with a stop obeyed between the parts. The score is the mean over all of them.
  FitScore add_in_parts(const EstimatorRows& rows) {
    FitScore mean{.loss = 0, .accuracy = 0};
    for (std::size_t first = 0, count = 0; first < rows.count; first += count) {
      if (state_.stop_requested()) throw StepCancelled();
      count = std::min(added_at_once_, rows.count - first);
      std::vector<EstimatorInput> part;
      for (const EstimatorInput& input : rows.inputs) part.push_back(input.slice(first, count));
      const FitScore score =
          add({.count = count, .pass = rows.pass, .records = rows.records.subspan(first, count), .inputs = part});
      const double share = static_cast<double>(count) / static_cast<double>(rows.count);
      mean.loss += share * score.loss;
      mean.accuracy += share * score.accuracy;
    }
    return mean;
  }

  using Take = std::function<void(const EstimatorRows& rows, std::span<const float> predictions)>;

  /// A batch in parts, between which a stop is obeyed. How large they are follows from how long they take.
  void predict(const std::vector<EstimatorInput>& inputs, const Batch& batch, const Take& take) {
    state_.meter.enter(Phase::Predict);
    for (std::size_t first = 0, count = 0; first < batch.records; first += count) {
      if (state_.stop_requested()) throw StepCancelled();
      count = std::min(predicted_at_once_, batch.records - first);
      const Nanos begun = Clock::system().now();
      predict_part(inputs, batch, first, count, take);
      const Nanos taken = Clock::system().now() - begun;
      if (taken > kLongPrediction)
        predicted_at_once_ = std::max<std::size_t>(predicted_at_once_ / 4, 1);
      else if (taken < kShortPrediction)
        predicted_at_once_ = std::min(predicted_at_once_ * 2, kMostPredictedAtOnce);
    }
  }

  void predict_part(const std::vector<EstimatorInput>& inputs, const Batch& batch, std::size_t first, std::size_t count,
                    const Take& take) {
    std::vector<EstimatorInput> part;
    for (const EstimatorInput& input : inputs) part.push_back(input.slice(first, count));
    const EstimatorRows rows{
        .count = count, .records = std::span(batch.record_ids).subspan(first, count), .inputs = part};
    predictions_.resize(count * setup_.outputs());
    (void)call_estimator(estimator_.node, [&] { return fitted_->predict(rows, predictions_); });
    if (!std::ranges::all_of(predictions_, [](float number) { return std::isfinite(number); }))
      throw StepFailed({.code = ErrorCode::Failed,
                        .reason = "it predicts something that is no finite number",
                        .remedy = "See that the data are normalised",
                        .node = estimator_.node});
    take(rows, predictions_);
  }

  void compare(const EstimatorRows& rows, std::span<const float> predictions) {
    const std::size_t outputs = setup_.outputs();
    const EstimatorInput& target = rows.inputs[estimator_.target];
    for (std::size_t row = 0; row < rows.count; ++row) {
      const std::span<const float> prediction = predictions.subspan(row * outputs, outputs);
      if (setup_.classes > 0) {
        scores_.add_class(rows.records[row], target.values<std::int64_t>()[row], prediction);
      } else {
        float number = 0;
        target.slice(row, 1).copy_to({&number, 1});
        scores_.add_number(number, prediction[0]);
      }
    }
  }

  const Plan& plan_;
  const EstimatorPlan& estimator_;
  const EstimatorSetup setup_;
  std::shared_ptr<Estimator> learning_;        ///< null: the next batch begins another fit
  std::shared_ptr<const Estimator> fitted_{};  ///< the newest that can predict
  RunState& state_;
  std::uint32_t pass_ = 1;
  std::uint64_t rows_ = 0;  ///< of this pass
  std::uint64_t step_ = 0;
  std::vector<float> predictions_{};
  std::size_t predicted_at_once_ = kFirstPredictedAtOnce;
  const std::size_t added_at_once_;
  EstimatorScores scores_;
  bool shows_accuracy_;  ///< of training, as the estimator tells it
};

/// Labels of classes are i64, and a number is one number.
Status check_target(const EstimatorPlan& estimator, const TensorDesc& target) {
  if (estimator.classes > 0 ? target.dtype == DType::I64 && target.elements() == 1 : target.elements() == 1) return {};
  return fail(Error{.reason = "its target is " + target.text() + ", and it must be one class or one number a record",
                    .remedy = "Wire the label of the batch to it",
                    .node = estimator.node,
                    .port = estimator.spec->inputs[estimator.target].name});
}

}  // namespace

Result<Training> make_estimator(const Plan& plan, const EstimatorPlan& estimator, const RunOptions& options,
                                RunState& state) {
  Training training;
  training.execution = resolve_execution(plan, options, Use::Estimator);
  EstimatorSetup setup{.target = estimator.target,
                       .classes = estimator.classes,
                       .class_names = estimator.class_names,
                       .rows = plan.train.sampler.count,
                       .seed = static_cast<std::uint64_t>(training.execution.seed),
                       .stream = estimator.stream,
                       .threads = training.execution.intra_op_threads};
  for (const auto& field : estimator.fields)
    setup.inputs.push_back(field ? plan.train.fields[*field].record : TensorDesc{});
  if (Status fine = check_target(estimator, setup.inputs[estimator.target]); !fine)
    return fail(std::move(fine.error()));
  return catch_step_faults([&]() -> Result<Training> {
    auto first = call_estimator(estimator.node, [&] { return estimator.spec->estimator(estimator.params, setup); });
    auto learner = std::make_unique<EstimatorLearner>(plan, estimator, std::move(setup), std::move(*first), state);
    if (Status fine = learner->check(); !fine) return fail(std::move(fine.error()).at_node(plan.trainer_node));
    training.learner = std::move(learner);
    return std::move(training);
  });
}

}  // namespace feedline::inline training
