// SPDX-License-Identifier: GPL-3.0-or-later
// Optimisers, clipping, penalties, averages and schedules against PyTorch's (tests/data/make_optimizer_values.py), and
// what must not depend on how a step is divided.
#include "networks.h"
#include "support/places.h"
#include "support/test_program.h"
#include "training/collect_state.h"
#include "training/early_stop.h"
#include "training/flat_optimizer.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>

namespace test_optimizers {

using namespace feedline;

namespace {

constexpr double kTolerance = 1e-5;

const QJsonObject& expected() {
  static const QJsonObject values = [] {
    QFile file(test::source_dir("/tests/data/optimizer_values.json"));
    if (!file.open(QIODevice::ReadOnly)) qFatal("no expected values");
    return QJsonDocument::fromJson(file.readAll()).object();
  }();
  return values;
}

std::vector<double> numbers_of(const QJsonValue& list) {
  std::vector<double> numbers;
  for (const QJsonValue& item : list.toArray()) numbers.push_back(item.toDouble());
  return numbers;
}

ParamMap params_of(const QJsonObject& json) {
  ParamMap params;
  for (auto it = json.begin(); it != json.end(); ++it) {
    Value value = it.value().toDouble();
    if (it.value().isBool()) value = it.value().toBool();
    if (it.value().isString()) value = it.value().toString().toStdString();
    if (it.key() == "plateau_patience") value = static_cast<std::int64_t>(it.value().toInteger());
    if (it.value().isArray()) {
      ValueList items;
      for (const QJsonValue& item : it.value().toArray()) items.emplace_back(item.toString().toStdString());
      value = std::move(items);
    }
    params[it.key().toStdString()] = std::move(value);
  }
  return params;
}

at::Tensor tensor_of(const std::vector<double>& numbers) {
  return at::tensor(numbers, at::TensorOptions(at::kDouble)).to(at::kFloat);
}

QByteArray compared(const at::Tensor& found, const QJsonValue& wanted) {
  const auto numbers = numbers_of(wanted);
  if (found.numel() != static_cast<std::int64_t>(numbers.size())) return "another number of them";
  double most = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    most = std::max(most, std::abs(found[static_cast<std::int64_t>(i)].item<double>() - numbers[i]));
  return most <= kTolerance ? QByteArray() : "differs by " + QByteArray::number(most);
}

ModelPlan plan_of(const char* optimizer, const ParamMap& params) {
  ModelPlan plan;
  plan.optimizer = &spec_of(optimizer);
  plan.optimizer_params = plan.optimizer->complete(params);
  plan.optimizer_node = optimizer;
  return plan;
}

/// Parameters without a model: two layers, "first" and "second", of a matrix and a vector each.
class Weights {
 public:
  Weights(const ModelPlan& plan, const std::vector<at::Tensor>& start, std::size_t replicas, std::uint64_t total = 0)
      : replicas_(replicas) {
    std::vector<FlatOptimizer::Owner> owners;
    for (const at::Tensor& tensor : start) {
      tensors_.push_back(tensor.clone().requires_grad_(true));
      owners.push_back({owners.size() < 2 ? "first" : "second", tensor.dim()});
    }
    flat_ = std::make_unique<FlatParameters>(tensors_, replicas);
    auto made = FlatOptimizer::make(plan, *flat_, owners, {}, {.shards = replicas, .total_steps = total});
    if (!made) qFatal("%s", made.error().line().c_str());
    optimizer_ = std::move(*made);
  }

  /// Each replica brings its share of the gradient, end to end.
  void step(const at::Tensor& gradient) {
    for (std::size_t i = 0; i < replicas_; ++i) {
      const auto parts = FlatParameters::parts(flat_->gradients(i), tensors_);
      std::int64_t at = 0;
      for (const at::Tensor& part : parts) {
        const at::Tensor own = gradient.narrow(0, at, part.numel()).view(part.sizes());
        part.copy_(own * (i == 0 ? 1.5 - 0.5 * static_cast<double>(replicas_) : 0.5));
        at += part.numel();
      }
    }
    optimizer_->begin();
    if (optimizer_->measures()) {
      for (std::size_t i = 0; i < replicas_; ++i) optimizer_->measure(i);
      optimizer_->limit();
    }
    for (std::size_t i = 0; i < replicas_; ++i) optimizer_->apply(i);
    optimizer_->finish();
  }

