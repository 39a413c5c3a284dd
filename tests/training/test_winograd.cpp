// SPDX-License-Identifier: GPL-3.0-or-later
// Convolutions by minimal filtering give what LibTorch's give, forward and backward, and only where they should.
#include "nodes/model/winograd/winograd_conv.h"
#include "support/test_program.h"

#include <ATen/Parallel.h>
#include <QTest>

#include <vector>

namespace test_winograd {

using namespace feedline;

namespace {

at::Tensor last(const at::Tensor& tensor) { return tensor.contiguous(at::MemoryFormat::ChannelsLast); }

struct Case {
  at::Tensor x{};
  at::Tensor weight{};
  at::Tensor bias{};
  at::Tensor gradient{};

  Case(std::int64_t rows, std::int64_t in, std::int64_t out, std::int64_t height, std::int64_t width) {
    torch::manual_seed(7);
    x = last(at::randn({rows, in, height, width})).set_requires_grad(true);
    weight = last(at::randn({out, in, 3, 3}).mul_(0.1)).set_requires_grad(true);
    bias = at::randn({out}).set_requires_grad(true);
    gradient = last(at::randn({rows, out, height, width}));
  }
};

/// The largest difference, in standard deviations of what is expected.
double apart(const at::Tensor& got, const at::Tensor& wanted) {
  return ((got.to(at::kDouble) - wanted).abs().max() / wanted.std()).item<double>();
}

}  // namespace

class TestWinograd : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void is_a_convolution_data() {
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("in");
    QTest::addColumn<int>("out");
    QTest::addColumn<int>("height");
    QTest::addColumn<int>("width");
    QTest::newRow("whole tiles") << 2 << 32 << 64 << 8 << 12;
    QTest::newRow("odd sizes, and channels that fill no block") << 3 << 96 << 32 << 7 << 13;
    QTest::newRow("one picture, several blocks of tiles") << 1 << 64 << 64 << 67 << 70;
    QTest::newRow("many channels") << 4 << 160 << 224 << 4 << 4;
  }
  void is_a_convolution() {
    QFETCH(int, rows);
    QFETCH(int, in);
    QFETCH(int, out);
    QFETCH(int, height);
    QFETCH(int, width);
    const Case c(rows, in, out, height, width);
    if (!winograd_fits(c.x, c.weight)) QSKIP("this processor has no vectors of eight numbers");
    const at::Tensor y = winograd_conv(c.x, c.weight, c.bias);
    QVERIFY(y.is_contiguous(at::MemoryFormat::ChannelsLast));
    const auto got = torch::autograd::grad({y}, {c.x, c.weight, c.bias}, {c.gradient});
    std::vector<at::Tensor> doubles;
    for (const at::Tensor& one : {c.x, c.weight, c.bias})
      doubles.push_back(one.detach().to(at::kDouble).set_requires_grad(true));
    const at::Tensor wanted = at::conv2d(doubles[0], doubles[1], doubles[2], 1, 1);
    const auto gradients = torch::autograd::grad({wanted}, doubles, {c.gradient.to(at::kDouble)});
    QVERIFY2(apart(y, wanted) < 3e-5, "output");
    QVERIFY2(apart(got[0], gradients[0]) < 3e-5, "gradient of the input");
    QVERIFY2(apart(got[1], gradients[1]) < 3e-5, "gradient of the filters");
    QVERIFY2(apart(got[2], gradients[2]) < 3e-5, "gradient of the bias");
  }

  void gives_only_what_is_asked_for() {
    Case c(1, 32, 32, 16, 16);
    c.x.set_requires_grad(false);
    if (!winograd_fits(c.x, c.weight)) QSKIP("this processor has no vectors of eight numbers");
    winograd_conv(c.x, c.weight).backward(c.gradient);
    QVERIFY(!c.x.grad().defined());
    at::Tensor weight = c.weight.detach().clone().set_requires_grad(true);
    at::conv2d(c.x, weight, {}, 1, 1).backward(c.gradient);
    QVERIFY(apart(c.weight.grad(), weight.grad().to(at::kDouble)) < 3e-5);
  }

  void any_threads_give_the_same_bytes() {
    const Case c(5, 64, 96, 18, 18);
    if (!winograd_fits(c.x, c.weight)) QSKIP("this processor has no vectors of eight numbers");
    const int before = at::get_num_threads();
    std::vector<std::vector<at::Tensor>> found;
    for (const int threads : {1, 3}) {
      at::set_num_threads(threads);
      const at::Tensor y = winograd_conv(c.x, c.weight, c.bias);
      found.push_back(torch::autograd::grad({y}, {c.x, c.weight}, {c.gradient}));
      found.back().push_back(y);
    }
    at::set_num_threads(before);
    for (std::size_t i = 0; i < found[0].size(); ++i) QVERIFY(at::equal(found[0][i], found[1][i]));
  }

  void leaves_others_to_libtorch() {
    const Case c(2, 32, 32, 8, 8);
    const bool has = winograd_fits(c.x, c.weight);
    {
      const torch::NoGradGuard no_gradients;  // what is computed again has the same bytes
      QCOMPARE(winograd_fits(c.x, c.weight), has);
    }
    QCOMPARE(winograd_fits(c.x, c.weight.detach()), has);                                  // frozen, in training
    QVERIFY(!winograd_fits(c.x.contiguous(), c.weight));                                   // channels are not last
    QVERIFY(!winograd_fits(last(c.x.to(at::kBFloat16)), c.weight));                        // other numbers
    QVERIFY(!winograd_fits(last(c.x.narrow(2, 0, 1)), c.weight));                          // tiles would be half empty
    QVERIFY(!winograd_fits(last(c.x.narrow(1, 0, 16)), last(c.weight.narrow(1, 0, 16))));  // too few channels
    QVERIFY(!winograd_fits(last(c.x.narrow(0, 0, 1).narrow(2, 0, 4)), c.weight));          // two tiles
    QVERIFY(!winograd_fits(c.x, at::zeros({32, 32, 1, 1}).set_requires_grad(true)));
  }
};

FEEDLINE_TEST(TestWinograd)

}  // namespace test_winograd

#include "test_winograd.moc"
