// SPDX-License-Identifier: GPL-3.0-or-later
// What is drawn of a fitted node's state, worked out without a window.
#include "state/learnt_figure.h"
#include "support/test_program.h"

#include <QTest>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>

namespace test_learnt_figure {

using namespace feedline;

NamedTensors components_of(const std::vector<std::string>& names, const std::vector<float>& weights) {
  NamedTensors state;
  const auto width = static_cast<std::int64_t>(names.size());
  state.emplace("components", TensorValue::of(std::span<const float>(weights),
                                              {static_cast<std::int64_t>(weights.size()) / width, width}));
  put_texts(state, "features", names);
  return state;
}

std::vector<std::string> coloured_grid(int height, int width, int channels) {
  std::vector<std::string> names;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c) names.push_back(fmt::format("y{}_x{}_c{}", y, x, c));
  return names;
}

class TestLearntFigure : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// 32×32 in three colours: the channels of a pixel are summed, and the largest amount becomes 1, with its sign.
  void pixels_of_coloured_pictures() {
    std::vector<float> weights(2 * 3072, 0);
    weights[3 * 33] = -0.25F;  // y 1, x 1
    weights[3 * 33 + 2] = -0.25F;
    weights[3 * 64 + 1] = 0.125F;  // y 2, x 0
    const auto found = learnt_components(components_of(coloured_grid(32, 32, 3), weights), {});
    QVERIFY(found.has_value());
    QCOMPARE(found->width, std::size_t{32});
    QCOMPARE(found->height, std::size_t{32});
    QCOMPARE(found->components.size(), std::size_t{2});
    const auto& pixels = found->components[0].pixels;
    QCOMPARE(pixels.size(), std::size_t{1024});
    QCOMPARE(pixels[33], -1.0F);
    QCOMPARE(pixels[64], 0.25F);
    QCOMPARE(std::count(pixels.begin(), pixels.end(), 0.0F), 1022);
    QVERIFY(found->components[0].weights.empty() && !found->components[0].share);
    const auto& none = found->components[1].pixels;  // all weights 0
    QCOMPARE(std::count(none.begin(), none.end(), 0.0F), 1024);
  }

  /// A pixel that a selection has removed leaves no grid: then names say what there is.
  void a_part_of_a_picture_is_a_list() {
    std::vector<std::string> names = coloured_grid(2, 2, 1);
    names.erase(names.begin() + 1);
    const auto found = learnt_components(components_of(names, {1, -3, 2}), {});
    QVERIFY(found.has_value());
    QCOMPARE(found->width, std::size_t{0});
    const auto& weights = found->components[0].weights;
    QCOMPARE(weights.size(), std::size_t{3});
    QCOMPARE(weights[0].feature, names[1]);
    QCOMPARE(weights[0].value, -3.0);
    QCOMPARE(weights[2].feature, names[0]);
    QVERIFY(found->components[0].pixels.empty());
  }

  /// No more than is shown is made, of the first components and the heaviest features; those alike keep their order.
  void limits_hold() {
    const std::vector<std::string> names{"a", "b", "c", "d"};
    const auto found =
        learnt_components(components_of(names, std::vector<float>(20, 0.5F)), {.lists = 2, .features = 3});
    QVERIFY(found.has_value());
    QCOMPARE(found->all, std::size_t{5});
    QCOMPARE(found->components.size(), std::size_t{2});
    QCOMPARE(found->components[1].weights.size(), std::size_t{3});
    QCOMPARE(found->components[1].weights[2].feature, std::string("c"));
  }

  /// A state of the cache folder may have been damaged.
  void unsound_states_show_nothing_wrong() {
    QVERIFY(!learnt_components({}, {}));
    NamedTensors uneven = components_of({"a", "b"}, {1, 2});
    put_texts(uneven, "features", std::vector<std::string>{"a", "b", "c"});
    QVERIFY(!learnt_components(uneven, {}));
    constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
    const auto list = learnt_components(components_of({"a", "b", "c"}, {kNone, 1, kNone}), {});
    QCOMPARE(list->components[0].weights[0].feature, std::string("b"));
    QCOMPARE(list->components[0].weights[1].value, 0.0);
    const auto picture = learnt_components(components_of({"y0_x0", "y0_x1"}, {kNone, -2}), {});
    QCOMPARE(picture->components[0].pixels, (std::vector<float>{0, -1}));
    NamedTensors shares = components_of({"a"}, {1, 1});
    shares.emplace("explained_variance_ratio", TensorValue::of(std::vector<double>{0.5}));  // of two components
    QVERIFY(!learnt_components(shares, {})->components[0].share);
  }
};

FEEDLINE_TEST(TestLearntFigure)

}  // namespace test_learnt_figure

#include "test_learnt_figure.moc"
