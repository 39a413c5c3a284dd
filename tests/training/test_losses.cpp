// SPDX-License-Identifier: GPL-3.0-or-later
// Losses against PyTorch (tests/data/make_loss_values.py), the layers that draw random numbers, and mixed rows.
#include "base/torch.h"
#include "networks.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>
#include <numeric>

namespace test_losses {

using namespace feedline;

namespace {

std::vector<double> numbers_of(const QJsonValue& value) {
  std::vector<double> list;
  for (const QJsonValue& item : value.toArray()) list.push_back(item.toDouble());
  return list;
}

ParamMap params_of(const QJsonObject& json) {
  ParamMap params;
  for (auto item = json.begin(); item != json.end(); ++item) {
    if (item->isArray()) {
      ValueList list;
      for (const double number : numbers_of(*item)) list.emplace_back(number);
      params.emplace(item.key().toStdString(), Value(std::move(list)));
    } else if (item->isString()) {
      params.emplace(item.key().toStdString(), item->toString().toStdString());
    } else {
      params.emplace(item.key().toStdString(), item->toDouble());
    }
  }
  return params;
}

/// Greatest difference, as a share of numbers above 1.
double apart(const at::Tensor& found, const QJsonValue& wanted) {
  const at::Tensor truth = at::tensor(numbers_of(wanted), at::kDouble);
  const at::Tensor other = found.detach().to(at::kDouble).reshape({-1});
  return ((other - truth).abs() / truth.abs().clamp_min(1)).max().item<double>();
}

TensorDesc tensor_of(std::vector<Dim> shape) { return {.kind = Kind::Tensor, .shape = std::move(shape)}; }
TensorDesc target_of(std::int64_t classes) {
  return {.kind = Kind::Target, .dtype = DType::I64, .shape = {Dim::symbol("N")}, .classes = classes};
}

Result<std::vector<TensorDesc>> infer(const char* type, const ParamMap& params, const TensorDesc& prediction,
                                      const TensorDesc& target) {
  const std::vector<const TensorDesc*> in = {&prediction, &target};
  return spec_of(type).infer(spec_of(type).complete(params), in);
}

std::unique_ptr<Layer> made(const char* type, const ParamMap& params, const TensorDesc& in) {
  const NodeSpec& spec = spec_of(type);
  const TensorDesc* const input = &in;
  auto layer = spec.layer(spec.complete(params), std::span(&input, 1), in);
  layer->seed(17);
  return layer;
}

at::Tensor through(Layer& layer, const at::Tensor& x) { return layer.forward(std::span(&x, 1)); }

/// A network that mixes the rows of its batch; `type` null: one that does not.
ModelPlan mixing(const char* type, const ParamMap& params = {}) {
  std::vector<LayerOf> layers = {linear(8), {"relu"}, linear(kClasses)};
  if (type != nullptr) layers.insert(layers.begin(), LayerOf{type, params});
  return network(layers, features());
}

}  // namespace

class TestLosses : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equal_pytorchs_over_ten_steps_data();
  void equal_pytorchs_over_ten_steps();
  void are_refused_data();
  void are_refused();
  void labels_are_features();
  void one_column_is_measured_as_two_classes();
  void spatial_dropout_drops_channels();
  void stochastic_depth_drops_rows();
  void random_layers_go_on_where_they_were_data();
  void random_layers_go_on_where_they_were();
  void mixup_mixes_rows_and_targets();
  void cutmix_pastes_one_box();
  void nothing_is_mixed_in_evaluation();
  void a_loss_beside_the_mixed_rows_is_not_mixed();
  void two_mixers_are_refused();
};

void TestLosses::equal_pytorchs_over_ten_steps_data() {
  QTest::addColumn<QJsonObject>("wanted");
  QTest::addColumn<double>("rate");
  const QJsonObject all =
      QJsonDocument::fromJson(test::read_file(test::source_dir("/tests/data/loss_values.json"))).object();
  QVERIFY(all["cases"].toArray().size() >= 15);
  int number = 0;
  for (const QJsonValue& item : all["cases"].toArray()) {
    const QByteArray name = item["node"].toString().toUtf8() + ' ' + QByteArray::number(++number);
    QTest::newRow(name) << item.toObject() << all["rate"].toDouble();
  }
}

