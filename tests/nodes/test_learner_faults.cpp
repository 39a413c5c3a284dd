// SPDX-License-Identifier: GPL-3.0-or-later
// What holds for the learners beside gradient descent whatever they learn: their state, data that cannot be learnt
// from, memory, and stops.
#include "support/learner_fits.h"
#include "support/test_program.h"

#include <QTest>

#include <cmath>

namespace test_learner_faults {

using namespace feedline;
using namespace feedline::test;

class TestLearnerFaults : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void what_is_kept_predicts_the_same_data();
  void what_is_kept_predicts_the_same();
  void any_number_of_threads_learns_the_same();
  void data_that_cannot_be_learnt_from_data();
  void data_that_cannot_be_learnt_from();
  void a_class_without_records_gets_no_probability();
  void one_feature_and_a_hundred_thousand();
  void too_much_for_memory_is_refused_beforehand();
  void a_fit_stops_where_it_is_asked_to();
  void distances_beyond_single_precision_are_alike();
  void scales_that_differ_are_told();
  void targets_of_the_wrong_sort_are_refused();
};

void TestLearnerFaults::what_is_kept_predicts_the_same_data() {
  QTest::addColumn<QString>("type");
  QTest::addColumn<int>("classes");
  for (const char* type : {"logistic_regression", "linear_svm", "kernel_svm", "nearest_neighbours", "naive_bayes",
                           "decision_tree", "boosted_trees"})
    for (const int classes : {2, 3}) QTest::addRow("%s, %d classes", type, classes) << QString(type) << classes;
  for (const char* type :
       {"linear_regression", "ridge_regression", "kernel_svm", "nearest_neighbours", "decision_tree", "boosted_trees"})
    QTest::addRow("%s, numbers", type) << QString(type) << 0;
}

void TestLearnerFaults::what_is_kept_predicts_the_same() {
  QFETCH(QString, type);
  QFETCH(int, classes);
  LearnerTable table = clouds(120, 4, classes);
  for (std::size_t i = 0; classes == 3 && i < table.size(); i += 5) table.labels[i] = 2;
  const ParamMap params = type == "boosted_trees" ? ParamMap{{"rounds", std::int64_t{5}}} : ParamMap{};
  const auto learner = fitted(type.toStdString(), params, table);
  if (!learner && learner.error().reason.find("loaded") != std::string::npos) QSKIP("needs XGBoost");
  QVERIFY2(learner, learner ? "" : learner.error().line().c_str());
  QVERIFY((*learner)->keeps_state());
  const NamedTensors kept = (*learner)->state();

  const auto again = made(type.toStdString(), params, setup_of(table));
  QVERIFY(again.has_value());
  const Status loaded = (*again)->load(kept);
  QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
  QCOMPARE(predictions(**again, table), predictions(**learner, table));
  QCOMPARE((*again)->state(), kept);

  for (const auto& [name, tensor] : kept) {
    NamedTensors damaged = kept;
    damaged.erase(name);
    const Status lacks = (*again)->load(damaged);
    QVERIFY2(!lacks && !lacks.error().remedy.empty(), name.c_str());
    TensorValue& shorter = damaged[name] = tensor;
    shorter.data.resize(shorter.data.size() / 2);
    QVERIFY2(!(*again)->load(damaged), name.c_str());
  }
  EstimatorSetup wider = setup_of(table);
  wider.inputs[0].shape = {5};
  const auto other = made(type.toStdString(), params, wider);
  QVERIFY(other.has_value() && !(*other)->load(kept));
}

void TestLearnerFaults::any_number_of_threads_learns_the_same() {
  const LearnerTable table = clouds(6000, 200);
  for (const char* type : {"logistic_regression", "linear_svm", "decision_tree"}) {
    const ParamMap params = type == std::string("decision_tree") ? ParamMap{{"depth", std::int64_t{2}}} : ParamMap{};
    const auto one = fitted(type, params, table, 1);
    const auto four = fitted(type, params, table, 4);
    QVERIFY(one.has_value() && four.has_value());
    QVERIFY2((*one)->state() == (*four)->state(), type);
  }
}

