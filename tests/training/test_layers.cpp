// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/torch.h"
#include "schema/registry.h"
#include "support/test_program.h"
#include "training/tensors.h"

#include <QTest>

#include <cmath>
#include <tuple>

namespace test_layers {

using namespace feedline;

namespace {

/// What layers are tried on: pictures 4×3×9×8, or features 4×12 for those that refuse pictures.
TensorDesc pictures() { return {.kind = Kind::Tensor, .shape = {4, 3, 9, 8}}; }
TensorDesc features() { return {.kind = Kind::Tensor, .shape = {4, 12}}; }
/// Sequences 4×12×6, beside which `tokens` are wired.
TensorDesc sequences() { return {.kind = Kind::Tensor, .shape = {4, 12, 6}}; }
TensorDesc tokens() { return {.kind = Kind::Tensor, .dtype = DType::I32, .shape = {4, 12}}; }
/// For those that want squares of 16 pixels.
TensorDesc large_pictures() { return {.kind = Kind::Tensor, .shape = {2, 3, 32, 16}}; }
TensorDesc symbolic() {
  return {.kind = Kind::Tensor, .shape = {Dim::symbol("N"), 3, Dim::symbol("H"), Dim::symbol("W")}};
}

struct Built {
  std::vector<TensorDesc> in{};
  TensorDesc out{};
  std::unique_ptr<Layer> layer{};
};

Built build(const NodeSpec& spec, const ParamMap& params, const TensorDesc& input) {
  Built built;
  built.in.assign(spec.inputs.size(), input);
  for (std::size_t i = 1; i < built.in.size(); ++i)
    if (spec.inputs[i].name == "tokens") built.in[i] = tokens();
  std::vector<const TensorDesc*> pointers;
  for (const TensorDesc& desc : built.in) pointers.push_back(&desc);
  auto out = spec.infer(spec.complete(params), pointers);
  if (!out) return built;
  built.out = out->front();
  torch::manual_seed(5);
  built.layer = spec.layer(spec.complete(params), pointers, built.out);
  return built;
}

std::vector<std::int64_t> sizes(const TensorDesc& desc) {
  std::vector<std::int64_t> list;
  for (const Dim& dim : desc.shape) list.push_back(dim.size());
  return list;
}

Result<std::vector<TensorDesc>> infer(const char* type, const ParamMap& params, std::vector<TensorDesc> in) {
  const NodeSpec& spec = *Registry::instance().find(type);
  std::vector<const TensorDesc*> pointers;
  for (const TensorDesc& desc : in) pointers.push_back(&desc);
  return spec.infer(spec.complete(params), pointers);
}

at::Tensor forward(const char* type, const ParamMap& params, const at::Tensor& x) {
  TensorDesc desc{.kind = Kind::Tensor};
  for (const std::int64_t size : x.sizes()) desc.shape.emplace_back(size);
  return build(*Registry::instance().find(type), params, desc).layer->forward(std::span(&x, 1));
}

}  // namespace

class TestLayers : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void every_layer_data();
  void every_layer();
  void windows_data();
  void windows();
  void symbols();
  void errors_data();
  void errors();
  void fills_of_an_embedding_bag_count_nothing();
  void every_type_of_number_is_a_tensors();
  void batch_norm_of_one_record();
  void norms_of_one_record();
  void channels_side_by_side();
  void functions_by_hand();
  void dropout_follows_the_seed();
  void cross_entropy_by_hand();
  void squared_error_by_hand();
  void losses_are_summed();
  void optimizers_by_hand();
};

void TestLayers::every_layer_data() {
  QTest::addColumn<QString>("type");
  for (const NodeSpec* spec : Registry::instance().all())
    if (spec->role == Role::Layer) QTest::newRow(spec->type.c_str()) << QString::fromStdString(spec->type);
  QVERIFY(Registry::instance().find("conv2d") != nullptr);
}

