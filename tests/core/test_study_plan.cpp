// SPDX-License-Identifier: GPL-3.0-or-later

// The reckoning of a study: rungs, budgets, settings, intervals, rankings and fronts, on results made by hand.

#include "support/results.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "tuning/study.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

namespace test_study_plan {

using namespace feedline;
using namespace feedline::test;

namespace {

/// A study of trials whose validation accuracies are given, each epoch a second long and of 100 samples in 10 steps.
Study study_of(std::size_t settings, std::size_t seeds, const std::vector<std::vector<double>>& accuracies,
               std::uint32_t complete_at) {
  Study study{.name = "s", .seeds = seeds, .metric = accuracy_of(kValSplit, 0)};
  for (std::size_t i = 0; i < settings; ++i) study.settings.push_back({.name = "setting " + std::to_string(i)});
  for (std::size_t i = 0; i < accuracies.size(); ++i) {
    StudyTrial trial{.setting = i % settings, .seed = static_cast<std::int64_t>(i / settings)};
    for (const double accuracy : accuracies[i])
      trial.record.epochs.push_back({.epoch = trial.epochs() + 1,
                                     .metrics = classified(1, kUnknown, kUnknown, accuracy),
                                     .wall_s = 1,
                                     .samples = 100});
    trial.record.figures.steps = 10.0 * trial.epochs();
    trial.record.figures.samples = 100.0 * trial.epochs();
    trial.complete = trial.epochs() >= complete_at;
    study.trials.push_back(std::move(trial));
  }
  return study;
}

std::vector<std::size_t> order_of(const std::vector<SettingOutcome>& outcomes) {
  std::vector<std::size_t> order;
  for (const SettingOutcome& outcome : outcomes) order.push_back(outcome.setting);
  return order;
}

}  // namespace

class TestStudyPlan : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void rungs_halve_settings_and_double_epochs() {
    QCOMPARE(plan_rungs(8, 8), (std::vector<Rung>{{1, 8}, {2, 4}, {4, 2}, {8, 1}}));
    QCOMPARE(plan_rungs(5, 10), (std::vector<Rung>{{3, 5}, {5, 3}, {10, 2}}));
    QCOMPARE(plan_rungs(1, 10), (std::vector<Rung>{{10, 1}}));
    QCOMPARE(plan_rungs(6, 1), (std::vector<Rung>{{1, 6}}));  // nothing can be halved
    QVERIFY(plan_rungs(0, 4).empty() && plan_rungs(4, 0).empty());
    // 8 + 4 + 2 * 2 + 4 epochs, of two seeds each; without halving these were 128.
    QCOMPARE(epochs_of(plan_rungs(8, 8), 2), 40.0);
  }

  void a_budget_shortens_the_rungs() {
    QCOMPARE(plan_within(8, 1, 8, 1.0, 20.0), plan_rungs(8, 8));
    const std::vector<Rung> shorter = plan_within(8, 1, 8, 1.0, 15.0);
    QVERIFY(epochs_of(shorter, 1) <= 15 && shorter.back().epochs < 8 && shorter.back().epochs > 1);
    QVERIFY(epochs_of(plan_rungs(8, shorter.back().epochs + 1), 1) > 15);
    QCOMPARE(plan_within(8, 3, 8, 1.0, 1.0), plan_rungs(8, 1));  // what fits least is still a plan
    const Error small = budget_too_small(2, 12, 4, 3);
    QVERIFY(small.reason.find("one epoch takes about 12.0 s") != std::string::npos);
    QVERIFY2(small.remedy.find("--budget 144s") != std::string::npos, small.remedy.c_str());
  }

  void intervals_are_students() {
    const MeanInterval three = mean_interval(std::vector{1.0, 2.0, 3.0});
    QCOMPARE(three.n, std::size_t{3});
    QCOMPARE(three.mean, 2.0);
    QVERIFY(std::abs(three.half - 4.303 / std::sqrt(3.0)) < 1e-9);
    const MeanInterval one = mean_interval(std::vector{5.0, std::nan("")});
    QVERIFY(one.n == 1 && one.mean == 5 && std::isnan(one.half));
    QVERIFY(std::isnan(mean_interval({}).mean));
  }

  void rankings_are_the_same_for_the_same_values() {
    const std::vector<Standing> all = {{2, 0.8}, {4, 0.7}, {2, 0.9}, {4, std::nan("")}, {4, 0.7}, {8, 0.99, true}};
    QCOMPARE(ranking(all, true), (std::vector<std::size_t>{1, 4, 3, 2, 0, 5}));
    const std::vector<Standing> losses = {{1, 0.8}, {1, 0.7}};
    QCOMPARE(ranking(losses, false), (std::vector<std::size_t>{1, 0}));
  }

