// SPDX-License-Identifier: GPL-3.0-or-later
// Archives that libarchive has written, read in place; and ones that somebody has tampered with.
#include "schema/registry.h"
#include "schema/source_report.h"
#include "support/archives.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

namespace test_archive {

using namespace feedline;
using namespace feedline::test;

namespace {

QByteArray picture_of(int number) { return jpeg_of(20 + number, 16, static_cast<std::uint8_t>(40 * number), 90, 120); }

ArchiveContent class_folders() {
  return {{"flowers/", {}},
          {"flowers/README.md", "no picture"},
          {"flowers/roses/1.jpg", picture_of(1)},
          {"flowers/daisy/2.jpg", picture_of(2)},
          {"flowers/daisy/old/3.JPG", picture_of(3)},
          {"flowers/daisy/.DS_Store", "left over"},
          {"__MACOSX/flowers/daisy/._2.jpg", "left over"},
          {"flowers/tulips/4.jpg", picture_of(4)}};
}

ArchiveContent groups(bool named) {
  ArchiveContent content;
  for (int i = 0; i < 6; ++i) {
    const std::string key = "part/" + std::to_string(1000 + i);
    content.emplace_back(key + ".jpg", picture_of(i % 4));
    content.emplace_back(key + ".cls", named ? QByteArray(i % 2 == 0 ? "cat\n" : "ant") : QByteArray::number(i % 3));
    content.emplace_back(key + ".txt", "words of " + QByteArray::number(i));
    content.emplace_back(key + ".json", "{}");
  }
  return content;
}

/// What a record's first output holds behind its shape.
QByteArray bytes_of(const Record& record) {
  return QByteArray::fromStdString(record.bytes.substr(record.bytes.find(": ") + 2));
}

QByteArray number_of(quint32 number) {
  QByteArray bytes(4, '\0');
  qToLittleEndian(number, bytes.data());
  return bytes;
}

}  // namespace

class TestArchive : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int number_ = 0;

  QString path(const QString& name) const { return folder_.filePath(QString("%1-%2").arg(number_).arg(name)); }
  QString cache() const { return folder_.filePath(QString("cache%1").arg(number_)); }
  Result<std::unique_ptr<Source>> open(const QString& file, ParamMap params = {}, std::stop_token stop = {}) const {
    params["file"] = file.toStdString();
    return open_source("archive", Registry::instance().find("archive")->complete(params), cache(), std::move(stop));
  }
  static const SourceReport& report(const Source& source) { return *report_of(source); }

  static void styles() {
    QTest::addColumn<int>("style");
    const auto row = [](const char* name, ArchiveStyle style) { QTest::newRow(name) << static_cast<int>(style); };
    row("ustar", ArchiveStyle::Ustar);
    row("gnu tar", ArchiveStyle::GnuTar);
    row("pax tar", ArchiveStyle::PaxTar);
    row("tar.gz", ArchiveStyle::TarGz);
    row("zip, stored", ArchiveStyle::ZipStored);
    row("zip, deflated", ArchiveStyle::ZipDeflated);
  }

 private Q_SLOTS:
  void init() { ++number_; }