/// Registry-driven: the real shape is the inferred one, the gradient reaches the input and all parameters.
void TestLayers::every_layer() {
  QFETCH(QString, type);
  const NodeSpec& spec = *Registry::instance().find(type.toStdString());
  bool tried = false;
  for (const TensorDesc& input : {pictures(), features(), tokens(), sequences(), large_pictures()}) {
    if (tried && input == large_pictures()) continue;
    const Built built = build(spec, spec.example, input);
    if (built.layer == nullptr) continue;
    tried = true;
    std::vector<at::Tensor> in;
    for (const TensorDesc& desc : built.in)
      in.push_back(desc.dtype == DType::F32 ? at::randn(sizes(desc)).add(0.1).requires_grad_(true)
                                            : at::randint(1, 20, sizes(desc), at::kInt));
    if (const auto module = built.layer->module()) module->train(true);
    const at::Tensor out = built.layer->forward(in);
    QCOMPARE(out.sizes().vec(), sizes(built.out));
    QVERIFY(out.dtype() == at::kFloat);
    (out * at::randn_like(out)).sum().backward();
    for (const at::Tensor& tensor : in) {
      if (!tensor.is_floating_point()) continue;
      QVERIFY(tensor.grad().defined());
      QVERIFY(tensor.grad().abs().sum().item<double>() > 0);
    }
    if (const auto module = built.layer->module())
      for (const at::Tensor& parameter : module->parameters()) QVERIFY(parameter.grad().defined());
  }
  QVERIFY2(tried, "its example takes neither pictures nor features, tokens or sequences");
}

void TestLayers::every_type_of_number_is_a_tensors() {
  for (std::size_t i = 0; i < kDTypes; ++i) {
    const auto type = static_cast<DType>(i);
    QCOMPARE(at::elementSize(scalar_type(type)), size_of(type));
    PreviewValue value{.desc = {.dtype = type, .shape = {2}}, .data = std::vector<std::byte>(2 * size_of(type))};
    QCOMPARE(batch_of_one(value).numel(), std::int64_t{2});
  }
  QVERIFY(scalar_type(DType::F16) == at::kHalf && scalar_type(DType::Bool) == at::kBool);
}

/// Whatever a batch is filled up to, a record gives the same; one without tokens gives zeros.
void TestLayers::fills_of_an_embedding_bag_count_nothing() {
  for (const char* pooling : {"mean", "sum", "max"}) {
    const Built built =
        build(*Registry::instance().find("embedding_bag"),
              {{"width", std::int64_t{6}}, {"vocabulary", std::int64_t{20}}, {"pooling", pooling}}, tokens());
    QVERIFY(built.layer != nullptr);
    const at::Tensor wide = at::tensor({3, 7, 7, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0}, at::kInt).view({3, 5});
    const at::Tensor all = built.layer->forward(std::span(&wide, 1));
    const at::Tensor short_rows = wide.narrow(1, 0, 3);  // as the trainer sees it: columns beyond are not there
    const at::Tensor narrowed = built.layer->forward(std::span(&short_rows, 1));
    QVERIFY(at::equal(all, narrowed));
    const at::Tensor alone = wide.narrow(0, 1, 1).narrow(1, 0, 1);
    QVERIFY(at::allclose(all[1], built.layer->forward(std::span(&alone, 1))[0]));
    QCOMPARE(all[2].abs().sum().item<double>(), 0.0);
    QVERIFY(all[0].abs().sum().item<double>() > 0);
  }
  TensorDesc ragged = tokens();
  ragged.shape[1] = Dim::up_to(9);
  ragged.classes = 257;
  const auto out = infer("embedding_bag", {}, {ragged});
  QVERIFY(out);
  QCOMPARE(out->front().text(), std::string("f32 4×64"));
  QVERIFY(!infer("embedding_bag", {{"vocabulary", std::int64_t{100}}}, {ragged}));  // too few ids
  ragged.dtype = DType::F32;
  const auto refused = infer("linear", {{"units", std::int64_t{3}}}, {ragged});
  QVERIFY(!refused && refused.error().reason.find("differ") != std::string::npos);
}