  void the_front_is_what_nothing_beats() {
    const double none = std::nan("");
    const std::vector<Tradeoff> points = {{1, 0.5}, {2, 0.9}, {3, 0.8}, {2, 0.7}, {4, 0.9}, {none, 1}, {5, 0.95}};
    QCOMPARE(pareto_front(points, true), (std::vector<bool>{true, true, false, false, false, false, true}));
    QCOMPARE(pareto_front(std::vector<Tradeoff>{{1, 0.5}, {2, 0.4}, {2, 0.6}}, false),
             (std::vector<bool>{true, true, false}));
    // Equals stand on it together.
    QCOMPARE(pareto_front(std::vector<Tradeoff>{{1, 0.5}, {1, 0.5}}, true), (std::vector<bool>{true, true}));
  }

  void outcomes_of_seeds() {
    // Two settings, two seeds: the second is better behind two epochs, the first was stopped behind one.
    Study study = study_of(2, 2, {{0.5}, {0.6, 0.8}, {0.7}, {0.6, 0.9}}, 2);
    study.target = MetricTarget{"val_accuracy", 0.6};
    const std::vector<SettingOutcome> outcomes = outcomes_of(study);
    QCOMPARE(order_of(outcomes), (std::vector<std::size_t>{1, 0}));
    const SettingOutcome& best = outcomes.front();
    QVERIFY(best.complete && best.epochs == 2 && best.value.n == 2);
    QVERIFY(std::abs(best.value.mean - 0.85) < 1e-12);
    QCOMPARE(best.seconds.mean, 2.0);
    QCOMPARE(best.reached, std::size_t{2});
    QCOMPARE(best.to_target.mean, 1.0);
    QCOMPARE(best.samples_to_target.mean, 100.0);
    QVERIFY(best.front);
    // The other reached the target with one seed of two: it has no place on a front of time to it.
    QVERIFY(!outcomes.back().front && outcomes.back().reached == 1 && !outcomes.back().complete);
    study.target.reset();
    QVERIFY(outcomes_of(study).back().front);  // half the time, and less accurate
  }

  void what_was_not_run_or_failed_stands_last() {
    Study study = study_of(3, 1, {{}, {0.5}, {0.9}}, 1);
    study.trials[2].failure = Error{.reason = "the loss is not finite"};
    const std::vector<SettingOutcome> outcomes = outcomes_of(study);
    QCOMPARE(order_of(outcomes), (std::vector<std::size_t>{1, 0, 2}));
    QVERIFY(outcomes[1].epochs == 0 && outcomes[1].value.n == 0);
    QVERIFY(outcomes[2].failed && !outcomes[2].front);
  }

  void variations_are_read() {
    const auto plain = parse_variation("batch.size=32,64");
    QVERIFY(plain && plain->param == "batch.size");
    QCOMPARE(plain->values, (std::vector<std::string>{"32", "64"}));
    QCOMPARE(parse_variation("trainer.metrics=auc,accuracy|accuracy")->values,
             (std::vector<std::string>{"auc,accuracy", "accuracy"}));
    for (const char* wrong : {"batch.size", "=3", "batch.size=", "batch.size=1,,2", "batch.size=1,1"}) {
      const auto parsed = parse_variation(wrong);
      QVERIFY2(!parsed && parsed.error().parameter == "--vary", wrong);
    }
  }

  void a_grid_has_every_combination() {
    QTemporaryDir folder;
    const Document graph = small_network(folder.path());
    const auto grid = study_grid(graph, {{"batch.size", {"16", "32"}}, {"adam.learning_rate", {"0.1", "0.01"}}});
    QVERIFY2(grid, grid ? "" : grid.error().line().c_str());
    QCOMPARE(grid->size(), std::size_t{4});
    QCOMPARE((*grid)[1].name, std::string("batch.size=16, adam.learning_rate=0.01"));
    QVERIFY((*grid)[1].document == with(with(graph, "batch", "size", std::int64_t{16}), "adam", "learning_rate", 0.01));
    const auto plain = study_grid(graph, {});
    QVERIFY(plain && plain->size() == 1 && plain->front().document == graph);
    QCOMPARE(trainer_number(graph, "epochs") > 0, true);

    const auto no_node = study_grid(graph, {{"bach.size", {"16"}}});
    QVERIFY(!no_node && no_node.error().node == "bach" && no_node.error().remedy.find("batch") != std::string::npos);
    const auto no_param = study_grid(graph, {{"batch.sise", {"16"}}});
    QVERIFY(!no_param && no_param.error().node == "batch" && no_param.error().parameter == "sise");
    const auto no_value = study_grid(graph, {{"batch.size", {"16", "-1"}}});
    QVERIFY(!no_value && no_value.error().node == "batch" && no_value.error().parameter == "size");
    QVERIFY(!study_grid(graph, {{"batch.size", {"16"}}, {"batch.size", {"32"}}}));
    std::vector<std::string> many;
    for (int i = 1; i <= 300; ++i) many.push_back(std::to_string(i));
    const auto too_many = study_grid(graph, {{"batch.size", many}});
    QVERIFY(!too_many && too_many.error().reason.find("256") != std::string::npos);
  }
};

FEEDLINE_TEST(TestStudyPlan)

}  // namespace test_study_plan

#include "test_study_plan.moc"
