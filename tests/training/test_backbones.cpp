// SPDX-License-Identifier: GPL-3.0-or-later
// Backbones against torchvision (tests/data/make_backbones.py), by weights that follow from their tensors' names; and
// what is frozen of them.
#include "base/torch.h"
#include "networks.h"
#include "nodes/model/backbone/batch_norm_fold.h"
#include "schema/pretrained.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test_backbones {

using namespace feedline;

namespace {

std::uint32_t fnv(std::string_view text) {
  std::uint32_t value = 2166136261U;
  for (const char byte : text) value = (value ^ static_cast<std::uint8_t>(byte)) * 16777619U;
  return value;
}

/// In [-1, 1), by the hash of the name and the index alone.
at::Tensor numbers(std::string_view name, at::IntArrayRef shape) {
  at::Tensor made = at::empty(shape, at::kFloat);
  const std::uint32_t hash = fnv(name);
  float* out = made.data_ptr<float>();
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(made.numel()); ++i) {
    std::uint32_t mixed = i * 2654435761U + hash;
    mixed ^= mixed >> 15U;
    mixed *= 2246822519U;
    mixed ^= mixed >> 13U;
    out[i] = static_cast<float>(mixed >> 8U) / 8388608.0F - 1;
  }
  return made;
}

at::Tensor start(const std::string& name, at::IntArrayRef shape, double gain = 1) {
  const at::Tensor u = numbers(name, shape);
  const bool weight = name.ends_with("weight");
  if (shape.size() > 1) return u * std::sqrt(3 * gain * static_cast<double>(shape[0]) / static_cast<double>(u.numel()));
  if (name.ends_with("running_var")) return 1 + 0.5 * u;
  return weight ? 1 + 0.2 * u : 0.1 * u;
}

std::vector<std::pair<std::string, at::Tensor>> tensors_of(const torch::nn::Module& module) {
  std::vector<std::pair<std::string, at::Tensor>> all;
  for (const auto& item : module.named_parameters()) all.emplace_back(item.key(), item.value());
  for (const auto& item : module.named_buffers()) all.emplace_back(item.key(), item.value());
  return all;
}

at::Tensor tensor_named(const Layer& layer, const std::string& wanted) {
  for (const auto& [name, tensor] : tensors_of(*layer.module()))
    if (name == wanted) return tensor;
  return {};
}

void fill(const Layer& layer, double gain = 1) {
  const at::NoGradGuard no_gradients;
  for (auto& [name, tensor] : tensors_of(*layer.module()))
    if (tensor.is_floating_point()) tensor.copy_(start(name, tensor.sizes(), gain));
}