void TestLearnerFaults::data_that_cannot_be_learnt_from_data() {
  QTest::addColumn<QString>("type");
  for (const char* type : {"logistic_regression", "linear_svm", "kernel_svm", "naive_bayes", "decision_tree"})
    QTest::newRow(type) << QString(type);
}

void TestLearnerFaults::data_that_cannot_be_learnt_from() {
  QFETCH(QString, type);
  const std::string name = type.toStdString();
  LearnerTable table = clouds(100, 3);
  table.features[70 * 3 + 1] = std::numeric_limits<float>::quiet_NaN();
  const auto missing = fitted(name, {}, table);
  QVERIFY(!missing.has_value());
  QVERIFY2(missing.error().reason.find("column 2") != std::string::npos &&
               missing.error().reason.find("record 70") != std::string::npos && !missing.error().remedy.empty(),
           missing.error().line().c_str());
  table.features[70 * 3 + 1] = std::numeric_limits<float>::infinity();
  const auto infinite = fitted(name, {}, table);
  QVERIFY(!infinite.has_value() && infinite.error().reason.find("infinite") != std::string::npos);

  table = clouds(100, 3);
  std::ranges::fill(table.labels, 1);
  const auto alike = fitted(name, {}, table);
  if (type == "naive_bayes" || type == "decision_tree") {
    QVERIFY(alike.has_value());
    QCOMPARE(accuracy(**alike, table), 1.0);
  } else {
    QVERIFY(!alike.has_value());
    QVERIFY2(alike.error().reason.find("one class") != std::string::npos && !alike.error().remedy.empty(),
             alike.error().line().c_str());
  }
}

void TestLearnerFaults::a_class_without_records_gets_no_probability() {
  LearnerTable table = clouds(100, 3, 4);
  for (std::int64_t& label : table.labels) label = label == 0 ? 1 : 3;
  for (const char* type :
       {"logistic_regression", "linear_svm", "kernel_svm", "naive_bayes", "decision_tree", "nearest_neighbours"}) {
    const auto learner = fitted(type, {}, table);
    QVERIFY2(learner, type);
    const std::vector<float> shares = predictions(**learner, table);
    for (std::size_t row = 0; row < table.size(); ++row)
      QVERIFY2(shares[4 * row] == 0 && shares[4 * row + 2] == 0 &&
                   std::abs(shares[4 * row + 1] + shares[4 * row + 3] - 1) < 1e-5F,
               type);
    QVERIFY2(accuracy(**learner, table) > 0.9, type);
  }
}

