// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes that make vectors of features shorter: against scikit-learn on real tables
// (tests/data/make_feature_selection.py), and what holds besides: the same bytes for any number of threads, names that
// stay, a stop, refusals.
#include "base/random.h"
#include "schema/registry.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/standard_input.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>
#include <stop_token>
#include <zlib.h>

namespace test_feature_selection {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr double kNear = 1e-6;

/// Vectors of features with their labels, in memory.
struct FeatureTable {
  TensorDesc features{.kind = Kind::Features, .dtype = DType::F32};
  TensorDesc label{.kind = Kind::Label, .dtype = DType::I64};
  std::vector<Datum> rows{};
  std::vector<Datum> labels{};

  void add(const std::vector<float>& numbers, double target) {
    features.shape = {static_cast<std::int64_t>(numbers.size())};
    Datum& row = rows.emplace_back();
    std::memcpy(row.allocate(DType::F32, {static_cast<std::int64_t>(numbers.size())}), numbers.data(),
                numbers.size() * sizeof(float));
    if (label.dtype == DType::I64) return labels.emplace_back().set_label(static_cast<std::int64_t>(target));
    const auto number = static_cast<float>(target);
    std::memcpy(labels.emplace_back().allocate(DType::F32, {}), &number, sizeof number);
  }
  [[nodiscard]] std::size_t width() const { return static_cast<std::size_t>(features.shape.front().size()); }
  [[nodiscard]] std::vector<const TensorDesc*> inputs(const NodeSpec& spec) const {
    return spec.inputs.size() > 1 ? std::vector{&features, &label} : std::vector{&features};
  }
};

/// Lines of numbers, the class last; also of a file that gzip has packed. Empty: it is not there.
std::vector<std::vector<double>> numbers_in(const QString& path, int skipped) {
  std::vector<std::vector<double>> rows;
  const gzFile file = gzopen(path.toLocal8Bit().constData(), "rb");
  if (file == nullptr) return rows;
  char line[4096];
  while (gzgets(file, line, sizeof line) != nullptr) {
    if (skipped-- > 0) continue;
    std::vector<double> row;
    for (const QByteArray& cell : QByteArray(line).trimmed().split(',')) row.push_back(cell.toDouble());
    if (row.size() > 1) rows.push_back(std::move(row));
  }
  gzclose(file);
  return rows;
}

/// `number`: the last feature is the target, and the class is left out. `scaled`: all features to deviation 1.
FeatureTable read_features(const QJsonObject& table, bool number = false, bool scaled = false) {
  auto rows = numbers_in(shared_data("/" + table["file"].toString()), table["skipped"].toInt());
  FeatureTable made;
  if (rows.empty()) return made;
  const std::size_t width = rows.front().size() - 1;
  for (std::size_t i = 0; scaled && i < width; ++i) {
    double mean = 0;
    double squares = 0;
    for (auto& row : rows) mean += static_cast<double>(row[i] = static_cast<float>(row[i])) / double(rows.size());
    for (const auto& row : rows) squares += (row[i] - mean) * (row[i] - mean);
    for (auto& row : rows) row[i] = (row[i] - mean) / std::sqrt(squares / double(rows.size()));
  }
  double classes = 0;
  for (const auto& row : rows) classes = std::max(classes, row.back() + 1);
  if (number) made.label.dtype = DType::F32;
  made.label.classes = number ? 0 : static_cast<std::int64_t>(classes);
  for (const auto& row : rows) {
    std::vector<float> features(row.begin(), row.end() - (number ? 2 : 1));
    made.add(features, number ? row[width - 1] : row.back());
  }
  return made;
}

/// Rows of so many independent directions; more features than those depend on each other.
FeatureTable random_features(std::size_t rows, std::size_t width, std::size_t rank) {
  FeatureTable made;
  made.label.classes = 3;
  std::vector<double> mix(rank * width);
  Rng mixing(3, 1, 0, 1);
  for (double& number : mix) number = mixing.normal();
  for (std::size_t r = 0; r < rows; ++r) {
    Rng rng(4, 1, r, 1);
    std::vector<double> row(width, 100.0);
    for (std::size_t k = 0; k < rank; ++k) {
      const double amount = rng.normal() * double(rank - k);
      for (std::size_t i = 0; i < width; ++i) row[i] += amount * mix[k * width + i];
    }
    made.add(std::vector<float>(row.begin(), row.end()), double(r % 3));
  }
  return made;
}

/// `together`: as many rows are taken up by one fitter before it is merged.
Result<NamedTensors> learn(const std::string& type, const ParamMap& params, const FeatureTable& table,
                           const FitHelp& help = {}, std::size_t together = 1) {
  const NodeSpec& spec = *Registry::instance().find(type);
  const auto in = table.inputs(spec);
  const ParamMap complete = spec.complete(params);
  if (const auto inferred = spec.infer(complete, in); !inferred) return fail(inferred.error());
  const auto all = spec.fitter(complete, in);
  all->equip(help);
  const auto one = spec.fitter(complete, in);
  for (std::size_t row = 0; row < table.rows.size();) {
    one->reset();
    for (std::size_t i = 0; i < together && row < table.rows.size(); ++i, ++row)
      if (Status added = one->add(std::vector<const Datum*>{&table.rows[row], &table.labels[row]}); !added)
        return fail(std::move(added.error()));
    if (Status merged = all->merge(*one); !merged) return fail(std::move(merged.error()));
  }
  return all->finish();
}

std::vector<double> numbers_of(const NamedTensors& state, const std::string& name) {
  const auto found = state.find(name);
  if (found == state.end()) return {};
  if (auto numbers = found->second.numbers<double>()) return *numbers;
  std::vector<double> all;
  if (const auto floats = found->second.numbers<float>()) all.assign(floats->begin(), floats->end());
  if (const auto counts = found->second.numbers<std::int64_t>()) all.assign(counts->begin(), counts->end());
  return all;
}

/// Why numbers are not the wanted ones, up to a millionth of their size; empty: they are.
QString wrong_numbers(const std::vector<double>& found, const QJsonArray& wanted) {
  if (static_cast<qsizetype>(found.size()) < wanted.size()) return QStringLiteral("%1 numbers").arg(found.size());
  for (qsizetype i = 0; i < wanted.size(); ++i) {
    const double truth = wanted[i].toDouble();
    const double number = found[static_cast<std::size_t>(i)];
    if (!(std::abs(number - truth) <= kNear * std::max(1.0, std::abs(truth))))
      return QStringLiteral("%1: %2, not %3").arg(i).arg(number, 0, 'g', 12).arg(truth, 0, 'g', 12);
  }
  return {};
}

QJsonArray flat(const QJsonArray& rows) {
  QJsonArray all;
  for (const QJsonValue& row : rows)
    for (const QJsonValue& number : row.toArray()) all.append(number);
  return all;
}

std::string texts_of(const NamedTensors& state, const std::string& name) {
  std::string all;
  for (const std::string& text : find_texts(state, name).value_or(std::vector<std::string>{})) all += text + " ";
  return all;
}

}  // namespace

