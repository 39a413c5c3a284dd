// SPDX-License-Identifier: GPL-3.0-or-later
// Learners beside gradient descent go out as PyTorch too: what is written says what Feedline says, and what it fits
// anew with scikit-learn is what Feedline fitted. Besides, the data of pretraining, whose labels a node makes.
#include "export_case.h"
#include "exporting/export_files.h"
#include "exporting/onnx.h"
#include "exporting/torchscript.h"
#include "support/places.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QProcess>
#include <QTest>

#include <optional>

namespace test_export_learners {

using namespace feedline;
using namespace feedline::test;

namespace {

/// `near`: how far a fit by train.py may be from Feedline's; 0: decisions are compared, where it only decides, draws,
/// or takes the first of equal neighbours; none: it is not fitted.
struct LearnerCase {
  const char* name;
  const char* type;
  const char* params;
  const char* label;
  bool scaled;
  std::optional<double> near;
};

constexpr LearnerCase kLearnerCases[] = {
    {"logistic regression, two classes", "logistic_regression", "{}", "side", true, 1e-2},
    {"logistic regression, three classes", "logistic_regression", "{\"balanced\": true}", "kind", true, 1e-2},
    {"linear SVM, two classes", "linear_svm", "{}", "side", true, 0},
    {"linear SVM, streaming", "linear_svm", "{\"solver\": \"streaming\"}", "kind", true, 0},
    {"linear regression", "linear_regression", "{}", "amount", false, 1e-3},
    {"ridge regression", "ridge_regression", "{\"alpha\": 3}", "amount", true, 1e-4},
    {"gaussian naive Bayes", "naive_bayes", "{}", "kind", true, 1e-5},
    {"multinomial naive Bayes", "naive_bayes", "{\"model\": \"multinomial\"}", "kind", false, 1e-5},
    {"kernel SVM, two classes", "kernel_svm", "{}", "side", true, 0},
    {"kernel SVM, probabilities", "kernel_svm", "{\"kernel\": \"polynomial\", \"offset\": 1, \"probabilities\": true}",
     "kind", true, 0},
    {"kernel SVM, a number", "kernel_svm", "{\"c\": 0.5, \"kernel\": \"sigmoid\"}", "amount", true, std::nullopt},
    {"nearest neighbours", "nearest_neighbours", "{}", "kind", false, 0},
    {"nearest neighbours by distance, a number", "nearest_neighbours", "{\"k\": 3, \"weights\": \"distance\"}",
     "amount", false, 1e-5},
    {"decision tree", "decision_tree", "{\"depth\": 4}", "kind", false, 0},
    {"decision tree, a number", "decision_tree", "{\"leaf_rows\": 3}", "amount", false, std::nullopt},
    {"boosted trees, two classes", "boosted_trees", "{\"rounds\": 5}", "side", false, std::nullopt},
    {"boosted trees, three classes", "boosted_trees", "{\"rounds\": 4}", "kind", false, std::nullopt},
    {"boosted trees, a number", "boosted_trees", "{\"rounds\": 6}", "amount", false, std::nullopt},
};

/// 96 rows of whole numbers, so that distances between them are exact, and three columns to predict: of two classes, of
/// three, and a number.
QByteArray learner_rows() {
  QByteArray rows = "a,b,c,d,side,kind,amount\n";
  for (int i = 0; i < 96; ++i) {
    const int a = i * 37 % 101;
    const int b = i * 53 % 97;
    const int c = i * i % 89;
    const int d = i * 29 % 11;
    const int sum = 2 * a - b + c + 6 * d;
    rows += QByteArray::number(a) + "," + QByteArray::number(b) + "," + QByteArray::number(c) + "," +
            QByteArray::number(d) + "," + (sum + i % 7 > 120 ? "over" : "under") + "," +
            (sum < 90    ? "low"
             : sum < 160 ? "middle"
                         : "high") +
            "," + QByteArray::number(0.01 * sum + 0.05 * (i % 5)) + "\n";
  }
  return rows;
}

}  // namespace

class TestExportLearners : public QObject {
  Q_OBJECT

 private:
  ExportFolder folder_{};

  static Document loaded(const QByteArrayList& nodes, const QByteArrayList& wires) {
    QByteArrayList links;
    for (const QByteArray& wire : wires)
      links << "{\"from\": \"" + QByteArray(wire).replace(" ", "\", \"to\": \"") + "\"}";
    const QByteArray text = "{\"feedline\": 1, \"title\": \"Learner\", \"nodes\": [" + nodes.join(',') +
                            "], \"links\": [" + links.join(',') + "]}";
    auto document = from_json(text.toStdString());
    if (!document) qFatal("%s", document.error().line().c_str());
    return std::move(document->document);
  }

  static QByteArray trainer() {
    return node_of("trainer", "trainer", "{\"device\": \"cpu\", \"epochs\": 1, \"validation_split\": 0.25}");
  }

  Document learner_graph(const LearnerCase& what, const QString& file) {
    QByteArrayList others = {"side", "kind", "amount"};
    others.removeAll(what.label);
    const QByteArray source = "{\"file\": \"" + file.toUtf8() + "\", \"ignore\": [\"" + others.join("\", \"") +
                              "\"], \"label\": \"" + what.label + "\", \"label_kind\": \"" +
                              (QByteArray(what.label) == "amount" ? "number" : "class") + "\"}";
    QByteArrayList nodes = {node_of("source", "csv", source.constData()),
                            node_of("shuffle", "shuffle"),
                            node_of("features", "features"),
                            node_of("batch", "batch", "{\"size\": 16}"),
                            node_of("model", what.type, what.params),
                            trainer()};
    QByteArrayList wires = {"source.row shuffle.sample",        "source.label shuffle.label",
                            "shuffle.label batch.label",        "features.features batch.features",
                            "batch.features model.features",    "batch.label model.target",
                            "model.estimator trainer.estimator"};
    if (what.scaled) {
      nodes << node_of("scale", "standardise");
      wires << "shuffle.sample scale.row"
            << "scale.row features.row";
    } else {
      wires << "shuffle.sample features.row";
    }
    return loaded(nodes, wires);
  }