/// All tensors with their shapes, as make_backbones.py hashes them.
std::string shapes_of(const torch::nn::Module& module) {
  std::vector<std::string> lines;
  for (const auto& [name, tensor] : tensors_of(module)) {
    std::string line = name + " [";
    for (const std::int64_t size : tensor.sizes()) line += std::to_string(size) + " ";
    if (line.back() == ' ') line.pop_back();
    lines.push_back(line + "]");
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += (all.empty() ? "" : "\n") + line;
  return all;
}

/// Greatest difference, as a share of numbers above 1.
double apart(const at::Tensor& y, const QJsonValue& wanted) {
  const at::Tensor all = y.detach().to(at::kDouble).reshape({-1});
  const std::int64_t step = std::max<std::int64_t>(1, all.numel() / 16);
  at::Tensor told = all.slice(0, 0, all.numel(), step).slice(0, 0, 16);
  told = at::cat({told, all.mean().view({1}), all.abs().max().view({1})});
  const QJsonArray list = wanted.toArray();
  if (list.size() != told.numel()) return 1e9;
  double most = 0;
  for (qsizetype i = 0; i < list.size(); ++i) {
    const double truth = list[i].toDouble();
    most = std::max(most, std::abs(told[i].item<double>() - truth) / std::max(1.0, std::abs(truth)));
  }
  return most;
}

ParamMap params_of(const QJsonObject& json, const NodeSpec& spec) {
  ParamMap params;
  for (auto item = json.begin(); item != json.end(); ++item) {
    const std::string name = item.key().toStdString();
    if (item->isString())
      params.emplace(name, item->toString().toStdString());
    else if (spec.param(name)->kind == ParamKind::Integer)
      params.emplace(name, static_cast<std::int64_t>(item->toDouble()));
    else
      params.emplace(name, item->toDouble());
  }
  return params;
}

TensorDesc described(const at::Tensor& x) {
  TensorDesc desc{.kind = Kind::Tensor, .dtype = x.is_floating_point() ? DType::F32 : DType::I64};
  for (const std::int64_t size : x.sizes()) desc.shape.emplace_back(size);
  return desc;
}

std::unique_ptr<Layer> layer_for(const char* type, const ParamMap& set, const at::Tensor& x) {
  const NodeSpec& spec = spec_of(type);
  const ParamMap params = spec.complete(set);
  const TensorDesc desc = described(x);
  const TensorDesc* const in = &desc;
  const auto out = spec.infer(params, std::span(&in, 1));
  if (!out) qFatal("%s", out.error().line().c_str());
  torch::manual_seed(3);
  auto layer = spec.layer(params, std::span(&in, 1), out->front());
  layer->seed(9);
  return layer;
}

at::Tensor run(Layer& layer, const at::Tensor& x, bool training = false) {
  layer.module()->train(training);
  return layer.forward(std::span(&x, 1));
}

/// A narrow MobileNetV2 with the weights of the tests.
std::unique_ptr<Layer> small_net(const ParamMap& more = {}) {
  ParamMap params = {{"width", 0.1}};
  params.insert(more.begin(), more.end());
  auto layer = layer_for("mobilenet_v2", params, at::zeros({2, 3, 32, 32}));
  fill(*layer);
  return layer;
}

at::Tensor some_pictures(std::int64_t rows = 3) { return numbers("pictures", {rows, 3, 32, 32}) * 2; }

LayerCost cost_of(const char* type, const ParamMap& set) {
  const NodeSpec& spec = spec_of(type);
  const ParamMap params = spec.complete(set);
  const TensorDesc in{.kind = Kind::Tensor, .shape = {1, 3, 224, 224}};
  const TensorDesc* const inputs = &in;
  return spec.cost(params, std::span(&inputs, 1), spec.infer(params, std::span(&inputs, 1))->front());
}

}  // namespace

class TestBackbones : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equal_torchvisions_data();
  void equal_torchvisions();
  void cost_what_is_published();
  void a_fold_is_both();
  void frozen_norms_are_folded();
  void statistics_freeze_by_choice();
  void stages_freeze();
  void gradients_stop_where_all_is_frozen();
  void skipped_blocks_follow_the_seed();
  void files_are_adapted();
  void one_small_picture();
  void parts_are_told();
  void long_parts_are_cut();
};

void TestBackbones::equal_torchvisions_data() {
  QTest::addColumn<QJsonObject>("wanted");
  QTest::addColumn<QJsonArray>("tokens");
  const QJsonObject all =
      QJsonDocument::fromJson(test::read_file(test::source_dir("/tests/data/backbone_values.json"))).object();
  QVERIFY(all["cases"].toArray().size() >= 8);
  int number = 0;
  for (const QJsonValue& item : all["cases"].toArray()) {
    const QByteArray name = item["node"].toString().toUtf8() + ' ' + QByteArray::number(++number);
    QTest::newRow(name) << item.toObject() << all["tokens"].toArray();
  }
}

void TestBackbones::equal_torchvisions() {
  QFETCH(QJsonObject, wanted);
  QFETCH(QJsonArray, tokens);
  const QByteArray type = wanted["node"].toString().toUtf8();
  at::Tensor x = numbers("input", {2, 3, 64, 64}) * 2;
  if (type == "text_encoder") {
    std::vector<std::int64_t> ids;
    for (const QJsonValue& row : tokens)
      for (const QJsonValue& id : row.toArray()) ids.push_back(id.toInt());
    x = at::tensor(ids, at::kLong).view({tokens.size(), -1});
  }
  const auto layer = layer_for(type.constData(), params_of(wanted["params"].toObject(), spec_of(type)), x);
  const QJsonArray names = wanted["names"].toArray();
  const std::string shapes = shapes_of(*layer->module());
  QCOMPARE(tensors_of(*layer->module()).size(), static_cast<std::size_t>(names[0].toInt()));
  QVERIFY2(fnv(shapes) == static_cast<std::uint32_t>(names[1].toDouble()), shapes.c_str());
  fill(*layer, wanted["gain"].toDouble());
  {
    const at::NoGradGuard no_gradients;
    const double off = apart(run(*layer, x), wanted["evaluated"]);
    QVERIFY2(off < 1e-4, QByteArray::number(off));
  }
  if (!wanted.contains("trained")) return;
  const at::Tensor y = run(*layer, x, /*training=*/true);
  QVERIFY(apart(y, wanted["trained"]) < 1e-4);
  (y * numbers("gradient", y.sizes())).sum().backward();
  QVERIFY(apart(tensor_named(*layer, "layer2.0.downsample.1.running_var"), wanted["statistics"]) < 1e-4);
  QVERIFY(apart(tensor_named(*layer, "layer1.1.conv1.weight").grad(), wanted["gradient"]) < 1e-3);
}