void TestLosses::equal_pytorchs_over_ten_steps() {
  QFETCH(QJsonObject, wanted);
  QFETCH(double, rate);
  const NodeSpec& spec = spec_of(wanted["node"].toString().toUtf8());
  const ParamMap params = spec.complete(params_of(wanted["params"].toObject()));
  std::vector<std::int64_t> shape;
  for (const double size : numbers_of(wanted["shape"])) shape.push_back(static_cast<std::int64_t>(size));
  at::Tensor x = at::tensor(numbers_of(wanted["prediction"]), at::kDouble).to(at::kFloat).view(shape).clone();
  at::Tensor target =
      at::tensor(numbers_of(wanted["target"]), at::kDouble).to(wanted["classes"].toBool() ? at::kLong : at::kFloat);
  if (target.numel() == x.numel() && x.size(1) > 1) target = target.view_as(x);
  x.requires_grad_(true);
  const auto loss = spec.layer(params, {}, {});
  const QJsonArray losses = wanted["losses"].toArray();
  const QJsonArray gradients = wanted["gradients"].toArray();
  for (qsizetype step = 0; step < losses.size(); ++step) {
    const std::vector<at::Tensor> in = {x, target};
    const at::Tensor value = loss->forward(in);
    QCOMPARE(value.dim(), std::int64_t{0});
    QVERIFY2(std::abs(value.item<double>() - losses[step].toDouble()) < 1e-5, QByteArray::number(step));
    value.backward();
    QVERIFY2(apart(x.grad(), gradients[step]) < 1e-5, QByteArray::number(step));
    const at::NoGradGuard no_gradients;
    x.sub_(x.grad() * rate);
    x.mutable_grad().zero_();
  }
  QVERIFY(apart(x, wanted["end"]) < 1e-5);
}

void TestLosses::are_refused_data() {
  QTest::addColumn<QString>("type");
  QTest::addColumn<ParamMap>("params");
  QTest::addColumn<int>("columns");
  QTest::addColumn<int>("classes");
  QTest::addColumn<QString>("place");
  QTest::addColumn<QString>("remedy");
  const ValueList three = {1.0, 2.0, 3.0};
  const ValueList much = {1.5};
  QTest::newRow("weights") << "cross_entropy" << ParamMap{{"class_weights", three}} << 4 << 4 << "class_weights"
                           << "each class";
  QTest::newRow("alpha") << "focal" << ParamMap{{"alpha", three}} << 4 << 4 << "alpha"
                         << "each class";
  QTest::newRow("alpha of two") << "focal" << ParamMap{{"alpha", much}} << 2 << 2 << "alpha"
                                << "0 to 1";
  QTest::newRow("hinge") << "hinge" << ParamMap{} << 3 << 4 << "prediction"
                         << "units";
  QTest::newRow("hinge of numbers") << "hinge" << ParamMap{} << 3 << 0 << "target"
                                    << "mse";
  QTest::newRow("two columns") << "binary_cross_entropy" << ParamMap{} << 2 << 2 << "prediction"
                               << "to 1";
  QTest::newRow("three classes") << "binary_cross_entropy" << ParamMap{} << 1 << 3 << "target"
                                 << "cross_entropy";
  QTest::newRow("focal of one column") << "focal" << ParamMap{} << 1 << 3 << "target"
                                       << "cross_entropy";
  QTest::newRow("too many numbers") << "mae" << ParamMap{} << 2 << 0 << "prediction"
                                    << "to 1";
  QTest::newRow("huber of classes' width") << "huber" << ParamMap{} << -1 << 0 << "prediction"
                                           << "to 1";
}

