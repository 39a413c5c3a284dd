// SPDX-License-Identifier: GPL-3.0-or-later
// Layers on sequences against PyTorch (tests/data/make_sequence_values.py), and what fills records up, which changes
// nothing.
#include "base/torch.h"
#include "networks.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <vector>

namespace test_sequence_layers {

using namespace feedline;

namespace {

constexpr std::int64_t kWidth = 4;

std::vector<double> numbers_of(const QJsonValue& value) {
  std::vector<double> list;
  for (const QJsonValue& item : value.toArray())
    if (item.isArray())
      for (const double number : numbers_of(item)) list.push_back(number);
    else
      list.push_back(item.toDouble());
  return list;
}

std::vector<std::int64_t> sizes_of(const QJsonValue& value) {
  std::vector<std::int64_t> list;
  for (const double size : numbers_of(value)) list.push_back(static_cast<std::int64_t>(size));
  return list;
}

at::Tensor tensor_of(const QJsonValue& value, at::IntArrayRef shape, at::ScalarType type = at::kFloat) {
  return at::tensor(numbers_of(value), at::kDouble).to(type).view(shape).clone();
}

ParamMap params_of(const QJsonObject& json, const NodeSpec& spec) {
  ParamMap params;
  for (auto item = json.begin(); item != json.end(); ++item) {
    const std::string name = item.key().toStdString();
    const ParamSpec* param = spec.param(name);
    if (item->isString())
      params.emplace(name, item->toString().toStdString());
    else if (item->isBool())
      params.emplace(name, item->toBool());
    else if (param != nullptr && param->kind == ParamKind::Integer)
      params.emplace(name, static_cast<std::int64_t>(item->toDouble()));
    else
      params.emplace(name, item->toDouble());
  }
  return spec.complete(params);
}

/// Greatest difference, as a share of numbers above 1.
double apart(const at::Tensor& found, const QJsonValue& wanted) {
  const at::Tensor truth = at::tensor(numbers_of(wanted), at::kDouble);
  const at::Tensor other = found.detach().to(at::kDouble).reshape({-1});
  if (other.numel() != truth.numel()) return 1e9;
  return ((other - truth).abs() / truth.abs().clamp_min(1)).max().item<double>();
}

TensorDesc sequences(std::int64_t rows, const Dim& places, std::int64_t features = kWidth) {
  return {.kind = Kind::Tensor, .shape = {rows, places, features}};
}
TensorDesc ids(std::int64_t rows, const Dim& places) {
  return {.kind = Kind::Tensor, .dtype = DType::I32, .shape = {rows, places}, .classes = 20};
}

std::unique_ptr<Layer> build(const NodeSpec& spec, const ParamMap& params, const std::vector<TensorDesc>& in) {
  std::vector<const TensorDesc*> pointers;
  for (const TensorDesc& desc : in) pointers.push_back(&desc);
  const auto out = spec.infer(params, pointers);
  if (!out) qFatal("%s", out.error().line().c_str());
  torch::manual_seed(3);
  auto layer = spec.layer(params, pointers, out->front());
  layer->seed(9);
  return layer;
}

Error refusal(const char* type, const ParamMap& params, const std::vector<TensorDesc>& in) {
  const NodeSpec& spec = spec_of(type);
  std::vector<const TensorDesc*> pointers;
  for (const TensorDesc& desc : in) pointers.push_back(&desc);
  const auto out = spec.infer(spec.complete(params), pointers);
  return out ? Error{} : out.error();
}

/// Those that take sequences and their tokens.
const std::vector<std::pair<const char*, ParamMap>>& masked_layers() {
  using Number = std::int64_t;
  static const std::vector<std::pair<const char*, ParamMap>> layers = {
      {"lstm", {{"units", Number{3}}, {"bidirectional", true}, {"layers", Number{2}}}},
      {"lstm", {{"units", Number{3}}, {"output", std::string("all")}, {"bidirectional", true}}},
      {"gru", {{"units", Number{3}}}},
      {"gru", {{"units", Number{3}}, {"output", std::string("all")}}},
      {"attention", {{"heads", Number{2}}}},
      {"transformer_encoder", {{"heads", Number{2}}, {"feed_forward", Number{6}}}},
      {"transformer_encoder", {{"heads", Number{2}}, {"norm", std::string("before")}}},
      {"positional_encoding", {}},
      {"positional_encoding", {{"encoding", std::string("learnt")}}},
      {"conv1d", {{"filters", Number{3}}, {"kernel", Number{4}}}},
      {"conv1d", {{"filters", Number{3}}, {"stride", Number{2}}}},
      {"sequence_pool", {}},
      {"sequence_pool", {{"pooling", std::string("max")}}},
  };
  return layers;
}

}  // namespace

class TestSequenceLayers : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equal_pytorchs_data();
  void equal_pytorchs();
  void an_embedding_is_a_table();
  void what_fills_a_record_up_changes_nothing_data();
  void what_fills_a_record_up_changes_nothing();
  void a_batch_without_any_token();
  void what_does_not_count_has_a_number_in_float16();
  void elementwise_layers_take_records_of_any_length();
  void dropout_of_a_transformer_follows_the_seed();
  void shapes_are_told();
  void faults_are_told();
};

