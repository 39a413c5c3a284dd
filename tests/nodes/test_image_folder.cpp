// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "base/user_path.h"
#include "engine/data_notices.h"
#include "schema/registry.h"
#include "schema/source_report.h"
#include "support/fixtures.h"
#include "support/machine.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace test_image_folder {

using namespace feedline;
using namespace feedline::test;

class TestImageFolder : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  QString root_;

  Result<std::unique_ptr<Source>> open(const QString& path, const std::string& classes = "with_pictures") const {
    return open_source("image_folder", {{"folder", path.toStdString()}, {"classes", classes}},
                       folder_.filePath("cache"));
  }
  void write_all(const QStringList& names) const {
    for (const QString& name : names) write_file(root_ + name, "x");
  }
  static QStringList ignored(const SourceReport& report) {
    QStringList all;
    for (const PassedFiles& files : report.ignored)
      all << QString("%1%2:%3").arg(files.class_name.c_str(), files.ending.c_str()).arg(files.count);
    all.sort();
    return all;
  }
  static QString notices(const Source& source) {
    QStringList all;
    for (const Error& error : source_notices(*report_of(source))) all << line(error);
    return all.join('\n');
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
    QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"a", "b"}));
    QCOMPARE((*source)->outputs()[1].classes.size(), std::int64_t{2});
    const auto all = open(root_, "all");
    QVERIFY(all);
    QCOMPARE((*all)->outputs()[1].class_names, (std::vector<std::string>{"a", "b", "empty class"}));
    QCOMPARE(listing(**all), listing(**source));
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
    QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"Blüten ,#[x]", "caf\\xE9"}));
    QVERIFY(read_record(**source, 0).ok);
    QVERIFY(read_record(**source, 1).ok);
    QCOMPARE((*source)->locate(1), root_.toStdString() + "/caf\\xE9/\\xE9.jpg");
    QCOMPARE(user_path((*source)->locate(1)), latin.toStdString() + "/\xE9.jpg");  // it can be found again
  }

  void what_is_passed_over_is_counted() {
    write_all({"/a/1.jpg", "/a/2.JP2", "/a/deep/3.jp2", "/a/4.svg", "/a/scan", "/a/Thumbs.db", "/a/desktop.ini",
               "/a/.DS_Store", "/b/1.png", "/b/2.jp2", "/stray.jpg", "/LICENSE.txt"});
    const auto source = open(root_);
    QVERIFY(source);
    const SourceReport& report = *report_of(**source);
    QCOMPARE(ignored(report), (QStringList{".jpg:1", ".txt:1", "a.jp2:2", "a.svg:1", "a:1", "b.jp2:1"}));
    QCOMPARE(report.class_counts, (std::vector<std::uint64_t>{1, 1}));
    const QString told = notices(**source);
    QVERIFY2(told.contains("5 files passed over for the ending: 3 .jp2 (a: 2, b: 1)"), qPrintable(told));
    QVERIFY2(told.contains("1 file passed over: pictures beside the class folders"), qPrintable(told));
    QVERIFY2(!told.contains("LICENSE") && !told.contains("Thumbs"), qPrintable(told));
  }

  void nothing_is_told_of_a_tidy_folder() {
    write_all({"/a/1.jpg", "/b/1.png", "/a/.DS_Store", "/b/Thumbs.db", "/README.md", "/.git/x.jpg"});
    const auto source = open(root_);
    QVERIFY(source);
    QCOMPARE(notices(**source), QString());
  }

  /// Of one class in name alone, at whatever depth they lie.
  void pictures_that_nobody_has_labelled() {
    write_all({"/b.jpg", "/a.png", "/deep/er/c.jpg", "/deep/d.jpg", "/notes.txt", "/.hidden/e.jpg"});
    const auto source = open(root_, "none");
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(listing(**source), (QStringList{"a.png:0", "b.jpg:0", "deep/d.jpg:0", "deep/er/c.jpg:0"}));
    QCOMPARE((*source)->outputs()[1].class_names, std::vector<std::string>{"unlabelled"});
    QVERIFY(report_of(**source)->unlabelled);
    QVERIFY(report_of(**source)->passed_folders.empty());
    const auto labelled = open(root_);
    QVERIFY(labelled && !report_of(**labelled)->unlabelled);
    write_file(root_ + "/only/notes.txt", "x");
    const auto none = open(root_ + "/only", "none");
    QVERIFY(!none && none.error().reason.find("it holds no picture") != std::string::npos);
    QVERIFY(!none.error().remedy.empty());
  }

  void folders_that_are_no_classes() {
    write_all({"/cats/1.jpg", "/dogs/1.jpg", "/dogs/@eaDir/1.jpg/thumb.jpg", "/__MACOSX/cats/._1.jpg",
               "/@eaDir/1.jpg/thumb.jpg", "/logs/run.log"});
    QDir().mkpath(root_ + "/lost+found");
    QVERIFY(::chmod(qPrintable(root_ + "/lost+found"), 0) == 0);
    const auto source = open(root_);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(listing(**source), (QStringList{"cats/1.jpg:0", "dogs/1.jpg:1"}));
    const QString told = notices(**source);
    for (const char* words : {"'logs' (no pictures)", "'lost+found' (kept by a system)", "'@eaDir'", "'__MACOSX'"})
      QVERIFY2(told.contains(words), qPrintable(told));
    const auto all = open(root_, "all");
    QVERIFY(all);
    QCOMPARE((*all)->outputs()[1].class_names, (std::vector<std::string>{"cats", "dogs", "logs"}));
  }

  void a_folder_of_pictures_that_cannot_be_read_says_so() {
    write_all({"/dogs/1.jpg", "/cats/1.cr2", "/cats/2.CR2", "/cats/notes.txt"});
    const auto source = open(root_);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    const QString told = notices(**source);
    QVERIFY2(told.contains("'cats' (2 .cr2, which cannot be read)"), qPrintable(told));
    QVERIFY2(told.contains("Convert"), qPrintable(told));
    QVERIFY(QFile::remove(root_ + "/dogs/1.jpg"));
    const auto none = open(root_);
    QVERIFY(!none);
    QVERIFY2(none.error().reason.find("but 2 .cr2") != std::string::npos, none.error().reason.c_str());
  }

  void names_equal_in_unicode_are_one_class() {
    write_all({"/caf\u00e9/1.jpg", "/cafe\u0301/2.jpg", "/tee/3.jpg"});
    const auto source = open(root_);
    QVERIFY(source);
    QCOMPARE((*source)->outputs()[1].class_names.size(), std::size_t{2});
    QCOMPARE(report_of(**source)->class_counts, (std::vector<std::uint64_t>{2, 1}));
    QCOMPARE(report_of(**source)->merged.size(), std::size_t{1});
    QVERIFY(notices(**source).contains("make one class"));
  }

  void the_parent_of_splits_is_refused_data() {
    QTest::addColumn<QStringList>("files");
    QTest::addColumn<QString>("training");  // empty: no parent of splits
    QTest::addColumn<QString>("validation");
    const auto row = [](const char* name, const QStringList& files, const char* training, const char* validation) {
      QTest::newRow(name) << files << training << validation;
    };
    row("train and val", {"/train/a/1.jpg", "/train/b/1.jpg", "/val/a/1.jpg"}, "/train", "/val");
    row("training, validation, test", {"/Training/a/1.jpg", "/validation/a/1.jpg", "/test/a/1.jpg"}, "/Training",
        "/validation");
    row("train and test", {"/train/a/1.jpg", "/test/a/1.jpg"}, "/train", "/test");
    row("longer names", {"/train_images/a/1.jpg", "/valid_images/a/1.jpg"}, "/train_images", "/valid_images");
    row("beside other things", {"/train/a/1.jpg", "/val/a/1.jpg", "/docs/x/1.png"}, "/train", "/val");
    row("train alone", {"/train/a/1.jpg", "/train/b/1.jpg"}, "/train", "");
    row("without classes", {"/train/1.jpg", "/test/2.jpg"}, "/train", "/test");
    row("one folder further down", {"/set/train/a/1.jpg", "/set/val/a/1.jpg"}, "/set/train", "/set/val");
    row("a class called train", {"/bus/1.jpg", "/train/1.jpg", "/ship/1.jpg"}, "", "");
    row("trains in kinds", {"/bus/1.jpg", "/train/steam/1.jpg", "/train/diesel/1.jpg"}, "", "");
    row("developers", {"/developer/1.jpg", "/tester/1.jpg"}, "", "");
  }
  void the_parent_of_splits_is_refused() {
    QFETCH(QStringList, files);
    QFETCH(QString, training);
    QFETCH(QString, validation);
    write_all(files);
    const auto source = open(root_);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    const SourceReport& report = *report_of(**source);
    QCOMPARE(report.split.has_value(), !training.isEmpty());
    QCOMPARE(usable(**source).has_value(), training.isEmpty());
    if (training.isEmpty()) return;
    QCOMPARE(QString::fromStdString(report.split->training), root_ + training);
    QCOMPARE(QString::fromStdString(report.split->validation), validation.isEmpty() ? "" : root_ + validation);
    QCOMPARE(report.refusal->parameter, std::string("folder"));
    QVERIFY(line(*report.refusal).contains("parts of a data set, not classes"));
    const auto all = open(root_, "all");  // unless asked for
    QVERIFY(all);
    QVERIFY(usable(**all));
  }

  void the_folder_around_the_right_one_is_told() {
    write_all({"/flowers/daisy/1.jpg", "/flowers/roses/1.jpg"});
    const auto source = open(root_);
    QVERIFY(source);
    QVERIFY2(notices(**source).contains("Did you mean '" + root_ + "/flowers'?"), qPrintable(notices(**source)));
  }

  void paths_as_people_write_them() {
    write_all({"/a b/1.jpg"});
    const QByteArray home = qgetenv("HOME");
    qputenv("HOME", root_.toUtf8());
    QCOMPARE(user_path("~/a b"), root_.toStdString() + "/a b");
    QCOMPARE(user_path("~"), root_.toStdString());
    qputenv("HOME", home);
    QCOMPARE(user_path("file:///x/a%20b%C3%A9"), std::string("/x/a bé"));
    QCOMPARE(user_path("file://localhost/x"), std::string("/x"));
    QCOMPARE(user_path("file://elsewhere/x"), std::string("file://elsewhere/x"));
    QCOMPARE(user_path("/x/100%"), std::string("/x/100%"));
    QCOMPARE(user_path("./~"), std::string("./~"));
    const NodeSpec& spec = *Registry::instance().find("image_folder");
    const ParamMap params = spec.complete({{"folder", "file://" + root_.toStdString() + "/a%20b"}});
    QCOMPARE(std::get<std::string>(params.at("folder")), root_.toStdString() + "/a b");
  }

  void names_are_escaped_reversibly() {
    for (const std::string& raw :
         {std::string("a\x1b[31mb\x07\n"), std::string("\xff\xfe"), std::string("back\\x41slash"),
          std::string("\\\\x5C"), std::string("\xc2\x9b"), std::string("\xe2\x80\xae"), std::string("Blüte 花.jpg")}) {
      const std::string shown = escape_name(raw);
      QCOMPARE(unescape_name(shown), raw);
      QCOMPARE(plain_line(shown), shown);
      for (const char c : shown) QVERIFY(static_cast<unsigned char>(c) >= 0x20);
    }
    QCOMPARE(escape_name("caf\xe9"), std::string("caf\\xE9"));
    QCOMPARE(escape_name("Blüte 花\\x.jpg"), std::string("Blüte 花\\x.jpg"));
    QCOMPARE(Error{.reason = "a\x1b]0;title\x07 b\r\nc"}.line(), std::string("a\\x1B]0;title\\x07 b  c"));
  }

  /// A machine that cannot look at a folder or a link has not found an end of the data.
  void a_folder_that_cannot_be_looked_at_is_the_machines_fault() {
    write_all({"/a/1.jpg", "/a/deep/2.jpg", "/b/1.jpg"});
    write_all({"/elsewhere/3.jpg"});
    QVERIFY(QFile::link(root_ + "/elsewhere", root_ + "/b/linked"));
    QStringList whole;
    {
      const auto source = open(root_);
      QVERIFY(source);
      whole = listing(**source);
    }
    for (const char* name : {"deep", "linked"}) {
      const FaultyFiles faulty(FaultyFiles::Call::LookAt, EIO, 1, name);
      const auto refused = open(root_);
      QVERIFY2(!refused, name);
      QCOMPARE(refused.error().code, ErrorCode::Failed);
      QVERIFY2(line(refused.error()).contains(name) && line(refused.error()).contains("the disk reports an error"),
               qPrintable(line(refused.error())));
      QCOMPARE(faulty.left(), 0);
      const auto again = open(root_);
      QVERIFY(again);
      QCOMPARE(listing(**again), whole);
    }
    const FaultyFiles gone(FaultyFiles::Call::LookAt, ENOENT, 1, "deep");  // taken away while we look
    QVERIFY(open(root_));
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

FEEDLINE_TEST(TestImageFolder)

}  // namespace test_image_folder

#include "test_image_folder.moc"