  [[nodiscard]] at::Tensor now() const { return flat(tensors_); }
  [[nodiscard]] at::Tensor average() const {
    return flat(FlatParameters::parts(optimizer_->average().parameters, tensors_));
  }
  [[nodiscard]] FlatOptimizer& optimizer() { return *optimizer_; }
  [[nodiscard]] const FlatParameters& parameters() const { return *flat_; }

 private:
  std::size_t replicas_;
  std::vector<at::Tensor> tensors_{};
  std::unique_ptr<FlatParameters> flat_{};
  std::unique_ptr<FlatOptimizer> optimizer_{};
};

std::vector<at::Tensor> start_of_values() {
  const at::Tensor all = tensor_of(numbers_of(expected()["start"]));
  std::vector<at::Tensor> tensors;
  std::int64_t at = 0;
  for (const QJsonValue& shape : expected()["shapes"].toArray()) {
    std::vector<std::int64_t> sizes;
    std::int64_t count = 1;
    for (const double size : numbers_of(shape)) {
      sizes.push_back(static_cast<std::int64_t>(size));
      count *= sizes.back();
    }
    tensors.push_back(all.narrow(0, at, count).view(sizes));
    at += count;
  }
  return tensors;
}

ScheduleSettings settings_of(const QJsonObject& json) {
  ParamMap params = params_of(json);
  params["learning_rate"] = 0.4;
  const NodeSpec& spec = spec_of("sgd");
  return spec.optimizer_settings(spec.complete(params));
}

/// Networks whose rule keeps something, with all that optimisers share.
ModelPlan busy_network(const char* optimizer) {
  ModelPlan plan = random_network(optimizer);
  ParamMap params{{"learning_rate", 0.02},
                  {"weight_decay", 0.01},
                  {"l1", 1e-4},
                  {"clip_norm", 1.0},
                  {"clip_value", 0.5},
                  {"decay_norm_and_bias", false},
                  {"ema", 0.8},
                  {"schedule", "cosine"},
                  {"warmup", 3.0},
                  {"rates", ValueList{std::string("linear4=3")}}};
  params["schedule"] = std::string("cosine");
  plan.optimizer_params = plan.optimizer->complete(params);
  return plan;
}

std::unique_ptr<Replicas> replicas_for(const ModelPlan& plan, std::size_t count) {
  auto made = Replicas::build(plan, model_of(plan),
                              {.count = count, .intra_op_threads = 1, .seed = 11, .stop = {}, .total_steps = 20});
  if (!made) qFatal("%s", made.error().line().c_str());
  return std::move(*made);
}

std::vector<at::Tensor> rows_of(const std::vector<at::Tensor>& fields, std::int64_t first, std::int64_t count) {
  std::vector<at::Tensor> rows;
  for (const at::Tensor& field : fields) rows.push_back(field.narrow(0, first, count));
  return rows;
}

QByteArray refusal(const ModelPlan& plan, std::uint64_t total = 20) {
  auto made = Replicas::build(plan, model_of(plan), {.count = 1, .seed = 11, .stop = {}, .total_steps = total});
  return made ? QByteArray() : QByteArray::fromStdString(made.error().line());
}

}  // namespace

class TestOptimizers : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equal_to_pytorch_data();
  void equal_to_pytorch();
  void adam_and_sgd_have_libtorchs_bytes();
  void any_division_of_a_step_is_equal_data();
  void any_division_of_a_step_is_equal();
  void schedules_equal_pytorch();
  void plateaus_equal_pytorch();
  void a_curve_has_both_ends();
  void accumulated_batches_are_one_data();
  void accumulated_batches_are_one();
  void the_average_is_what_is_validated_and_saved();
  void state_goes_on_to_the_same_bytes_data();
  void state_goes_on_to_the_same_bytes();
  void a_state_of_other_settings_is_refused();
  void layers_have_rates_of_their_own();
  void early_stop_waits();
};

