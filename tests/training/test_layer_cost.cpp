// SPDX-License-Identifier: GPL-3.0-or-later
// What a layer's spec says that it takes, against the real module that LibTorch builds for it. One row a registered
// layer, none kept by hand: a layer that learns and says nothing of it fails.
#include "base/torch.h"
#include "graph/edit.h"
#include "graph/json.h"
#include "graph/validate.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"
#include "training/model.h"

#include <QTemporaryDir>
#include <QTest>

namespace test_layer_cost {

using namespace feedline;

namespace {

std::int64_t numbers(const std::vector<at::Tensor>& tensors) {
  std::int64_t count = 0;
  for (const at::Tensor& tensor : tensors) count += tensor.numel();
  return count;
}

/// Says what a backbone begins from, or leaves as it is: its size is the same.
bool of_weights(const NodeSpec& spec, const std::string& param) {
  return spec.pretrained && (param == "strict" || param == "frozen" || param == "freeze_statistics");
}

/// Every choice of every parameter that is on or off or one of a few, besides the example itself.
std::vector<ParamMap> variations(const NodeSpec& spec) {
  std::vector<ParamMap> all = {spec.example};
  for (const ParamSpec& param : spec.params) {
    if (of_weights(spec, param.name)) continue;
    std::vector<Value> values;
    if (param.kind == ParamKind::Boolean) values = {true, false};
    for (const std::string& choice : param.choices) values.emplace_back(choice);
    for (const Value& value : values) {
      ParamMap params = spec.example;
      params[param.name] = value;
      all.push_back(std::move(params));
    }
  }
  return all;
}

}  // namespace

class TestLayerCost : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equals_the_module_data() {
    QTest::addColumn<QString>("type");
    for (const NodeSpec* spec : Registry::instance().all())
      if (spec->role == Role::Layer) QTest::newRow(spec->type.c_str()) << QString::fromStdString(spec->type);
  }
  void equals_the_module() {
    QFETCH(QString, type);
    const NodeSpec& spec = *Registry::instance().find(type.toStdString());
    bool tried = false;
    const std::vector<TensorDesc> given = {
        {.kind = Kind::Tensor, .shape = {4, 3, 9, 8}},
        {.kind = Kind::Tensor, .shape = {4, 12}},
        {.kind = Kind::Tensor, .shape = {4, 7, 16, 16}},
        {.kind = Kind::Tensor, .dtype = DType::I64, .shape = {4, 12}},  // token ids
        {.kind = Kind::Tensor, .shape = {4, 12, 6}},                    // sequences
    };
    for (const TensorDesc& desc : given)
      for (const ParamMap& set : variations(spec)) {
        if (tried && desc.dtype == DType::I64) continue;
        const ParamMap params = spec.complete(set);
        std::vector<const TensorDesc*> in(spec.inputs.size(), &desc);
        for (std::size_t i = 1; i < in.size(); ++i)
          if (spec.inputs[i].name == "tokens") in[i] = nullptr;  // optional
        const auto out = spec.infer(params, in);
        if (!out) continue;
        tried = true;
        const auto layer = spec.layer(params, in, out->front());
        const auto module = layer->module();
        const LayerCost cost = spec.cost ? spec.cost(params, in, out->front()) : LayerCost{};
        QCOMPARE(cost.parameters, module ? numbers(module->parameters()) : 0);
        QCOMPARE(cost.buffers, module ? numbers(module->buffers()) : 0);
        if (layer->flops_per_row() > 0) QCOMPARE(2 * cost.multiply_adds, layer->flops_per_row());
      }
    QVERIFY2(tried, "its example takes neither pictures nor features, token ids or sequences");
  }

  void by_hand() {
    const auto cost = [](const char* type, const ParamMap& set, const std::vector<Dim>& shape) {
      const NodeSpec& spec = *Registry::instance().find(type);
      const ParamMap params = spec.complete(set);
      const TensorDesc in{.kind = Kind::Tensor, .shape = shape};
      const std::vector<const TensorDesc*> inputs = {&in};
      return spec.cost(params, inputs, spec.infer(params, inputs)->front());
    };
    // 5 × 5 × 3 weights and a constant for each of 16 filters; each weight once a pixel of 32 × 32.
    const LayerCost conv = cost("conv2d", {{"filters", std::int64_t{16}}, {"kernel", std::int64_t{5}}}, {8, 3, 32, 32});
    QCOMPARE(conv.parameters, std::int64_t{16 * (5 * 5 * 3 + 1)});
    QCOMPARE(conv.multiply_adds, 16.0 * 5 * 5 * 3 * 32 * 32);
    const LayerCost linear = cost("linear", {{"units", std::int64_t{10}}}, {8, 128});
    QCOMPARE(linear.parameters, std::int64_t{1290});
    QCOMPARE(linear.multiply_adds, 1280.0);
  }

  /// The whole of an example: what the analysis adds up is what the trainer builds.
  void a_whole_model_data() {
    QTest::addColumn<int>("repeat");
    QTest::newRow("once") << 1;
    QTest::newRow("a block of three") << 3;
  }
  void a_whole_model() {
    QFETCH(int, repeat);
    const QByteArray text = test::read_file(feedline::test::source_dir("/tests/data/block.feedline"));
    auto loaded = from_json(std::string_view(text.constData(), static_cast<std::size_t>(text.size())));
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    QVERIFY(loaded->document.apply({SetParam{"block", "repeat", static_cast<std::int64_t>(repeat)}}));
    const Analysis analysis = analyse(loaded->document);
    QVERIFY2(analysis.ok(), analysis.problems.empty() ? "" : analysis.problems.front().error.line().c_str());
    QVERIFY(analysis.total.complete);
    const auto plan = make_plan(loaded->document, {.sources = {.cache_folder = cache_.path().toStdString()}});
    QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
    const auto model = Model::build(*(*plan)->network(), at::kCPU, 1);
    QVERIFY(model);
    QCOMPARE((*model)->parameter_count(), static_cast<std::uint64_t>(analysis.total.parameters));
    QCOMPARE(analysis.costs.at("block").parameters,
             repeat * analysis.costs.at("block/conv").parameters + repeat * analysis.costs.at("block/norm").parameters);
    QCOMPARE(analysis.batch, std::int64_t{16});
  }

 private:
  QTemporaryDir cache_;
};

FEEDLINE_TEST(TestLayerCost)

}  // namespace test_layer_cost

#include "test_layer_cost.moc"
