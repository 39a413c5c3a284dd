// SPDX-License-Identifier: GPL-3.0-or-later
// The learners beside gradient descent against scikit-learn (tests/data/make_learners.py).
#include "nodes/source/gzip.h"
#include "support/fixtures.h"
#include "support/learner_fits.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <fcntl.h>
#include <limits>
#include <unistd.h>

namespace test_learners {

using namespace feedline;
using namespace feedline::test;

namespace {

const QJsonObject& learner_values() {
  static const QJsonObject all =
      QJsonDocument::fromJson(read_file(source_dir("/tests/data/learner_values.json"))).object();
  return all;
}

std::vector<double> reals(const QJsonValue& value) {
  std::vector<double> all;
  for (const QJsonValue& item : value.toArray()) all.push_back(item.toDouble());
  return all;
}

QByteArray unpacked(const QString& path) {
  if (!path.endsWith(".gz")) return read_file(path);
  const std::string name = path.toStdString();
  const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  QByteArray all;
  const auto size = static_cast<std::uint64_t>(::lseek(file, 0, SEEK_END));
  (void)::lseek(file, 0, SEEK_SET);
  const Status done = gunzip(file, name, size, {}, [&](std::span<const std::byte> bytes) -> Status {
    all.append(reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size()));
    return {};
  });
  ::close(file);
  return done ? all : QByteArray();
}

QString table_path(const QString& name) {
  return shared_data("/tables/sklearn/" + name + (name == "digits" ? ".csv.gz" : ".csv"));
}

std::vector<std::vector<double>> table_rows(const QString& name) {
  QList<QByteArray> lines = unpacked(table_path(name)).split('\n');
  if (name != "digits") lines.removeFirst();  // how many there are, and the names of the classes
  std::vector<std::vector<double>> rows;
  for (const QByteArray& line : lines) {
    if (line.isEmpty()) continue;
    std::vector<double>& row = rows.emplace_back();
    for (const QByteArray& cell : line.split(',')) row.push_back(cell.toDouble());
  }
  return rows;
}

struct Halves {
  LearnerTable train{};
  LearnerTable test{};
};

/// As make_learners.py has them: standardised, every fourth row for the test.
Halves halves(const QString& name) {
  const QJsonObject values = learner_values()[name].toObject();
  const std::vector<double> means = reals(values["means"]);
  const std::vector<double> scales = reals(values["scales"]);
  const auto rows = table_rows(name);
  double most = 0;
  for (const auto& row : rows) most = std::max(most, row.back());
  Halves both;
  for (LearnerTable* table : {&both.train, &both.test}) {
    table->columns = means.size();
    table->classes = static_cast<std::int64_t>(most) + 1;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<float> row;
    for (std::size_t c = 0; c < means.size(); ++c)
      row.push_back(static_cast<float>((rows[i][c] - means[c]) / scales[c]));
    (i % 4 == 0 ? both.test : both.train).add(row, rows[i].back());
  }
  return both;
}

void compare_numbers(const NamedTensors& state, std::string_view name, const std::vector<double>& wanted,
                     double apart) {
  const auto found = state.find(name)->second.numbers<double>();
  QVERIFY(found && found->size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    QVERIFY2(std::abs((*found)[i] - wanted[i]) <= apart,
             qPrintable(QString("%1: %2, wanted %3").arg(i).arg((*found)[i]).arg(wanted[i])));
}

/// The rows of training data that are support vectors, as bytes.
QSet<QByteArray> vectors_of(const Estimator& estimator, std::size_t columns) {
  const auto numbers = *estimator.state().find("vectors")->second.numbers<float>();
  QSet<QByteArray> rows;
  const auto bytes = static_cast<qsizetype>(columns * sizeof(float));
  for (std::size_t i = 0; i < numbers.size(); i += columns)
    rows.insert(QByteArray(reinterpret_cast<const char*>(numbers.data() + i), bytes));
  return rows;
}

QSet<QByteArray> wanted_vectors(const QJsonValue& support, const LearnerTable& table) {
  QSet<QByteArray> rows;
  const auto bytes = static_cast<qsizetype>(table.columns * sizeof(float));
  for (const QJsonValue& row : support.toArray())
    rows.insert(QByteArray(
        reinterpret_cast<const char*>(table.features.data() + row.toInteger() * static_cast<qint64>(table.columns)),
        bytes));
  return rows;
}

}  // namespace

class TestLearners : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void as_scikit_learn_data();
  void as_scikit_learn();
  void an_l1_penalty_makes_weights_zero();
  void numbers_as_scikit_learn();
  void streaming_comes_near_the_minimum();
  void boosted_trees_learn_with_numbers_missing();
};

