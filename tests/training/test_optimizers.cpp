// SPDX-License-Identifier: GPL-3.0-or-later
// Optimisers, clipping, penalties and averages against PyTorch's (tests/data/make_optimizer_values.py), tensor by
// tensor, without a model.
#include "networks.h"
#include "optimizer_values.h"
#include "support/test_program.h"
#include "training/flat_optimizer.h"

#include <QTest>

#include <cmath>

namespace test_optimizers {

using namespace feedline;
using namespace feedline::optimizer_values;

namespace {

constexpr double kTolerance = 1e-5;

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

}  // namespace

class TestOptimizers : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equal_to_pytorch_data();
  void equal_to_pytorch();
  void adam_and_sgd_have_libtorchs_bytes();
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

FEEDLINE_TEST(TestOptimizers)

}  // namespace test_optimizers

#include "test_optimizers.moc"