void TestLosses::are_refused() {
  QFETCH(QString, type);
  QFETCH(ParamMap, params);
  QFETCH(int, columns);
  QFETCH(int, classes);
  QFETCH(QString, place);
  QFETCH(QString, remedy);
  const Dim width = columns < 0 ? Dim::symbol("classes") : Dim(columns);
  const auto refused = infer(type.toUtf8(), params, tensor_of({Dim::symbol("N"), width}), target_of(classes));
  QVERIFY(!refused.has_value());
  const Error& error = refused.error();
  QCOMPARE(QString::fromStdString(error.parameter.empty() ? error.port : error.parameter), place);
  QVERIFY2(QString::fromStdString(error.remedy).contains(remedy), error.remedy.c_str());
}

void TestLosses::labels_are_features() {
  const TensorDesc five = tensor_of({Dim::symbol("N"), 5});
  QVERIFY(infer("multi_label_cross_entropy", {}, five, five).has_value());
  const auto refused = infer("multi_label_cross_entropy", {}, five, tensor_of({Dim::symbol("N"), 7}));
  QVERIFY(!refused.has_value());
  QCOMPARE(refused.error().port, std::string("prediction"));
  QCOMPARE(refused.error().remedy, std::string("Set units of the linear node before it to 7"));
  const auto classes = infer("multi_label_cross_entropy", {}, five, target_of(5));
  QVERIFY(!classes.has_value() && classes.error().port == "target");
}

/// Accuracy, F1 and the confusion matrix see a class with a score each.
void TestLosses::one_column_is_measured_as_two_classes() {
  ModelPlan plan = network({linear(8), {"relu"}, linear(1)}, features());
  plan.loss.spec = &spec_of("binary_cross_entropy");
  plan.loss.params = plan.loss.spec->complete({});
  auto in = batch(12, features());
  in[1] = in[1].clamp_max(1);
  const auto model = model_of(plan);
  QVERIFY(model != nullptr);
  const Model::Outcome outcome = model->forward(in, {});
  const Compared& compared = outcome.compared.front();
  QCOMPARE(compared.prediction().sizes().vec(), (std::vector<std::int64_t>{12, 2}));
  const at::Tensor said = compared.prediction().select(1, 1).gt(0).to(at::kLong);
  QVERIFY(at::equal(said, compared.predicted_class()));
  MetricSet set(plan, kValSplit);
  set.add(outcome.compared);
  QCOMPARE(value_of(set.values(), "accuracy", kValSplit), said.eq(in[1]).to(at::kDouble).mean().item<double>());
}

void TestLosses::spatial_dropout_drops_channels() {
  const at::Tensor x = at::ones({64, 32, 4, 3});
  const auto layer = made("spatial_dropout", {{"probability", 0.25}}, tensor_of({64, 32, 4, 3}));
  layer->module()->train(true);
  const at::Tensor y = through(*layer, x);
  QVERIFY(at::equal(y, y.select(3, 0).select(2, 0).view({64, 32, 1, 1}).expand_as(y)));
  QVERIFY(std::abs(y.ne(0).to(at::kFloat).mean().item<double>() - 0.75) < 0.03);
  QVERIFY(at::allclose(y.max(), at::full({}, 1 / 0.75), 1e-5));
  layer->module()->train(false);
  QVERIFY(at::equal(through(*layer, x), x));
}

void TestLosses::stochastic_depth_drops_rows() {
  const at::Tensor x = at::ones({4096, 3, 2, 2});
  const auto layer = made("stochastic_depth", {{"probability", 0.2}}, tensor_of({4096, 3, 2, 2}));
  layer->module()->train(true);
  const at::Tensor y = through(*layer, x);
  QVERIFY(at::equal(y, y.view({4096, 12}).select(1, 0).view({4096, 1, 1, 1}).expand_as(y)));
  QVERIFY(std::abs(y.ne(0).to(at::kFloat).mean().item<double>() - 0.8) < 0.03);
  QVERIFY(at::allclose(y.max(), at::full({}, 1 / 0.8), 1e-5));
  layer->module()->train(false);
  QVERIFY(at::equal(through(*layer, x), x));
}

void TestLosses::random_layers_go_on_where_they_were_data() {
  QTest::addColumn<QString>("type");
  for (const char* type : {"dropout", "spatial_dropout", "stochastic_depth", "mixup", "cutmix"})
    QTest::newRow(type) << type;
}