void TestLearners::as_scikit_learn_data() {
  QTest::addColumn<QString>("set");
  for (const char* set : {"iris", "wine_data", "breast_cancer", "digits"}) QTest::newRow(set) << QString(set);
}

void TestLearners::as_scikit_learn() {
  QFETCH(QString, set);
  if (!QFile::exists(table_path(set))) QSKIP("needs the tables of shared/data");
  const QJsonObject wanted = learner_values()[set].toObject();
  const Halves data = halves(set);

  const auto logistic = fitted("logistic_regression", {{"tolerance", 1e-6}}, data.train);
  QVERIFY2(logistic, logistic ? "" : logistic.error().line().c_str());
  QCOMPARE(accuracy(**logistic, data.test), wanted["logistic"]["accuracy"].toDouble());
  compare_numbers((*logistic)->state(), "coefficients", reals(wanted["logistic"]["coefficients"]), 1e-3);
  // No penalty holds the intercepts, so scikit-learn's solver stops a little farther from them.
  compare_numbers((*logistic)->state(), "intercepts", reals(wanted["logistic"]["intercepts"]), 3e-3);

  if (wanted["linear"].isObject()) {
    const auto linear = fitted("linear_svm", {{"tolerance", 1e-7}, {"iterations", std::int64_t{100000}}}, data.train);
    QVERIFY2(linear, linear ? "" : linear.error().line().c_str());
    QCOMPARE(accuracy(**linear, data.test), wanted["linear"]["accuracy"].toDouble());
    compare_numbers((*linear)->state(), "coefficients", reals(wanted["linear"]["coefficients"]), 1e-3);
  }

  const auto kernel = fitted("kernel_svm", {{"tolerance", 1e-6}}, data.train);
  QVERIFY2(kernel, kernel ? "" : kernel.error().line().c_str());
  QCOMPARE(accuracy(**kernel, data.test), wanted["kernel"]["accuracy"].toDouble());
  QCOMPARE(vectors_of(**kernel, data.train.columns), wanted_vectors(wanted["kernel"]["support"], data.train));

  const auto bayes = fitted("naive_bayes", {}, data.train);
  QVERIFY(bayes.has_value());
  QCOMPARE(accuracy(**bayes, data.test), wanted["bayes"]["accuracy"].toDouble());
  const std::vector<float> shares = predictions(**bayes, data.test);
  const std::vector<double> all = reals(wanted["bayes"]["probabilities"]);
  for (std::size_t i = 0; i < all.size(); ++i) QVERIFY(std::abs(static_cast<double>(shares[i]) - all[i]) < 1e-6);

  const auto nearest = fitted("nearest_neighbours", {}, data.train);
  QVERIFY(nearest.has_value());
  QCOMPARE(accuracy(**nearest, data.test), wanted["nearest"].toDouble());

  const auto tree = fitted("decision_tree", {}, data.train);
  QVERIFY(tree.has_value());
  QCOMPARE(accuracy(**tree, data.train), 1.0);       // every leaf is pure
  const double grown = accuracy(**tree, data.test);  // equally good splits are drawn by lot there
  QVERIFY2(std::abs(grown - wanted["tree"].toDouble()) < 0.06, qPrintable(QString::number(grown)));
}

void TestLearners::an_l1_penalty_makes_weights_zero() {
  if (!QFile::exists(table_path("iris"))) QSKIP("needs the tables of shared/data");
  const QJsonObject wanted = learner_values()["iris"]["sparse"].toObject();
  const Halves data = halves("iris");
  const auto sparse = fitted("logistic_regression", {{"penalty", std::string("l1")}, {"tolerance", 1e-7}}, data.train);
  QVERIFY2(sparse, sparse ? "" : sparse.error().line().c_str());
  compare_numbers((*sparse)->state(), "coefficients", reals(wanted["coefficients"]), 5e-3);
  const auto weights = *(*sparse)->state().find("coefficients")->second.numbers<double>();
  QVERIFY(std::ranges::count(weights, 0.0) >= 4);
  QCOMPARE(accuracy(**sparse, data.test), wanted["accuracy"].toDouble());
}