class TestFeatureSelection : public QObject {
  Q_OBJECT

 private:
  QJsonObject wanted_{};

  void each_table() const {
    QTest::addColumn<QJsonObject>("wanted");
    for (const char* name : {"iris", "wine", "cancer", "digits"}) QTest::newRow(name) << wanted_[name].toObject();
  }

 private Q_SLOTS:
  void initTestCase() {
    wanted_ = QJsonDocument::fromJson(read_file(source_dir("/tests/data/feature_selection.json"))).object();
    QVERIFY(wanted_.size() == 5);
  }

  void principal_components_are_scikit_learns_data() { each_table(); }
  void principal_components_are_scikit_learns() {
    QFETCH(QJsonObject, wanted);
    const FeatureTable table = read_features(wanted);
    if (table.rows.empty()) QSKIP("the shared data are not there");
    for (const QJsonValue& item : wanted["pca"].toArray()) {
      const QJsonObject told = item.toObject();
      const QJsonObject asked = told["params"].toObject();
      ParamMap params;
      if (asked.contains("components"))
        params["components"] = static_cast<std::int64_t>(asked["components"].toInt());
      else
        params["variance"] = asked["variance"].toDouble();
      const auto state = learn("pca", params, table);
      QVERIFY2(state, state ? "" : state.error().line().c_str());
      QCOMPARE(numbers_of(*state, "explained_variance").size(), static_cast<std::size_t>(told["count"].toInt()));
      for (const auto& [name, key] :
           {std::pair{"explained_variance", "variance"}, {"explained_variance_ratio", "ratio"}})
        QVERIFY2(wrong_numbers(numbers_of(*state, name), told[QLatin1String(key)].toArray()).isEmpty(), name);
      const QString wrong = wrong_numbers(numbers_of(*state, "components"), flat(told["components"].toArray()));
      QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }
    const NodeSpec& spec = *Registry::instance().find("pca");
    const ParamMap params = spec.complete({{"components", std::int64_t{2}}, {"whiten", true}});
    const auto op = spec.fitted_op(params, table.inputs(spec), *learn("pca", params, table));
    QVERIFY2(op, op ? "" : op.error().line().c_str());
    for (qsizetype i = 0; i < 3; ++i) {
      Datum out;
      OpContext context{.rng = Rng(1, 1, 1, 1)};
      QVERIFY((*op)->run(std::vector<const Datum*>{&table.rows[static_cast<std::size_t>(i)]}, std::vector<Datum*>{&out},
                         context));
      const QJsonArray truth = wanted["whitened"].toArray()[i].toArray();
      for (qsizetype k = 0; k < 2; ++k)  // by floats
        QVERIFY(std::abs(static_cast<double>(out.as<float>()[k]) - truth[k].toDouble()) < 1e-4);
    }
  }

