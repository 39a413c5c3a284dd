// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file_limit.h"
#include "base/machine_fault.h"
#include "engine/pipeline.h"
#include "nodes/source/file_io.h"
#include "support/fixtures.h"
#include "support/machine.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace test_changing_files {

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

  /// What the machine cannot do is tried again, and is never a bad file.
  void theMachinesFaults_data() {
    QTest::addColumn<int>("call");
    QTest::addColumn<int>("fault");
    const auto row = [](const char* name, FaultyFiles::Call call, int fault) {
      QTest::newRow(name) << static_cast<int>(call) << fault;
    };
    row("open: EMFILE", FaultyFiles::Call::Open, EMFILE);
    row("open: ENFILE", FaultyFiles::Call::Open, ENFILE);
    row("open: EINTR", FaultyFiles::Call::Open, EINTR);
    row("open: ENOMEM", FaultyFiles::Call::Open, ENOMEM);
    row("open: ETIMEDOUT", FaultyFiles::Call::Open, ETIMEDOUT);
    row("look: ESTALE", FaultyFiles::Call::Look, ESTALE);
    row("read: EIO", FaultyFiles::Call::Read, EIO);
    row("read: ESTALE", FaultyFiles::Call::Read, ESTALE);
    row("read: EINTR", FaultyFiles::Call::Read, EINTR);
  }
  void theMachinesFaults() {
    QFETCH(int, call);
    QFETCH(int, fault);
    const auto kind = static_cast<FaultyFiles::Call>(call);
    const QString root = folder_.filePath(QString("faults%1").arg(number_));
    write_file(root + "/p/a/1.jpg", "abc");
    const QByteArray images = idx_bytes({60, 2, 2}, counting(240));
    write_file(root + "/images", images);
    write_file(root + "/images.gz", gzipped(images));
    write_file(root + "/labels", idx_bytes({60}, QByteArray(60, 1)));
    const auto idx_with = [&](const char* name) {
      return ParamMap{{"images", (root + name).toStdString()}, {"labels", (root + "/labels").toStdString()}};
    };
    const std::array<std::pair<const char*, ParamMap>, 3> sources = {
        {{"image_folder", {{"folder", (root + "/p").toStdString()}}},
         {"idx", idx_with("/images")},
         {"idx", idx_with("/images.gz")}}};
    for (const auto& [type, params] : sources) {
      auto source = open_source(type, params, root + "/cache");
      QVERIFY2(source, source ? "" : source.error().line().c_str());
      const bool touches = type == std::string("image_folder") || kind == FaultyFiles::Call::Read;
      {
        const FaultyFiles faulty(kind, fault, 1);
        const Record first = read_record(**source, 0);
        if (!first.ok) {
          QVERIFY2(fault != EINTR, "an interrupted call is simply made again");
          QCOMPARE(first.error.code, ErrorCode::Failed);
          QVERIFY(!first.error.file.empty() && !first.error.remedy.empty());
          QVERIFY(read_record(**source, 0).ok);
        }
        QVERIFY(!touches || faulty.left() == 0 || type == std::string("idx"));  // a mapped file needs no call
      }
      const auto plan = label_plan(std::move(*source), 7);
      const FaultyFiles faulty(kind, fault, 3);
      Pipeline pipeline(plan, plan->train, {.workers = 2});
      std::size_t records = 0;
      for (;;) {
        const auto batch = pipeline.next();
        QVERIFY2(batch, batch ? "" : batch.error().line().c_str());
        if (!*batch) break;
        records += (*batch)->record_ids.size();
      }
      QCOMPARE(records, plan->train.source->size());
      QCOMPARE(pipeline.error_count(), 0U);
    }
  }

  void openingIsTriedAgain_data() { theMachinesFaults_data(); }
  void openingIsTriedAgain() {
    QFETCH(int, call);
    QFETCH(int, fault);
    const QString root = folder_.filePath(QString("opening%1").arg(number_));
    const QByteArray images = idx_bytes({60, 2, 2}, counting(240));
    write_file(root + "/images.gz", gzipped(images));
    write_file(root + "/labels", idx_bytes({60}, QByteArray(60, 1)));
    const ParamMap params = {{"images", (root + "/images.gz").toStdString()},
                             {"labels", (root + "/labels").toStdString()}};
    const FaultyFiles faulty(static_cast<FaultyFiles::Call>(call), fault, 2);
    const auto source = patiently({}, [&] { return open_source("idx", params, root + "/cache"); });
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(faulty.left(), 0);
    QVERIFY(read_record(**source, 1).bytes.ends_with("\4\5\6\7"));
  }

  void asManyFilesAsAllowedMayBeOpen() {
    rlimit before{};
    QVERIFY(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit low{.rlim_cur = 64, .rlim_max = before.rlim_max};
    QVERIFY(::setrlimit(RLIMIT_NOFILE, &low) == 0);
    raise_file_limit();
    rlimit now{};
    QVERIFY(::getrlimit(RLIMIT_NOFILE, &now) == 0);
    QVERIFY(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    QCOMPARE(now.rlim_max, before.rlim_max);
    QCOMPARE(now.rlim_cur, std::min<rlim_t>(before.rlim_max, 65536));
  }

  void filesThatAreWrongStayBadRecords() {
    for (const int fault : {ENOENT, EACCES, ENAMETOOLONG, ELOOP, EISDIR}) {
      const FaultyFiles faulty(FaultyFiles::Call::Open, fault, 1);
      Datum out;
      FileFacts facts;
      const Status read = read_whole("/x", out, facts);
      QVERIFY(!read);
      QCOMPARE(read.error().code, ErrorCode::BadRecord);
    }
  }

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

FEEDLINE_TEST(TestChangingFiles)

}  // namespace test_changing_files

#include "test_changing_files.moc"
