// SPDX-License-Identifier: GPL-3.0-or-later

// Models that are held against each other: which there are and why one is left out, how one takes the other's place,
// runs on data that are prepared once, and the reckoning on results made by hand.

#include "diagnosis/fixes/insert_cache.h"
#include "graph/json.h"
#include "graph/validate.h"
#include "recording/baseline_text.h"
#include "support/fixtures.h"
#include "support/results.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "tuning/prove.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>

namespace test_baselines {

using namespace feedline;
using namespace feedline::test;

namespace {

const BaselineModel& named(const std::vector<BaselineModel>& models, std::string_view name) {
  for (const BaselineModel& model : models)
    if (model.name == name) return model;
  qFatal("there is no %s", std::string(name).c_str());
}

const BaselineOutcome& outcome_named(const Baselines& baselines, const std::vector<BaselineOutcome>& outcomes,
                                     std::string_view name) {
  for (const BaselineOutcome& outcome : outcomes)
    if (baselines.models[outcome.model].name == name) return outcome;
  qFatal("there is no outcome of %s", std::string(name).c_str());
}

BaselineFit fitted(std::size_t model, std::size_t fold, double accuracy, double seconds) {
  BaselineFit fit{.model = model, .fold = fold, .wall_s = seconds + 0.5};
  fit.trial.complete = true;
  fit.trial.record.epochs = {{.epoch = 1, .metrics = classified(1, kUnknown, kUnknown, accuracy)}};
  fit.trial.validation = times_of({{Phase::Wait, from_seconds(0.05)}, {Phase::Forward, from_seconds(0.1)}});
  fit.trial.times = times_of(
      {{Phase::Wait, from_seconds(0.4)}, {Phase::Fit, from_seconds(seconds)}, {Phase::Forward, from_seconds(0.1)}});
  return fit;
}

/// Four models in two folds: one that guesses, one as good as the drawn one at a fortieth of its time, and one that
/// failed.
Baselines by_hand() {
  Baselines baselines{.name = "baselines-1", .folds = 2, .metric = accuracy_of(kValSplit, 0), .seconds = 12};
  baselines.models = {{.name = "majority_class", .title = "Majority class"},
                      {.name = "kernel_svm", .title = "Kernel SVM", .left_out = Error{.reason = "no node"}},
                      {.name = "logistic_regression", .title = "Logistic regression"},
                      {.name = "as_drawn", .title = "As drawn", .network = true}};
  const std::vector<std::vector<double>> accuracy = {{0.60, 0.62}, {}, {0.948, 0.952}, {0.950, 0.956}};
  const std::vector<double> seconds = {0.001, 0, 0.1, 4};
  for (std::size_t fold = 0; fold < 2; ++fold)
    for (const std::size_t model : {std::size_t{0}, std::size_t{2}, std::size_t{3}})
      baselines.fits.push_back(fitted(model, fold, accuracy[model][fold], seconds[model]));
  return baselines;
}

bool near_to(double value, double wanted, double by = 1e-9) { return std::abs(value - wanted) < by; }

bool contains(const std::vector<std::string>& lines, std::string_view text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

class TestBaselines : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    small_ = with(small_network(folder_.path()), "normalise", "preset", std::string("half"));
    options_.measure.run.device = "cpu";
    options_.measure.run.cache_folder = folder_.filePath("cache").toStdString();
    options_.folds = 2;
    options_.models = {"majority_class", "small_net", "as_drawn"};
  }

  void there_are_models_of_every_cost() {
    const auto models = baseline_models(small_);
    QVERIFY2(models, models ? "" : models.error().line().c_str());
    QCOMPARE(models->front().name, std::string("majority_class"));
    QCOMPARE(models->back().name, std::string("as_drawn"));
    for (const BaselineModel& model : *models) {
      QVERIFY2(model.left_out.has_value() != !model.part.nodes.empty(), model.name.c_str());
      if (model.left_out) QVERIFY2(!model.left_out->remedy.empty(), model.name.c_str());
    }
    // Pictures are laid flat for a net; the drawn one's last layer and loss come with their parameters.
    const ModelPart& net = named(*models, "small_net").part;
    QStringList types;
    for (const Node& node : net.nodes) types << QString::fromStdString(node.type);
    QCOMPARE(types, QStringList({"flatten", "linear", "relu", "linear", "cross_entropy", "adam"}));
  }