  void scores_are_scikit_learns_data() { each_table(); }
  void scores_are_scikit_learns() {
    QFETCH(QJsonObject, wanted);
    const FeatureTable table = read_features(wanted);
    if (table.rows.empty()) QSKIP("the shared data are not there");
    const auto variance = learn("variance_threshold", {}, table);
    QVERIFY2(variance, variance ? "" : variance.error().line().c_str());
    QString wrong = wrong_numbers(numbers_of(*variance, "variance"), wanted["variance"].toArray());
    QVERIFY2(wrong.isEmpty(), qPrintable("variance " + wrong));
    for (const char* score : {"f_test", "chi2", "mutual_information"}) {
      const auto state = learn("select_k_best", {{"keep", std::int64_t{2}}, {"score", std::string(score)}}, table);
      QVERIFY2(state, state ? "" : state.error().line().c_str());
      const std::vector<double> scores = numbers_of(*state, "score");
      wrong = wrong_numbers(scores, wanted[QLatin1String(score)].toArray());
      QVERIFY2(wrong.isEmpty(), qPrintable(score + QLatin1Char(' ') + wrong));
      const std::vector<double> kept = numbers_of(*state, "kept_places");
      QCOMPARE(kept.size(), std::size_t{2});
      const double least = std::min(scores[std::size_t(kept[0])], scores[std::size_t(kept[1])]);
      QCOMPARE(std::count_if(scores.begin(), scores.end(), [&](double one) { return one > least; }), 1);
    }
    const auto numbers = learn("select_k_best", {}, read_features(wanted, true));
    QVERIFY2(numbers, numbers ? "" : numbers.error().line().c_str());
    wrong = wrong_numbers(numbers_of(*numbers, "score"), wanted["f_test_number"].toArray());
    QVERIFY2(wrong.isEmpty(), qPrintable("f_test of a number " + wrong));
  }

  void rankings_are_scikit_learns_data() { each_table(); }
  void rankings_are_scikit_learns() {
    QFETCH(QJsonObject, wanted);
    if (read_features(wanted).rows.empty()) QSKIP("the shared data are not there");
    for (const QJsonValue& item : wanted["eliminations"].toArray()) {
      const QJsonObject told = item.toObject();
      const auto state = learn("recursive_elimination",
                               {{"keep", static_cast<std::int64_t>(told["keep"].toInt())},
                                {"step", static_cast<std::int64_t>(told["step"].toInt())},
                                {"standardise", told["standardise"].toBool()}},
                               read_features(wanted, told["number"].toBool()));
      QVERIFY2(state, state ? "" : state.error().line().c_str());
      const QString wrong = wrong_numbers(numbers_of(*state, "ranking"), told["ranking"].toArray());
      QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }
    if (!wanted.contains("by_folds")) return;
    const QJsonObject told = wanted["by_folds"].toObject();
    const auto state = learn("recursive_elimination",
                             {{"folds", static_cast<std::int64_t>(told["folds"].toInt())}, {"standardise", false}},
                             read_features(wanted, false, true));
    QVERIFY2(state, state ? "" : state.error().line().c_str());
    QString wrong = wrong_numbers(numbers_of(*state, "tried_error"), told["error"].toArray());
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    QCOMPARE(numbers_of(*state, "kept_places").size(), static_cast<std::size_t>(told["count"].toInt()));
    wrong = wrong_numbers(numbers_of(*state, "ranking"), told["ranking"].toArray());
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
  }

