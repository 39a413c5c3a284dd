// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

namespace test_idx {

using namespace feedline;
using namespace feedline::test;

namespace {

const QByteArray kImages = idx_bytes({6, 4, 5}, counting(6 * 20));
const QByteArray kLabels = idx_bytes({6}, QByteArray("\0\3\1\2\3\0", 6));

QByteArray flipped(QByteArray bytes, qsizetype at) {
  bytes[at < 0 ? bytes.size() + at : at] ^= 0x55;
  return bytes;
}

}  // namespace

class TestIdx : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int number_ = 0;

  QString path(const char* name) const { return folder_.filePath(QString("%1-%2").arg(number_).arg(name)); }
  QString cache() const { return folder_.filePath(QString("cache%1").arg(number_)); }
  Result<std::unique_ptr<Source>> open(const QByteArray& images, const QByteArray& labels,
                                       std::stop_token stop = {}) const {
    write_file(path("images"), images);
    write_file(path("labels"), labels);
    return open_again(std::move(stop));
  }
  Result<std::unique_ptr<Source>> open_again(std::stop_token stop = {}) const {
    return open_source("idx", {{"images", path("images").toStdString()}, {"labels", path("labels").toStdString()}},
                       cache(), std::move(stop));
  }

 private Q_SLOTS:
  void init() { ++number_; }

