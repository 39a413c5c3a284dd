// SPDX-License-Identifier: GPL-3.0-or-later
// From data to a whole graph: what lies at a path, what is in it, and the graph that learns from it.
#include "engine/data_at.h"
#include "graph/json.h"
#include "graph/validate.h"
#include "plan/plan.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

namespace test_starter {

using namespace feedline;
using namespace feedline::test;

namespace {

QString text_of(const ParamMap& params, const char* name) {
  const auto found = params.find(name);
  return found == params.end() ? QString() : QString::fromStdString(std::get<std::string>(found->second));
}

QByteArray line_of(const Analysis& analysis) {
  return analysis.problems.empty() ? QByteArray() : QByteArray::fromStdString(analysis.problems.front().error.line());
}

}  // namespace

class TestStarter : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }
  [[nodiscard]] SourceContext context() const {
    return {.cache_folder = path("cache").toStdString(), .stop = {}, .progress = {}};
  }
  [[nodiscard]] Result<StarterData> look(const QString& at) const {
    auto data = data_at(at.toStdString());
    return data ? look_into(std::move(*data), context()) : data;
  }
  void write_idx(const QString& part, int count, std::uint32_t height, std::uint32_t width) const {
    const QByteArray pixels = counting(static_cast<qsizetype>(count) * height * width);
    write_file(path(part + "-images-idx3-ubyte"),
               idx_bytes({static_cast<std::uint32_t>(count), height, width}, pixels));
    write_file(path(part + "-labels-idx1-ubyte"), idx_labels(count, 4));
  }

 private Q_SLOTS:
  void parents_of_train_and_val_are_known_data() {
    QTest::addColumn<QStringList>("folders");
    QTest::addColumn<QString>("training");
    QTest::addColumn<QString>("validation");
    const auto row = [](const char* name, const QStringList& folders, const char* training, const char* validation) {
      QTest::newRow(name) << folders << QString(training) << QString(validation);
    };
    row("train, val", {"train/a", "train/b", "val/a"}, "train", "val");
    row("capitals", {"Training/a", "VALID/a"}, "Training", "VALID");
    row("validation rather than test", {"train/a", "test/a", "validation/a"}, "train", "validation");
    row("test where there is nothing else", {"train/a", "test/a"}, "train", "test");
    row("junk beside them", {"train/a", "val/a", "__MACOSX/train", ".git/x"}, "train", "val");
    row("classes of their own", {"train/old", "plane/new", "test/x"}, "", "");
    row("trains and tests as classes", {"train", "test"}, "", "");
    row("only train", {"train/a"}, "", "");
  }
  void parents_of_train_and_val_are_known() {
    QFETCH(QStringList, folders);
    QFETCH(QString, training);
    QFETCH(QString, validation);
    const QString root = path(QString("split-") + QTest::currentDataTag());
    for (const QString& folder : folders) QDir().mkpath(root + '/' + folder);
    const auto data = data_at(root.toStdString());
    QVERIFY(data);
    QCOMPARE(QString::fromStdString(data->type), QString("image_folder"));
    QCOMPARE(text_of(data->training, "folder"), training.isEmpty() ? root : root + '/' + training);
    QCOMPARE(data->validation.has_value(), !validation.isEmpty());
    if (data->validation) QCOMPARE(text_of(*data->validation, "folder"), root + '/' + validation);
  }

  void what_nothing_reads_is_told_with_a_remedy() {
    for (const char* name : {"cat.JPG", "set.zip", "set.tar.gz", "table.csv"}) {
      write_file(path(name), "x");
      const auto data = data_at(path(name).toStdString());
      QVERIFY2(!data && !data.error().remedy.empty(), name);
      QVERIFY2(data.error().line().find(name) != std::string::npos, name);
    }
    QVERIFY(data_at(path("set.zip").toStdString()).error().remedy.find("Unpack") == 0);
    QVERIFY(!data_at(path("nothing here").toStdString()));
  }

  void graphs_fit_their_data_data() {
    QTest::addColumn<int>("side");
    QTest::addColumn<bool>("split");
    QTest::addColumn<int>("input");
    QTest::newRow("icons") << 20 << false << 24;
    QTest::newRow("small pictures") << 64 << false << 64;
    QTest::newRow("small pictures in train and val") << 32 << true << 32;
    QTest::newRow("photos") << 150 << false << 128;
    QTest::newRow("photos in train and val") << 150 << true << 128;
  }
  /// Each is planned as for a run, which opens the files.
  void graphs_fit_their_data() {
    QFETCH(int, side);
    QFETCH(bool, split);
    QFETCH(int, input);
    const QString root = path(QString("fit-") + QTest::currentDataTag());
    write_picture_folder(root + (split ? "/train" : ""), 30, side);
    if (split) write_picture_folder(root + "/val", 5, side);
    const auto data = look(root);
    QVERIFY2(data, data ? "" : data.error().line().c_str());
    QCOMPARE(data->classes, std::int64_t{2});
    QCOMPARE(data->records, std::uint64_t{60});
    QCOMPARE(data->validation_records, std::uint64_t(split ? 10 : 0));
    QCOMPARE(QString::fromStdString(size_text(*data)),
             split ? QString("2 classes, 60 pictures and 10 for validation") : QString("2 classes, 60 pictures"));
    QCOMPARE(data->width, std::int64_t{side});
    const auto graph = starter_graph(*data);
    QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
    const Analysis analysis = analyse(*graph);
    QVERIFY2(analysis.problems.empty(), line_of(analysis));
    const auto plan = make_plan(*graph, {.sources = context()});
    QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
    QCOMPARE((*plan)->train.fields.front().record.shape.back().size(), std::int64_t{input});
    QVERIFY((*plan)->validation.has_value());
    QCOMPARE((*plan)->validation->sampler.count, std::uint64_t(split ? 10 : 12));
    QVERIFY((*plan)->train.batch.size == 8);  // few records: small batches, so that an epoch has some steps
    QCOMPARE((*plan)->network()->layers.back().output.shape.back().size(), std::int64_t{2});
    QVERIFY(graph->title().find("fit-") != std::string::npos);
    QCOMPARE(from_json(to_json(*graph))->document, *graph);
  }

  void idx_files_are_found_with_those_for_testing_data() {
    QTest::addColumn<int>("height");
    QTest::addColumn<int>("width");
    QTest::addColumn<bool>("test");
    QTest::addColumn<int>("input");
    QTest::newRow("28x28") << 28 << 28 << true << 28;
    QTest::newRow("without test") << 28 << 28 << false << 28;
    QTest::newRow("not square") << 20 << 30 << true << 32;
    QTest::newRow("large") << 120 << 120 << false << 96;
  }
  void idx_files_are_found_with_those_for_testing() {
    QFETCH(int, height);
    QFETCH(int, width);
    QFETCH(bool, test);
    QFETCH(int, input);
    const QString root = QString("idx-") + QTest::currentDataTag();
    write_idx(root + "/train", 40, static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width));
    if (test) write_idx(root + "/t10k", 12, static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width));
    for (const QString& at : {path(root), path(root + "/train-labels-idx1-ubyte")}) {
      const auto data = look(at);
      QVERIFY2(data, data ? "" : data.error().line().c_str());
      QCOMPARE(data->validation_records, std::uint64_t(test ? 12 : 0));
      const auto graph = starter_graph(*data);
      QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
      const auto plan = make_plan(*graph, {.sources = context()});
      QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
      QCOMPARE((*plan)->train.fields.front().record.shape.back().size(), std::int64_t{input});
      QCOMPARE((*plan)->validation->sampler.count, std::uint64_t(test ? 12 : 8));
    }
  }

  void labels_without_pictures_are_told() {
    write_file(path("alone/train-labels-idx1-ubyte"), idx_labels(4));
    const auto data = look(path("alone"));
    QVERIFY(!data);
    const auto file = look(path("alone/train-labels-idx1-ubyte"));
    QVERIFY(!file);
    QCOMPARE(QString::fromStdString(file.error().parameter), QString("images"));
  }

  void one_class_is_refused() {
    write_file(path("one/a/1.jpg"), jpeg_of(20, 20, 9, 9, 9));
    const auto data = look(path("one"));
    QVERIFY2(data, data ? "" : data.error().line().c_str());
    const auto graph = starter_graph(*data);
    QVERIFY(!graph && graph.error().reason.find("one class") != std::string::npos);
  }

  void building_is_one_edit_that_can_be_taken_back() {
    write_picture_folder(path("build"), 10);
    const auto data = look(path("build"));
    QVERIFY(data);
    Document document;
    QVERIFY(
        document.apply({AddNode{.node = {.id = "image_folder", .type = "image_folder", .params = data->training}}}));
    const std::string before = to_json(document);
    const auto edit = build_starter(document, *data);
    QVERIFY(edit);
    const auto undo = document.apply(*edit);
    QVERIFY2(undo, undo ? "" : undo.error().line().c_str());
    QVERIFY2(analyse(document).ok(), line_of(analyse(document)));
    const auto again = document.apply(*undo);
    QVERIFY(again);
    QCOMPARE(to_json(document), before);
    QVERIFY(document.apply({AddNode{.node = {.id = "relu", .type = "relu"}}}));
    QVERIFY(!build_starter(document, *data));  // there is more than a source
  }

  void real_data_are_recognised() {
    const QString flowers = shared_data("/photos/flowers");
    if (flowers.isEmpty() || !QDir(flowers).exists()) QSKIP("no shared data here");
    const auto data = look(flowers);
    QVERIFY2(data, data ? "" : data.error().line().c_str());
    QCOMPARE(QString::fromStdString(size_text(*data)), QString("5 classes, 440 pictures"));
    const auto graph = starter_graph(*data);
    QVERIFY(graph);
    QVERIFY(make_plan(*graph, {.sources = context()}));
  }
};

FEEDLINE_TEST(TestStarter)

}  // namespace test_starter

#include "test_starter.moc"