  void same_bytes_for_any_number_of_threads() {
    const FeatureTable table = random_features(700, 150, 150);  // wide enough to be shared
    for (const auto& [type, params] : std::vector<std::pair<std::string, ParamMap>>{
             {"pca", {{"components", std::int64_t{5}}}},
             {"pca", {{"components", std::int64_t{5}}, {"method", std::string("randomised")}}},
             {"recursive_elimination", {{"keep", std::int64_t{20}}, {"step", std::int64_t{10}}}}}) {
      const auto one = learn(type, params, table);
      const auto many = learn(type, params, table, {.threads = 5}, 37);
      QVERIFY2(one && many, one ? "" : one.error().line().c_str());
      QVERIFY2(*one == *many, type.c_str());
    }
  }

  /// Where the components carry all of the variance the sketch is exact, far from 0 as well.
  void a_sketch_finds_what_the_covariance_does() {
    const FeatureTable table = random_features(600, 300, 6);
    for (const ParamMap& asked : {ParamMap{{"components", std::int64_t{6}}}, ParamMap{{"variance", 0.999}}}) {
      ParamMap sketched = asked;
      sketched["method"] = std::string("randomised");
      const auto exact = learn("pca", asked, table);
      const auto found = learn("pca", sketched, table);
      QVERIFY2(exact, exact ? "" : exact.error().line().c_str());
      QVERIFY2(found, found ? "" : found.error().line().c_str());
      for (const char* name : {"explained_variance_ratio", "components", "mean"}) {
        const std::vector<double> truth = numbers_of(*exact, name);
        const std::vector<double> numbers = numbers_of(*found, name);
        QCOMPARE(numbers.size(), truth.size());
        for (std::size_t i = 0; i < truth.size(); ++i) QVERIFY2(std::abs(numbers[i] - truth[i]) < 1e-4, name);
      }
    }
    QVERIFY(numbers_of(*learn("pca", {{"components", std::int64_t{2}}}, table), "removed_variance_ratio")[0] > 0.1);
  }

  void names_stay_with_their_features() {
    FeatureTable table;
    table.label.classes = 2;
    for (int i = 0; i < 40; ++i)  // the third tells the class, the second is always the same
      table.add({static_cast<float>(i * 7 % 5), 3.0F, i % 2 == 0 ? 1.0F : 5.0F + static_cast<float>(i % 3)}, i % 2);
    for (const char* name : {"noise", "constant", "class"}) table.features.columns.push_back({.name = name});
    for (const auto& [type, params, kept] : std::vector<std::tuple<std::string, ParamMap, std::string>>{
             {"variance_threshold", {}, "noise class "},
             {"select_k_best", {{"keep", std::int64_t{1}}}, "class "},
             {"recursive_elimination", {{"keep", std::int64_t{1}}}, "class "}}) {
      const NodeSpec& spec = *Registry::instance().find(type);
      const auto state = learn(type, params, table);
      QVERIFY2(state, state ? "" : state.error().line().c_str());
      QCOMPARE(texts_of(*state, "kept"), kept);
      const auto in = table.inputs(spec);
      const auto out = spec.learnt(spec.complete(params), in, *state);
      QVERIFY(out && out->front().columns.back().name == "class");
      const auto op = spec.fitted_op(spec.complete(params), in, *state);
      Datum made;
      OpContext context{.rng = Rng(1, 1, 1, 1)};
      QVERIFY(
          (*op)->run(std::vector<const Datum*>{&table.rows[3], &table.labels[3]}, std::vector<Datum*>{&made}, context));
      QCOMPARE(made.as<float>()[made.bytes() / sizeof(float) - 1], 5.0F);
    }
  }