  /// Token ids are names, which neighbours and trees would take for sizes.
  void ids_of_tokens_are_no_features() {
    write_file(folder_.filePath("lines.txt"), text_lines(40));
    const auto texts = from_json(text_graph(folder_.filePath("lines.txt")).toStdString());
    QVERIFY(texts);
    const auto models = baseline_models(texts->document);
    QVERIFY2(models, models ? "" : models.error().line().c_str());
    QVERIFY(!named(*models, "majority_class").left_out);
    const auto& left_out = named(*models, "nearest_neighbours").left_out;
    QVERIFY(left_out);
    if (Registry::instance().find("nearest_neighbours") != nullptr)
      QVERIFY2(left_out->remedy.find("tf_idf") != std::string::npos, left_out->line().c_str());
    QCOMPARE(named(*models, "small_net").part.nodes.front().type, std::string("embedding_bag"));
  }

  void graphs_that_cannot_be_compared_say_why() {
    Document unwired = small_;
    QVERIFY(unwired.apply({RemoveLink{{"trainer", "loss"}}}));
    const auto nothing = baseline_models(unwired);
    QVERIFY2(!nothing && nothing.error().node == "trainer", nothing ? "" : nothing.error().line().c_str());
    QVERIFY(!baseline_models(Document{}));
    BaselineOptions wrong = options_;
    wrong.models = {"perceptron"};
    const auto unknown = run_baselines(small_, wrong);
    QVERIFY2(!unknown && unknown.error().remedy.find("majority_class") != std::string::npos, "a name that is none");
    wrong.folds = 1;
    QCOMPARE(run_baselines(small_, wrong).error().parameter, std::string("--folds"));
  }

  void a_model_takes_the_place_of_another_by_one_edit() {
    const auto models = baseline_models(small_);
    QVERIFY(models);
    Document changed = small_;
    const auto edit = replace_model(changed, named(*models, "majority_class").part);
    QVERIFY2(edit, edit ? "" : edit.error().line().c_str());
    const auto undo = changed.apply(*edit);
    QVERIFY(undo);
    QVERIFY(changed.find("majority_class") != nullptr && changed.find("hidden") == nullptr);
    QVERIFY(changed.find("adam") == nullptr && changed.find("batch") != nullptr);
    QVERIFY(analyse(changed).ok());
    // What was drawn comes back, by an edit of its own or by undo.
    Document back = changed;
    const auto drawn = replace_model(back, named(*models, "as_drawn").part);
    QVERIFY2(drawn && back.apply(*drawn), "as drawn");
    QVERIFY(back.find("hidden") != nullptr && back.find("majority_class") == nullptr && analyse(back).ok());
    QCOMPARE(back.links().size(), small_.links().size());
    QVERIFY(changed.apply(*undo) && changed == small_);
  }

  void runs_share_what_their_caches_keep() {
    const auto edit = insert_cache(small_, Registry::instance(), "normalise", {{"fill_first", true}});
    QVERIFY(edit);
    const Document cached = with(*with_edit(small_, *edit), "trainer", "epochs", std::int64_t{1});
    const QByteArray pictures = read_file(folder_.filePath("images"));
    RunOptions run = options_.measure.run;
    run.caches = std::make_shared<SharedCaches>();
    const auto loss_of = [&] { return RecordedRun(cached, run).result().epochs.front().loss(kValSplit); };
    const double first = loss_of();
    blacken(pictures);
    const double second = loss_of();
    run.caches = nullptr;
    const double alone = loss_of();
    write_file(folder_.filePath("images"), pictures);
    QCOMPARE(second, first);  // nothing was read again
    QVERIFY2(std::abs(alone - first) > 1e-3, "black pictures taught the same");
  }

  /// Nothing is read ahead while caches are filled: each record passes the nodes in front of them once.
  void what_is_filled_first_is_prepared_once() {
    const auto edit = insert_cache(small_, Registry::instance(), "normalise", {{"fill_first", true}});
    QVERIFY(edit);
    RecordedRun run(with(*with_edit(small_, *edit), "trainer", "epochs", std::int64_t{1}), options_.measure.run);
    const RunResult& result = run.result();
    QVERIFY(result.end == RunResult::End::Completed);
    std::size_t seen = 0;
    for (const StageSample& stage : result.last.stages) {
      if (stage.node == "normalise") QCOMPARE(stage.total.records, result.epochs.front().samples);
      if (stage.type == "cache" || stage.type == "batch") QVERIFY(stage.total.records > 0);
      seen += stage.node == "normalise" || stage.type == "cache" || stage.type == "batch" ? 1 : 0;
    }
    QCOMPARE(seen, std::size_t{3});
  }