void TestLayers::windows_data() {
  QTest::addColumn<QString>("type");
  QTest::addColumn<int>("kernel");
  QTest::addColumn<int>("stride");
  QTest::addColumn<QString>("padding");
  for (const int kernel : {1, 2, 3, 4, 5, 7})
    for (const int stride : {1, 2, 3}) {
      for (const char* padding : {"same", "valid"})
        QTest::addRow("conv2d %d/%d %s", kernel, stride, padding) << "conv2d" << kernel << stride << padding;
      QTest::addRow("average_pool %d/%d", kernel, stride) << "average_pool" << kernel << stride << "";
      QTest::addRow("max_pool %d/%d", kernel, stride) << "max_pool" << kernel << stride << "";
    }
}

void TestLayers::windows() {
  QFETCH(QString, type);
  QFETCH(int, kernel);
  QFETCH(int, stride);
  QFETCH(QString, padding);
  ParamMap params{{"kernel", std::int64_t{kernel}}, {"stride", std::int64_t{stride}}};
  if (!padding.isEmpty()) params.emplace("padding", padding.toStdString());
  const Built built = build(*Registry::instance().find(type.toStdString()), params, pictures());
  QVERIFY(built.layer != nullptr);
  const at::Tensor x = at::randn({4, 3, 9, 8});
  QCOMPARE(built.layer->forward(std::span(&x, 1)).sizes().vec(), sizes(built.out));
}

void TestLayers::symbols() {
  const auto conv = infer("conv2d", {{"filters", std::int64_t{8}}}, {symbolic()});
  QCOMPARE(QString::fromStdString(conv->front().text()), QString("f32 N×8×H×W"));
  const auto pool = infer("max_pool", {}, {conv->front()});
  QCOMPARE(QString::fromStdString(pool->front().text()), QString("f32 N×8×H/2×W/2"));
  const auto again = infer("max_pool", {}, {pool->front()});
  QCOMPARE(QString::fromStdString(again->front().text()), QString("f32 N×8×H/4×W/4"));
  const auto flat = infer("flatten", {}, {again->front()});
  QCOMPARE(QString::fromStdString(flat->front().text()), QString("f32 N×8×H/4×W/4"));
  QCOMPARE(flat->front().shape.size(), 2U);
  const auto last = infer("linear", {}, {flat->front()});
  QCOMPARE(QString::fromStdString(last->front().text()), QString("f32 N×classes"));
  const auto valid = infer("conv2d", {{"padding", std::string("valid")}, {"stride", std::int64_t{2}}}, {symbolic()});
  QCOMPARE(QString::fromStdString(valid->front().shape[2].text()), QString("(H-2)/2"));
}

