// SPDX-License-Identifier: GPL-3.0-or-later
// Convolutions of frozen layers by packed filters give what LibTorch's give, and only where they should.
#include "nodes/model/packed/packed_conv.h"
#include "nodes/model/winograd/winograd_conv.h"
#include "schema/behaviour.h"
#include "schema/registry.h"
#include "support/test_program.h"

#include <ATen/Parallel.h>
#include <QTest>

#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace test_packed {

using namespace feedline;

namespace {

at::Tensor last(const at::Tensor& tensor) { return tensor.contiguous(at::MemoryFormat::ChannelsLast); }

struct Case {
  at::Tensor x{};
  at::Tensor weight{};
  at::Tensor bias{};

  Case(std::int64_t rows, std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t height,
       std::int64_t width) {
    torch::manual_seed(7);
    x = last(at::randn({rows, in, height, width}));
    weight = last(at::randn({out, in, kernel, kernel}).div_(std::sqrt(static_cast<double>(in * kernel * kernel))));
    bias = at::randn({out});
  }
};

/// A ResNet-50 for pictures of 128 pixels, in the layout of training on the CPU, with norms that have learnt something.
std::unique_ptr<Layer> backbone(const char* frozen) {
  const NodeSpec& spec = *Registry::instance().find("resnet");
  const ParamMap params = spec.complete({{"depth", std::string("50")}, {"frozen", std::string(frozen)}});
  const TensorDesc desc{.kind = Kind::Tensor, .dtype = DType::F32, .shape = {7, 3, 128, 128}};
  const TensorDesc* const in = &desc;
  torch::manual_seed(3);
  auto layer = spec.layer(params, std::span(&in, 1), spec.infer(params, std::span(&in, 1))->front());
  const at::NoGradGuard no_gradients;
  for (at::Tensor& parameter : layer->module()->parameters())
    if (parameter.dim() == 4) parameter.set_data(last(parameter));
  for (at::Tensor& buffer : layer->module()->buffers())
    if (buffer.is_floating_point()) buffer.add_(at::rand(buffer.sizes()) - 0.5, 0.5);
  return layer;
}

at::Tensor features(Layer& layer, const at::Tensor& x, bool training) {
  layer.module()->train(training);
  return layer.forward(std::span(&x, 1));
}

}  // namespace