/// The seed decides what is drawn, and a saved state goes on as if nothing had been.
void TestLosses::random_layers_go_on_where_they_were() {
  QFETCH(QString, type);
  const TensorDesc desc = tensor_of({16, 4, 6, 5});
  const at::Tensor x = at::arange(16 * 4 * 6 * 5, at::kFloat).sin().view({16, 4, 6, 5});
  const auto first = made(type.toUtf8(), {}, desc);
  const auto second = made(type.toUtf8(), {}, desc);
  const auto restored = made(type.toUtf8(), {}, desc);
  QVERIFY(at::equal(through(*first, x), through(*second, x)));
  restored->set_random_state(first->random_state());
  QVERIFY(!first->random_state().empty());
  bool changes = false;
  for (int i = 0; i < 5; ++i) {
    const at::Tensor y = through(*first, x);
    QVERIFY(at::equal(y, through(*restored, x)));
    changes = changes || !at::equal(y, x);
  }
  QVERIFY(changes);
  restored->seed(18);
  QVERIFY(!at::equal(through(*first, x), through(*restored, x)));
}

/// x and loss are both share·own + (1 - share)·partner's, for the same share and partners.
void TestLosses::mixup_mixes_rows_and_targets() {
  const auto layer = made("mixup", {{"alpha", 1.0}}, features());
  const auto in = batch(10, features());
  const at::Tensor y = through(*layer, in[0]);
  const RowMix* const mix = layer->mixed();
  QVERIFY(mix != nullptr && mix->share > 0 && mix->share < 1);
  std::vector<std::int64_t> sorted = mix->partner;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> all(10);
  std::iota(all.begin(), all.end(), 0);
  QCOMPARE(sorted, all);
  const at::Tensor partner = at::tensor(mix->partner, at::kLong);
  QVERIFY(at::allclose(y, in[0] * mix->share + in[0].index_select(0, partner) * (1 - mix->share), 1e-5, 1e-6));

  const auto mixed = model_of(mixing("mixup", {{"alpha", 1.0}}));
  const auto plain = model_of(mixing(nullptr));
  QVERIFY(mixed != nullptr && plain != nullptr);
  {  // the same weights
    const at::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < plain->parameters().size(); ++i) plain->parameters()[i].copy_(mixed->parameters()[i]);
  }
  mixed->seed(5);
  const Model::Outcome outcome = mixed->forward(in, {});
  mixed->seed(5);
  const at::Tensor inputs = mixed->layer_output(in, 0, {});
  QVERIFY(!at::equal(inputs, in[0]));
  const auto loss_for = [&](const at::Tensor& target) {
    const std::vector<at::Tensor> fields = {inputs, target};
    return plain->forward(fields, {}).loss.item<double>();
  };
  // The share and the partners that explain the mixed inputs.
  std::vector<std::int64_t> found(10, -1);
  double share = -1;
  for (std::int64_t i = 0; i < 10; ++i)
    for (std::int64_t j = 0; j < 10 && found[static_cast<std::size_t>(i)] < 0; ++j) {
      if (i == j) continue;
      const at::Tensor toward = in[0][i] - in[0][j];
      const double part = ((inputs[i] - in[0][j]).dot(toward) / toward.dot(toward)).item<double>();
      if (part > 0.9999) continue;  // it is its own partner: any other row would do
      if (!at::allclose(inputs[i], in[0][i] * part + in[0][j] * (1 - part), 1e-4, 1e-5)) continue;
      found[static_cast<std::size_t>(i)] = j;
      share = part;
    }
  QVERIFY(share > 0 && share < 1);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i] < 0) found[i] = static_cast<std::int64_t>(i);  // its own partner
  const at::Tensor others = in[1].index_select(0, at::tensor(found, at::kLong));
  const double wanted = share * loss_for(in[1]) + (1 - share) * loss_for(others);
  QVERIFY2(std::abs(outcome.loss.item<double>() - wanted) < 1e-4,
           qPrintable(QString("%1 %2").arg(outcome.loss.item<double>()).arg(wanted)));
  QVERIFY(at::equal(outcome.compared.front().target(), share < 0.5 ? others : in[1]));
}