void TestSequenceLayers::equal_pytorchs_data() {
  QTest::addColumn<QJsonObject>("wanted");
  QTest::addColumn<QJsonArray>("tokens");
  const QJsonObject all =
      QJsonDocument::fromJson(test::read_file(test::source_dir("/tests/data/sequence_values.json"))).object();
  QVERIFY(all["cases"].toArray().size() >= 30);
  int number = 0;
  for (const QJsonValue& item : all["cases"].toArray()) {
    const QByteArray name = item["node"].toString().toUtf8() + ' ' + QByteArray::number(++number);
    QTest::newRow(name) << item.toObject() << all["tokens"].toArray();
  }
}

void TestSequenceLayers::equal_pytorchs() {
  QFETCH(QJsonObject, wanted);
  QFETCH(QJsonArray, tokens);
  const NodeSpec& spec = spec_of(wanted["node"].toString().toUtf8());
  const ParamMap params = params_of(wanted["params"].toObject(), spec);
  const std::int64_t rows = tokens.size();
  const std::int64_t places = tokens[0].toArray().size();
  const bool masked = wanted["tokens"].toBool();
  const auto layer = build(spec, params, {sequences(rows, places), masked ? ids(rows, places) : TensorDesc{}});

  const QJsonObject weights = wanted["weights"].toObject();
  const auto module = layer->module();
  const auto parameters =
      module == nullptr ? torch::OrderedDict<std::string, at::Tensor>() : module->named_parameters();
  QCOMPARE(static_cast<qsizetype>(parameters.size()), weights.size());
  for (const auto& item : parameters) {
    const QJsonObject weight = weights[QString::fromStdString(item.key())].toObject();
    QVERIFY2(!weight.isEmpty(), item.key().c_str());
    const at::NoGradGuard no_gradients;
    at::Tensor parameter = item.value();
    QCOMPARE(parameter.sizes().vec(), sizes_of(weight["shape"]));
    parameter.copy_(tensor_of(weight["value"], sizes_of(weight["shape"])));
  }
  const at::Tensor x = tensor_of(wanted["x"], {rows, places, kWidth}).requires_grad_(true);
  const std::vector<at::Tensor> in = {x, masked ? tensor_of(tokens, {rows, places}, at::kInt) : at::Tensor()};
  if (module) module->train(true);
  const at::Tensor y = layer->forward(in);
  QCOMPARE(y.sizes().vec(), sizes_of(wanted["shape"]));
  QVERIFY2(apart(y, wanted["y"]) < 1e-5, QByteArray::number(apart(y, wanted["y"])));
  (y * tensor_of(wanted["g"], y.sizes())).sum().backward();
  QVERIFY2(apart(x.grad(), wanted["gradient"]) < 1e-5, QByteArray::number(apart(x.grad(), wanted["gradient"])));
  for (const auto& item : parameters) {
    const QJsonValue truth = weights[QString::fromStdString(item.key())].toObject()["gradient"];
    QVERIFY2(apart(item.value().grad(), truth) < 1e-5, item.key().c_str());
  }
}