  void a_stop_is_obeyed() {
    const FeatureTable table = random_features(300, 40, 40);
    std::stop_source stop;
    stop.request_stop();
    for (const auto& [type, params] : std::vector<std::pair<std::string, ParamMap>>{
             {"pca", {}},
             {"select_k_best", {{"score", std::string("mutual_information")}}},
             {"pca", {{"components", std::int64_t{2}}, {"method", std::string("randomised")}}},
             {"recursive_elimination", {}}}) {
      const auto state = learn(type, params, table, {.stop = stop.get_token()});
      QVERIFY2(!state && state.error().code == ErrorCode::Cancelled, type.c_str());
    }
  }

  void what_cannot_be_learnt_from_is_refused() {
    FeatureTable table = random_features(20, 6, 6);
    const auto refusal = [&](const std::string& type, const ParamMap& params) {
      const auto state = learn(type, params, table);
      return state ? std::string() : state.error().parameter + ": " + state.error().reason;
    };
    QCOMPARE(refusal("pca", {{"components", std::int64_t{7}}}), std::string("components: 7 components of 6 features"));
    QVERIFY(refusal("variance_threshold", {{"threshold", 1e9}}).starts_with("threshold: "));
    table.add({1, 2, 3, 4, 5, -1}, 0);
    QVERIFY(refusal("select_k_best", {{"score", std::string("chi2")}}).starts_with("score: chi2 takes counts"));
    table.label.classes = 0;
    QVERIFY(refusal("select_k_best", {{"score", std::string("chi2")}}).starts_with("score: chi2 compares classes"));
    table.label.classes = 200;
    QVERIFY(refusal("recursive_elimination", {}).find("200 classes") != std::string::npos);
    table.label.classes = 3;
    table.add({1, 2, NAN, 4, 5, 6}, 0);
    for (const char* type : {"pca", "variance_threshold", "select_k_best", "recursive_elimination"}) {
      const auto state = learn(type, {}, table);
      QVERIFY2(!state && state.error().code == ErrorCode::BadRecord, type);
    }
    FeatureTable constant;
    for (int i = 0; i < 5; ++i) constant.add(std::vector<float>(40, 3.0F), 0);
    for (const char* method : {"covariance", "randomised"}) {
      const auto state = learn("pca", {{"components", std::int64_t{2}}, {"method", std::string(method)}}, constant);
      QVERIFY2(!state && !state.error().remedy.empty(), method);
    }
  }

  /// The same order whether channels come last or first, with a name for each number.
  void pixels_are_named_by_their_place() {
    Datum last;
    Datum first;
    auto* bytes = last.allocate(DType::U8, {2, 2, 3}, Layout::HWC);
    for (int i = 0; i < 12; ++i) bytes[i] = static_cast<std::byte>(i * 20);
    auto* planes = reinterpret_cast<float*>(first.allocate(DType::F32, {3, 2, 2}, Layout::CHW));
    for (int c = 0; c < 3; ++c)
      for (int i = 0; i < 4; ++i) planes[c * 4 + i] = static_cast<float>((i * 3 + c) * 20) / 255;
    Datum a;
    Datum b;
    QVERIFY(run_node("pixels", {}, last, a, Rng(1, 1, 1, 1), false));
    QVERIFY(run_node("pixels", {}, first, b, Rng(1, 1, 1, 1), false));
    QCOMPARE(a.bytes(), std::size_t{48});
    for (int i = 0; i < 12; ++i) QVERIFY(std::abs(a.as<float>()[i] - b.as<float>()[i]) < 1e-6F);
    QCOMPARE(a.as<float>()[11], 220.0F / 255.0F);
    const TensorDesc desc = desc_of(last, Kind::Image);
    const std::vector<const TensorDesc*> in = {&desc};
    const auto out = Registry::instance().find("pixels")->infer({}, in);
    QVERIFY(out && out->front().columns.size() == 12);
    QCOMPARE(out->front().columns[10].name, std::string("y1_x1_c1"));
  }
};

FEEDLINE_TEST(TestFeatureSelection)

}  // namespace test_feature_selection

#include "test_feature_selection.moc"