class TestPacked : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void is_a_convolution_data() {
    QTest::addColumn<std::vector<std::int64_t>>("sizes");  // rows, in, out, kernel, height, width
    QTest::addColumn<int>("stride");
    const auto row = [](const char* name, std::vector<std::int64_t> sizes, int stride) {
      QTest::newRow(name) << std::move(sizes) << stride;
    };
    row("pixels where they are", {2, 64, 96, 1, 9, 7}, 1);
    row("many channels are gathered", {1, 1024, 32, 1, 13, 9}, 1);
    row("every other pixel", {3, 48, 64, 1, 7, 10}, 2);
    row("a last panel that is not full", {2, 40, 56, 1, 5, 6}, 1);
    row("three by three, every other pixel", {2, 32, 64, 3, 11, 14}, 2);
    row("three by three, one row of a picture", {1, 32, 64, 3, 1, 30}, 1);
    row("a stem", {2, 3, 64, 7, 30, 37}, 2);
    row("a stem whose filters are larger than the picture", {1, 3, 32, 7, 2, 2}, 2);
    row("three pixels in all", {1, 64, 32, 1, 1, 3}, 1);
  }
  void is_a_convolution() {
    QFETCH(std::vector<std::int64_t>, sizes);
    QFETCH(int, stride);
    const Case c(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]);
    if (!packed_fits(c.x, c.weight)) QSKIP("this processor has no vectors of eight numbers");
    const PackedFilters filters = PackedFilters::of(c.weight, c.bias);
    const std::int64_t padding = (sizes[3] - 1) / 2;
    const at::Tensor wanted = at::conv2d(c.x.to(at::kDouble), c.weight.to(at::kDouble), c.bias.to(at::kDouble),
                                         {stride, stride}, {padding, padding});
    const at::Tensor other = last(at::randn(wanted.sizes()));
    const auto equal = [](const at::Tensor& got, const at::Tensor& expected) {
      return got.is_contiguous(at::MemoryFormat::ChannelsLast) &&
             at::allclose(got.to(at::kDouble), expected, 1e-5, 1e-5);
    };
    QVERIFY(equal(packed_conv(c.x, filters, stride), wanted));
    QVERIFY(equal(packed_conv(c.x, filters, stride, {.least = 0}, other), (wanted + other).clamp_min(0)));
    QVERIFY(equal(packed_conv(c.x, filters, stride, {.least = 0, .most = 0.5F}), wanted.clamp(0, 0.5)));
  }

  void any_threads_and_any_neighbours_give_the_same_bytes() {
    const std::vector<Case> cases = {{5, 576, 96, 1, 7, 7}, {5, 32, 64, 3, 9, 9}, {5, 3, 32, 7, 20, 20}};
    if (!packed_fits(cases[0].x, cases[0].weight)) QSKIP("this processor has no vectors of eight numbers");
    const int before = at::get_num_threads();
    for (const Case& c : cases) {
      const PackedFilters filters = PackedFilters::of(c.weight, c.bias);
      std::vector<at::Tensor> found;
      for (const int threads : {1, 3}) {
        at::set_num_threads(threads);
        found.push_back(packed_conv(c.x, filters, 2));
      }
      at::set_num_threads(before);
      QVERIFY(at::equal(found[0], found[1]));
      QVERIFY(at::equal(found[0].narrow(0, 3, 1), packed_conv(c.x.narrow(0, 3, 1), filters, 2)));
    }
  }

  /// Minimal filtering, too, brings its output to a range without another pass.
  void a_range_keeps_what_is_no_number() {
    Case c(1, 32, 32, 3, 8, 8);
    if (!packed_fits(c.x, c.weight)) QSKIP("this processor has no vectors of eight numbers");
    const at::Tensor wanted = at::conv2d(c.x, c.weight, c.bias, 1, 1).clamp(0, 0.5);
    QVERIFY(at::allclose(winograd_conv_within(c.x, c.weight, c.bias, {.least = 0, .most = 0.5F}), wanted, 1e-4, 1e-5));
    c.x.fill_(std::numeric_limits<float>::quiet_NaN());
    QVERIFY(packed_conv(c.x, PackedFilters::of(c.weight, c.bias), 1, {.least = 0}).isnan().all().item<bool>());
    QVERIFY(winograd_conv_within(c.x, c.weight, c.bias, {.least = 0}).isnan().all().item<bool>());
  }

  /// Frozen blocks run a few pictures at a time: each gives what it gives by itself, and what it gives layer by layer.
  void frozen_pictures_run_a_few_at_a_time() {
    const auto frozen = backbone("all");
    const auto free = backbone("none");
    torch::manual_seed(5);
    const at::Tensor x = last(at::randn({7, 3, 128, 128}));
    const torch::NoGradGuard no_gradients;
    const at::Tensor truth = features(*free, x, false);
    const at::Tensor all = features(*frozen, x, true);
    const double size = truth.abs().max().item<double>();
    QVERIFY(size > 1e-3);
    QVERIFY(at::allclose(all, truth, 1e-4, 1e-4 * size));
    QVERIFY(at::allclose(features(*frozen, x, false), truth, 1e-4, 1e-4 * size));
    if (!packed_fits(x, at::zeros({64, 3, 7, 7}))) QSKIP("this processor has no vectors of eight numbers");
    QVERIFY(at::equal(features(*frozen, x.narrow(0, 3, 4), true), all.narrow(0, 3, 4)));
  }

  void leaves_others_to_libtorch() {
    const Case c(2, 32, 32, 1, 8, 8);
    const bool has = packed_fits(c.x, c.weight);
    at::Tensor learns = c.x.clone().set_requires_grad(true);
    QVERIFY(!packed_fits(learns, c.weight));  // a gradient is asked of it
    {
      const torch::NoGradGuard no_gradients;
      QCOMPARE(packed_fits(learns, c.weight), has);
    }
    QVERIFY(!packed_fits(c.x.contiguous(), c.weight));             // channels are not last
    QVERIFY(!packed_fits(last(c.x.to(at::kBFloat16)), c.weight));  // other numbers
    QVERIFY(!packed_fits(c.x, c.weight.narrow(0, 0, 16)));         // half of the columns would be empty
    QVERIFY(!packed_fits(c.x, last(at::zeros({32, 16, 1, 1}))));   // in groups
    QVERIFY(!packed_fits(c.x, last(at::zeros({32, 32, 2, 2}))));   // no middle
  }
};

FEEDLINE_TEST(TestPacked)

}  // namespace test_packed

#include "test_packed.moc"