/// torchvision's documentation, less the classifiers of 1,000 classes.
void TestBackbones::cost_what_is_published() {
  struct Published {
    const char* type;
    ParamMap params;
    std::int64_t parameters;
    double multiply_adds;
  };
  // Of the last block of ViT all places but one are left out, since nobody reads them.
  constexpr double kUnread = 196.0 * 2 * 768 * 3072;
  const std::vector<Published> all = {{"resnet", {{"depth", std::string("18")}}, 11689512 - 513000, 1.814e9},
                                      {"resnet", {{"depth", std::string("34")}}, 21797672 - 513000, 3.664e9},
                                      {"resnet", {{"depth", std::string("50")}}, 25557032 - 2049000, 4.089e9},
                                      {"mobilenet_v2", {}, 3504872 - 1281000, 0.301e9},
                                      {"efficientnet_b0", {}, 5288548 - 1281000, 0.386e9},
                                      {"vit_b_16", {}, 86567656 - 769000, 17.564e9 - kUnread}};
  for (const Published& net : all) {
    const LayerCost cost = cost_of(net.type, net.params);
    QCOMPARE(cost.parameters, net.parameters);
    QVERIFY2(std::abs(cost.multiply_adds / net.multiply_adds - 1) < 0.01, QByteArray::number(cost.multiply_adds));
  }
}

void TestBackbones::a_fold_is_both() {
  const NormedConv both{.weight = numbers("w", {6, 2, 3, 3}),
                        .scale = 1 + 0.5 * numbers("s", {6}),
                        .shift = numbers("t", {6}),
                        .mean = numbers("m", {6}),
                        .variance = 1.1 + numbers("v", {6})};
  const at::Tensor x = numbers("x", {2, 4, 9, 7});
  const at::Tensor conv = at::conv2d(x, both.weight, {}, {2, 2}, {1, 1}, {1, 1}, 2);
  const at::Tensor truth =
      at::batch_norm(conv, both.scale, both.shift, both.mean, both.variance, false, 0.1, 1e-3, false);
  const FoldedConv folded = fold_batch_norm(both, 1e-3);
  QVERIFY(at::allclose(at::conv2d(x, folded.weight, folded.bias, {2, 2}, {1, 1}, {1, 1}, 2), truth, 1e-5, 1e-5));
}

/// In training, a frozen net gives what it gives in evaluation, whatever is loaded into it afterwards.
void TestBackbones::frozen_norms_are_folded() {
  const at::Tensor x = some_pictures();
  const auto free = small_net();
  const auto frozen = small_net({{"frozen", std::string("all")}});
  const auto agree = [&] {
    const at::NoGradGuard no_gradients;
    const at::Tensor truth = run(*free, x);
    return at::allclose(run(*frozen, x, true), truth, 1e-4, 1e-5) && at::allclose(run(*frozen, x), truth, 1e-4, 1e-5);
  };
  QVERIFY(agree());
  const at::Tensor before = run(*frozen, x);
  for (const char* name : {"features.0.1.running_var", "features.3.conv.1.1.bias", "features.18.0.weight"})
    for (Layer* layer : {free.get(), frozen.get()}) {
      const at::NoGradGuard no_gradients;
      tensor_named(*layer, name).mul_(1.5);
    }
  QVERIFY(!at::allclose(run(*frozen, x), before, 1e-3, 1e-3));
  QVERIFY(agree());
  for (const auto& [name, tensor] : tensors_of(*frozen->module())) {  // as a trainer lays tensors elsewhere
    at::Tensor moved = tensor;
    if (name == "features.4.conv.0.0.weight") moved.set_data(tensor.detach() * 2);
  }
  QVERIFY(!agree());
}