/// Rows of its weight, and nothing for id 0, which learns nothing either.
void TestSequenceLayers::an_embedding_is_a_table() {
  const NodeSpec& spec = spec_of("embedding");
  const ParamMap params = spec.complete({{"width", std::int64_t{6}}});
  const auto layer = build(spec, params, {ids(2, 4)});
  const at::Tensor tokens = at::tensor({3, 7, 3, 0, 19, 0, 0, 0}, at::kInt).view({2, 4});
  const at::Tensor y = layer->forward(std::span(&tokens, 1));
  const at::Tensor weight = layer->module()->named_parameters()["weight"];
  QCOMPARE(weight.sizes().vec(), (std::vector<std::int64_t>{20, 6}));  // the ids of the tokens
  QVERIFY(at::equal(y[0][1], weight[7]) && at::equal(y[0][0], y[0][2]));
  QCOMPARE(y[1].narrow(0, 1, 3).abs().sum().item<double>(), 0.0);
  y.sum().backward();
  QCOMPARE(weight.grad()[0].abs().sum().item<double>(), 0.0);
  QCOMPARE(weight.grad()[3][0].item<double>(), 2.0);
}

void TestSequenceLayers::what_fills_a_record_up_changes_nothing_data() {
  QTest::addColumn<int>("layer");
  for (std::size_t i = 0; i < masked_layers().size(); ++i)
    QTest::addRow("%s %d", masked_layers()[i].first, static_cast<int>(i)) << static_cast<int>(i);
}

/// A record gives the same alone, in a wider batch and beside other ones; zeros stand where it is filled up.
void TestSequenceLayers::what_fills_a_record_up_changes_nothing() {
  QFETCH(int, layer);
  const auto& [type, set] = masked_layers()[static_cast<std::size_t>(layer)];
  const NodeSpec& spec = spec_of(type);
  const ParamMap params = spec.complete(set);
  const std::int64_t most = 9;
  const auto built = build(spec, params, {sequences(4, Dim::up_to(most)), ids(4, Dim::up_to(most))});
  if (const auto module = built->module()) module->train(false);
  const at::Tensor lengths = at::tensor({3, 9, 0, 1}, at::kLong);
  const at::Tensor mask = at::arange(most).unsqueeze(0).lt(lengths.unsqueeze(1));
  const at::Tensor tokens = (mask * 5).to(at::kInt);
  torch::manual_seed(8);
  const at::Tensor x = at::randn({4, most, kWidth});  // numbers where nothing counts, too
  const at::Tensor all = built->forward(std::vector<at::Tensor>{x, tokens});
  QVERIFY(all.isfinite().all().item<bool>());
  for (const std::int64_t row : {0, 1, 3}) {
    const std::int64_t length = lengths[row].item<std::int64_t>();
    for (const std::int64_t width : {length, std::min(length + 2, most)}) {
      const std::vector<at::Tensor> one = {x.narrow(0, row, 1).narrow(1, 0, width),
                                           tokens.narrow(0, row, 1).narrow(1, 0, width)};
      const at::Tensor alone = built->forward(one)[0];
      const at::Tensor beside = all.dim() == 3 ? all[row].narrow(0, 0, alone.size(0)) : all[row];
      QVERIFY2(at::allclose(alone, beside, 1e-5, 1e-6), QByteArray::number(row));
    }
    const std::vector<at::Tensor> exact = {x.narrow(0, row, 1).narrow(1, 0, length), {}};
    QVERIFY(at::allclose(
        built->forward(exact)[0],
        built->forward(std::vector<at::Tensor>{exact[0], tokens.narrow(0, row, 1).narrow(1, 0, length)})[0], 1e-5,
        1e-6));
  }
  QCOMPARE(all[2].abs().sum().item<double>(), 0.0);
  if (all.dim() == 3) QCOMPARE(all[3].narrow(0, 1, all.size(1) - 1).abs().sum().item<double>(), 0.0);
}