  void write_folder(const Document& document, const QString& to, std::optional<double> near, const QString& file) {
    const TrainingState state = folder_.trained(document);
    folder_.write_case(state, to);
    const auto written = export_files(state, {}, {.pytorch = (to + "/export").toStdString()});
    QVERIFY2(written, written ? "" : written.error().line().c_str());
    const QJsonObject how{{"what", QString::fromStdString(document.nodes()[4].type)},
                          {"near", near ? QJsonValue(*near) : QJsonValue()},
                          {"file", file}};
    write_file(to + "/how.json", QJsonDocument(how).toJson());
  }

 private Q_SLOTS:
  void each_says_the_same_under_pytorch() {
    const QString file = folder_.fresh() + "/rows.csv";
    write_file(file, learner_rows());
    QStringList folders = {source_dir("/tests/support/check_export_learners.py")};
    for (const LearnerCase& what : kLearnerCases) {
      folders << folder_.fresh();
      write_folder(learner_graph(what, file), folders.back(), what.near, file);
      if (QTest::currentTestFailed()) {
        qWarning("%s", what.name);
        return;
      }
    }
    folders << folder_.fresh();
    write_folder(turned_pictures(), folders.back(), std::nullopt, {});
    if (QTest::currentTestFailed()) return;
    QProcess python;
    python.setProcessChannelMode(QProcess::MergedChannels);
    python.start("/usr/bin/python3", folders);
    if (!python.waitForFinished(120'000)) QSKIP("there is no python3");
    const QByteArray said = python.readAll();
    if (said.startsWith("SKIP")) QSKIP(said.constData());
    QVERIFY2(python.exitCode() == 0 && said.contains("OK"), said.constData());
  }

  /// Formats of networks say which one takes it; the model card tells of what it has learnt.
  void other_formats_name_the_one_that_takes_it() {
    const QString file = folder_.fresh() + "/rows.csv";
    write_file(file, learner_rows());
    const TrainingState state = folder_.trained(learner_graph(kLearnerCases[0], file));
    const auto model = exported_model(state);
    QVERIFY2(model, model ? "" : model.error().line().c_str());
    const auto onnx = onnx_model(*model);
    QVERIFY(!onnx && onnx.error().node == "model" && onnx.error().remedy.find("--pytorch") != std::string::npos);
    const auto script = scripted_model(*model);
    QVERIFY(!script && script.error().node == "model" && script.error().remedy.find("--pytorch") != std::string::npos);
    const QString to = folder_.fresh();
    const auto written = export_files(state, {}, {.card = (to + "/card.md").toStdString()});
    QVERIFY2(written, written ? "" : written.error().line().c_str());
    const QByteArray card = read_file(to + "/card.md");
    for (const char* told : {"A logistic\\_regression", "coefficients", "1 x 4", "standardise", "over"})
      QVERIFY2(card.contains(told), told);
  }

  void what_looks_at_nothing_is_refused() {
    const QString file = folder_.fresh() + "/rows.csv";
    write_file(file, learner_rows());
    const QByteArray source = "{\"file\": \"" + file.toUtf8() + "\", \"label\": \"kind\"}";
    const TrainingState state = folder_.trained(
        loaded({node_of("source", "csv", source.constData()), node_of("shuffle", "shuffle"),
                node_of("batch", "batch", "{\"size\": 16}"), node_of("model", "majority_class"), trainer()},
               {"source.row shuffle.sample", "source.label shuffle.label", "shuffle.label batch.label",
                "batch.label model.target", "model.estimator trainer.estimator"}));
    const QString to = folder_.fresh() + "/export";
    const auto refused = export_files(state, {}, {.pytorch = to.toStdString()});
    QVERIFY(!refused && refused.error().node == "model" && !refused.error().remedy.empty());
    QVERIFY2(refused.error().reason.find("the same for every record") != std::string::npos,
             refused.error().reason.c_str());
    QVERIFY(!std::filesystem::exists(to.toStdString()));
  }

 private:
  /// A network that tells how far pictures were turned; nothing reads what the source says of them.
  Document turned_pictures() {
    const QString data = folder_.fresh();
    write_file(data + "/images", idx_images(48));
    write_file(data + "/labels", idx_labels(48));
    const QByteArray source =
        "{\"images\": \"" + data.toUtf8() + "/images\", \"labels\": \"" + data.toUtf8() + "/labels\"}";
    return loaded({node_of("source", "idx", source.constData()), node_of("shuffle", "shuffle"),
                   node_of("turn", "quarter_turn", "{\"size\": 22}"), node_of("normalise", "normalise"),
                   node_of("linear", "linear"), node_of("batch", "batch", "{\"size\": 16}"), node_of("flat", "flatten"),
                   node_of("loss", "cross_entropy"), node_of("optimizer", "adam"), trainer()},
                  {"source.image shuffle.sample", "shuffle.sample turn.image", "turn.image normalise.image",
                   "normalise.image batch.image", "turn.turn batch.label", "batch.image flat.x", "flat.y linear.x",
                   "linear.y loss.prediction", "batch.label loss.target", "loss.loss trainer.loss",
                   "optimizer.optimizer trainer.optimizer"});
  }
};

FEEDLINE_TEST(TestExportLearners)

}  // namespace test_export_learners

#include "test_export_learners.moc"
