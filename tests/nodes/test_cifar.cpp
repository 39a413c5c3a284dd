// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/registry.h"
#include "schema/source_report.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

namespace test_cifar {

using namespace feedline;
using namespace feedline::test;

namespace {

/// Records with these labels in front; the planes are three evenly coloured ones with a mark at (x 1, y 2).
QByteArray cifar_bytes(const std::vector<QByteArray>& labels) {
  QByteArray bytes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    bytes += labels[i];
    for (int plane = 0; plane < 3; ++plane) {
      QByteArray pixels(1024, static_cast<char>(10 * (plane + 1) + static_cast<int>(i)));
      pixels[2 * 32 + 1] = static_cast<char>(200 + plane);
      bytes += pixels;
    }
  }
  return bytes;
}

}  // namespace

class TestCifar : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int number_ = 0;

  QString path(const QString& name) const { return folder_.filePath(QString("%1/%2").arg(number_).arg(name)); }
  static Result<std::unique_ptr<Source>> open(const QString& folder, ParamMap params = {}) {
    params["folder"] = folder.toStdString();
    return open_source("cifar10", Registry::instance().find("cifar10")->complete(params), folder + "/cache");
  }

 private Q_SLOTS:
  void init() { ++number_; }

  void files_are_one_set() {
    write_file(path("data_batch_2.bin"), cifar_bytes({"\3"}));
    write_file(path("data_batch_1.bin"), cifar_bytes({"\1", "\2"}));
    write_file(path("test_batch.bin"), cifar_bytes({"\4", "\4", "\4"}));
    write_file(path("batches.meta.txt"), "zero\none\r\ntwo\nthree\nfour\n\n");
    const auto source = open(path(""));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), std::uint64_t{3});
    QCOMPARE((*source)->outputs()[0].text(), std::string("u8 32×32×3 HWC"));
    QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"zero", "one", "two", "three", "four"}));
    for (int i = 0; i < 3; ++i) {
      const Record record = read_record(**source, static_cast<std::uint64_t>(i));
      QVERIFY(record.ok);
      QCOMPARE(record.label, std::int64_t{i + 1});
      const std::string pixels = record.bytes.substr(record.bytes.find(": ") + 2);
      const int of_file = i == 2 ? 0 : i;
      QCOMPARE(pixels.substr(0, 3), std::string({static_cast<char>(10 + of_file), static_cast<char>(20 + of_file),
                                                 static_cast<char>(30 + of_file)}));
      QCOMPARE(pixels.substr((2 * 32 + 1) * 3, 3), std::string("\xC8\xC9\xCA"));
    }
    QVERIFY(QString::fromStdString((*source)->locate(2)).endsWith("data_batch_2.bin#0"));
    const auto test = open(path(""), {{"files", ValueList{std::string("test_batch.bin")}}});
    QVERIFY(test);
    QCOMPARE((*test)->size(), std::uint64_t{3});
    QCOMPARE(report_of(**test)->class_counts, (std::vector<std::uint64_t>{0, 0, 0, 0, 3}));
  }

  void two_labels_are_told_by_the_size() {
    write_file(path("train.bin"), cifar_bytes({QByteArray("\5\x11", 2), QByteArray("\6\x12", 2)}));
    const auto fine = open(path(""));
    QVERIFY2(fine, fine ? "" : fine.error().line().c_str());
    QCOMPARE(read_record(**fine, 1).label, std::int64_t{0x12});
    const auto coarse = open(path(""), {{"labels", std::string("coarse")}});
    QCOMPARE(read_record(**coarse, 1).label, std::int64_t{6});
    QCOMPARE((*coarse)->outputs()[1].class_names.back(), std::string("6"));
    const auto as_ten = open(path(""), {{"format", std::string("cifar10")}});
    QVERIFY(!as_ten && line(as_ten.error()).contains("no whole records of 3073 bytes"));
  }

  void bad_folders_are_named() {
    const auto none = open(path("nowhere"));
    QVERIFY(!none);
    QCOMPARE(none.error().parameter, std::string("folder"));
    write_file(path("notes.txt"), "x");
    const auto other = open(path(""));
    QVERIFY(!other);
    QCOMPARE(other.error().parameter, std::string("files"));
    write_file(path("data_batch_1.bin"), cifar_bytes({"\1"}).left(3000));
    const auto cut = open(path(""));
    QVERIFY(!cut);
    QVERIFY2(line(cut.error()).contains("3000 bytes") && line(cut.error()).contains("data_batch_1.bin"),
             qPrintable(line(cut.error())));
    write_file(path("data_batch_1.bin"), "");
    QVERIFY(!open(path("")));
  }

  void a_file_that_shrinks_is_a_record_error() {
    write_file(path("data_batch_1.bin"), cifar_bytes({"\1", "\2"}));
    const auto source = open(path(""));
    QVERIFY(source);
    QVERIFY(QFile::resize(path("data_batch_1.bin"), 4000));
    QVERIFY(read_record(**source, 0).ok);
    const Record record = read_record(**source, 1);
    QVERIFY(!record.ok);
    QCOMPARE(record.error.code, ErrorCode::BadRecord);
    QVERIFY(line(record.error).contains("data_batch_1.bin#1"));
  }

  void real_files() {
    const QString folder = shared_data("/cifar10/derived-cifar-10-batches-bin");
    if (folder.isEmpty() || !QDir(folder).exists()) QSKIP("no shared data here");
    const auto source = open(folder);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), std::uint64_t{1000});
    QCOMPARE((*source)->outputs()[1].class_names.size(), std::size_t{10});
    const auto test = open(folder, {{"files", ValueList{std::string("test_batch.bin")}}});
    QVERIFY(test);
    QCOMPARE((*test)->size(), std::uint64_t{500});
    const auto third =
        open(shared_data("/cifar10/third-party-cifar-format"), {{"files", ValueList{std::string("cnn-ready.bin")}}});
    QVERIFY2(third, third ? "" : third.error().line().c_str());
    QCOMPARE((*third)->size(), std::uint64_t{19});
    QVERIFY(read_record(**third, 18).ok);
  }
};

FEEDLINE_TEST(TestCifar)

}  // namespace test_cifar

#include "test_cifar.moc"