void TestSequenceLayers::a_batch_without_any_token() {
  for (const auto& [type, set] : masked_layers()) {
    const NodeSpec& spec = spec_of(type);
    const auto layer = build(spec, spec.complete(set), {sequences(2, Dim::up_to(9)), ids(2, Dim::up_to(9))});
    const at::Tensor x = at::randn({2, 1, kWidth}).requires_grad_(true);
    const at::Tensor y = layer->forward(std::vector<at::Tensor>{x, at::zeros({2, 1}, at::kInt)});
    QVERIFY2(y.isfinite().all().item<bool>() && y.abs().sum().item<double>() == 0, type);
    y.sum().backward();
    QVERIFY2(x.grad().isfinite().all().item<bool>(), type);
  }
  for (const char* type : {"lstm", "gru"}) {  // not even a place
    const auto layer = build(spec_of(type), spec_of(type).complete({}), {sequences(2, Dim::up_to(9)), {}});
    const at::Tensor y = layer->forward(std::vector<at::Tensor>{at::zeros({2, 0, kWidth}), {}});
    QCOMPARE(y.sizes().vec(), (std::vector<std::int64_t>{2, 64}));
    QCOMPARE(y.abs().sum().item<double>(), 0.0);
    y.sum().backward();
  }
}

/// float16 ends at 65,504: LibTorch refuses to fill in a number beyond.
void TestSequenceLayers::what_does_not_count_has_a_number_in_float16() {
  const NodeSpec& spec = spec_of("sequence_pool");
  const auto layer = build(spec, spec.complete({{"pooling", std::string("max")}}),
                           {sequences(2, Dim::up_to(3)), ids(2, Dim::up_to(3))});
  at::Tensor x = at::full({2, 3, kWidth}, -4.0);
  x[0][1].fill_(-2);
  x[0][2].fill_(8);  // filled up
  const at::Tensor tokens = at::zeros({2, 3}, at::kInt);
  tokens[0].narrow(0, 0, 2).fill_(7);
  const at::Tensor y = layer->forward(std::vector<at::Tensor>{x.to(at::kHalf), tokens});
  QCOMPARE(y.scalar_type(), at::kHalf);
  QVERIFY(y[0].eq(-2).all().item<bool>() && y[1].eq(0).all().item<bool>());
}

void TestSequenceLayers::elementwise_layers_take_records_of_any_length() {
  const TensorDesc ragged = sequences(4, Dim::up_to(9));
  for (const char* type : {"relu", "gelu", "dropout", "stochastic_depth", "layer_norm"})
    QVERIFY(refusal(type, {}, {ragged}).reason.empty());
  QVERIFY(refusal("add", {}, {ragged, ragged}).reason.empty());
  for (const char* type : {"flatten", "linear", "batch_norm"}) {
    const Error error = refusal(type, {}, {ragged});
    QVERIFY2(error.reason.find("differ") != std::string::npos, type);
  }
}