void TestLayers::errors_data() {
  QTest::addColumn<QString>("type");
  QTest::addColumn<ParamMap>("params");
  QTest::addColumn<QList<TensorDesc>>("in");
  QTest::addColumn<QString>("port");
  QTest::addColumn<QString>("reason");
  QTest::addColumn<QString>("remedy");
  using In = QList<TensorDesc>;
  const TensorDesc pixels{.kind = Kind::Tensor, .dtype = DType::U8, .shape = {4, 9, 8, 3}, .layout = Layout::HWC};
  const TensorDesc ten{.kind = Kind::Tensor, .shape = {4, 10}};
  const TensorDesc ten_classes{.kind = Kind::Target, .dtype = DType::I64, .shape = {4}, .classes = 10};
  TensorDesc others = ten_classes;
  others.classes = 102;
  TensorDesc plain = ten_classes;
  plain.classes = 0;
  QTest::newRow("pixels") << "conv2d" << ParamMap{} << In{pixels} << "x"
                          << "pixels"
                          << "normalise";
  QTest::newRow("features into conv") << "conv2d" << ParamMap{} << In{ten} << "x"
                                      << "N×C×H×W"
                                      << "flattens";
  QTest::newRow("pictures into linear") << "linear" << ParamMap{} << In{pictures()} << "x"
                                        << "N×F"
                                        << "flatten";
  QTest::newRow("kernel too large") << "conv2d"
                                    << ParamMap{{"kernel", std::int64_t{11}}, {"padding", std::string("valid")}}
                                    << In{pictures()} << "x"
                                    << "11×11 kernel is larger than its input, 9×8"
                                    << "at most";
  QTest::newRow("pool too large") << "max_pool" << ParamMap{{"kernel", std::int64_t{9}}} << In{pictures()} << "x"
                                  << "9×9"
                                  << "at most 8";
  QTest::newRow("skip differs") << "add" << ParamMap{} << In{pictures(), ten} << "b"
                                << "f32 4×10"
                                << "conv2d";
  QTest::newRow("groups that do not fit")
      << "group_norm" << ParamMap{{"groups", std::int64_t{2}}} << In{pictures()} << ""
      << "3 channels cannot be divided into 2"
      << "divides 3";
  QTest::newRow("pool of an average too large")
      << "average_pool" << ParamMap{{"kernel", std::int64_t{9}}} << In{pictures()} << "x"
      << "9×9"
      << "at most 8";
  QTest::newRow("pictures beside features") << "concatenate" << ParamMap{} << In{pictures(), ten} << "b"
                                            << "differ in more than their channels"
                                            << "flatten";
  QTest::newRow("features into spatial dropout") << "spatial_dropout" << ParamMap{} << In{ten} << "x"
                                                 << "N×C×H×W"
                                                 << "flattens";
  QTest::newRow("features into cutmix") << "cutmix" << ParamMap{} << In{ten} << "x"
                                        << "N×C×H×W"
                                        << "flattens";
  QTest::newRow("filters that leave gaps")
      << "conv_transpose2d" << ParamMap{{"kernel", std::int64_t{2}}, {"stride", std::int64_t{3}}} << In{pictures()}
      << ""
      << "leave gaps"
      << "at least the stride";
  QTest::newRow("an order of too few") << "permute" << ParamMap{} << In{pictures()} << ""
                                       << "3 dimensions behind the batch"
                                       << "from 1 to 3";
  QTest::newRow("a shape that does not hold it")
      << "reshape" << ParamMap{{"shape", ValueList{std::int64_t{7}, std::int64_t{-1}}}} << In{pictures()} << ""
      << "216 numbers"
      << "divides 216";
  QTest::newRow("channels that have no half") << "split" << ParamMap{} << In{pictures()} << ""
                                              << "3 channels cannot be divided into 2"
                                              << "divides 3";
  QTest::newRow("no squares of 16") << "vit_b_16" << ParamMap{} << In{pictures()} << "x"
                                    << "9×8"
                                    << "multiples of 16";
  QTest::newRow("heads that do not fit") << "text_encoder"
                                         << ParamMap{{"width", std::int64_t{10}}, {"vocabulary", std::int64_t{20}}}
                                         << In{tokens()} << ""
                                         << "10 cannot be divided into 4 heads"
                                         << "multiple of the heads";
  QTest::newRow("texts that are too long")
      << "text_encoder" << ParamMap{{"places", std::int64_t{8}}, {"vocabulary", std::int64_t{20}}} << In{tokens()} << ""
      << "up to 12 tokens"
      << "pad_truncate";
  QTest::newRow("too few units") << "cross_entropy" << ParamMap{} << In{ten, others} << "prediction"
                                 << "10 values per record, but the data has 102 classes"
                                 << "units";
  QTest::newRow("no classes") << "cross_entropy" << ParamMap{} << In{ten, plain} << "target"
                              << "plain number"
                              << "classes";
  QTest::newRow("nesterov") << "sgd" << ParamMap{{"nesterov", true}, {"momentum", 0.0}} << In{} << ""
                            << "momentum"
                            << "0.9";
}

