// SPDX-License-Identifier: GPL-3.0-or-later
// Layers that make pictures larger or change the order of numbers, against LibTorch's functions or by hand.
#include "base/torch.h"
#include "networks.h"
#include "support/test_program.h"

#include <QTest>

#include <vector>

namespace test_reshaping_layers {

using namespace feedline;

namespace {

struct Tried {
  at::Tensor y{};
  std::shared_ptr<torch::nn::Module> module{};
};

/// What a layer gives, checked against the shape that its spec infers.
Tried tried(const char* type, const ParamMap& set, const at::Tensor& x) {
  const NodeSpec& spec = spec_of(type);
  const ParamMap params = spec.complete(set);
  TensorDesc desc{.kind = Kind::Tensor};
  for (const std::int64_t size : x.sizes()) desc.shape.emplace_back(size);
  const TensorDesc* const in = &desc;
  const auto out = spec.infer(params, std::span(&in, 1));
  if (!out) qFatal("%s", out.error().line().c_str());
  torch::manual_seed(4);
  const auto layer = spec.layer(params, std::span(&in, 1), out->front());
  const at::NoGradGuard no_gradients;
  Tried result{layer->forward(std::span(&x, 1)), layer->module()};
  std::vector<std::int64_t> inferred;
  for (const Dim& dim : out->front().shape) inferred.push_back(dim.size());
  if (result.y.sizes().vec() != inferred) qFatal("%s gives another shape than it infers", type);
  return result;
}

at::Tensor pictures() { return at::arange(2 * 3 * 4 * 5, at::kFloat).mul(0.7).sin().view({2, 3, 4, 5}); }

std::string symbols(const char* type, const ParamMap& set) {
  const NodeSpec& spec = spec_of(type);
  const TensorDesc desc{.kind = Kind::Tensor, .shape = {Dim::symbol("N"), 6, Dim::symbol("H"), Dim::symbol("W")}};
  const TensorDesc* const in = &desc;
  const auto out = spec.infer(spec.complete(set), std::span(&in, 1));
  return out ? out->front().text() : out.error().line();
}

}  // namespace

class TestReshapingLayers : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void transposed_convolutions();
  void depthwise_convolutions();
  void larger_pictures();
  void orders_and_shapes();
  void parts_of_channels();
  void shapes_that_are_not_known();
};

void TestReshapingLayers::transposed_convolutions() {
  const at::Tensor x = pictures();
  for (const std::int64_t kernel : {2, 3, 4, 5, 6})
    for (const std::int64_t stride : {1, 2, 3}) {
      if (kernel < stride) continue;
      const ParamMap params = {{"filters", std::int64_t{2}}, {"kernel", kernel}, {"stride", stride}};
      const Tried same = tried("conv_transpose2d", params, x);
      const auto named = same.module->named_parameters();
      const at::Tensor all =
          at::conv_transpose2d(x, named["weight"], named["bias"], std::vector<std::int64_t>{stride, stride});
      const std::int64_t front = (kernel - stride) / 2;
      const at::Tensor cut = all.narrow(2, front, 4 * stride).narrow(3, front, 5 * stride);
      QVERIFY(at::allclose(same.y, cut, 1e-4, 1e-5));
      ParamMap whole = params;
      whole.emplace("padding", std::string("valid"));
      QVERIFY(at::allclose(tried("conv_transpose2d", whole, x).y, all, 1e-4, 1e-5));
    }
}

/// Each output channel hangs on one input channel alone.
void TestReshapingLayers::depthwise_convolutions() {
  const at::Tensor x = pictures();
  const ParamMap params = {{"multiplier", std::int64_t{2}}, {"kernel", std::int64_t{4}}, {"stride", std::int64_t{2}}};
  const Tried whole = tried("depthwise_conv2d", params, x);
  const auto named = whole.module->named_parameters();
  for (std::int64_t channel = 0; channel < 6; ++channel) {
    const at::Tensor padded = at::constant_pad_nd(x.narrow(1, channel / 2, 1), {1, 2, 1, 2});
    const at::Tensor alone = at::conv2d(padded, named["weight"].narrow(0, channel, 1),
                                        named["bias"].narrow(0, channel, 1), std::vector<std::int64_t>{2, 2});
    QVERIFY(at::allclose(whole.y.narrow(1, channel, 1), alone, 1e-4, 1e-5));
  }
}

void TestReshapingLayers::larger_pictures() {
  const at::Tensor x = pictures();
  const at::Tensor near = tried("upsample", {{"factor", std::int64_t{3}}}, x).y;
  QVERIFY(at::equal(near.slice(2, 1, 12, 3).slice(3, 2, 15, 3), x));
  const at::Tensor smooth = tried("upsample", {{"factor", std::int64_t{2}}, {"method", std::string("bilinear")}}, x).y;
  // Between two pixels, a quarter of the way from the first.
  QVERIFY(at::allclose(smooth.select(2, 0).select(2, 1),
                       x.select(2, 0).select(2, 0) * 0.75 + x.select(2, 0).select(2, 1) * 0.25, 1e-5, 1e-6));
}

void TestReshapingLayers::orders_and_shapes() {
  const at::Tensor x = pictures();
  const ValueList last{std::int64_t{2}, std::int64_t{3}, std::int64_t{1}};
  const at::Tensor turned = tried("permute", {{"order", last}}, x).y;
  QVERIFY(at::equal(turned, x.permute({0, 2, 3, 1})) && turned.is_contiguous());
  const ValueList sequence{std::int64_t{20}, std::int64_t{-1}};
  const at::Tensor places = tried("reshape", {{"shape", sequence}}, turned).y;
  QCOMPARE(places.sizes().vec(), (std::vector<std::int64_t>{2, 20, 3}));
  QVERIFY(at::equal(places[1][7], x[1].select(1, 1).select(1, 2)));
}

void TestReshapingLayers::parts_of_channels() {
  const at::Tensor x = pictures();
  std::vector<at::Tensor> parts;
  for (const std::int64_t part : {1, 2, 3}) {
    parts.push_back(tried("split", {{"parts", std::int64_t{3}}, {"part", part}}, x).y);
    QCOMPARE(parts.back().size(1), std::int64_t{1});
  }
  QVERIFY(at::equal(at::cat(parts, 1), x));
}

void TestReshapingLayers::shapes_that_are_not_known() {
  QCOMPARE(symbols("upsample", {}), std::string("f32 N×6×?×?"));
  QCOMPARE(symbols("conv_transpose2d", {{"filters", std::int64_t{4}}}), std::string("f32 N×4×?×?"));
  QCOMPARE(symbols("depthwise_conv2d", {{"stride", std::int64_t{2}}}), std::string("f32 N×6×H/2×W/2"));
  QCOMPARE(symbols("split", {}), std::string("f32 N×3×H×W"));
  QCOMPARE(symbols("resnet", {}), std::string("f32 N×512"));
  QCOMPARE(symbols("mobilenet_v2", {{"output", std::string("map")}}), std::string("f32 N×1280×H/32×W/32"));
}

FEEDLINE_TEST(TestReshapingLayers)

}  // namespace test_reshaping_layers

#include "test_reshaping_layers.moc"
