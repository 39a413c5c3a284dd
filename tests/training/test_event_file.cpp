// SPDX-License-Identifier: GPL-3.0-or-later
// What TensorBoard follows: pictures, weights and gradients as they are trained, read by a reader of its own
// (tests/support/read_events.py).
#include "export_case.h"
#include "exporting/event_file.h"
#include "exporting/value_histogram.h"
#include "graph/edit.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace test_event_file {

using namespace feedline;
using namespace feedline::test;

namespace {

/// Keeps all that a run shows.
class Looker final : public RunWatch {
 public:
  bool wants_rows() override { return wants; }
  bool wants_tensors() override { return wants; }
  void take(WatchedRows seen) override { rows.push_back(std::move(seen)); }
  void take(WatchedTensors seen) override { tensors.push_back(std::move(seen)); }

  bool wants = true;
  std::vector<WatchedRows> rows{};
  std::vector<WatchedTensors> tensors{};
};

const QJsonObject* value_with(const QList<QJsonObject>& values, const QString& tag) {
  for (const QJsonObject& value : values)
    if (value["tag"].toString() == tag) return &value;
  return nullptr;
}

}  // namespace

class TestEventFile : public QObject {
  Q_OBJECT

 private:
  ExportFolder folder_{};

  /// 36 training pictures of 28 x 28 in one batch, plain gradient descent.
  Document pictures() {
    const QString data = folder_.fresh();
    write_file(data + "/images", idx_images(48));
    write_file(data + "/labels", idx_labels(48));
    const QByteArray source =
        "{\"images\": \"" + (data + "/images").toUtf8() + "\", \"labels\": \"" + (data + "/labels").toUtf8() + "\"}";
    Document document = graph_with(
        {node_of("source", "idx", source.constData()), node_of("flip", "horizontal_flip"),
         node_of("normalise", "normalise"), node_of("flat", "flatten"), node_of("hidden", "linear", "{\"units\": 5}"),
         node_of("relu", "relu"), node_of("linear", "linear")},
        "source.image shuffle.sample, shuffle.sample flip.image, flip.image normalise.image, normalise.image "
        "batch.image, batch.image flat.x, flat.y hidden.x, hidden.y relu.x, relu.y linear.x, linear.y loss.prediction",
        "cross_entropy", node_of("optimizer", "sgd", "{\"learning_rate\": 0.5, \"momentum\": 0}"));
    for (const auto& [node, param, value] : {std::tuple("batch", "size", Value(std::int64_t{36})),
                                             std::tuple("trainer", "epochs", Value(std::int64_t{3}))})
      if (const auto set = document.apply(Edit{SetParam{node, param, value}}); !set)
        qFatal("%s", set.error().line().c_str());
    return document;
  }

  void train(const Document& document, std::shared_ptr<RunWatch> watch) {
    RunOptions options{.cache_folder = folder_.fresh().toStdString()};
    options.watch = std::move(watch);
    RecordedRun run(document, options);
    const RunResult& result = run.result();
    QVERIFY2(result.end == RunResult::End::Completed, result.failure ? result.failure->line().c_str() : "");
  }

 private Q_SLOTS:
  void the_watch_sees_what_is_trained_data() {
    QTest::addColumn<int>("replicas");
    QTest::newRow("alone") << 1;
    QTest::newRow("two replicas") << 2;
  }
  void the_watch_sees_what_is_trained() {
    QFETCH(int, replicas);
    Document document = pictures();
    QVERIFY(document.apply(Edit{SetParam{"trainer", "replicas", Value(std::int64_t{replicas})}}));
    const auto looker = std::make_shared<Looker>();
    train(document, looker);
    QCOMPARE(looker->rows.size(), std::size_t{3});
    QCOMPARE(looker->tensors.size(), std::size_t{3});
    const WatchedRows& seen = looker->rows[1];
    QCOMPARE(seen.epoch, 2U);
    QCOMPARE(seen.rows.size(), std::size_t{4});
    QCOMPARE(QString::fromStdString(seen.rows[0].value.port), QString("image"));
    QVERIFY(seen.rows[0].record < 48 && seen.rows[0].record != seen.rows[1].record);
    QCOMPARE(seen.rows[0].value.data.size(), std::size_t{28 * 28 * 4});
    QVERIFY(seen.rows[0].value.data != seen.rows[1].value.data);

    // One step an epoch: what it changed is the rate times the gradient that is shown with it.
    const WatchedTensors& before = looker->tensors[1];
    const WatchedTensors& after = looker->tensors[2];
    QCOMPARE(after.epoch, 3U);
    QCOMPARE(after.step, std::uint64_t{3});
    std::vector<std::string> names;
    double moved = 0;
    for (const WatchedTensors::Part& part : after.parts) {
      names.push_back(part.name);
      QVERIFY(part.first + part.count <= after.weights.size() && after.weights.size() == after.gradients.size());
      for (std::size_t i = part.first; i < part.first + part.count; ++i) {
        const double step = 0.5 * after.gradients[i];
        moved += std::abs(step);
        QVERIFY2(std::abs(before.weights[i] - step - after.weights[i]) < 1e-6, part.name.c_str());
      }
    }
    QCOMPARE(names, (std::vector<std::string>{"hidden.weight", "hidden.bias", "linear.weight", "linear.bias"}));
    QVERIFY(moved > 0);
  }

  void nothing_is_copied_unasked() {
    const auto looker = std::make_shared<Looker>();
    looker->wants = false;
    train(pictures(), looker);
    QVERIFY(looker->rows.empty() && looker->tensors.empty());
  }