void TestLayers::errors() {
  QFETCH(QString, type);
  QFETCH(ParamMap, params);
  QFETCH(QList<TensorDesc>, in);
  QFETCH(QString, port);
  QFETCH(QString, reason);
  QFETCH(QString, remedy);
  const auto out = infer(type.toUtf8().constData(), params, {in.begin(), in.end()});
  QVERIFY(!out.has_value());
  QCOMPARE(QString::fromStdString(out.error().port), port);
  QVERIFY2(QString::fromStdString(out.error().reason).contains(reason), out.error().reason.c_str());
  QVERIFY2(QString::fromStdString(out.error().remedy).contains(remedy), out.error().remedy.c_str());
}

void TestLayers::batch_norm_of_one_record() {
  const at::Tensor one = forward("batch_norm", {}, at::full({1, 6}, 2.0F));
  // Running statistics are 0 and 1 at the start.
  QVERIFY(at::allclose(one, at::full({1, 6}, 2.0F), 1e-4));
  const at::Tensor many = forward("batch_norm", {}, at::randn({64, 6}).mul(5).add(3));
  QVERIFY(at::allclose(many.mean(0), at::zeros({6}), 1e-4, 1e-4));
  QVERIFY(at::allclose(many.var(0, /*unbiased=*/false), at::ones({6}), 1e-3, 1e-3));
}

/// What other records hold changes nothing; the numbers of a record or of a group have mean 0 and variance 1.
void TestLayers::norms_of_one_record() {
  const at::Tensor x = at::randn({4, 6, 5, 3}).mul(4).add(2);
  const ParamMap groups{{"groups", std::int64_t{3}}};
  for (const auto& [type, params, parts] :
       std::vector<std::tuple<const char*, ParamMap, std::int64_t>>{{"layer_norm", {}, 1}, {"group_norm", groups, 3}}) {
    const at::Tensor y = forward(type, params, x);
    const at::Tensor rows = y.reshape({4 * parts, -1});
    QVERIFY(at::allclose(rows.mean(1), at::zeros({4 * parts}), 1e-4, 1e-4));
    QVERIFY(at::allclose(rows.var(1, /*unbiased=*/false), at::ones({4 * parts}), 1e-3, 1e-3));
    QVERIFY(at::allclose(forward(type, params, x.narrow(0, 1, 1)), y.narrow(0, 1, 1), 1e-5, 1e-6));
  }
}

/// Inputs that are not wired leave no gap.
void TestLayers::channels_side_by_side() {
  const NodeSpec& spec = *Registry::instance().find("concatenate");
  const TensorDesc two{.kind = Kind::Tensor, .shape = {4, 2, 9, 8}};
  const TensorDesc three = pictures();
  const TensorDesc none{};  // as a plan has it where nothing is wired
  const std::vector<const TensorDesc*> in = {&two, &three, nullptr, &two};
  const std::vector<const TensorDesc*> planned = {&two, &three, &none, &two};
  for (const auto& descs : {in, planned}) {
    const auto out = spec.infer({}, descs);
    QVERIFY(out.has_value());
    QCOMPARE(sizes(out->front()), (std::vector<std::int64_t>{4, 7, 9, 8}));
  }
  const std::vector<at::Tensor> tensors = {at::randn({4, 2, 9, 8}), at::randn({4, 3, 9, 8}), at::Tensor(),
                                           at::randn({4, 2, 9, 8})};
  const at::Tensor y = spec.layer({}, in, {})->forward(tensors);
  QVERIFY(at::equal(y, at::cat({tensors[0], tensors[1], tensors[3]}, 1)));
  const auto symbols = spec.infer({}, std::vector<const TensorDesc*>{&two, nullptr});
  QVERIFY(!symbols.has_value() && symbols.error().port == "b");
}

