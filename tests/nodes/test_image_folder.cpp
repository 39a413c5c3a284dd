// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fixtures.h"
#include "support/places.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace feedline;
using namespace feedline::test;

class TestImageFolder : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  QString root_;

  Result<std::unique_ptr<Source>> open(const QString& path) const {
    return open_source("image_folder", {{"folder", path.toStdString()}}, folder_.filePath("cache"));
  }
  QStringList listing(const Source& source) const {
    QStringList all;
    for (std::uint64_t i = 0; i < source.size(); ++i)
      all << QString::fromStdString(source.locate(i)).mid(root_.size() + 1) + ":" +
                 QString::number(read_record(source, i).label);
    return all;
  }

 private Q_SLOTS:
  void init() {
    static int number = 0;
    root_ = folder_.filePath(QString("data%1").arg(++number));
  }

  /// Not QTemporaryDir's own: Qt cannot name files that are no UTF-8.
  void cleanup() { std::filesystem::remove_all(root_.toStdString()); }

  void classes_and_files_are_sorted() {
    for (const char* name :
         {"/b/2.png", "/b/10.jpg", "/a/x.JPEG", "/a/deep/er/y.webp", "/a/z.BMP", "/a/w.gif", "/a/notes.txt",
          "/a/.hidden.jpg", "/.git/c.jpg", "/top.jpg", "/empty class/readme.md", "/a/.jpg"})
      write_file(root_ + name, "x");
    const auto source = open(root_);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(listing(**source),
             (QStringList{"a/w.gif:0", "a/x.JPEG:0", "a/z.BMP:0", "a/deep/er/y.webp:0", "b/10.jpg:1", "b/2.png:1"}));
    QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"a", "b", "empty class"}));
    QCOMPARE((*source)->outputs()[1].classes.size(), std::int64_t{3});
  }

  void every_ending_that_decode_reads_counts() {
    const QStringList endings = {"jpg", "jpeg", "jfif", "png",  "webp", "gif",
                                 "bmp", "tif",  "tiff", "heic", "heif", "avif"};
    for (const QString& ending : endings) {
      write_file(root_ + "/a/small." + ending, "x");
      write_file(root_ + "/a/GREAT." + ending.toUpper(), "x");
    }
    write_file(root_ + "/a/x.txt", "x");
    const auto source = open_source("image_folder", {{"folder", root_.toStdString()}}, root_);
    QVERIFY2(source, source ? "" : qPrintable(line(source.error())));
    QCOMPARE((*source)->size(), static_cast<std::uint64_t>(2 * endings.size()));
  }

  void bytes_are_those_of_the_file() {
    const QByteArray bytes = counting(70000);
    write_file(root_ + "/a/1.jpg", bytes);
    const auto source = open(root_ + "/");
    QVERIFY(source);
    QCOMPARE(read_record(**source, 0).bytes, "u8 70000: " + bytes.toStdString());
    QCOMPARE((*source)->locate(0), (root_ + "/a/1.jpg").toStdString());
  }

  void bad_folders_are_named_data() {
    QTest::addColumn<QStringList>("files");
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("reason");
    QTest::newRow("missing") << QStringList{} << "/nowhere"
                             << "there is no such folder";
    QTest::newRow("a file") << QStringList{"/a/1.jpg"} << "/a/1.jpg"
                            << "it is a file";
    QTest::newRow("empty") << QStringList{"/a/b/1.jpg", "/empty/"} << "/empty"
                           << "the folder is empty";
    QTest::newRow("no classes") << QStringList{"/1.jpg", "/2.jpg"} << ""
                                << "no class sub-folders";
    QTest::newRow("no pictures") << QStringList{"/a/1.txt", "/b/2.doc"} << ""
                                 << "hold no pictures";
  }
  void bad_folders_are_named() {
    QFETCH(QStringList, files);
    QFETCH(QString, folder);
    QFETCH(QString, reason);
    for (const QString& file : files) {
      if (file.endsWith('/'))
        QDir().mkpath(root_ + file);
      else
        write_file(root_ + file, "x");
    }
    const auto source = open(root_ + folder);
    QVERIFY(!source);
    QCOMPARE(source.error().parameter, std::string("folder"));
    QCOMPARE(source.error().file, (root_ + folder).toStdString());
    QVERIFY2(line(source.error()).contains(reason), qPrintable(line(source.error())));
    QVERIFY(!source.error().remedy.empty());
  }

  void unreadable_folders_are_named() {
    if (::geteuid() == 0) QSKIP("root may read everything");
    write_file(root_ + "/a/1.jpg", "x");
    QVERIFY(::chmod(qPrintable(root_ + "/a"), 0) == 0);
    const auto source = open(root_);
    ::chmod(qPrintable(root_ + "/a"), 0755);
    QVERIFY(!source);
    QVERIFY(line(source.error()).contains("/a"));
  }

  void links_that_lead_back_end() {
    write_file(root_ + "/a/1.jpg", "x");
    write_file(root_ + "/b/sub/2.jpg", "x");
    QVERIFY(QFile::link(root_, root_ + "/a/up"));
    QVERIFY(QFile::link(root_ + "/b", root_ + "/b/sub/again"));
    QVERIFY(QFile::link(".", root_ + "/b/dot"));
    const auto source = open(root_);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(listing(**source), (QStringList{"a/1.jpg:0", "b/sub/2.jpg:1"}));
  }

  void a_link_to_a_class_elsewhere_is_followed() {
    write_file(root_ + "/store/1.jpg", "x");
    QDir().mkpath(root_ + "/data");
    QVERIFY(QFile::link(root_ + "/store", root_ + "/data/roses"));
    const auto source = open(root_ + "/data");
    QVERIFY(source);
    QCOMPARE((*source)->size(), std::uint64_t{1});
    QVERIFY(read_record(**source, 0).ok);
  }

  void bad_files_are_record_errors_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("reason");
    QTest::newRow("vanished") << "1vanished.jpg"
                              << "no such file";
    QTest::newRow("empty") << "2empty.jpg"
                           << "empty";
    QTest::newRow("dangling link") << "3dangling.jpg"
                                   << "no such file";
    QTest::newRow("pipe") << "4pipe.jpg"
                          << "no regular file";
  }
  void bad_files_are_record_errors() {
    QFETCH(QString, name);
    QFETCH(QString, reason);
    const QString path = root_ + "/a/" + name;
    write_file(root_ + "/a/0good.jpg", "x");
    if (name.contains("dangling"))
      QVERIFY(QFile::link(root_ + "/nothing", path));
    else if (name.contains("pipe"))
      QVERIFY(::mkfifo(qPrintable(path), 0600) == 0);
    else
      write_file(path, name.contains("empty") ? "" : "x");
    const auto source = open(root_);
    QVERIFY(source);
    QCOMPARE((*source)->size(), std::uint64_t{2});
    if (name.contains("vanished")) QVERIFY(QFile::remove(path));
    QVERIFY(read_record(**source, 0).ok);
    const Record record = read_record(**source, 1);
    QVERIFY(!record.ok);
    QCOMPARE(record.error.code, ErrorCode::BadRecord);
    QCOMPARE(record.error.file, path.toStdString());
    QVERIFY2(line(record.error).contains(reason), qPrintable(line(record.error)));
  }

  void odd_names_are_kept_and_shown() {
    write_file(root_ + "/Blüten ,#[x]/a b:c.jpg", "x");
    const QByteArray latin = QFile::encodeName(root_) + "/caf\xE9";
    QVERIFY(::mkdir(latin.constData(), 0755) == 0);
    QVERIFY(::symlink(qPrintable(root_ + "/Blüten ,#[x]/a b:c.jpg"), (latin + "/\xE9.jpg").constData()) == 0);
    const auto source = open(root_);
    QVERIFY(source);
    QCOMPARE((*source)->size(), std::uint64_t{2});
    QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"Blüten ,#[x]", "caf\xEF\xBF\xBD"}));
    QVERIFY(read_record(**source, 0).ok);
    QVERIFY(read_record(**source, 1).ok);
  }

  void stops_when_asked() {
    write_file(root_ + "/a/1.jpg", "x");
    std::stop_source stop;
    stop.request_stop();
    const auto source = open_source("image_folder", {{"folder", root_.toStdString()}}, {}, stop.get_token());
    QVERIFY(!source);
    QCOMPARE(source.error().code, ErrorCode::Cancelled);
  }

  void flowers() {
    const QString flowers = feedline::test::shared_data("/photos/flowers");
    if (!QDir(flowers).exists()) QSKIP("photos/flowers is not here");
    const auto source = open(flowers);
    QVERIFY(source);
    QCOMPARE((*source)->size(), std::uint64_t{440});
    QCOMPARE((*source)->outputs()[1].class_names,
             (std::vector<std::string>{"daisy", "dandelion", "roses", "sunflowers", "tulips"}));
    std::vector<int> counts(5);
    for (std::uint64_t i = 0; i < 440; ++i) ++counts[static_cast<std::size_t>(read_record(**source, i).label)];
    QCOMPARE(counts, (std::vector<int>(5, 88)));
  }
};

QTEST_GUILESS_MAIN(TestImageFolder)
#include "test_image_folder.moc"
