// SPDX-License-Identifier: GPL-3.0-or-later
// Kept models of XGBoost that nobody wrote: none may reach it, whatever they say.
#include "nodes/estimator/boosted_bytes.h"
#include "nodes/estimator/xgboost_library.h"
#include "support/learner_fits.h"
#include "support/test_program.h"

#include <QByteArray>
#include <QTest>

#include <cmath>
#include <cstdint>
#include <vector>

namespace test_boosted_bytes {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr std::size_t kColumns = 4;

QByteArray size_of_ubj(std::int64_t size) {
  QByteArray bytes = "L";
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  return bytes;
}
QByteArray text_of(const QByteArray& text) { return size_of_ubj(text.size()) + text; }
QByteArray named(const QByteArray& key, const QByteArray& value) { return text_of(key) + value; }
QByteArray said(const QByteArray& key, const QByteArray& text) { return named(key, "S" + text_of(text)); }
QByteArray object(const QByteArray& members) { return "{" + members + "}"; }
QByteArray list(const QByteArrayList& values) { return "[#" + size_of_ubj(values.size()) + values.join(); }
/// Numbers of 4 bytes: 'l', or 'd' of which all are 0.
QByteArray numbers(char type, const QList<std::int32_t>& values) {
  QByteArray bytes = QByteArray("[$") + type + "#" + size_of_ubj(values.size());
  for (const std::int32_t value : values)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}
QByteArray flags(const QByteArray& values) { return "[$U#" + size_of_ubj(values.size()) + values; }

/// A model of one tree with a root and two leaves, as XGBoost 1.7 writes it.
struct Written {
  QList<std::int32_t> left = {1, -1, -1};
  QList<std::int32_t> right = {2, -1, -1};
  QList<std::int32_t> parents = {2147483647, 0, 0};
  QList<std::int32_t> splits = {3, 0, 0};
  QByteArray types = QByteArray(3, '\0');
  QByteArray categories = numbers('l', {});
  QByteArray nodes = "3";
  QByteArray features = "4";
  QByteArray trees_told = "1";
  QByteArray parallel = "1";
  QByteArray tree_classes = list({QByteArray("i\0", 2)});
  QByteArray classes = "0";
  QByteArray objective = "binary:logistic";
  QByteArray softmax{};  ///< the class count that its objective has
  QByteArray booster = "gbtree";
  QByteArray rounds{};
  QByteArray more{};  ///< members of the whole

  [[nodiscard]] QByteArray bytes() const {
    const QByteArray zeros = numbers('d', QList<std::int32_t>(left.size(), 0));
    const QByteArray tree = object(
        named("base_weights", zeros) + named("categories", categories) + named("categories_nodes", numbers('l', {})) +
        named("categories_segments", numbers('L', {})) + named("categories_sizes", numbers('L', {})) +
        named("default_left", flags(QByteArray(left.size(), '\0'))) + named("id", QByteArray("i\0", 2)) +
        named("left_children", numbers('l', left)) + named("loss_changes", zeros) +
        named("parents", numbers('l', parents)) + named("right_children", numbers('l', right)) +
        named("split_conditions", zeros) + named("split_indices", numbers('l', splits)) +
        named("split_type", flags(types)) + named("sum_hessian", zeros) +
        named("tree_param", object(said("num_deleted", "0") + said("num_feature", features) + said("num_nodes", nodes) +
                                   said("size_leaf_vector", "0"))));
    const QByteArray model =
        object(named("gbtree_model_param", object(said("num_parallel_tree", parallel) + said("num_trees", trees_told) +
                                                  said("size_leaf_vector", "0"))) +
               (rounds.isEmpty() ? QByteArray() : named("iteration_indptr", rounds)) +
               named("tree_info", tree_classes) + named("trees", list({tree})));
    const QByteArray aims =
        said("name", objective) +
        (softmax.isEmpty() ? QByteArray() : named("softmax_multiclass_param", object(said("num_class", softmax))));
    const QByteArray learner =
        object(named("attributes", object("")) + named("feature_names", list({})) + named("feature_types", list({})) +
               named("gradient_booster", object(named("model", model) + said("name", booster))) +
               named("learner_model_param", object(said("base_score", "5E-1") + said("num_class", classes) +
                                                   said("num_feature", "4") + said("num_target", "1"))) +
               named("objective", object(aims)));
    return object(named("learner", learner) + named("version", list({"i\1", "i\7", "i\4"})) + more);
  }
};

Status checked(const QByteArray& bytes) {
  return check_boosted_bytes(
      {reinterpret_cast<const std::uint8_t*>(bytes.constData()), static_cast<std::size_t>(bytes.size())}, kColumns);
}

}  // namespace