void TestBackbones::statistics_freeze_by_choice() {
  for (const bool freeze : {true, false}) {
    const auto layer = small_net({{"frozen", std::string("all")}, {"freeze_statistics", freeze}});
    const at::Tensor mean = tensor_named(*layer, "features.1.conv.0.1.running_mean");
    const at::Tensor before = mean.clone();
    run(*layer, some_pictures(), true);
    QCOMPARE(at::equal(mean, before), freeze);
    QCOMPARE(layer->pretrained()->constant(), freeze);
  }
}

void TestBackbones::stages_freeze() {
  const auto layer = small_net({{"frozen", std::string("stages")},
                                {"trainable_stages", std::int64_t{2}},
                                {"freeze_pattern", ValueList{std::string("features.18.*.bias")}}});
  Pretrained& net = *layer->pretrained();
  const auto learning = [&] {
    std::vector<std::string> names;
    for (const auto& item : layer->module()->named_parameters())
      if (item.value().requires_grad()) names.push_back(item.key());
    return names;
  };
  QCOMPARE(net.stages().size(), std::size_t{9});
  QCOMPARE(net.stages()[5].prefixes, (std::vector<std::string>{"features.11", "features.12", "features.13"}));
  const std::vector<std::string> two = learning();
  QCOMPARE(two.front(), std::string("features.17.conv.0.0.weight"));
  QCOMPARE(two.back(), std::string("features.18.1.weight"));  // its bias is in the pattern
  const std::int64_t first = learning_stages(net.settings(), net.stages().size());
  QCOMPARE(first, std::int64_t{2});
  net.learn_last(first + 1);
  QCOMPARE(learning().front(), std::string("features.14.conv.0.0.weight"));
  net.learn_last(100);
  QCOMPARE(learning().front(), std::string("features.0.0.weight"));
  net.learn_last(0);
  QVERIFY(learning().empty() && net.constant());
  // Only whole names: the stage of features.1 does not hold features.18.
  QVERIFY(has_prefix("features.1.conv", "features.1") && !has_prefix("features.18", "features.1"));
}

void TestBackbones::gradients_stop_where_all_is_frozen() {
  const at::Tensor x = some_pictures();
  QVERIFY(!run(*small_net({{"frozen", std::string("all")}}), x, true).requires_grad());
  const auto part = small_net({{"frozen", std::string("stages")}});
  run(*part, x, true).sum().backward();
  for (const auto& item : part->module()->named_parameters())
    QCOMPARE(item.value().grad().defined(), item.key().starts_with("features.18."));
  // A layer in front that learns gets its gradient through frozen ones.
  const at::Tensor learnt = x.clone().requires_grad_(true);
  run(*small_net({{"frozen", std::string("all")}}), learnt, true).sum().backward();
  QVERIFY(learnt.grad().abs().sum().item<double>() > 0);
}

void TestBackbones::skipped_blocks_follow_the_seed() {
  const at::Tensor x = some_pictures(4);
  const ParamMap params = {{"stochastic_depth", 0.8}};
  const auto layer = layer_for("efficientnet_b0", params, x);
  fill(*layer, 2.2);
  const at::NoGradGuard no_gradients;
  layer->pretrained()->learn_last(1);  // the last convolution: all blocks are frozen, and none is skipped
  QVERIFY(at::allclose(run(*layer, x, true), run(*layer, x, true)));
  layer->pretrained()->learn_last(5);
  layer->seed(1);
  const at::Tensor once = run(*layer, x, true);
  const std::vector<std::byte> at_two = layer->random_state();
  const at::Tensor twice = run(*layer, x, true);
  QVERIFY(!at::equal(once, twice));
  layer->set_random_state(at_two);
  QVERIFY(at::allclose(run(*layer, x, true), twice));
  QVERIFY(small_net()->random_state().empty());  // draws nothing
}