void TestSequenceLayers::dropout_of_a_transformer_follows_the_seed() {
  const NodeSpec& spec = spec_of("transformer_encoder");
  const ParamMap params = spec.complete({{"heads", std::int64_t{2}}, {"dropout", 0.5}});
  const at::Tensor x = at::randn({3, 5, kWidth});
  const auto drawn = [&](std::uint64_t seed, bool training) {
    const auto layer = build(spec, params, {sequences(3, 5), {}});
    layer->seed(seed);
    layer->module()->train(training);
    const std::vector<at::Tensor> in = {x, {}};
    (void)layer->forward(in);
    return layer->forward(in);
  };
  QVERIFY(at::equal(drawn(1, true), drawn(1, true)));
  QVERIFY(!at::equal(drawn(1, true), drawn(2, true)));
  QVERIFY(at::equal(drawn(1, false), drawn(2, false)));
  const auto layer = build(spec, params, {sequences(3, 5), {}});
  const std::vector<at::Tensor> in = {x, {}};
  layer->module()->train(true);
  (void)layer->forward(in);
  const std::vector<std::byte> state = layer->random_state();
  const at::Tensor next = layer->forward(in);
  layer->set_random_state(state);
  QVERIFY(at::equal(layer->forward(in), next));
}

void TestSequenceLayers::shapes_are_told() {
  const auto told = [](const char* type, const ParamMap& params, const TensorDesc& x) {
    const std::vector<const TensorDesc*> in = {&x, nullptr};
    const auto out = spec_of(type).infer(spec_of(type).complete(params), in);
    return QString::fromStdString(out ? out->front().text() : out.error().line());
  };
  TensorDesc ragged{.kind = Kind::Tensor, .shape = {Dim::symbol("N"), Dim::up_to(9), 4}};
  QCOMPARE(told("gru", {{"units", std::int64_t{5}}}, ragged), QString("f32 N×5"));
  QCOMPARE(told("lstm", {{"units", std::int64_t{5}}, {"bidirectional", true}, {"output", std::string("all")}}, ragged),
           QString("f32 N×≤9×10"));
  QCOMPARE(told("conv1d", {{"filters", std::int64_t{3}}, {"stride", std::int64_t{2}}}, ragged), QString("f32 N×≤5×3"));
  QCOMPARE(told("sequence_pool", {}, ragged), QString("f32 N×4"));
  QCOMPARE(told("transformer_encoder", {}, ragged), QString("f32 N×≤9×4"));
  TensorDesc tokens{.kind = Kind::Tensor,
                    .dtype = DType::I32,
                    .shape = {Dim::symbol("N"), Dim::up_to(9)},
                    .classes = Dim::symbol("vocabulary")};
  QCOMPARE(told("embedding", {}, tokens), QString("f32 N×≤9×64"));  // before the vocabulary is learnt
  QCOMPARE(told("embedding_bag", {}, tokens), QString("f32 N×64"));
}

void TestSequenceLayers::faults_are_told() {
  const TensorDesc x = sequences(4, 9);
  QCOMPARE(refusal("attention", {{"heads", std::int64_t{3}}}, {x}).parameter, std::string("heads"));
  QCOMPARE(refusal("gru", {}, {ids(4, 9)}).port, std::string("x"));
  QVERIFY(refusal("gru", {}, {ids(4, 9)}).remedy.find("embedding") != std::string::npos);
  QCOMPARE(refusal("gru", {}, {x, ids(4, 7)}).port, std::string("tokens"));
  QCOMPARE(refusal("sequence_pool", {}, {x, x}).port, std::string("tokens"));
  QCOMPARE(refusal("conv1d", {{"padding", std::string("valid")}}, {sequences(4, Dim::up_to(9))}).parameter,
           std::string("padding"));
  QCOMPARE(refusal("conv1d", {{"padding", std::string("valid")}, {"kernel", std::int64_t{10}}}, {x}).parameter,
           std::string("kernel"));
  QCOMPARE(refusal("embedding", {{"vocabulary", std::int64_t{10}}}, {ids(4, 9)}).parameter, std::string("vocabulary"));
}

FEEDLINE_TEST(TestSequenceLayers)

}  // namespace test_sequence_layers

#include "test_sequence_layers.moc"