class TestBoostedBytes : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void what_xgboost_writes_is_taken() {
    const Status plain = checked(Written().bytes());
    QVERIFY2(plain, plain ? "" : plain.error().line().c_str());
    Written newer;
    newer.rounds = numbers('l', {0, 1});
    QVERIFY(checked(newer.bytes()));
    Written three;
    three.classes = three.softmax = "3";
    three.objective = "multi:softprob";
    three.tree_classes = list({"i\2"});
    QVERIFY(checked(three.bytes()));

    const LearnerTable table = clouds(60, kColumns, 3);
    const auto learner = fitted("boosted_trees", {{"rounds", std::int64_t{3}}}, table);
    if (!learner && learner.error().reason.find("loaded") != std::string::npos) QSKIP("needs XGBoost");
    QVERIFY2(learner, learner ? "" : learner.error().line().c_str());
    const auto kept = (*learner)->state().at("xgboost").numbers<std::uint8_t>();
    QVERIFY(kept.has_value());
    const Status real = check_boosted_bytes(*kept, kColumns);
    QVERIFY2(real, real ? "" : real.error().line().c_str());
    QVERIFY(!check_boosted_bytes(*kept, kColumns + 1));
    for (std::size_t size = 0; size < kept->size(); ++size)
      if (check_boosted_bytes(std::span(*kept).first(size), kColumns)) QFAIL("cut short, and taken");
    std::vector<std::uint8_t> turned = *kept;  // whatever it says then, it says it without harm
    for (std::uint8_t& byte : turned) {
      byte ^= 0xffU;
      (void)check_boosted_bytes(turned, kColumns);
      byte ^= 0xffU;
    }
  }

  /// Rows that are cut into bins as they are read grow the trees that a copy of the rows grows, and tell the same loss.
  void bins_alone_grow_the_same_trees_data() {
    QTest::addColumn<QByteArray>("objective");
    QTest::addColumn<QByteArray>("share");
    QTest::newRow("two classes") << QByteArray("binary:logistic") << QByteArray("1");
    QTest::newRow("three classes") << QByteArray("multi:softprob") << QByteArray("1");
    QTest::newRow("numbers, drawn rows and columns") << QByteArray("reg:squarederror") << QByteArray("0.6");
  }
  void bins_alone_grow_the_same_trees() {
    if (!can_boost_trees()) QSKIP("needs XGBoost");
    QFETCH(QByteArray, objective);
    QFETCH(QByteArray, share);
    constexpr std::size_t kRows = 500;
    const int classes = objective == "binary:logistic" ? 2 : 3;
    std::vector<float> features;
    std::vector<float> targets;
    for (std::size_t row = 0; row < kRows; ++row) {
      for (std::size_t column = 0; column < kColumns; ++column)  // more values than bins, and some are missing
        features.push_back((row * 7 + column) % 11 == 0 ? std::nanf("")
                                                        : static_cast<float>((row * 31 + column * 17) % 401));
      targets.push_back(static_cast<float>((row * row / 9 + row % 13) % static_cast<std::size_t>(classes)));
    }
    BoostedModel::Settings settings = {{"verbosity", "0"},
                                       {"nthread", "1"},
                                       {"tree_method", "hist"},
                                       {"max_bin", "256"},
                                       {"subsample", share.data()},
                                       {"colsample_bytree", share.data()},
                                       {"objective", objective.data()}};
    if (objective == "multi:softprob") settings.emplace_back("num_class", "3");
    std::vector<std::uint8_t> saved[2];
    double loss[2] = {0, 0};
    for (const int bins : {0, 256}) {
      const auto model = BoostedModel::begin(features, kColumns, targets, settings, bins, 1);
      QVERIFY2(model, model ? "" : model.error().line().c_str());
      for (int round = 0; round < 5; ++round) QVERIFY((*model)->round(round));
      const auto told = (*model)->loss(4);
      const auto bytes = (*model)->save();
      QVERIFY(told.has_value() && bytes.has_value());
      loss[bins > 0] = *told;
      saved[bins > 0] = *bytes;
    }
    QVERIFY(!saved[0].empty() && loss[0] > 0);
    QVERIFY(saved[0] == saved[1]);
    QCOMPARE(loss[1], loss[0]);
  }

  void what_was_forged_is_refused_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    const auto add = [](const char* name, const char* says, const auto& change) {
      Written model;
      change(model);
      QTest::newRow(name) << model.bytes() << QString(says);
    };
    add("a child beyond the tree", "a child is 1000", [](Written& m) { m.left[0] = 1000; });
    add("a child before it", "a child is -5", [](Written& m) { m.right[0] = -5; });
    add("one child", "a child is -1", [](Written& m) { m.right[0] = -1; });
    add("a ring", "two ways", [](Written& m) { m.left[0] = 0; });
    add("a shared node", "two ways", [](Written& m) { m.right[0] = 1; });
    add("a parent beyond", "a parent is 99", [](Written& m) { m.parents[2] = 99; });
    add("another parent", "another parent", [](Written& m) { m.parents[2] = 1; });
    add("a column beyond", "column 4 of 4", [](Written& m) { m.splits[0] = 4; });
    add("a negative column", "column -1 of 4", [](Written& m) { m.splits[0] = -1; });
    add("more nodes than told", "not of 2 nodes", [](Written& m) { m.nodes = "2"; });
    add("no nodes", "how large", [](Written& m) { m.nodes = "0"; });
    add("nodes in words", "how large", [](Written& m) { m.nodes = "3x"; });
    add("a long list of children", "right_children of a tree", [](Written& m) { m.right << -1; });
    add("categories", "categories", [](Written& m) { m.types[0] = '\1'; });
    add("a list of categories", "categories", [](Written& m) { m.categories = numbers('l', {7}); });
    add("another width", "of 9 features", [](Written& m) { m.features = "9"; });
    add("another number of trees", "number of trees", [](Written& m) { m.trees_told = "2"; });
    add("a class beyond", "of a class", [](Written& m) { m.tree_classes = list({"i\1"}); });
    add("several trees at once", "several trees", [](Written& m) { m.parallel = "0"; });
    add("no classes in softmax", "other classes", [](Written& m) {
      m.objective = "multi:softprob";
      m.softmax = "0";
    });
    add("other classes in softmax", "other classes", [](Written& m) {
      m.objective = "multi:softprob";
      m.classes = "3";
      m.softmax = "2";
    });
    add("another objective", "another objective", [](Written& m) { m.objective = "survival:aft"; });
    add("another booster", "no model of trees", [](Written& m) { m.booster = "dart"; });
    add("rounds of other trees", "other trees", [](Written& m) { m.rounds = numbers('l', {0, 7}); });
    add("rounds backwards", "no order", [](Written& m) { m.rounds = numbers('l', {0, 3, 1}); });
    add("a key twice", "twice", [](Written& m) { m.more = said("x", "1") + said("x", "2"); });
    add("an endless text", "beyond", [](Written& m) { m.more = text_of("x") + "S" + size_of_ubj(INT64_MAX); });
    add("an endless array", "beyond", [](Written& m) { m.more = text_of("x") + "[$L#" + size_of_ubj(INT64_MAX / 8); });
    add("a long array", "longer", [](Written& m) { m.more = text_of("x") + "[$L#" + size_of_ubj(1) + "1"; });
    add("a number of another type", "type", [](Written& m) { m.more = text_of("x") + "D12345678"; });
    add("deep", "deeply", [](Written& m) { m.more = text_of("x") + QByteArray(100'000, '['); });
    QTest::newRow("nothing") << QByteArray() << QString("short");
    QTest::newRow("more behind it") << Written().bytes() + "Z" << QString("behind its end");
    QTest::newRow("no object") << QByteArray("Z") << QString("no model");
  }
  void what_was_forged_is_refused() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    const Status found = checked(bytes);
    QVERIFY(!found);
    const QString line = QString::fromStdString(found.error().line());
    QVERIFY2(line.contains(says), qPrintable(line));
    QVERIFY(!found.error().remedy.empty());
  }
};

FEEDLINE_TEST(TestBoostedBytes)

}  // namespace test_boosted_bytes

#include "test_boosted_bytes.moc"