void TestBackbones::files_are_adapted() {
  const auto grey = layer_for("resnet", {}, at::zeros({1, 1, 32, 32}));
  const at::Tensor filters = numbers("f", {64, 3, 7, 7});
  QVERIFY(at::allclose(grey->pretrained()->adapted("conv1.weight", filters), filters.sum(1, true)));
  QVERIFY(grey->pretrained()->adapted("layer1.0.conv1.weight", filters).is_same(filters));
  QCOMPARE(grey->pretrained()->own_name("module.bn1.bias"), std::string("bn1.bias"));
  QCOMPARE(grey->pretrained()->head(), std::vector<std::string>{"fc"});

  const auto vit = layer_for("vit_b_16", {{"blocks", std::int64_t{1}}}, at::zeros({1, 3, 64, 64}));
  const Pretrained& net = *vit->pretrained();
  QCOMPARE(net.own_name("encoder.layers.encoder_layer_0.mlp.linear_2.bias"),
           std::string("encoder.layers.encoder_layer_0.mlp.3.bias"));
  const std::string places = "encoder.pos_embedding";
  const QJsonObject values =
      QJsonDocument::fromJson(test::read_file(test::source_dir("/tests/data/backbone_values.json"))).object();
  QVERIFY(apart(net.adapted(places, start(places, {1, 5, 768})), values["resized"]) < 1e-5);
  const at::Tensor odd = at::zeros({1, 7, 768});  // no square: left for who loads it to refuse
  QVERIFY(net.adapted(places, odd).is_same(odd));
  QVERIFY(std::any_of(net.head().begin(), net.head().end(), [](const std::string& prefix) {
    return has_prefix("encoder.layers.encoder_layer_1.ln_1.bias", prefix);
  }));
}

/// The last batch may hold one record, whose last maps are of one pixel: running statistics then.
void TestBackbones::one_small_picture() {
  const auto layer = small_net();
  const at::Tensor y = run(*layer, some_pictures(1), true);
  QVERIFY(at::isfinite(y).all().item<bool>());
  const auto grey = layer_for("residual_block", {{"filters", std::int64_t{4}}}, at::zeros({1, 1, 5, 3}));
  QCOMPARE(run(*grey, at::ones({1, 1, 5, 3}), true).sizes().vec(), (std::vector<std::int64_t>{1, 4, 5, 3}));
  QVERIFY(tensor_named(*grey, "downsample.0.weight").defined());
}

/// So that a stop is obeyed between them, and what is thrown there comes out.
void TestBackbones::parts_are_told() {
  const auto layer = small_net();
  int parts = 0;
  layer->set_between([&](const at::Tensor&) {
    if (++parts == 5) throw std::runtime_error("stopped");
  });
  QVERIFY_THROWS_EXCEPTION(std::runtime_error, run(*layer, some_pictures()));
  QCOMPARE(parts, 5);
  layer->set_between({});
  QCOMPARE(run(*layer, some_pictures()).size(0), std::int64_t{3});
}

/// A stop waits for a few records of a large batch, not for all of them; each gives what it gives by itself.
void TestBackbones::long_parts_are_cut() {
  const at::NoGradGuard no_gradients;
  const auto agree = [](Layer& layer, const at::Tensor& x) {
    int parts = 0;
    layer.set_between([&](const at::Tensor&) { ++parts; });
    const at::Tensor few = run(layer, x.narrow(0, 0, 2));
    const int of_few = std::exchange(parts, 0);
    const at::Tensor all = run(layer, x);
    return parts > of_few && at::allclose(all.narrow(0, 0, 2), few, 1e-4, 1e-5) &&
           at::allclose(all.slice(0, -2), run(layer, x.slice(0, -2)), 1e-4, 1e-5);
  };
  const at::Tensor maps = numbers("maps", {16, 64, 32, 32});
  const auto block = layer_for("residual_block", {}, maps);
  fill(*block);
  QVERIFY(agree(*block, maps));
  const at::Tensor pictures = numbers("pictures", {8, 3, 64, 64});
  const auto vit = layer_for("vit_b_16", {{"blocks", std::int64_t{1}}}, pictures);
  fill(*vit);
  QVERIFY(agree(*vit, pictures));
  const at::Tensor tokens = (numbers("tokens", {6, 256}).abs() * 50).to(at::kLong);
  const auto text = layer_for("text_encoder", {{"width", std::int64_t{256}}, {"vocabulary", std::int64_t{50}}}, tokens);
  fill(*text);
  QVERIFY(agree(*text, tokens));
}

FEEDLINE_TEST(TestBackbones)

}  // namespace test_backbones

#include "test_backbones.moc"