  void models_run_in_folds_on_features_prepared_once() {
    const QByteArray pictures = read_file(folder_.filePath("images"));
    BaselineOptions options = options_;
    std::size_t nets = 0;
    options.on_fit = [&](const Baselines& so_far) {
      if (!so_far.models[so_far.fits.back().model].network) return;
      // The second net of a fold would learn nothing if it read a picture.
      if (nets++ % 2 == 0) {
        blacken(pictures);
      } else {
        write_file(folder_.filePath("images"), pictures);
      }
    };
    const auto found = run_baselines(small_, options);
    QVERIFY2(found, found ? "" : found.error().line().c_str());
    QVERIFY(found->end == Study::End::Complete);
    QCOMPARE(found->fits.size(), std::size_t{6});
    QCOMPARE(nets, std::size_t{4});
    QCOMPARE(metric_key(found->metric), std::string("val_accuracy"));
    const std::vector<BaselineOutcome> outcomes = outcomes_of(*found);
    for (const BaselineOutcome& outcome : outcomes) {
      QVERIFY(outcome.state == BaselineState::Complete);
      QCOMPARE(outcome.value.n, std::size_t{2});
      QVERIFY(outcome.value.mean >= 0 && outcome.value.mean <= 1 && outcome.value.half >= 0);
      QVERIFY(outcome.fit_s.mean > 0 && outcome.predict_s.mean > 0 && outcome.prepare_s.mean > 0);
    }
    QCOMPARE(found->models[outcomes.front().model].name, std::string("majority_class"));  // nothing is cheaper
    constexpr double kGuessing = 2.302585;                                                // ln(10)
    for (const BaselineFit& fit : found->fits)
      if (found->models[fit.model].network)
        QVERIFY(value_of(fit.trial.record.epochs.back().metrics, kLossMetric, kValSplit) < kGuessing - 0.1);
    QVERIFY(!baseline_words(*found, outcomes).empty());
  }

  void a_budget_cuts_off_what_takes_too_long() {
    BaselineOptions options = options_;
    options.models = {"majority_class", "as_drawn"};
    options.budget_s = 4;
    const auto found = run_baselines(with(small_, "trainer", "epochs", std::int64_t{1'000'000}), options);
    QVERIFY2(found, found ? "" : found.error().line().c_str());
    const std::vector<BaselineOutcome> outcomes = outcomes_of(*found);
    QVERIFY(outcome_named(*found, outcomes, "as_drawn").state == BaselineState::Cut);
    QVERIFY(outcome_named(*found, outcomes, "majority_class").value.n >= 1);
    QVERIFY2(found->seconds < 8, qPrintable(QString::number(found->seconds)));
    QVERIFY(contains(baseline_reasons(*found, outcomes), "Give more time"));
  }

  void a_stop_keeps_what_is_known() {
    std::stop_source stop;
    BaselineOptions options = options_;
    options.measure.stop = stop.get_token();
    options.on_fit = [&](const Baselines&) { stop.request_stop(); };
    const auto found = run_baselines(small_, options);
    QVERIFY2(found, found ? "" : found.error().line().c_str());
    QVERIFY(found->end == Study::End::Cancelled);
    QCOMPARE(found->fits.size(), std::size_t{1});
    QVERIFY(outcomes_of(*found).back().state == BaselineState::Waiting);
    const auto none = run_baselines(small_, options);  // stopped before it began
    QVERIFY(!none && none.error().code == ErrorCode::Cancelled);
  }

  void budgets_leave_time_for_the_cheap_ones() {
    QCOMPARE(first_fold_seconds(60, 3), 10.0);
    QCOMPARE(first_fold_seconds(-1, 3), 0.0);
    QVERIFY(std::isinf(first_fold_seconds(std::numeric_limits<double>::infinity(), 3)));
    const std::vector<double> times = {1, 10, kUnknown, 2};
    // Four folds of 1 and of 2 seconds are 12: the model of 10 seconds needs 22.
    QCOMPARE(models_of_fold(times, 22, 4), (std::vector<std::size_t>{0, 3, 1}));
    QCOMPARE(models_of_fold(times, 21.9, 4), (std::vector<std::size_t>{0, 3}));
    QCOMPARE(models_of_fold(times, 0.5, 1), (std::vector<std::size_t>{}));
  }

  /// Student's t of three values, times the root of 1 + 3 / (3 - 1).
  void intervals_know_that_folds_overlap() {
    const std::vector<double> values = {0.90, 0.92, 0.94};
    const MeanInterval interval = fold_interval(values, 3);
    QVERIFY(near_to(interval.mean, 0.92));
    QVERIFY(near_to(interval.half, 4.302653 * 0.02 / std::sqrt(3.0) * std::sqrt(2.5), 1e-4));
    QVERIFY(std::isnan(fold_interval({0.9, kUnknown}, 2).half));
  }