void TestLearnerFaults::one_feature_and_a_hundred_thousand() {
  const LearnerTable narrow = clouds(200, 1);
  const LearnerTable wide = clouds(12, 100'000);
  for (const char* type :
       {"logistic_regression", "linear_svm", "kernel_svm", "naive_bayes", "decision_tree", "nearest_neighbours"})
    for (const LearnerTable* table : {&narrow, &wide}) {
      const auto learner = fitted(type, {}, *table);
      QVERIFY2(learner, learner ? "" : learner.error().line().c_str());
      QVERIFY2(accuracy(**learner, *table) > 0.85, type);
    }
}

void TestLearnerFaults::too_much_for_memory_is_refused_beforehand() {
  for (const char* type : {"logistic_regression", "linear_svm", "kernel_svm", "nearest_neighbours", "decision_tree"}) {
    EstimatorSetup setup = setup_of(clouds(2, 1000));
    setup.rows = 1'000'000'000'000ULL;
    const auto refused = made(type, {}, setup);
    QVERIFY2(!refused.has_value(), type);
    QVERIFY2(refused.error().reason.find("bytes") != std::string::npos, refused.error().line().c_str());
    for (const char* remedy : {"pca", "limit", "streaming"})
      QVERIFY2(refused.error().remedy.find(remedy) != std::string::npos, refused.error().line().c_str());
    setup.rows = 1000;
    QVERIFY2(made(type, {}, setup).has_value(), type);
  }
  EstimatorSetup setup = setup_of(clouds(2, 1000));
  setup.rows = 1'000'000'000'000ULL;
  QVERIFY(made("linear_svm", {{"solver", std::string("streaming")}}, setup).has_value());
  QVERIFY(made("naive_bayes", {}, setup).has_value());
  LearnerTable numbers{.columns = 1'000'000};
  setup = setup_of(numbers);
  setup.rows = 10;
  const auto wide = made("ridge_regression", {}, setup);
  QVERIFY(!wide.has_value() && wide.error().remedy.find("pca") != std::string::npos);
}

void TestLearnerFaults::a_fit_stops_where_it_is_asked_to() {
  const LearnerTable table = clouds(3000, 40);
  for (const char* type : {"logistic_regression", "linear_svm", "kernel_svm", "decision_tree"}) {
    const auto learner = made(type, {}, setup_of(table));
    QVERIFY(learner.has_value());
    QVERIFY(add_all(**learner, table));
    PatientControl control(0);
    const auto fit = (*learner)->fit(control);
    QVERIFY2(!fit && fit.error().code == ErrorCode::Cancelled, type);
  }
}

/// Their inverses are 0, of which no share can be taken.
void TestLearnerFaults::distances_beyond_single_precision_are_alike() {
  LearnerTable known{.columns = 1, .classes = 2};
  known.add(std::vector<float>{0}, 0);
  known.add(std::vector<float>{1e30F}, 1);
  LearnerTable asked{.columns = 1, .classes = 2};
  for (const float place : {1.0F, -1e25F, 0.0F, 1e30F}) asked.add(std::vector<float>{place}, 0);
  const auto learner =
      fitted("nearest_neighbours", {{"k", std::int64_t{2}}, {"weights", std::string("distance")}}, known);
  QVERIFY2(learner, learner ? "" : learner.error().line().c_str());
  // One is near, both are too far to tell, and at either place.
  QCOMPARE(predictions(**learner, asked), (std::vector<float>{1, 0, 0.5F, 0.5F, 1, 0, 0, 1}));
}

void TestLearnerFaults::scales_that_differ_are_told() {
  LearnerTable table = clouds(100, 3);
  for (std::size_t i = 1; i < table.features.size(); i += 3) table.features[i] *= 1e5F;
  const auto nearest = fitted("nearest_neighbours", {}, table);
  QVERIFY(nearest.has_value());
  const std::vector<Error> told = (*nearest)->notices();
  QCOMPARE(told.size(), std::size_t{1});
  QVERIFY2(
      told[0].reason.find("column 2") != std::string::npos && told[0].remedy.find("standardise") != std::string::npos,
      told[0].line().c_str());
  QVERIFY((*fitted("nearest_neighbours", {}, clouds(100, 3)))->notices().empty());
}

void TestLearnerFaults::targets_of_the_wrong_sort_are_refused() {
  const TensorDesc features{.kind = Kind::Tensor, .shape = {Dim::symbol("N"), 4}};
  const TensorDesc number{.kind = Kind::Target, .dtype = DType::F32, .shape = {Dim::symbol("N")}};
  TensorDesc label = number;
  label.dtype = DType::I64;
  label.classes = 3;
  const auto infers = [&](const char* type, const TensorDesc& target) {
    const NodeSpec* spec = Registry::instance().find(type);
    const std::vector<const TensorDesc*> in = {&features, &target};
    return spec->infer(spec->complete({}), in).has_value();
  };
  for (const char* type : {"kernel_svm", "nearest_neighbours", "decision_tree", "boosted_trees"})
    QVERIFY2(infers(type, label) && infers(type, number), type);
  for (const char* type : {"logistic_regression", "linear_svm", "naive_bayes"})
    QVERIFY2(infers(type, label) && !infers(type, number), type);
  for (const char* type : {"linear_regression", "ridge_regression"})
    QVERIFY2(!infers(type, label) && infers(type, number), type);
}

FEEDLINE_TEST(TestLearnerFaults)

}  // namespace test_learner_faults

#include "test_learner_faults.moc"