void TestLayers::functions_by_hand() {
  const at::Tensor x = at::tensor({-3.0F, -0.5F, 0.0F, 0.25F, 2.0F, 7.0F}).view({2, 3});
  const at::Tensor sigmoid = 1 / (1 + (-x).exp());
  const auto same = [](const at::Tensor& a, const at::Tensor& b) { return at::allclose(a, b, 1e-5, 1e-6); };
  QVERIFY(same(forward("sigmoid", {}, x), sigmoid));
  QVERIFY(same(forward("silu", {}, x), x * sigmoid));
  QVERIFY(same(forward("tanh", {}, x), 2 / (1 + (-2 * x).exp()) - 1));
  QVERIFY(same(forward("leaky_relu", {{"slope", 0.2}}, x), at::where(x > 0, x, x * 0.2)));
  QVERIFY(same(forward("scale_output", {{"mean", 1e6}, {"deviation", 250.0}}, x), x * 250 + 1e6));
  QVERIFY(same(forward("gelu", {}, x), x * 0.5 * (1 + (x / std::sqrt(2.0)).erf())));
  QVERIFY(same(forward("softmax", {}, x), x.exp() / x.exp().sum(1, true)));
  const at::Tensor tall = at::arange(8, at::kFloat).view({1, 1, 4, 2});
  QVERIFY(same(forward("average_pool", {}, tall), at::tensor({1.5F, 5.5F}).view({1, 1, 2, 1})));
}

void TestLayers::dropout_follows_the_seed() {
  const at::Tensor x = at::ones({64, 64});
  const ParamMap params{{"probability", 0.25}};
  const at::Tensor one = forward("dropout", params, x);
  QVERIFY(at::equal(one, forward("dropout", params, x)));
  const double kept = one.ne(0).to(at::kFloat).mean().item<double>();
  QVERIFY(std::abs(kept - 0.75) < 0.05);
  QVERIFY(at::allclose(one.max(), at::full({}, 1.0 / 0.75), 1e-5));
}

void TestLayers::cross_entropy_by_hand() {
  const NodeSpec& spec = *Registry::instance().find("cross_entropy");
  const at::Tensor prediction = at::tensor({2.0F, 1.0F, 0.0F, 0.0F, 0.0F, 3.0F}).view({2, 3});
  const at::Tensor target = at::tensor({0, 1}, at::kLong);
  const double first = std::log(std::exp(2.0) + std::exp(1.0) + 1) - 2;
  const double second = std::log(1 + 1 + std::exp(3.0));
  const std::vector<at::Tensor> in = {prediction, target};
  const auto plain = spec.layer(spec.complete({}), {}, {});
  QVERIFY(std::abs(plain->forward(in).item<double>() - (first + second) / 2) < 1e-6);

  // Smoothing s: (1 - s) times the plain loss and s times the mean over all classes.
  const double all = ((first + (first + 1) + (first + 2)) / 3 + (second + second + second - 3) / 3) / 2;
  const auto smooth = spec.layer(spec.complete({{"label_smoothing", 0.3}}), {}, {});
  QVERIFY(std::abs(smooth->forward(in).item<double>() - (0.7 * (first + second) / 2 + 0.3 * all)) < 1e-6);
}