void TestOptimizers::equal_to_pytorch_data() {
  QTest::addColumn<QJsonObject>("wanted");
  QTest::addColumn<int>("replicas");
  int number = 0;
  for (const QJsonValue& one : expected()["optimizers"].toArray()) {
    ++number;
    for (const int replicas : {1, 2, 3})
      QTest::addRow("%d %s with %d replicas", number, qPrintable(one["node"].toString()), replicas)
          << one.toObject() << replicas;
  }
}
void TestOptimizers::equal_to_pytorch() {
  QFETCH(QJsonObject, wanted);
  QFETCH(int, replicas);
  const ModelPlan plan = plan_of(qPrintable(wanted["node"].toString()), params_of(wanted["params"].toObject()));
  Weights weights(plan, start_of_values(), static_cast<std::size_t>(replicas));
  int step = 0;
  for (const QJsonValue& gradient : expected()["gradients"].toArray()) {
    weights.step(tensor_of(numbers_of(gradient)));
    const QJsonValue shown = wanted["weights"][QString::number(++step)];
    if (shown.isUndefined()) continue;
    const QByteArray told = compared(weights.now(), shown);
    QVERIFY2(told.isEmpty(), "step " + QByteArray::number(step) + ": " + told);
  }
  QCOMPARE(step, 10);
  if (wanted.contains("average")) {
    const QByteArray told = compared(weights.average(), wanted["average"]);
    QVERIFY2(told.isEmpty(), "average: " + told);
  }
}