  void reads_data() {
    QTest::addColumn<bool>("packed_images");
    QTest::addColumn<bool>("packed_labels");
    QTest::newRow("plain") << false << false;
    QTest::newRow("packed") << true << true;
    QTest::newRow("mixed") << true << false;
  }
  void reads() {
    QFETCH(bool, packed_images);
    QFETCH(bool, packed_labels);
    const auto source = open(packed_images ? gzipped(kImages) : kImages, packed_labels ? gzipped(kLabels) : kLabels);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), std::uint64_t{6});
    QCOMPARE((*source)->outputs()[0].text(), std::string("u8 4×5×1 HWC"));
    QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"0", "1", "2", "3"}));
    for (std::uint64_t i = 0; i < 6; ++i) {
      const Record record = read_record(**source, i);
      QVERIFY(record.ok);
      QCOMPARE(record.label, std::int64_t{kLabels[8 + static_cast<qsizetype>(i)]});
      QCOMPARE(record.bytes, "u8 4×5×1 HWC: " + kImages.mid(16 + 20 * static_cast<qsizetype>(i), 20).toStdString());
    }
  }

  void channels() {
    const auto source = open(idx_bytes({6, 2, 3, 3}, counting(6 * 18)), kLabels);
    QVERIFY(source);
    QCOMPARE((*source)->outputs()[0].text(), std::string("u8 2×3×3 HWC"));
    QVERIFY(read_record(**source, 1).bytes.ends_with(": " + counting(36).mid(18).toStdString()));
  }

  void bad_files_are_named_data() {
    QTest::addColumn<QByteArray>("images");
    QTest::addColumn<QByteArray>("labels");
    QTest::addColumn<QString>("param");
    QTest::addColumn<QString>("reason");
    const auto bad_images = [](const char* name, const QByteArray& images, const char* reason) {
      QTest::newRow(name) << images << kLabels << "images" << reason;
    };
    const auto bad_labels = [](const char* name, const QByteArray& labels, const char* reason) {
      QTest::newRow(name) << kImages << labels << "labels" << reason;
    };
    const QByteArray packed = gzipped(kImages);
    bad_images("empty", "", "no IDX file");
    bad_images("text", "This is no IDX file at all", "no IDX file: it begins with 54 68 69 73");
    bad_images("floats", idx_bytes({6, 4, 5}, counting(480), 13), "32-bit floats");
    bad_images("header cut", kImages.left(10), "ends within its header");
    bad_images("cut", kImages.left(100), "has 100 bytes, but its header declares 136");
    bad_images("too long", kImages + "x", "has 137 bytes");
    bad_images("no items", idx_bytes({0, 4, 5}, {}), "no items");
    bad_images("no pixels", idx_bytes({6, 0, 5}, {}), "without pixels");
    bad_images("absurd", idx_bytes({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, counting(100)), "more than 1 TiB");
    bad_images("two dimensions", idx_bytes({6, 20}, counting(120)), "2 dimensions");
    bad_images("five dimensions", idx_bytes({6, 1, 1, 1, 1}, counting(6)), "5 dimensions");
    bad_images("many channels", idx_bytes({6, 1, 1, 9}, counting(54)), "9 channels");
    bad_images("labels for images", kLabels, "Exchange images and labels");
    bad_images("gzip cut", packed.left(packed.size() / 2), "truncated");
    bad_images("gzip without end", packed.left(packed.size() - 3), "truncated");
    bad_images("gzip header only", packed.left(10), "truncated");
    bad_images("gzip with wrong checksum", flipped(packed, -6), "damaged");
    bad_images("gzip with wrong length", flipped(packed, -1), "damaged");
    bad_images("gzip of text", gzipped("hello, this is a text that is long enough"), "no IDX file");
    bad_images("gzip of nothing", gzipped(""), "no IDX file");
    bad_images("gzip of less", gzipped(kImages.left(120)), "unpacks to 120 bytes, but its header declares 136");
    bad_images("gzip of more", gzipped(kImages + "xx"), "more than the 136 bytes");
    bad_images("bomb", gzipped(kImages + QByteArray(50'000'000, '\0')), "more than the 136 bytes");
    bad_labels("fewer", idx_bytes({5}, "\1\1\1\1\1"), "5 labels for 6 pictures");
    bad_labels("images for labels", kImages, "3 dimensions, labels have 1");
    bad_labels("labels cut", kLabels.left(9), "has 9 bytes");
    bad_labels("packed labels cut", gzipped(kLabels).left(20), "truncated");
  }
  void bad_files_are_named() {
    QFETCH(QByteArray, images);
    QFETCH(QByteArray, labels);
    QFETCH(QString, param);
    QFETCH(QString, reason);
    const auto source = open(images, labels);
    QVERIFY(!source);
    QCOMPARE(QString::fromStdString(source.error().parameter), param);
    QCOMPARE(QString::fromStdString(source.error().file), path(qPrintable(param)));
    QVERIFY2(line(source.error()).contains(reason), qPrintable(line(source.error())));
    QVERIFY(!source.error().remedy.empty());
    // Nothing half-unpacked stays behind, only what was whole.
    for (const QString& file : files_below(cache())) QVERIFY2(!file.endsWith(".part"), qPrintable(file));
    qint64 bytes = 0;
    for (const QString& file : files_below(cache())) bytes += QFile(file).size();
    QVERIFY(bytes <= kImages.size() + kLabels.size());
  }

  void missing_file_and_folder() {
    for (const QString& images : {path("nowhere"), folder_.path()}) {
      const auto source =
          open_source("idx", {{"images", images.toStdString()}, {"labels", images.toStdString()}}, cache());
      QVERIFY(!source);
      QCOMPARE(source.error().file, images.toStdString());
      QCOMPARE(source.error().parameter, std::string("images"));
    }
  }

  void unpacked_once_and_again_when_changed() {
    QVERIFY(open(gzipped(kImages), gzipped(kLabels)));
    const QStringList first = files_below(cache());
    QCOMPARE(first.size(), 2);
    QVERIFY(QFile(first[0]).open(QIODevice::ReadOnly));
    const QDateTime before = QFileInfo(first[0]).lastModified();
    QVERIFY(open_again());
    QCOMPARE(files_below(cache()), first);
    QCOMPARE(QFileInfo(first[0]).lastModified(), before);

    QByteArray other = kImages;
    other[16] = 99;
    const auto source = open(gzipped(other) + QByteArray(3, '\0'), gzipped(kLabels));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(read_record(**source, 0).bytes.substr(16, 1), std::string("c"));
  }

  void a_damaged_copy_is_made_again() {
    QVERIFY(open(gzipped(kImages), kLabels));
    const QString copy = files_below(cache()).front();
    QVERIFY(QFile::resize(copy, 50));
    const auto source = open_again();
    QVERIFY(source);
    QVERIFY(read_record(**source, 5).ok);
  }

  /// Gigabytes would pile up in the cache of somebody who ends programs while they unpack.
  void what_a_killed_program_has_left_goes() {
    QVERIFY(open(gzipped(kImages), kLabels));
    const QFileInfo copy(files_below(cache()).front());
    QVERIFY(QFile::remove(copy.filePath()));
    const auto part = [&](const QString& name, const QDateTime& written) {
      const QString file = copy.path() + name;
      write_file(file, "half");
      QFile opened(file);
      if (!opened.open(QIODevice::ReadWrite) || !opened.setFileTime(written, QFileDevice::FileModificationTime))
        qFatal("no time can be set");
      return file;
    };
    const QDateTime now = QDateTime::currentDateTime();
    const QString own = "/." + copy.fileName();
    const QString left = part(own + ".4711-0.part", now.addSecs(-2 * 3600));
    const QString in_making = part(own + ".4712-0.part", now.addSecs(-60));
    const QString of_another = part("/.other-file.4711-0.part", now.addSecs(-2 * 3600));
    QVERIFY(open_again());
    QVERIFY(!QFile::exists(left));
    QVERIFY(QFile::exists(in_making) && QFile::exists(of_another) && QFile::exists(copy.filePath()));
  }

  void several_members_are_one_file() {
    const auto source = open(gzipped(kImages.left(50)) + gzipped(kImages.mid(50)), kLabels);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(read_record(**source, 5).bytes.substr(16), kImages.right(20).toStdString());
  }

  void a_file_that_shrinks_is_a_record_error() {
    const auto source = open(kImages, kLabels);
    QVERIFY(source);
    QVERIFY(QFile::resize(path("images"), 60));
    QVERIFY(read_record(**source, 0).ok);
    const Record record = read_record(**source, 5);
    QVERIFY(!record.ok);
    QCOMPARE(record.error.code, ErrorCode::BadRecord);
    QCOMPARE(QString::fromStdString(record.error.file), path("images") + "#5");
    QVERIFY(line(record.error).contains("shorter"));
  }

  void an_unusable_cache_is_named() {
    write_file(cache(), "a file where the folder should be");
    const auto source = open(gzipped(kImages), kLabels);
    QVERIFY(!source);
    QVERIFY2(line(source.error()).contains(cache()) && line(source.error()).contains("FEEDLINE_CACHE"),
             qPrintable(line(source.error())));
  }

  void stops_when_asked() {
    std::stop_source stop;
    stop.request_stop();
    const auto source = open(gzipped(kImages), kLabels, stop.get_token());
    QVERIFY(!source);
    QCOMPARE(source.error().code, ErrorCode::Cancelled);
    QVERIFY(files_below(cache()).isEmpty());
  }

  void hostile_gzip_never_crashes() {
    const QStringList files = files_below(feedline::test::shared_data("/hostile/gzip"));
    if (files.isEmpty()) QSKIP("hostile/gzip is not here");
    for (const QString& file : files) {
      const auto source = open_source("idx", {{"images", file.toStdString()}, {"labels", file.toStdString()}}, cache());
      QVERIFY2(!source, qPrintable(file));
      QVERIFY2(source.error().file == file.toStdString(), qPrintable(line(source.error())));
    }
  }

  void fashion_mnist() {
    const QString folder = feedline::test::shared_data("/fashion-mnist/");
    if (!QDir(folder).exists()) QSKIP("fashion-mnist is not here");
    const auto source = open_source("idx",
                                    {{"images", (folder + "t10k-images-idx3-ubyte.gz").toStdString()},
                                     {"labels", (folder + "t10k-labels-idx1-ubyte.gz").toStdString()}},
                                    cache());
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), std::uint64_t{10000});
    QCOMPARE((*source)->outputs()[0].text(), std::string("u8 28×28×1 HWC"));
    QCOMPARE((*source)->outputs()[1].classes.size(), std::int64_t{10});
    std::vector<int> counts(10);
    double sum = 0;
    for (std::uint64_t i = 0; i < 10000; ++i) {
      const Record record = read_record(**source, i);
      ++counts[static_cast<std::size_t>(record.label)];
      for (const char pixel : record.bytes.substr(record.bytes.size() - 784)) sum += static_cast<unsigned char>(pixel);
    }
    QCOMPARE(counts, (std::vector<int>(10, 1000)));
    QVERIFY2(std::abs(sum / 7840000 / 255 - 0.2868) < 0.0005,
             QByteArray::number(sum / 7840000 / 255));  // the known mean
  }
};

FEEDLINE_TEST(TestIdx)

}  // namespace test_idx

#include "test_idx.moc"