  /// Against the plain definition: the first limit above a number.
  void numbers_fall_into_tensorboards_buckets() {
    const std::span<const double> limits = histogram_limits();
    QCOMPARE(limits.size() % 2, std::size_t{1});
    QCOMPARE(limits[limits.size() / 2], 0.0);
    QCOMPARE(limits[limits.size() / 2 + 1], 1e-12);
    QCOMPARE(limits[limits.size() / 2 + 2], 1.1e-12);
    QVERIFY(std::is_sorted(limits.begin(), limits.end()));
    std::vector<float> values = {0.0F, -0.0F, 1e-30F, -1e-30F, 1e-12F, -1e-12F,
                                 1.0F, -1.0F, 3e38F,  -3e38F,  1e-45F, -1e-45F};
    for (float value = 1e-13F; value < 1e21F; value *= 1.037F) {
      values.push_back(value);
      values.push_back(-value);
    }
    for (const double limit : limits.subspan(1, limits.size() - 2))  // the ends are beyond floats
      for (const float beside : {static_cast<float>(limit), std::nextafter(static_cast<float>(limit), 0.0F)})
        if (std::isfinite(beside)) values.push_back(beside);
    std::vector<double> expected(limits.size());
    for (const float value : values)
      ++expected[static_cast<std::size_t>(std::upper_bound(limits.begin(), limits.end(), value) - limits.begin())];
    values.push_back(std::numeric_limits<float>::quiet_NaN());
    values.push_back(std::numeric_limits<float>::infinity());
    const ValueHistogram found(values);
    QCOMPARE(found.buckets(), expected);
    QCOMPARE(found.count(), std::accumulate(expected.begin(), expected.end(), 0.0));
  }

  void another_reader_finds_it_all() {
    const QString to = folder_.fresh();
    const Document document = pictures();
    auto events = EventFile::open((to + "/run").toStdString(), document);
    QVERIFY2(events, events ? "" : events.error().line().c_str());
    train(document, *events);
    EpochResult epoch{.epoch = 1, .step = 3, .learning_rate = 0.25};
    epoch.metrics = {loss_metric(kTrainSplit, 0.5)};
    (*events)->take(Fact(EpochDone{epoch}));
    QVERIFY((*events)->status());

    QProcess python;
    python.start("/usr/bin/python3", {source_dir("/tests/support/read_events.py"), files_below(to).front()});
    if (!python.waitForFinished(60'000)) QSKIP("there is no python3");
    QVERIFY2(python.exitCode() == 0, python.readAllStandardError().constData());
    const QJsonArray found = QJsonDocument::fromJson(python.readAllStandardOutput()).object()["events"].toArray();
    QCOMPARE(found[0].toObject()["version"].toString(), QString("brain.Event:2"));
    QCOMPARE(found[1].toObject()["graph"].toObject()["loss"].toArray().size(), qsizetype{2});
    QList<QJsonObject> values;
    for (const auto& event : found)
      for (const auto& value : event.toObject()["values"].toArray()) values << value.toObject();

    for (int i = 0; i < 4; ++i) {
      const QJsonObject* picture = value_with(values, QString("pictures/image/%1").arg(i));
      QVERIFY(picture != nullptr);
      const QJsonObject image = (*picture)["image"].toObject();
      QCOMPARE(image["width"].toInt(), 28);
      QCOMPARE(image["colours"].toInt(), 3);
      // A whole PNG: its signature, width and height behind the name of the first chunk, and the last chunk.
      const QByteArray png = QByteArray::fromBase64(image["png"].toString().toLatin1());
      QVERIFY(png.startsWith("\x89PNG\r\n\x1a\n") && png.mid(12, 4) == "IHDR" && png.right(8).startsWith("IEND"));
      QCOMPARE(png.mid(16, 8).toHex(), QByteArray("0000001c0000001c"));
    }
    for (const char* group : {"weights", "gradients"})
      for (const auto& [name, count] : {std::pair("hidden.weight", 28 * 28 * 5), std::pair("linear.bias", 10)}) {
        const QJsonObject* value = value_with(values, QString(group) + "/" + name);
        QVERIFY2(value != nullptr, name);
        const QJsonObject histogram = (*value)["histogram"].toObject();
        QCOMPARE(histogram["num"].toInt(), count);
        const QJsonArray limits = histogram["limits"].toArray();
        const QJsonArray buckets = histogram["buckets"].toArray();
        QCOMPARE(limits.size(), buckets.size());
        double sum = 0;
        for (qsizetype i = 0; i < limits.size(); ++i) {
          sum += buckets[i].toDouble();
          QVERIFY(i == 0 || limits[i - 1].toDouble() < limits[i].toDouble());
          QVERIFY(i == 0 || buckets[i - 1].toDouble() > 0 || buckets[i].toDouble() > 0);  // one of a run of empty ones
        }
        QCOMPARE(sum, static_cast<double>(count));
        QVERIFY(histogram["min"].toDouble() < histogram["max"].toDouble());
        QVERIFY(histogram["sum_squares"].toDouble() > 0);
      }
    const QJsonObject* rate = value_with(values, "learning_rate");
    QVERIFY(rate != nullptr);
    QCOMPARE((*rate)["number"].toDouble(), 0.25);
  }
};

FEEDLINE_TEST(TestEventFile)

}  // namespace test_event_file

#include "test_event_file.moc"
