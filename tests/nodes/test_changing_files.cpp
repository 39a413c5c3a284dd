// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pipeline.h"
#include "support/fixtures.h"
#include "support/small_data.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <functional>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

using namespace feedline;
using namespace feedline::test;

namespace {

/// The values of a source as they come, as a plan of one batch field: what is read is what counts here.
std::shared_ptr<const Plan> label_plan(std::shared_ptr<const Source> source, std::int64_t batch) {
  auto plan = std::make_shared<Plan>();
  DataPlan& data = plan->train;
  data.source_node = "files";
  data.source_type = "test";
  data.source = std::move(source);
  data.source_outputs = {0, 1};
  data.slots = 2;
  data.sampler = {.source_size = data.source->size(), .count = data.source->size(), .seed = 1};
  data.batch_node = "batch";
  data.batch.size = batch;
  data.fields.push_back({.name = "label", .slot = 1, .record = {.dtype = DType::I64, .shape = {}}, .batch = {}});
  return plan;
}

}  // namespace

/// Data that changes under a run: every record that is still there comes, each lost one is named.
class TestChangingFiles : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int number_ = 0;

 private Q_SLOTS:
  void init() { ++number_; }

  void pictures_data() {
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("reason");
    QTest::newRow("deleted") << "delete"
                             << "there is no such file";
    QTest::newRow("emptied") << "empty"
                             << "the file is empty";
    QTest::newRow("a folder now") << "folder"
                                  << "it is a folder";
    QTest::newRow("not readable") << "chmod"
                                  << "it may not be read";
    QTest::newRow("a pipe now") << "pipe"
                                << "it is no regular file";
  }
  void pictures() {
    QFETCH(QString, what);
    QFETCH(QString, reason);
    if (what == "chmod" && ::geteuid() == 0) QSKIP("root may read everything");
    const QString root = folder_.filePath(QString("pictures%1").arg(number_));
    for (int i = 0; i < 200; ++i) write_file(root + QString("/a/%1.jpg").arg(i, 4, 10, QLatin1Char('0')), "x");
    write_file(root + "/b/0000.jpg", "x");
    auto source = open_source("image_folder", {{"folder", root.toStdString()}}, folder_.filePath("cache"));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    const auto plan = label_plan(std::move(*source), 10);
    PipelineOptions options;
    options.workers = 2;
    options.prefetch = 1;
    options.epochs = 2;
    Pipeline pipeline(plan, plan->train, options);
    QVERIFY(pipeline.next());
    const QString victim = root + "/a/0150.jpg";  // far beyond what was read ahead
    const QByteArray name = victim.toUtf8();
    if (what == "empty") QVERIFY(QFile::resize(victim, 0));
    if (what == "chmod") QVERIFY(::chmod(name.constData(), 0) == 0);
    if (what == "delete" || what == "folder" || what == "pipe") QVERIFY(QFile::remove(victim));
    if (what == "folder") QVERIFY(QDir().mkdir(victim));
    if (what == "pipe") QVERIFY(::mkfifo(name.constData(), 0600) == 0);
    std::size_t records = 10;
    for (;;) {
      const auto batch = pipeline.next();
      QVERIFY2(batch, batch ? "" : batch.error().line().c_str());
      if (!*batch) break;
      records += (*batch)->records;
    }
    QCOMPARE(records, std::size_t{2 * 201 - 2});
    const auto errors = pipeline.errors();
    QCOMPARE(errors.size(), 1U);
    QCOMPARE(errors[0].count, 2U);
    QCOMPARE(errors[0].error.node, std::string("files"));
    QCOMPARE(errors[0].error.file, victim.toStdString());
    QVERIFY2(QString::fromStdString(errors[0].error.reason).contains(reason), errors[0].error.reason.c_str());
  }

  void allPicturesGone() {
    const QString root = folder_.filePath(QString("gone%1").arg(number_));
    for (int i = 0; i < 400; ++i) write_file(root + QString("/a/%1.jpg").arg(i, 4, 10, QLatin1Char('0')), "x");
    auto source = open_source("image_folder", {{"folder", root.toStdString()}}, folder_.filePath("cache"));
    QVERIFY(source);
    const auto plan = label_plan(std::move(*source), 10);
    PipelineOptions options;
    options.workers = 2;
    options.prefetch = 1;
    options.epochs = 0;
    Pipeline pipeline(plan, plan->train, options);
    QVERIFY(pipeline.next());
    QVERIFY(QDir(root).removeRecursively());
    for (;;) {
      const auto batch = pipeline.next();
      if (batch) continue;
      QCOMPARE(batch.error().code, ErrorCode::BadInput);
      QCOMPARE(batch.error().node, std::string("files"));
      QVERIFY2(batch.error().reason.find("could not be used") != std::string::npos, batch.error().reason.c_str());
      break;
    }
  }

  void idx_data() {
    QTest::addColumn<bool>("packed");
    QTest::newRow("read from the file") << false;
    QTest::newRow("read through a map of the unpacked file") << true;
  }
  void idx() {
    QFETCH(bool, packed);
    constexpr int kItems = 4000;
    const QString images = folder_.filePath(QString("images%1").arg(number_));
    const QString labels = folder_.filePath(QString("labels%1").arg(number_));
    const QString cache = folder_.filePath(QString("cache%1").arg(number_));
    write_file(images, packed ? gzipped(idx_images(kItems)) : idx_images(kItems));
    write_file(labels, idx_labels(kItems));
    auto source = open_source("idx", {{"images", images.toStdString()}, {"labels", labels.toStdString()}}, cache);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    const QString file = packed ? files_below(cache).value(0) : images;
    QVERIFY(QFile::exists(file));
    QVERIFY(read_record(**source, kItems - 1).ok);
    QVERIFY(QFile::resize(file, 16 + 1000 * 784));
    // Whatever touches the lost part first meets the fault; from then on each lost record is an error.
    (void)read_record(**source, kItems - 1);
    int lost = 0;
    for (int i = 0; i < kItems; ++i) {
      const Record record = read_record(**source, static_cast<std::uint64_t>(i));
      if (record.ok) continue;
      ++lost;
      QVERIFY(i >= 1000);
      QCOMPARE(record.error.code, ErrorCode::BadRecord);
      QCOMPARE(record.error.reason, std::string("the file has become shorter since it was opened"));
      QCOMPARE(record.error.file, (images + "#%1").arg(i).toStdString());
    }
    QCOMPARE(lost, kItems - 1000);
  }
};

QTEST_APPLESS_MAIN(TestChangingFiles)
#include "test_changing_files.moc"
