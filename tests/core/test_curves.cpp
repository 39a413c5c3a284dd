// SPDX-License-Identifier: GPL-3.0-or-later
// What is said of loss curves, on made-up ones whose fault is known.
#include "diagnosis/curves.h"
#include "support/test_program.h"

#include <QTest>

#include <cmath>
#include <functional>

namespace test_curves {

using namespace feedline;

namespace {

using Curve = std::function<double(int epoch)>;

struct Made {
  Curve train{};
  Curve val{};                 ///< null: no validation
  double train_accuracy = -1;  ///< at the end; below 0: none
  double val_accuracy = -1;
  Curve rate{};
};

std::vector<EpochPoint> points(const Made& made, int epochs) {
  std::vector<EpochPoint> all;
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    EpochPoint point{.epoch = static_cast<std::uint32_t>(epoch), .wall_s = 2};
    const auto accuracy = [&](std::string_view split, double value) {
      if (value >= 0)
        point.metrics.push_back(
            {.name = "accuracy", .split = std::string(split), .value = value, .unit = std::string(kShareUnit)});
    };
    point.metrics.push_back(loss_metric(kTrainSplit, made.train(epoch)));
    accuracy(kTrainSplit, made.train_accuracy);
    if (made.val) point.metrics.push_back(loss_metric(kValSplit, made.val(epoch)));
    accuracy(kValSplit, made.val_accuracy);
    if (made.rate) point.learning_rate = made.rate(epoch);
    all.push_back(std::move(point));
  }
  return all;
}

std::vector<CurveFinding> judged(const Made& made, int epochs = 12) {
  return judge_curves(points(made, epochs), "sgd");
}

bool says(const CurveFinding& finding, const char* words) { return finding.text().find(words) != std::string::npos; }

double falling(int epoch) { return 2.3 * std::exp(-0.3 * epoch) + 0.02; }

}  // namespace

