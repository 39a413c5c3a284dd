// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/torch.h"
#include "schema/registry.h"
#include "support/test_program.h"
#include "training/model.h"

#include <QTest>

#include <stop_token>

namespace test_model {

using namespace feedline;

namespace {

/// A linear layer under observation.
struct Watch {
  int forwards = 0;
  int backwards = 0;
  int finished = 0;  ///< forward passes, behind what they tell between their parts
  std::function<void(const Watch&)> on_forward{};
  std::function<void(const Watch&)> on_backward{};
};

class WatchedLayer final : public Layer {
 public:
  WatchedLayer(Watch& watch, std::int64_t units, double flops) : watch_(watch), linear_(units, units), flops_(flops) {}
  at::Tensor forward(std::span<const at::Tensor> in) override {
    ++watch_.forwards;
    if (watch_.on_forward) watch_.on_forward(watch_);
    at::Tensor out = linear_->forward(in[0]);
    if (out.requires_grad())
      out.register_hook([this](const at::Tensor&) {
        ++watch_.backwards;
        if (watch_.on_backward) watch_.on_backward(watch_);
      });
    between_(out);
    ++watch_.finished;
    return out;
  }
  void set_between(std::function<void(const at::Tensor&)> between) override { between_ = std::move(between); }
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return linear_.ptr(); }
  [[nodiscard]] double flops_per_row() const override { return flops_; }

 private:
  Watch& watch_;
  torch::nn::Linear linear_;
  double flops_;
  std::function<void(const at::Tensor&)> between_{};
};

constexpr std::int64_t kUnits = 3;
constexpr std::int64_t kRows = 8;

/// A chain of watched layers and a cross-entropy.
class Chain {
 public:
  explicit Chain(std::size_t layers, double flops = 0) : watches(layers), specs_(layers) {
    const TensorDesc desc{.kind = Kind::Tensor, .shape = {Dim::symbol("N"), kUnits}};
    for (std::size_t i = 0; i < layers; ++i) {
      specs_[i].layer = [this, i, flops](const ParamMap&, DescInputs, const TensorDesc&) -> std::unique_ptr<Layer> {
        return std::make_unique<WatchedLayer>(watches[i], kUnits, flops);
      };
      LayerPlan layer{.node = "layer" + std::to_string(i), .spec = &specs_[i], .inputs = {desc}, .output = desc};
      layer.from = {i == 0 ? LayerPlan::Input{.field = 0} : LayerPlan::Input{.layer = static_cast<int>(i - 1)}};
      plan.layers.push_back(std::move(layer));
    }
    plan.loss = {.node = "loss", .spec = Registry::instance().find("cross_entropy")};
    plan.loss.params = plan.loss.spec->complete({});
    plan.loss.from = {{.layer = static_cast<int>(layers - 1)}, {.field = 1}};
  }

  [[nodiscard]] std::unique_ptr<Model> build() const {
    auto model = Model::build(plan, at::kCPU, 1);
    return model ? std::move(*model) : nullptr;
  }
  [[nodiscard]] static std::vector<at::Tensor> batch() {
    return {at::arange(kRows * kUnits, at::kFloat).view({kRows, kUnits}).mul(0.1),
            at::arange(kRows, at::kLong).remainder(kUnits)};
  }

  std::vector<Watch> watches;
  ModelPlan plan{};

 private:
  std::vector<NodeSpec> specs_;
};

}  // namespace

class TestModel : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void runs_all_layers();
  void stops_between_layers();
  void stops_in_backward();
  void slices_of_heavy_layers();
  void stops_between_slices();
  void lets_go_of_activations();
  void names_the_layer_that_failed();
  void asks_for_a_smaller_batch_data();
  void asks_for_a_smaller_batch();
  void refuses_unknown_sizes();
};

void TestModel::runs_all_layers() {
  Chain chain(3);
  const auto model = chain.build();
  QCOMPARE(model->parameter_count(), static_cast<std::uint64_t>(3 * (kUnits * kUnits + kUnits)));
  const auto outcome = model->forward(Chain::batch(), {});
  model->backward(outcome.loss);
  for (const Watch& watch : chain.watches) {
    QCOMPARE(watch.forwards, 1);
    QCOMPARE(watch.backwards, 1);
  }
  for (const at::Tensor& parameter : model->parameters()) QVERIFY(parameter.grad().defined());
  QCOMPARE(outcome.compared.size(), std::size_t{1});
  QCOMPARE(outcome.compared.front().rows(), kRows);
}