/// One number a record comes as N and is predicted as N×1: neither is spread over the other.
void TestLayers::squared_error_by_hand() {
  const NodeSpec& spec = *Registry::instance().find("mse");
  const auto loss = spec.layer(spec.complete({}), {}, {});
  const std::vector<at::Tensor> in = {at::tensor({1.0F, 2.0F, 5.0F}).view({3, 1}), at::tensor({1.0F, 4.0F, 4.0F})};
  QVERIFY(std::abs(loss->forward(in).item<double>() - 5.0 / 3) < 1e-6);
  const std::vector<at::Tensor> classes = {in[0], at::tensor({1, 4, 4}, at::kLong)};
  QVERIFY(std::abs(loss->forward(classes).item<double>() - 5.0 / 3) < 1e-6);

  const TensorDesc number{.kind = Kind::Target, .shape = {Dim::symbol("N")}};
  const TensorDesc one{.kind = Kind::Tensor, .shape = {Dim::symbol("N"), 1}};
  const TensorDesc ten{.kind = Kind::Tensor, .shape = {Dim::symbol("N"), 10}};
  const TensorDesc as_classes{.kind = Kind::Tensor, .shape = {Dim::symbol("N"), Dim::symbol("classes")}};
  QVERIFY(infer("mse", {}, {one, number}).has_value());
  for (const TensorDesc& wrong : {ten, as_classes}) {
    const auto refused = infer("mse", {}, {wrong, number});
    QVERIFY(!refused.has_value());
    QCOMPARE(refused.error().remedy, std::string("Set units of the linear node before it to 1"));
  }
}

void TestLayers::losses_are_summed() {
  const NodeSpec& spec = *Registry::instance().find("weighted_sum");
  QVERIFY(spec.role == Role::Loss && spec.category == Category::Loss);
  const auto sum = spec.layer(spec.complete({{"weight_a", 2.0}, {"weight_b", 0.5}}), {}, {});
  std::vector<at::Tensor> in = {at::tensor(3.0F).requires_grad_(true), at::tensor(8.0F), at::Tensor()};
  QCOMPARE(sum->forward(in).item<double>(), 10.0);
  in[2] = at::tensor(0.25F);
  const at::Tensor all = sum->forward(in);
  QCOMPARE(all.item<double>(), 10.25);
  all.backward();
  QCOMPARE(in[0].grad().item<double>(), 2.0);
}

void TestLayers::optimizers_by_hand() {
  const auto steps = [](const char* type, const ParamMap& params, int count) {
    const NodeSpec& spec = *Registry::instance().find(type);
    const auto rule = spec.optimizer(spec.complete(params));
    const OptimizerSettings settings = spec.optimizer_settings(spec.complete(params));
    const at::Tensor weight = at::ones({1});
    std::vector<at::Tensor> slots;
    for (const OptimizerSlot& slot : rule->slots()) slots.push_back(at::full({1}, slot.start));
    for (int i = 0; i < count; ++i) {
      const at::Tensor gradient = at::full({1}, 2.0) + weight * settings.weight_decay;
      rule->update({.weights = weight,
                    .gradient = gradient,
                    .slots = slots,
                    .step = i + 1,
                    .learning_rate = settings.learning_rate});
    }
    return weight.item<double>();
  };
  const auto near = [](double a, double b) { return std::abs(a - b) < 1e-6; };
  QVERIFY(near(steps("sgd", {{"learning_rate", 0.1}, {"momentum", 0.0}}, 1), 1 - 0.1 * 2));
  // Momentum: the second step is 0.9 times the first plus the gradient.
  QVERIFY(near(steps("sgd", {{"learning_rate", 0.1}, {"momentum", 0.9}}, 2), 1 - 0.1 * 2 - 0.1 * (0.9 * 2 + 2)));
  QVERIFY(
      near(steps("sgd", {{"learning_rate", 0.1}, {"momentum", 0.9}, {"nesterov", true}}, 1), 1 - 0.1 * (2 + 0.9 * 2)));
  QVERIFY(near(steps("sgd", {{"learning_rate", 0.1}, {"momentum", 0.0}, {"weight_decay", 0.5}}, 1), 1 - 0.1 * 2.5));
  // Adam's first steps are as long as the learning rate, whatever the gradient.
  QVERIFY(near(steps("adam", {{"learning_rate", 0.01}}, 1), 1 - 0.01));
  QVERIFY(near(steps("adam", {{"learning_rate", 0.01}}, 3), 1 - 0.03));
}

FEEDLINE_TEST(TestLayers)

}  // namespace test_layers

#include "test_layers.moc"