  void class_folders_become_classes_data() { styles(); }
  void class_folders_become_classes() {
    QFETCH(int, style);
    write_archive(path("set"), class_folders(), static_cast<ArchiveStyle>(style));
    for (const bool again : {false, true}) {  // from the archive, then from the index that was kept
      const auto source = open(path("set"));
      QVERIFY2(source, source ? "" : source.error().line().c_str());
      QCOMPARE((*source)->size(), std::uint64_t{4});
      QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"daisy", "roses", "tulips"}));
      const int labels[] = {1, 0, 0, 2};
      for (int i = 0; i < 4; ++i) {
        const Record record = read_record(**source, static_cast<std::uint64_t>(i));
        QVERIFY2(record.ok, qPrintable(line(record.error)));
        QCOMPARE(record.label, std::int64_t{labels[i]});
        QCOMPARE(bytes_of(record), picture_of(i + 1));
      }
      QCOMPARE(QString::fromStdString((*source)->locate(2)), path("set") + "#flowers/daisy/old/3.JPG");
      QCOMPARE(report(**source).class_counts, (std::vector<std::uint64_t>{2, 1, 1}));
      QCOMPARE(report(**source).label_runs, std::uint64_t{3});
      QCOMPARE(report(**source).ignored.size(), std::size_t{1});
      QCOMPARE(report(**source).ignored.front().ending, std::string(".md"));
      QVERIFY(again || !files_below(cache()).isEmpty());
    }
  }

  void one_class_is_the_folder_of_all() {
    write_archive(path("one.tar"), {{"set/daisy/1.jpg", picture_of(1)}, {"set/daisy/old/2.jpg", picture_of(2)}},
                  ArchiveStyle::Ustar);
    const auto source = open(path("one.tar"));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"daisy"}));
  }

  void long_names_are_whole_data() { styles(); }
  void long_names_are_whole() {
    QFETCH(int, style);
    const bool ustar = style == static_cast<int>(ArchiveStyle::Ustar) || style == static_cast<int>(ArchiveStyle::TarGz);
    const std::string folder(ustar ? 80 : 140, 'f');
    const std::string name = "classes/" + folder + "/" + std::string(ustar ? 60 : 120, 'n') + ".jpg";
    write_archive(path("long"), {{name, picture_of(1)}, {"classes/b/1.jpg", picture_of(2)}},
                  static_cast<ArchiveStyle>(style));
    const auto source = open(path("long"));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"b", folder}));
    QVERIFY((*source)->locate(0).ends_with("#" + name));
    QCOMPARE(bytes_of(read_record(**source, 1)), picture_of(2));
  }

  void groups_become_records_data() { styles(); }
  void groups_become_records() {
    QFETCH(int, style);
    for (const bool named : {false, true}) {
      const QString file = path(named ? "named" : "numbered");
      write_archive(file, groups(named), static_cast<ArchiveStyle>(style));
      const auto source = open(file, {{"texts", true}});
      QVERIFY2(source, source ? "" : source.error().line().c_str());
      QCOMPARE((*source)->size(), std::uint64_t{6});
      QCOMPARE((*source)->outputs().size(), std::size_t{3});
      QCOMPARE((*source)->outputs()[1].class_names,
               named ? (std::vector<std::string>{"ant", "cat"}) : (std::vector<std::string>{"0", "1", "2"}));
      for (std::uint64_t i = 0; i < 6; ++i) {
        Datum picture;
        Datum label;
        Datum text;
        Datum* const out[] = {&picture, &label, &text};
        QVERIFY((*source)->read(i, out));
        QCOMPARE(label.label(), static_cast<std::int64_t>(named ? 1 - i % 2 : i % 3));
        QCOMPARE(QByteArray(text.as<char>(), static_cast<qsizetype>(text.bytes())),
                 "words of " + QByteArray::number(i));
        QCOMPARE(QByteArray(picture.as<char>(), static_cast<qsizetype>(picture.bytes())),
                 picture_of(static_cast<int>(i % 4)));
      }
    }
  }

  void a_group_without_a_class_is_a_bad_record() {
    ArchiveContent content = groups(false);
    content.erase(content.begin() + 5);  // 1001.cls
    write_archive(path("gap.tar"), content, ArchiveStyle::Ustar);
    const auto source = open(path("gap.tar"));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QVERIFY(read_record(**source, 0).ok);
    const Record record = read_record(**source, 1);
    QVERIFY(!record.ok);
    QCOMPARE(record.error.code, ErrorCode::BadRecord);
    QVERIFY2(line(record.error).contains(".cls") && line(record.error).contains("1001.jpg"),
             qPrintable(line(record.error)));
  }

  void parts_of_a_data_set_are_refused_until_one_is_chosen() {
    write_archive(path("split.zip"),
                  {{"data/train/a/1.jpg", picture_of(1)},
                   {"data/train/b/2.jpg", picture_of(2)},
                   {"data/test/a/3.jpg", picture_of(3)}},
                  ArchiveStyle::ZipDeflated);
    const auto whole = open(path("split.zip"));
    QVERIFY2(whole, whole ? "" : whole.error().line().c_str());
    QVERIFY(report(**whole).refusal);
    QCOMPARE(report(**whole).refusal->parameter, std::string("inside"));
    QVERIFY(report(**whole).refusal->remedy.find("'data/train'") != std::string::npos);
    QCOMPARE(report(**whole).split->validation, std::string("data/test"));
    const auto part = open(path("split.zip"), {{"inside", std::string("data/train")}});
    QVERIFY2(part, part ? "" : part.error().line().c_str());
    QCOMPARE((*part)->outputs()[1].class_names, (std::vector<std::string>{"a", "b"}));
    QVERIFY(!report(**part).refusal);
    const auto none = open(path("split.zip"), {{"inside", std::string("elsewhere")}});
    QVERIFY(!none);
    QCOMPARE(none.error().parameter, std::string("inside"));
    QVERIFY2(line(none.error()).contains("'data'"), qPrintable(line(none.error())));
  }

  void what_cannot_be_used_is_told_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("reason");
    QTemporaryDir folder;
    const auto archive = [&](const ArchiveContent& content, ArchiveStyle style) {
      write_archive(folder.filePath("it"), content, style);
      return read_file(folder.filePath("it"));
    };
    const QByteArray tar = archive(class_folders(), ArchiveStyle::Ustar);
    const QByteArray zip = archive(class_folders(), ArchiveStyle::ZipDeflated);
    const QByteArray packed = archive(class_folders(), ArchiveStyle::TarGz);
    QTest::newRow("nothing") << QByteArray() << "empty";
    QTest::newRow("text") << QByteArray("This is a text and no archive at all.") << "neither a tar nor a zip";
    QTest::newRow("no pictures") << archive({{"a/1.txt", "x"}}, ArchiveStyle::Ustar) << "no pictures";
    QTest::newRow("no folders") << archive({{"1.jpg", picture_of(1)}}, ArchiveStyle::Ustar) << "no class folder";
    QTest::newRow("tar with ..") << archive({{"../../etc/1.jpg", picture_of(1)}}, ArchiveStyle::Ustar) << "leads out";
    QTest::newRow("zip with ..") << archive({{"a/../../1.jpg", picture_of(1)}}, ArchiveStyle::ZipStored) << "leads out";
    QTest::newRow("tar from the root") << archive({{"/etc/a/1.jpg", picture_of(1)}}, ArchiveStyle::Ustar)
                                       << "leads out";
    QByteArray damaged = tar;
    damaged[512] = static_cast<char>(damaged[512] ^ 0x55);
    QTest::newRow("damaged header") << damaged << "damaged at byte 512";
    QTest::newRow("zip cut") << zip.left(zip.size() / 2) << "truncated";
    QTest::newRow("zip cut in its directory") << zip.left(zip.size() - 30) << "truncated";
    QByteArray torn = zip;
    torn[torn.lastIndexOf("PK\1\2")] = 'X';
    QTest::newRow("zip with a torn directory") << torn << "directory breaks off";
    QTest::newRow("gzip cut") << packed.left(packed.size() - 20) << "truncated";
    QTest::newRow("gzip bomb") << gzipped(QByteArray(200'000'000, '\0')) << "unpacks to more than";
  }
  void what_cannot_be_used_is_told() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, reason);
    write_file(path("bad"), bytes);
    const auto source = open(path("bad"));
    QVERIFY(!source);
    QVERIFY2(line(source.error()).contains(reason), qPrintable(line(source.error())));
    QCOMPARE(QString::fromStdString(source.error().file), path("bad"));
    QVERIFY(!source.error().remedy.empty());
    for (const QString& file : files_below(cache())) QVERIFY2(!file.endsWith(".part"), qPrintable(file));
  }

  void a_truncated_tar_gives_what_is_whole() {
    write_archive(path("cut.tar"), class_folders(), ArchiveStyle::Ustar);
    const QByteArray whole = read_file(path("cut.tar"));
    write_file(path("cut.tar"), whole.left(whole.indexOf("flowers/tulips") + 512 + 100));
    const auto source = open(path("cut.tar"));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), std::uint64_t{4});
    QVERIFY(read_record(**source, 2).ok);
    const Record last = read_record(**source, 3);
    QVERIFY(!last.ok);
    QCOMPARE(last.error.code, ErrorCode::BadRecord);
    QVERIFY2(line(last.error).contains("truncated") && line(last.error).contains("4.jpg"),
             qPrintable(line(last.error)));
  }

  void tampered_members_are_bad_records_data() {
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("reason");
    QTest::newRow("bytes") << "bytes"
                           << "damaged";
    QTest::newRow("checksum") << "checksum"
                              << "checksum";
    QTest::newRow("more than declared") << "smaller"
                                        << "more than it declares";
    QTest::newRow("less than declared") << "larger"
                                        << "less than it declares";
    QTest::newRow("bomb") << "bomb"
                          << "more than its";
    QTest::newRow("huge") << "huge"
                          << "more than one record may have";
    QTest::newRow("encrypted") << "encrypted"
                               << "encrypted";
    QTest::newRow("method") << "method"
                            << "method 12";
    QTest::newRow("no local header") << "local"
                                     << "no header";
  }
  /// Fields of the last entry of the central directory (picture 4), whose numbers are declared there.
  void tampered_members_are_bad_records() {
    QFETCH(QString, change);
    QFETCH(QString, reason);
    QByteArray pixels(60'000, '\0');
    quint32 state = 1;
    for (char& pixel : pixels) pixel = static_cast<char>((state = state * 1103515245 + 12345) >> 28U);  // 4 bits of 8
    write_archive(path("t.zip"), {{"a/1.jpg", picture_of(1)}, {"b/4.jpg", pixels}},
                  change == "bytes" ? ArchiveStyle::ZipStored : ArchiveStyle::ZipDeflated);
    QByteArray zip = read_file(path("t.zip"));
    const qsizetype entry = zip.lastIndexOf("PK\1\2");
    const auto put = [&](qsizetype at, const QByteArray& bytes) { zip.replace(entry + at, bytes.size(), bytes); };
    if (change == "bytes") zip.replace(zip.indexOf("b/4.jpg") + 200, 60, QByteArray(60, '\xA7'));
    if (change == "checksum") put(16, number_of(1234));
    if (change == "smaller") put(24, number_of(59'000));
    if (change == "larger") put(24, number_of(61'000));
    if (change == "bomb") put(24, number_of(200U << 20U));
    if (change == "huge") put(24, number_of(4'000'000'000U));
    if (change == "encrypted") zip[entry + 8] = static_cast<char>(zip[entry + 8] | 1);
    if (change == "method") zip[entry + 10] = 12;
    if (change == "local") zip[zip.lastIndexOf("PK\3\4") + 2] = 'X';
    write_file(path("t.zip"), zip);
    const auto source = open(path("t.zip"));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QVERIFY(read_record(**source, 0).ok);
    const Record record = read_record(**source, 1);
    QVERIFY(!record.ok);
    QCOMPARE(record.error.code, ErrorCode::BadRecord);
    QVERIFY2(line(record.error).contains(reason), qPrintable(line(record.error)));
    QVERIFY2(line(record.error).contains("#b/4.jpg"), qPrintable(line(record.error)));
    QVERIFY(!record.error.remedy.empty());
  }

  void a_kept_index_is_used_and_mistrusted() {
    write_archive(path("kept.tar"), class_folders(), ArchiveStyle::Ustar);
    QVERIFY(open(path("kept.tar")));
    const QStringList kept = files_below(cache());
    QCOMPARE(kept.size(), 1);
    const QByteArray index = read_file(kept.front());
    const QDateTime before = QFileInfo(kept.front()).lastModified();
    QVERIFY(open(path("kept.tar")));
    QCOMPARE(QFileInfo(kept.front()).lastModified(), before);
    QByteArray damaged = index;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
    for (const QByteArray& bad : {index.left(40), QByteArray(), damaged}) {
      write_file(kept.front(), bad);
      const auto source = open(path("kept.tar"));
      QVERIFY2(source, source ? "" : source.error().line().c_str());
      QCOMPARE((*source)->size(), std::uint64_t{4});
      QCOMPARE(read_file(kept.front()), index);  // made anew, byte by byte the same
    }
    write_archive(path("kept.tar"),
                  {{"x/1.jpg", picture_of(1)}, {"y/2.jpg", picture_of(2)}, {"y/3.jpg", picture_of(3)}},
                  ArchiveStyle::Ustar);
    QCOMPARE((*open(path("kept.tar")))->size(), std::uint64_t{3});
  }

  void an_unusable_cache_does_not_matter() {
    write_file(cache(), "a file where the folder should be");
    write_archive(path("set.tar"), class_folders(), ArchiveStyle::Ustar);
    QVERIFY(open(path("set.tar")));
  }

  void stops_when_asked() {
    write_archive(path("set.zip"), class_folders(), ArchiveStyle::ZipStored);
    std::stop_source stop;
    stop.request_stop();
    const auto source = open(path("set.zip"), {}, stop.get_token());
    QVERIFY(!source);
    QCOMPARE(source.error().code, ErrorCode::Cancelled);
  }

  void real_archive() {
    const QString file = shared_data("/cifar10/cifar10-jpeg-imagefolder.tar.gz");
    if (file.isEmpty() || !QFile::exists(file)) QSKIP("no shared data here");
    const auto source = open(file, {{"inside", std::string("test")}});
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), std::uint64_t{10000});
    QCOMPARE((*source)->outputs()[1].class_names.size(), std::size_t{10});
    for (std::uint64_t i = 0; i < 10000; i += 997) {
      const Record record = read_record(**source, i);
      QVERIFY2(record.ok && bytes_of(record).startsWith("\xFF\xD8\xFF"), qPrintable(line(record.error)));
    }
    QFile::remove(files_below(cache() + "/unpacked").value(0));
  }
};

FEEDLINE_TEST(TestArchive)

}  // namespace test_archive

#include "test_archive.moc"