/// Larger than a piece, and no multiple of one.
void TestOptimizers::adam_and_sgd_have_libtorchs_bytes() {
  at::set_num_threads(1);  // LibTorch's threads would cut the whole where no piece ends
  const at::Tensor start = at::arange(50'000, at::kFloat).mul(0.37).sin();
  const auto compare = [&](const char* node, const ParamMap& params, auto&& make) {
    Weights ours(plan_of(node, params), {start}, 1);
    const at::Tensor block = ours.parameters().values().clone().requires_grad_(true);
    auto theirs = make(std::vector<at::Tensor>{block});
    for (int step = 0; step < 5; ++step) {
      const at::Tensor gradient = at::arange(50'000, at::kFloat).mul(0.11).add(step).cos();
      at::Tensor padded = at::zeros_like(block);
      padded.narrow(0, 0, 50'000).copy_(gradient);
      block.mutable_grad() = padded;
      theirs.step();
      ours.step(gradient);
    }
    return at::equal(block.detach(), ours.parameters().values());
  };
  QVERIFY(compare("adam", {{"learning_rate", 0.01}}, [](auto p) { return torch::optim::Adam(p, 0.01); }));
  QVERIFY(compare("adam", {{"learning_rate", 0.01}, {"weight_decay", 0.1}, {"beta1", 0.8}}, [](auto p) {
    return torch::optim::Adam(p, torch::optim::AdamOptions(0.01).weight_decay(0.1).betas({0.8, 0.999}));
  }));
  QVERIFY(compare("sgd", {{"learning_rate", 0.1}, {"momentum", 0.9}, {"weight_decay", 0.01}}, [](auto p) {
    return torch::optim::SGD(p, torch::optim::SGDOptions(0.1).momentum(0.9).weight_decay(0.01));
  }));
  QVERIFY(compare("sgd", {{"learning_rate", 0.1}, {"momentum", 0.9}, {"nesterov", true}}, [](auto p) {
    return torch::optim::SGD(p, torch::optim::SGDOptions(0.1).momentum(0.9).nesterov(true));
  }));
}

void TestOptimizers::any_division_of_a_step_is_equal_data() {
  QTest::addColumn<QString>("optimizer");
  for (const char* optimizer : {"sgd", "adam", "adamw", "rmsprop", "adagrad", "lamb"})
    QTest::newRow(optimizer) << optimizer;
}
/// A network without layers that see only their replica's rows: two and three replicas train it as one does.
void TestOptimizers::any_division_of_a_step_is_equal() {
  QFETCH(QString, optimizer);
  ModelPlan plan = plain_network();
  const ModelPlan busy = busy_network(optimizer.toLatin1().constData());
  plan.optimizer = busy.optimizer;
  plan.optimizer_params = busy.optimizer_params;
  plan.optimizer_params["rates"] = ValueList{std::string("linear2=3")};
  at::Tensor first;
  at::Tensor first_average;
  for (const std::size_t count : {1U, 2U, 3U}) {
    const auto replicas = replicas_for(plan, count);
    TrainerMeter meter;
    for (std::int64_t step = 0; step < 8; ++step) (void)replicas->train(batch(12, features(), step), meter);
    const at::Tensor now = flat(replicas->model().parameters());
    const at::Tensor average = replicas->optimizer().average().parameters.clone();
    if (!first.defined()) {
      first = now;
      first_average = average;
    }
    QVERIFY2(at::allclose(first, now, kTolerance, kTolerance), std::to_string(count).c_str());
    QVERIFY2(at::allclose(first_average, average, kTolerance, kTolerance), std::to_string(count).c_str());
    QVERIFY(!at::allclose(now, flat(model_of(plan)->parameters()), 1e-3, 1e-3));
  }
}

void TestOptimizers::schedules_equal_pytorch() {
  for (const QJsonValue& one : expected()["schedules"].toArray()) {
    const ScheduleSettings settings = settings_of(one["settings"].toObject());
    const auto rates = numbers_of(one["rates"]);
    const auto total = static_cast<std::uint64_t>(one["total"].toInteger());
    QCOMPARE(rates.size(), static_cast<std::size_t>(total));
    for (std::uint64_t step = 0; step < total; ++step)
      QVERIFY2(std::abs(rate_at(settings, step, total) - rates[step]) < 1e-7,
               (settings.schedule + " at step " + std::to_string(step)).c_str());
    // Beyond the end nothing new happens.
    QVERIFY(rate_at(settings, 10 * total, total) <= rate_at(settings, total - 1, total));
  }
}

void TestOptimizers::plateaus_equal_pytorch() {
  for (const QJsonValue& one : expected()["plateaus"].toArray()) {
    const ScheduleSettings settings = settings_of(one["settings"].toObject());
    const auto values = numbers_of(one["values"]);
    const auto rates = numbers_of(one["rates"]);
    PlateauState state;
    for (std::size_t i = 0; i < values.size(); ++i) {
      state.observe(settings, values[i], one["higher_is_better"].toBool());
      QVERIFY2(std::abs(rate_at(settings, i, 0, state.drops) - rates[i]) < 1e-9, std::to_string(i).c_str());
    }
    QCOMPARE(state.drops, 2U);
  }
  PlateauState state;
  ScheduleSettings settings{.schedule = "plateau", .plateau_patience = 0};
  QVERIFY(state.observe(settings, std::nan(""), false));  // no improvement
  QVERIFY(!state.observe(settings, 3, false));
}

void TestOptimizers::a_curve_has_both_ends() {
  const NodeSpec& spec = spec_of("adam");
  const ParamMap params = spec.complete({{"schedule", std::string("cosine")}, {"warmup", 0.1}});
  const auto curve = rate_curve(spec, params, 5000, 100);
  QCOMPARE(curve.size(), std::size_t{100});
  QCOMPARE(curve.front().step, 0.0);
  QCOMPARE(curve.back().step, 4999.0);
  QVERIFY(std::abs(curve.front().rate - 1e-3 / 500) < 1e-12);
  QVERIFY(curve.back().rate < 2e-6);
  QCOMPARE(rate_curve(spec, params, 3).size(), std::size_t{3});
  QCOMPARE(rate_curve(spec, params, 1).size(), std::size_t{1});
  QVERIFY(rate_curve(spec, params, 0).empty());
  QVERIFY(rate_curve(spec_of("linear"), {}, 10).empty());
  QVERIFY(needs_total(spec.optimizer_settings(params)));
  QVERIFY(!needs_total(spec.optimizer_settings(spec.complete({{"warmup", 10.0}}))));
}

void TestOptimizers::accumulated_batches_are_one_data() {
  QTest::addColumn<int>("replicas");
  for (const int replicas : {1, 2, 3}) QTest::addRow("%d", replicas) << replicas;
}
/// The last group of an epoch has fewer batches, and its last batch fewer rows.
void TestOptimizers::accumulated_batches_are_one() {
  QFETCH(int, replicas);
  ModelPlan plan = plain_network();
  plan.optimizer = &spec_of("adam");
  plan.optimizer_params =
      plan.optimizer->complete({{"learning_rate", 0.02}, {"clip_norm", 0.5}, {"schedule", std::string("cosine")}});
  const auto whole = replicas_for(plan, 1);
  const auto parts = replicas_for(plan, static_cast<std::size_t>(replicas));
  TrainerMeter meter;
  const std::vector<std::vector<std::int64_t>> groups = {{8, 8, 8}, {8, 8, 8}, {8, 5}, {1}};
  for (std::size_t turn = 0; turn < groups.size(); ++turn) {
    std::int64_t all = 0;
    for (const std::int64_t rows : groups[turn]) all += rows;
    const auto fields = batch(all, features(), static_cast<std::int64_t>(turn));
    (void)whole->train(fields, meter);
    std::int64_t first = 0;
    const at::Tensor before = flat(parts->model().parameters()).clone();
    for (const std::int64_t rows : groups[turn]) {
      (void)parts->accumulate(rows_of(fields, first, rows), meter);
      first += rows;
    }
    QCOMPARE(parts->pending(), static_cast<std::int64_t>(groups[turn].size()));
    QVERIFY(at::equal(before, flat(parts->model().parameters())));
    parts->step(meter);
    QCOMPARE(parts->pending(), std::int64_t{0});
    QVERIFY(at::allclose(flat(whole->model().parameters()), flat(parts->model().parameters()), kTolerance, kTolerance));
  }
  parts->step(meter);  // without a batch, nothing happens
  QCOMPARE(parts->optimizer().steps(), std::int64_t{4});
  QCOMPARE(parts->learning_rate(), whole->learning_rate());
}

void TestOptimizers::the_average_is_what_is_validated_and_saved() {
  const ModelPlan plan = busy_network("sgd");
  const auto replicas = replicas_for(plan, 2);
  TrainerMeter meter;
  FlatOptimizer& optimizer = replicas->optimizer();
  QVERIFY(!optimizer.averages());
  optimizer.use_average(true);  // there is none yet
  std::vector<at::Tensor> by_hand;
  for (std::int64_t step = 0; step < 6; ++step) {
    (void)replicas->train(batch(12, features(), step), meter);
    std::vector<at::Tensor> now = replicas->model().parameters();
    for (const at::Tensor& buffer : replicas->model().buffers()) now.push_back(buffer);
    for (std::size_t i = 0; i < now.size(); ++i) {
      const at::Tensor value = now[i].detach().clone();
      if (step == 0) by_hand.push_back(value);
      by_hand[i] = value.is_floating_point() ? by_hand[i] * 0.8 + value * 0.2 : value;
    }
  }
  const at::Tensor trained = flat(replicas->model().parameters());
  const auto fields = batch(9, features(), 30);
  const double loss_trained = totals(replicas->evaluate(fields)).loss();
  const auto state = collect_state(*replicas);
  QVERIFY(state);

  optimizer.use_average(true);
  std::vector<at::Tensor> averaged = replicas->model().parameters();
  for (const at::Tensor& buffer : replicas->model().buffers()) averaged.push_back(buffer);
  for (std::size_t i = 0; i < averaged.size(); ++i)
    QVERIFY(at::allclose(averaged[i].detach().to(at::kFloat), by_hand[i].to(at::kFloat), 1e-5, 1e-6));
  QVERIFY(std::abs(totals(replicas->evaluate(fields)).loss() - loss_trained) > 1e-6);
  const auto during = collect_state(*replicas);
  QVERIFY(during && *during == *state);  // whichever the model has at the time
  optimizer.use_average(false);
  QVERIFY(at::equal(trained, flat(replicas->model().parameters())));

  FlatOptimizer::Averaged best;
  optimizer.copy_measured(best);
  const at::Tensor kept = best.parameters.clone();
  (void)replicas->train(batch(12, features(), 7), meter);
  QVERIFY(at::equal(kept, best.parameters));
  optimizer.restore_measured(best);
  QVERIFY(at::equal(replicas->parameters().values(), kept));
  QVERIFY(at::equal(optimizer.average().parameters, kept));
}

void TestOptimizers::state_goes_on_to_the_same_bytes_data() { any_division_of_a_step_is_equal_data(); }
void TestOptimizers::state_goes_on_to_the_same_bytes() {
  QFETCH(QString, optimizer);
  const ModelPlan plan = busy_network(optimizer.toLatin1().constData());
  for (const std::size_t count : {1U, 3U}) {
    const auto whole = replicas_for(plan, count);
    TrainerMeter meter;
    for (std::int64_t step = 0; step < 4; ++step) (void)whole->train(batch(12, features(), step), meter);
    const auto kept = collect_state(*whole);
    QVERIFY(kept);
    for (const OptimizerSlot& slot : spec_of(optimizer.toLatin1()).optimizer(plan.optimizer_params)->slots())
      QVERIFY(kept->optimizer.contains("linear0.weight." + std::string(slot.name)));
    QVERIFY(kept->optimizer.contains("batch_norm1.running_mean.trained"));
    const auto restored = replicas_for(plan, count);
    (void)restored->train(batch(12, features(), 50), meter);
    const Status done = restore_state(*kept, *restored);
    QVERIFY2(done, done ? "" : done.error().line().c_str());
    QVERIFY(*collect_state(*restored) == *kept);
    QCOMPARE(restored->learning_rate(), whole->learning_rate());
    for (std::int64_t step = 4; step < 8; ++step) {
      (void)whole->train(batch(12, features(), step), meter);
      (void)restored->train(batch(12, features(), step), meter);
    }
    QVERIFY(*collect_state(*restored) == *collect_state(*whole));
  }
}

void TestOptimizers::a_state_of_other_settings_is_refused() {
  const auto state_of_run = [](const ModelPlan& plan) {
    const auto replicas = replicas_for(plan, 1);
    TrainerMeter meter;
    (void)replicas->train(batch(12, features(), 0), meter);
    return *collect_state(*replicas);
  };
  const TrainingState adam = state_of_run(busy_network("adam"));
  const TrainingState without_average = state_of_run(random_network("adam"));
  QVERIFY(!restore_state(adam, *replicas_for(busy_network("sgd"), 1)));
  QVERIFY(!restore_state(adam, *replicas_for(random_network("adam"), 1)));
  QVERIFY(!restore_state(without_average, *replicas_for(busy_network("adam"), 1)));
  TrainingState damaged = adam;
  damaged.optimizer["step"] = TensorValue::of(std::vector<std::int64_t>{-1});
  QVERIFY(!restore_state(damaged, *replicas_for(busy_network("adam"), 1)));

  ModelPlan plateau = random_network("adam");
  plateau.optimizer_params["schedule"] = std::string("plateau");
  plateau.optimizer_params["plateau_patience"] = std::int64_t{0};
  const auto replicas = replicas_for(plateau, 1);
  TrainerMeter meter;
  (void)replicas->train(batch(12, features(), 0), meter);
  QVERIFY(!replicas->optimizer().observe(1.0, false));
  QVERIFY(replicas->optimizer().observe(2.0, false));
  TrainingState kept = *collect_state(*replicas);
  const auto restored = replicas_for(plateau, 1);
  QVERIFY(restore_state(kept, *restored));
  QCOMPARE(restored->optimizer().plateau().drops, 1U);
  QCOMPARE(restored->optimizer().plateau().best, 1.0);
  QCOMPARE(restored->learning_rate(), 0.005);
  kept.optimizer["plateau"] = TensorValue::of(std::vector<double>{1.0, -5.0, 0.0});
  QVERIFY(!restore_state(kept, *restored));
}

void TestOptimizers::layers_have_rates_of_their_own() {
  ModelPlan plan = plain_network();
  plan.optimizer_params["rates"] = ValueList{std::string("*=0"), std::string("linear2=1")};
  const auto replicas = replicas_for(plan, 1);
  std::vector<at::Tensor> before;
  for (const at::Tensor& parameter : replicas->model().parameters()) before.push_back(parameter.detach().clone());
  TrainerMeter meter;
  (void)replicas->train(batch(12, features(), 0), meter);
  const auto after = replicas->model().parameters();
  for (std::size_t i = 0; i < after.size(); ++i) QCOMPARE(at::equal(before[i], after[i]), i < 2);

  plan.optimizer_params["rates"] = ValueList{std::string("head*=10")};
  const QByteArray told = refusal(plan);
  QVERIFY2(told.contains("head*") && told.contains("linear0") && told.contains("rates"), told);
  plan.optimizer_params["rates"] = ValueList{};
  plan.optimizer_params["schedule"] = std::string("one_cycle");
  QVERIFY2(refusal(plan, 0).contains("schedule"), refusal(plan, 0));
  QVERIFY(refusal(plan).isEmpty());

  QVERIFY(parse_layer_rate("block/conv*=1/10") && parse_layer_rate("a=b=2")->pattern == "a=b");
  for (const char* wrong : {"head", "=2", "head=", "head=-1", "head=x"}) QVERIFY2(!parse_layer_rate(wrong), wrong);
  QVERIFY(matches_layer("*", "") && matches_layer("a*c*", "abcd") && matches_layer("b?ock/*", "block/conv"));
  QVERIFY(!matches_layer("a", "ab") && !matches_layer("", "a") && !matches_layer("*b", "abc"));
}

void TestOptimizers::early_stop_waits() {
  const auto metrics = [](double loss) { return Metrics{loss_metric(kTrainSplit, 9), loss_metric(kValSplit, loss)}; };
  EarlyStop stop({.stop_early = "val_loss", .patience = 2, .least_change = 0.1, .restore_best = true});
  QVERIFY(stop.observe(1, metrics(1.0)));
  QVERIFY(!stop.observe(2, metrics(0.95)) && !stop.reached());  // better, but not by enough
  QVERIFY(stop.observe(3, metrics(0.8)));
  QVERIFY(!stop.observe(4, {}) && !stop.reached());  // not measured
  QVERIFY(!stop.observe(5, metrics(2)) && !stop.reached());
  EarlyStop resumed({.stop_early = "val_loss", .patience = 2, .least_change = 0.1, .restore_best = true});
  resumed.restore(stop.state());
  for (EarlyStop* one : {&stop, &resumed}) {
    QVERIFY(!one->observe(6, metrics(0.75)) && one->reached());
    QCOMPARE(one->best_epoch(), 3U);
    QVERIFY2(QString::fromStdString(one->notice(6).reason).contains("the weights are those of epoch 3"),
             one->notice(6).reason.c_str());
  }
  EarlyStop off({});
  QVERIFY(!off.observe(1, metrics(1)) && !off.on() && !off.restores());
  // Of a metric that should grow.
  EarlyStop accuracy({.stop_early = "val_accuracy", .patience = 1, .least_change = 0, .restore_best = false});
  const auto share = [](double value) { return Metrics{{"accuracy", std::string(kValSplit), value, "share", true}}; };
  QVERIFY(accuracy.observe(1, share(0.5)) && accuracy.observe(2, share(0.6)));
  QVERIFY(!accuracy.observe(3, share(0.6)) && accuracy.reached());

  const Status unknown = check_metric_named("val_loss", {loss_metric(kTrainSplit, 1)}, "stop_early");
  QVERIFY(!unknown && unknown.error().parameter == "stop_early");
  QVERIFY(QString::fromStdString(unknown.error().line()).contains("train_loss"));
  QVERIFY(QString::fromStdString(unknown.error().remedy).contains("validation_split"));
  QVERIFY(check_metric_named("train_loss", {loss_metric(kTrainSplit, 1)}, "stop_early"));
}

FEEDLINE_TEST(TestOptimizers)

}  // namespace test_optimizers

#include "test_optimizers.moc"