void TestModel::stops_between_layers() {
  Chain chain(5);
  std::stop_source stop;
  chain.watches[1].on_forward = [&stop](const Watch&) { stop.request_stop(); };
  const auto model = chain.build();
  QVERIFY_EXCEPTION_THROWN((void)model->forward(Chain::batch(), stop.get_token()), StepCancelled);
  QCOMPARE(chain.watches[1].forwards, 1);
  QCOMPARE(chain.watches[1].finished, 0);  // a layer of several parts ends between two of them
  QCOMPARE(chain.watches[0].finished, 1);
  QCOMPARE(chain.watches[2].forwards, 0);
}

void TestModel::stops_in_backward() {
  Chain chain(5);
  std::stop_source stop;
  chain.watches[3].on_backward = [&stop](const Watch&) { stop.request_stop(); };
  const auto model = chain.build();
  const auto outcome = model->forward(Chain::batch(), stop.get_token());
  QVERIFY_EXCEPTION_THROWN(model->backward(outcome.loss), StepCancelled);
  QCOMPARE(chain.watches[3].backwards, 1);
  QCOMPARE(chain.watches[1].backwards, 0);
}

void TestModel::slices_of_heavy_layers() {
  Chain whole(2);
  Chain sliced(2, 0.2e9);  // two rows a slice
  const auto one = whole.build();
  const auto other = sliced.build();
  const auto loss = one->forward(Chain::batch(), {}).loss;
  const auto same = other->forward(Chain::batch(), {}).loss;
  QCOMPARE(sliced.watches[0].forwards, 4);
  QVERIFY(at::allclose(loss, same, 1e-6));
  one->backward(loss);
  other->backward(same);
  for (std::size_t i = 0; i < one->parameters().size(); ++i)
    QVERIFY(at::allclose(one->parameters()[i].grad(), other->parameters()[i].grad(), 1e-5, 1e-6));
}

void TestModel::stops_between_slices() {
  Chain chain(1, 0.5e9);  // one row a slice
  std::stop_source stop;
  chain.watches[0].on_forward = [&stop](const Watch& watch) {
    if (watch.forwards == 3) stop.request_stop();
  };
  const auto model = chain.build();
  QVERIFY_EXCEPTION_THROWN((void)model->forward(Chain::batch(), stop.get_token()), StepCancelled);
  QCOMPARE(chain.watches[0].forwards, 3);
}

void TestModel::lets_go_of_activations() {
  Chain chain(4);
  const auto model = chain.build();
  const torch::NoGradGuard no_gradients;
  const auto batch = Chain::batch();
  const auto outcome = model->forward(batch, {});
  QVERIFY(!outcome.loss.requires_grad());
  // Nobody but this test holds the batch any more.
  QCOMPARE(batch[0].use_count(), std::size_t{1});
}

void TestModel::names_the_layer_that_failed() {
  Chain chain(3);
  chain.watches[1].on_forward = [](const Watch&) { throw std::runtime_error("broken\nand a stack trace"); };
  const auto model = chain.build();
  try {
    (void)model->forward(Chain::batch(), {});
    QFAIL("it went on");
  } catch (const StepFailed& fault) {
    QCOMPARE(QString::fromStdString(fault.error().node), QString("layer1"));
    QVERIFY(fault.error().code == ErrorCode::Failed);
    QCOMPARE(QString::fromStdString(fault.error().reason), QString("LibTorch failed: broken"));
  }
}

void TestModel::asks_for_a_smaller_batch_data() {
  QTest::addColumn<bool>("of_libtorch");
  QTest::newRow("bad_alloc") << false;
  QTest::newRow("LibTorch's allocator") << true;
}

void TestModel::asks_for_a_smaller_batch() {
  QFETCH(bool, of_libtorch);
  Chain chain(2);
  chain.watches[1].on_forward = [of_libtorch](const Watch&) {
    if (!of_libtorch) throw std::bad_alloc();
    TORCH_CHECK(false, "[enforce fail at alloc_cpu.cpp:75] DefaultCPUAllocator: can't allocate memory: you tried ...");
  };
  const auto model = chain.build();
  try {
    (void)model->forward(Chain::batch(), {});
    QFAIL("it went on");
  } catch (const StepFailed& fault) {
    QCOMPARE(QString::fromStdString(fault.error().node), QString("layer1"));
    QVERIFY2(QString::fromStdString(fault.error().remedy).contains("smaller batch"), fault.error().line().c_str());
  }
}

void TestModel::refuses_unknown_sizes() {
  Chain chain(2);
  chain.plan.layers[0].inputs[0].shape[1] = Dim::symbol("F");
  const auto model = Model::build(chain.plan, at::kCPU, 1);
  QVERIFY(!model.has_value());
  QCOMPARE(QString::fromStdString(model.error().node), QString("layer0"));
}

FEEDLINE_TEST(TestModel)

}  // namespace test_model

#include "test_model.moc"