void TestLosses::cutmix_pastes_one_box() {
  const TensorDesc desc = tensor_of({8, 3, 9, 7});
  const at::Tensor x =
      at::arange(8, at::kFloat).view({8, 1, 1, 1}).expand({8, 3, 9, 7}).contiguous();  // row i holds i everywhere
  const auto layer = made("cutmix", {}, desc);
  int boxes = 0;
  for (int i = 0; i < 20; ++i) {
    const at::Tensor y = through(*layer, x);
    const RowMix* const mix = layer->mixed();
    QVERIFY(mix != nullptr);
    for (std::int64_t row = 0; row < 8; ++row) {
      const std::int64_t partner = mix->partner[static_cast<std::size_t>(row)];
      const at::Tensor pasted = y[row].eq(static_cast<double>(partner));
      QVERIFY(pasted.logical_or(y[row].eq(static_cast<double>(row))).all().item<bool>());
      if (partner == row) continue;
      QVERIFY(std::abs(1 - pasted.to(at::kDouble).mean().item<double>() - mix->share) < 1e-9);
      // A rectangle: as large as its rows times its columns, in every channel.
      const at::Tensor plane = pasted[0];
      const auto rows = plane.any(1).sum().item<std::int64_t>();
      const auto columns = plane.any(0).sum().item<std::int64_t>();
      QCOMPARE(plane.sum().item<std::int64_t>(), rows * columns);
      QVERIFY(at::equal(pasted, plane.expand_as(pasted)));
      boxes += rows > 0 ? 1 : 0;
    }
  }
  QVERIFY(boxes > 50);
}

void TestLosses::nothing_is_mixed_in_evaluation() {
  for (const char* type : {"mixup", "cutmix"}) {
    const auto layer = made(type, {}, tensor_of({8, 3, 9, 7}));
    const at::Tensor x = at::randn({8, 3, 9, 7});
    (void)through(*layer, x);
    layer->module()->train(false);
    QVERIFY(at::equal(through(*layer, x), x) && layer->mixed() == nullptr);
  }
  const auto mixed = model_of(mixing("mixup"));
  const auto plain = model_of(mixing(nullptr));
  {
    const at::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < plain->parameters().size(); ++i) plain->parameters()[i].copy_(mixed->parameters()[i]);
  }
  mixed->train(false);
  const auto in = batch(10, features());
  QCOMPARE(mixed->forward(in, {}).loss.item<double>(), plain->forward(in, {}).loss.item<double>());
}

/// Only what lies behind the mixing layer has two targets a row.
void TestLosses::a_loss_beside_the_mixed_rows_is_not_mixed() {
  ModelPlan plan = mixing("mixup", {{"alpha", 1.0}});
  plan.layers[1].from = {{.field = 0}};  // the linear layer reads the batch, past the mixing layer
  const auto model = model_of(plan);
  QVERIFY(model != nullptr);
  const auto in = batch(10, features());
  const Model::Outcome outcome = model->forward(in, {});
  QVERIFY(at::equal(outcome.compared.front().target(), in[1]));
  const std::vector<at::Tensor> pair = {outcome.compared.front().prediction(), in[1]};
  const auto loss = spec_of("cross_entropy").layer(spec_of("cross_entropy").complete({}), {}, {});
  QCOMPARE(outcome.loss.item<double>(), loss->forward(pair).item<double>());
}

void TestLosses::two_mixers_are_refused() {
  const ModelPlan plan = network({{"mixup"}, {"mixup"}, linear(kClasses)}, features());
  const auto model = Model::build(plan, at::kCPU, 3, {});
  QVERIFY(!model.has_value());
  QCOMPARE(model.error().node, std::string("mixup1"));
  QVERIFY(!model.error().remedy.empty());
}

FEEDLINE_TEST(TestLosses)

}  // namespace test_losses

#include "test_losses.moc"