  void times_are_taken_apart() {
    const Baselines baselines = by_hand();
    const std::vector<BaselineOutcome> outcomes = outcomes_of(baselines);
    QCOMPARE(outcomes.size(), std::size_t{4});
    const BaselineOutcome& drawn = outcome_named(baselines, outcomes, "as_drawn");
    QVERIFY(near_to(drawn.fit_s.mean, 4) && near_to(drawn.predict_s.mean, 0.1));
    QVERIFY(near_to(drawn.prepare_s.mean, 0.4, 1e-6));  // 4.5 s, less those
    QVERIFY(outcomes.back().state == BaselineState::LeftOut);
    QCOMPARE(baselines.models[outcomes[1].model].name, std::string("logistic_regression"));
    QVERIFY(outcomes[0].front && outcomes[1].front && outcomes[2].front && !outcomes[3].front);
  }

  /// Early stopping may have brought back the weights of an epoch before the last.
  void the_epoch_of_the_weights_counts() {
    Baselines baselines = by_hand();
    BaselineFit& fit = baselines.fits.front();
    fit.trial.record.epochs.push_back({.epoch = 2, .metrics = classified(1, kUnknown, kUnknown, 0.3)});
    QVERIFY(near_to(outcomes_of(baselines).front().values.front(), 0.3));
    fit.epoch = 1;
    QVERIFY(near_to(outcomes_of(baselines).front().values.front(), 0.6));
  }

  void words_say_what_the_next_model_up_brings() {
    const Baselines baselines = by_hand();
    const std::vector<BaselineOutcome> outcomes = outcomes_of(baselines);
    const auto choice = choice_of(baselines, outcomes);
    QVERIFY(choice && choice->best == 2 && choice->simple == 1);
    QVERIFY(near_to(choice->times, 40) && near_to(choice->behind, 0.003));
    const std::vector<BaselineStep> steps = steps_up(baselines, outcomes);
    QCOMPARE(steps.size(), std::size_t{2});
    QVERIFY(near_to(steps[1].gain.mean, 0.003) && near_to(steps[1].more_s, 3.9) && near_to(steps[1].times, 40));
    const std::vector<std::string> words = baseline_words(baselines, outcomes);
    QCOMPARE(words.front(),
             std::string("Logistic regression is within 0.5 points of As drawn, the best with 95.3 %, at "
                         "1/40 of the time: start with it."));
    QVERIFY(contains(words, "Predicting the most frequent class each time gives 61.0 %."));
    QVERIFY(contains(words, "As drawn over Logistic regression: 0.3 points better ("));
    QVERIFY(contains(words, "which may be chance, for 3.9 s more a fit (40 times as long)."));
    QVERIFY(contains(words, "Logistic regression over Majority class: 34.0 points better"));
    QVERIFY(contains(baseline_reasons(baselines, outcomes), "Kernel SVM: no node"));
    QCOMPARE(baseline_plan_text(baselines), std::string("baselines-1: 4 models in 2 folds. Complete after 12.0 s."));
    Baselines close = by_hand();
    for (BaselineFit& fit : close.fits)
      if (fit.model == 3) fit = fitted(3, fit.fold, 0.953, 0.125);
    QCOMPARE(baseline_words(close, outcomes_of(close)).front(),
             std::string("Logistic regression is within 0.5 points of As drawn, the best with 95.3 %, in 80 % of the "
                         "time: start with it."));
  }

  void nothing_cheaper_is_near() {
    Baselines baselines = by_hand();
    for (BaselineFit& fit : baselines.fits)
      if (fit.model == 2) fit = fitted(2, fit.fold, 0.90 + 0.01 * static_cast<double>(fit.fold), 0.1);
    const std::vector<std::string> words = baseline_words(baselines, outcomes_of(baselines));
    QCOMPARE(words.front(),
             std::string("As drawn is best with 95.3 %, and nothing that fits faster comes within 0.5 points of it."));
    // Where less is better, the smaller value wins.
    baselines.metric.higher_is_better = false;
    const auto choice = choice_of(baselines, outcomes_of(baselines));
    QVERIFY(choice && choice->best == 0 && choice->simple == 0);
    QVERIFY(!choice_of(Baselines{}, {}));
  }

 private:
  void blacken(const QByteArray& pictures) const {
    constexpr qsizetype kHeader = 16;
    write_file(folder_.filePath("images"), pictures.left(kHeader) + QByteArray(pictures.size() - kHeader, '\0'));
  }

  QTemporaryDir folder_{};
  Document small_{};
  BaselineOptions options_{};
};

FEEDLINE_TEST(TestBaselines)

}  // namespace test_baselines

#include "test_baselines.moc"