class TestCurves : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void nothing_is_said_of_good_curves() {
    QVERIFY(judged({.train = falling, .val = [](int e) { return falling(e) * 1.1; }}).empty());
    QVERIFY(judged({.train = falling}).empty());
    QVERIFY(judged({.train = [](int e) { return falling(e) * (e % 5 == 0 ? 1.04 : 1); }}).empty());  // a little noise
  }

  void nothing_is_said_of_few_epochs() {
    const Made rising{.train = [](int e) { return 1.0 + e; }};
    QVERIFY(judged(rising, kEpochsNeeded - 1).empty());
    QVERIFY(!judged(rising, kEpochsNeeded).empty());
    QVERIFY(judge_curves({}, "sgd").empty());
  }

  void a_rising_loss() {
    const auto found = judged({.train = [](int e) { return 2.0 + 0.3 * e; }});
    QCOMPARE(found.size(), std::size_t{1});
    QVERIFY(found[0].kind == CurveKind::RateTooHigh);
    QVERIFY(says(found[0], "sgd.learning_rate") && says(found[0], "2.3") && says(found[0], "5.6"));
  }

  void a_swinging_loss() {
    const auto found = judged({.train = [](int e) { return (e % 2 == 0 ? 1.4 : 0.9) - 0.01 * e; }}, 11);
    QCOMPARE(found.size(), std::size_t{1});
    QVERIFY(found[0].kind == CurveKind::RateTooHigh);
    QVERIFY2(says(found[0], "swings") && says(found[0], "in 5 of 10 epochs"), found[0].text().c_str());
  }

  void over_fitting() {
    const auto found = judged({.train = falling,
                               .val = [](int e) { return e <= 5 ? 1.2 - 0.1 * e : 0.7 + 0.05 * (e - 5); },
                               .train_accuracy = 0.99,
                               .val_accuracy = 0.81});
    QCOMPARE(found.size(), std::size_t{1});
    QVERIFY(found[0].kind == CurveKind::Overfitting);
    for (const char* words : {"epoch 5 of 12", "99.0 %", "81.0 %", "Accuracy is", "0.7", "saves 14 s", "dropout"})
      QVERIFY2(says(found[0], words), found[0].text().c_str());
  }

  /// Both become worse: that is no over-fitting.
  void validation_that_rises_with_training() {
    const auto found = judged({.train = [](int e) { return e < 4 ? 1.0 : 1.0 + 0.2 * e; },
                               .val = [](int e) { return e < 4 ? 1.0 : 1.0 + 0.2 * e; }});
    QCOMPARE(found.size(), std::size_t{1});
    QVERIFY(found[0].kind == CurveKind::RateTooHigh);
  }

  void under_fitting() {
    const Curve flat = [](int e) { return 1.5 + 0.3 * std::exp(-2.0 * e); };
    const auto found = judged({.train = flat, .val = flat, .train_accuracy = 0.42, .val_accuracy = 0.41});
    QCOMPARE(found.size(), std::size_t{1});
    QVERIFY(found[0].kind == CurveKind::Underfitting);
    QVERIFY2(says(found[0], "42.0 %") && says(found[0], "larger model"), found[0].text().c_str());
  }

  /// It has learnt what it was shown, and no more comes of it.
  void a_plateau() {
    const Curve flat = [](int e) { return 0.2 + 1.5 * std::exp(-2.0 * e); };
    const Made made{.train = flat, .val = flat, .train_accuracy = 0.98, .val_accuracy = 0.97};
    const auto found = judged(made);
    QCOMPARE(found.size(), std::size_t{1});
    QVERIFY(found[0].kind == CurveKind::Plateau);
    QVERIFY2(says(found[0], "Divide sgd.learning_rate by ten") && says(found[0], "saves"), found[0].text().c_str());
    Made ended = made;
    ended.rate = [](int e) { return 0.1 * (1 - e / 12.0); };
    QVERIFY2(says(judged(ended).at(0), "come to its end"), judged(ended).at(0).text().c_str());
  }

  void a_slow_steady_fall() {
    const auto found = judged({.train = [](int e) { return 2.3 - 0.01 * e; }});
    QCOMPARE(found.size(), std::size_t{1});
    QVERIFY(found[0].kind == CurveKind::RateTooLow);
    QVERIFY2(says(found[0], "Multiply sgd.learning_rate") && says(found[0], "109 more epochs"),
             found[0].text().c_str());
    // One that slows down has simply come near its end.
    QVERIFY(judged({.train = [](int e) { return 2.0 + 0.04 * std::exp(-0.2 * e); }}).empty() ||
            judged({.train = [](int e) { return 2.0 + 0.04 * std::exp(-0.2 * e); }})[0].kind != CurveKind::RateTooLow);
  }

  /// An estimator has no learning rate that could be wrong.
  void an_estimator() {
    QVERIFY(judge_curves(points({.train = [](int e) { return 2.0 + 0.3 * e; }}, 12), "").empty());
    QVERIFY(judge_curves(points({.train = [](int e) { return 2.3 - 0.01 * e; }}, 12), "").empty());
    const auto found = judge_curves(
        points({.train = falling, .val = [](int e) { return e <= 5 ? 1.2 - 0.1 * e : 0.7 + 0.05 * (e - 5); }}, 12), "");
    QCOMPARE(found.size(), std::size_t{1});
    QVERIFY(found[0].kind == CurveKind::Overfitting);
  }

  void losses_that_are_missing_or_none() {
    std::vector<EpochPoint> some = points({.train = falling, .val = falling}, 8);
    some[3].metrics.clear();
    QVERIFY(judge_curves(some, "sgd").empty());
    some = points({.train = [](int) { return std::nan(""); }}, 8);
    QVERIFY(judge_curves(some, "sgd").empty());
    QVERIFY(judged({.train = [](int) { return 0.0; }}).at(0).kind == CurveKind::Plateau);  // divides by nothing
  }

  void kinds_have_names() {
    QCOMPARE(name(CurveKind::RateTooHigh), std::string_view("rate_too_high"));
    QCOMPARE(name(CurveKind::Plateau), std::string_view("plateau"));
  }
};

FEEDLINE_TEST(TestCurves)

}  // namespace test_curves

#include "test_curves.moc"
