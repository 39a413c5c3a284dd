// SPDX-License-Identifier: GPL-3.0-or-later
// A norm with what stands behind it gives what LibTorch's operations give one after the other, forward and backward.
#include "nodes/model/norm/fused_norm.h"
#include "support/test_program.h"

#include <ATen/Parallel.h>
#include <QTest>

#include <cmath>
#include <vector>

namespace test_fused_norm {

using namespace feedline;

namespace {

constexpr double kMomentum = 0.1;
constexpr double kEpsilon = 1e-5;

at::Tensor last(const at::Tensor& tensor) { return tensor.contiguous(at::MemoryFormat::ChannelsLast); }

/// What goes in; all of it learns.
struct Inputs {
  at::Tensor x{};
  at::Tensor scale{};
  at::Tensor shift{};
  at::Tensor other{};
  at::Tensor gradient{};

  explicit Inputs(std::int64_t rows, std::int64_t channels, std::int64_t height, std::int64_t width) {
    torch::manual_seed(3);
    const auto map = [&] { return last(at::randn({rows, channels, height, width})); };
    x = map().mul_(2).add_(5).set_requires_grad(true);
    scale = at::rand({channels}).add_(0.5).set_requires_grad(true);
    shift = at::randn({channels}).set_requires_grad(true);
    other = map().set_requires_grad(true);
    gradient = map();
  }
  [[nodiscard]] std::vector<at::Tensor> learning(bool adds) const {
    return adds ? std::vector<at::Tensor>{x, scale, shift, other} : std::vector<at::Tensor>{x, scale, shift};
  }
};

/// What comes out: y, its gradients, the running statistics.
std::vector<at::Tensor> by_libtorch(const Inputs& in, bool adds, bool relu) {
  const at::Tensor mean = at::full({in.x.size(1)}, 0.5);
  const at::Tensor variance = at::full({in.x.size(1)}, 2.0);
  at::Tensor y = at::batch_norm(in.x, in.scale, in.shift, mean, variance, true, kMomentum, kEpsilon, false);
  if (adds) y = y + in.other;
  if (relu) y = at::relu(y);
  std::vector<at::Tensor> all = torch::autograd::grad({y}, in.learning(adds), {in.gradient});
  all.insert(all.end(), {y, mean, variance});
  return all;
}

std::vector<at::Tensor> at_once(const Inputs& in, bool adds, bool relu) {
  const at::Tensor mean = at::full({in.x.size(1)}, 0.5);
  const at::Tensor variance = at::full({in.x.size(1)}, 2.0);
  const at::Tensor y =
      fused_norm(in.x, {in.scale, in.shift, mean, variance}, adds ? in.other : at::Tensor(), relu, kMomentum, kEpsilon);
  std::vector<at::Tensor> all = torch::autograd::grad({y}, in.learning(adds), {in.gradient});
  all.insert(all.end(), {y, mean, variance});
  return all;
}

}  // namespace

class TestFusedNorm : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void is_libtorchs_data() {
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("height");
    QTest::addColumn<int>("width");
    QTest::newRow("a few rows") << 2 << 16 << 1 << 1;
    QTest::newRow("odd sizes") << 3 << 48 << 5 << 7;
    QTest::newRow("wide") << 2 << 144 << 9 << 3;
    QTest::newRow("several pieces") << 5 << 32 << 23 << 29;
  }
  void is_libtorchs() {
    QFETCH(int, rows);
    QFETCH(int, channels);
    QFETCH(int, height);
    QFETCH(int, width);
    const Inputs in(rows, channels, height, width);
    if (!fused_norm_fits(in.x)) QSKIP("this processor has no vectors of eight numbers");
    for (const bool adds : {false, true})
      for (const bool relu : {false, true}) {
        const std::vector<at::Tensor> wanted = by_libtorch(in, adds, relu);
        const std::vector<at::Tensor> got = at_once(in, adds, relu);
        QCOMPARE(got.size(), wanted.size());
        for (std::size_t i = 0; i < got.size(); ++i)
          QVERIFY2(at::allclose(got[i], wanted[i], 1e-4, 2e-5), qPrintable(QString::number(i)));
      }
  }

  void any_threads_give_the_same_bytes() {
    const Inputs in(4, 32, 24, 24);
    if (!fused_norm_fits(in.x)) QSKIP("this processor has no vectors of eight numbers");
    const int before = at::get_num_threads();
    at::set_num_threads(1);
    const std::vector<at::Tensor> one = at_once(in, true, true);
    at::set_num_threads(3);
    const std::vector<at::Tensor> three = at_once(in, true, true);
    at::set_num_threads(before);
    for (std::size_t i = 0; i < one.size(); ++i) QVERIFY(at::equal(one[i], three[i]));
  }

  void a_far_mean_cancels_nothing() {
    Inputs in(4, 16, 16, 16);
    if (!fused_norm_fits(in.x)) QSKIP("this processor has no vectors of eight numbers");
    in.x = last(in.x.detach().add(1000)).set_requires_grad(true);
    const at::Tensor y = at_once(in, false, false)[3];
    const at::Tensor x = in.x.detach().to(at::kDouble);
    const at::Tensor wanted = at::batch_norm(x, in.scale.detach().to(at::kDouble), in.shift.detach().to(at::kDouble),
                                             {}, {}, true, kMomentum, kEpsilon, false);
    QVERIFY(at::allclose(y.to(at::kDouble), wanted, 1e-3, 1e-3));
  }

  void leaves_others_to_libtorch() {
    const Inputs in(2, 16, 4, 4);
    QVERIFY(!fused_norm_fits(in.x.contiguous()));
    QVERIFY(!fused_norm_fits(last(in.x.narrow(1, 0, 8))));
    QVERIFY(!fused_norm_fits(in.x.to(at::kDouble)));
    QVERIFY(!fused_norm_fits(at::randn({4, 16})));
  }

  /// One number a channel has no variance: the running statistics are used, as in evaluation.
  void a_single_number_a_channel() {
    const Inputs in(1, 16, 1, 1);
    const at::Tensor mean = at::full({16}, 4.0);
    const at::Tensor variance = at::full({16}, 2.0);
    const at::Tensor y =
        batch_normalised(in.x, {in.scale, in.shift, mean, variance}, true, kMomentum, kEpsilon, {.relu = true});
    const at::Tensor wanted =
        at::relu((in.x - 4) / std::sqrt(2 + kEpsilon) * in.scale.view({1, 16, 1, 1}) + in.shift.view({1, 16, 1, 1}));
    QVERIFY(at::allclose(y, wanted, 1e-5, 1e-5));
    QVERIFY(at::equal(mean, at::full({16}, 4.0)));
  }
};

FEEDLINE_TEST(TestFusedNorm)

}  // namespace test_fused_norm

#include "test_fused_norm.moc"