void TestLearners::numbers_as_scikit_learn() {
  if (!QFile::exists(table_path("iris"))) QSKIP("needs the tables of shared/data");
  const QJsonObject wanted = learner_values()["numbers"].toObject();
  LearnerTable table{.columns = 3};
  for (const auto& row : table_rows("iris")) {
    const std::vector<float> features(row.begin(), row.begin() + 3);
    table.add(features, static_cast<double>(static_cast<float>(row[3])));
  }
  for (const auto& [type, key] : {std::pair("linear_regression", "linear"), std::pair("ridge_regression", "ridge")}) {
    const ParamMap params = std::string(key) == "ridge" ? ParamMap{{"alpha", 2.0}} : ParamMap{};
    const auto line = fitted(type, params, table);
    QVERIFY2(line, line ? "" : line.error().line().c_str());
    std::vector<double> weights = reals(wanted[key]);
    const double intercept = weights.back();
    weights.pop_back();
    compare_numbers((*line)->state(), "coefficients", weights, 1e-6);
    compare_numbers((*line)->state(), "intercept", {intercept}, 1e-6);
  }
  const auto machine = fitted("kernel_svm", {{"tolerance", 1e-7}}, table);
  QVERIFY2(machine, machine ? "" : machine.error().line().c_str());
  const std::vector<double> predicted = reals(wanted["svr"]);
  const std::vector<float> found = predictions(**machine, table);
  for (std::size_t i = 0; i < predicted.size(); ++i)
    QVERIFY(std::abs(static_cast<double>(found[i]) - predicted[i]) < 1e-3);
  QCOMPARE(vectors_of(**machine, 3), wanted_vectors(wanted["support"], table));

  for (const char* type : {"decision_tree", "nearest_neighbours"}) {
    const auto learner =
        fitted(type, type == std::string("decision_tree") ? ParamMap{} : ParamMap{{"k", std::int64_t{1}}}, table);
    QVERIFY(learner.has_value());
    double missed = 0;
    const std::vector<float> numbers = predictions(**learner, table);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      missed += std::abs(static_cast<double>(numbers[i]) - table.numbers[i]);
    QVERIFY2(missed / static_cast<double>(numbers.size()) < 0.03, type);
  }
}

void TestLearners::streaming_comes_near_the_minimum() {
  if (!QFile::exists(table_path("digits"))) QSKIP("needs the tables of shared/data");
  const Halves data = halves("digits");
  const auto once = fitted("linear_svm", {{"solver", std::string("streaming")}}, data.train);
  QVERIFY2(once, once ? "" : once.error().line().c_str());
  const double first = accuracy(**once, data.test);
  QVERIFY2(first > 0.91, qPrintable(QString::number(first)));
  PatientControl control;
  for (int pass = 0; pass < 4; ++pass) {
    QVERIFY(add_all(**once, data.train));
    QVERIFY((*once)->fit(control));
  }
  QVERIFY(accuracy(**once, data.train) > 0.97);
}

void TestLearners::boosted_trees_learn_with_numbers_missing() {
  LearnerTable table = clouds(400, 6);
  for (std::size_t i = 0; i < table.features.size(); i += 7)
    table.features[i] = std::numeric_limits<float>::quiet_NaN();
  const auto trees = fitted("boosted_trees", {{"rounds", std::int64_t{20}}}, table);
  if (!trees && trees.error().reason.find("loaded") != std::string::npos) QSKIP("needs XGBoost");
  QVERIFY2(trees, trees ? "" : trees.error().line().c_str());
  QVERIFY(accuracy(**trees, table) > 0.97);
  const std::vector<float> shares = predictions(**trees, table);
  for (std::size_t i = 0; i < shares.size(); i += 2) QVERIFY(std::abs(shares[i] + shares[i + 1] - 1) < 1e-5F);
}

FEEDLINE_TEST(TestLearners)

}  // namespace test_learners

#include "test_learners.moc"
