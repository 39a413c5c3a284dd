// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/picture_store.h"
#include "support/fixtures.h"
#include "support/standard_input.h"
#include "support/test_program.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <set>

namespace test_generated_pictures {

using namespace feedline;
using namespace feedline::test;

namespace {

PictureRecipe small_recipe() {
  return {.count = 30, .classes = 5, .quality = 80, .seed = 7, .style = {.size = 40, .difficulty = 0.5}};
}

/// Names and bytes of all files below a folder.
QByteArray hash_of(const QString& folder) {
  QCryptographicHash hash(QCryptographicHash::Sha256);
  for (const QString& file : files_below(folder)) {
    hash.addData(QDir(folder).relativeFilePath(file).toUtf8());
    hash.addData(read_file(file));
  }
  return hash.result().toHex();
}

}  // namespace

class TestGeneratedPictures : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  static Status complete(const QString& folder, const PictureRecipe& recipe, unsigned threads = 1,
                         SourceContext context = {}) {
    return PictureStore(folder.toStdString(), recipe).complete(context, threads);
  }

 private Q_SLOTS:
  void any_number_of_threads_gives_the_same_bytes() {
    std::set<QByteArray> hashes;
    for (const unsigned threads : {1U, 2U, 5U, 16U}) {
      const QString folder = folder_.filePath(QString("threads%1").arg(threads));
      QVERIFY(complete(folder, small_recipe(), threads));
      QCOMPARE(files_below(folder).size(), 31);  // and the marker
      hashes.insert(hash_of(folder));
    }
    QCOMPARE(hashes.size(), std::size_t{1});
  }

  void every_parameter_counts() {
    std::vector<PictureRecipe> recipes(7, small_recipe());
    recipes[1].count = 31;
    recipes[2].classes = 4;
    recipes[3].quality = 81;
    recipes[4].seed = 8;
    recipes[5].style.size = 41;
    recipes[6].style.difficulty = 0.6;
    std::set<std::string> keys;
    std::set<QByteArray> hashes;
    for (const PictureRecipe& recipe : recipes) {
      const QString folder = folder_.filePath("recipe" + QString::fromStdString(recipe.key()));
      QVERIFY(complete(folder, recipe));
      keys.insert(recipe.key());
      hashes.insert(hash_of(folder));
    }
    QCOMPARE(keys.size(), recipes.size());
    QCOMPARE(hashes.size(), recipes.size());
  }

  void a_broken_off_set_is_completed() {
    const QString whole = folder_.filePath("whole");
    const QString broken = folder_.filePath("broken");
    QVERIFY(complete(whole, small_recipe()));
    QVERIFY(complete(broken, small_recipe()));
    QVERIFY(QFile::remove(broken + "/complete"));
    QVERIFY(QFile::remove(broken + "/circle/0000005.jpg"));
    QVERIFY(QFile::resize(broken + "/star/0000002.jpg", 0));
    QVERIFY(QDir(broken + "/ring").removeRecursively());
    QVERIFY(complete(broken, small_recipe(), 2));
    QCOMPARE(hash_of(broken), hash_of(whole));
  }

  void a_complete_set_is_not_touched() {
    const QString folder = folder_.filePath("untouched");
    QVERIFY(complete(folder, small_recipe()));
    QVERIFY(QFile::remove(folder + "/circle/0000005.jpg"));
    QVERIFY(complete(folder, small_recipe()));
    QVERIFY(!QFileInfo::exists(folder + "/circle/0000005.jpg"));
  }

  void stops_in_the_middle_and_goes_on() {
    const QString folder = folder_.filePath("stopped");
    std::stop_source stop;
    int reports = 0;
    SourceContext context;
    context.stop = stop.get_token();
    context.progress = [&](std::string_view what, double fraction) {
      QVERIFY(!what.empty() && fraction >= 0 && fraction <= 1);
      if (++reports == 10) stop.request_stop();
    };
    const auto stopped = complete(folder, small_recipe(), 1, context);
    QVERIFY(!stopped);
    QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
    QCOMPARE(files_below(folder).size(), 10);
    QVERIFY(complete(folder, small_recipe()));
    QCOMPARE(files_below(folder).size(), 31);
    for (const QString& file : files_below(folder)) QVERIFY2(!file.endsWith(".part"), qPrintable(file));
  }

  void an_unusable_folder_is_named() {
    const QString folder = folder_.filePath("taken");
    write_file(folder, "a file where the folder should be");
    const auto made = complete(folder, small_recipe());
    QVERIFY(!made);
    QVERIFY2(line(made.error()).contains("taken") && line(made.error()).contains("FEEDLINE_CACHE"),
             qPrintable(line(made.error())));
  }

  void the_source_reads_what_was_painted() {
    const auto source = open_source(
        "generated_pictures", {{"count", std::int64_t{40}}, {"size", std::int64_t{48}}, {"classes", std::int64_t{4}}},
        folder_.filePath("cache"));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), std::uint64_t{40});
    QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"circle", "triangle", "star", "ring"}));
    std::set<std::string> different;
    for (std::uint64_t i = 0; i < 40; ++i) {
      Datum file;
      Datum label;
      Datum picture;
      const std::vector<Datum*> out = {&file, &label};
      QVERIFY((*source)->read(i, out));
      QCOMPARE(label.label(), static_cast<std::int64_t>(i % 4));
      const QString path = QString::fromStdString((*source)->locate(i));
      QVERIFY2(path.contains("/" + QString::fromStdString((*source)->outputs()[1].class_names[i % 4]) + "/"),
               qPrintable(path));
      QVERIFY(run_node("decode", {}, file, picture));
      QCOMPARE(picture.text(), std::string("u8 48×48×3 HWC"));
      QVERIFY(moments(picture).stddev > 10);
      different.insert(content(file));
    }
    QCOMPARE(different.size(), std::size_t{40});
  }

  void a_vanished_file_is_a_record_error() {
    const auto source = open_source("generated_pictures", {{"count", std::int64_t{4}}, {"size", std::int64_t{16}}},
                                    folder_.filePath("cache2"));
    QVERIFY(source);
    const QString path = QString::fromStdString((*source)->locate(2));
    QVERIFY(QFile::remove(path));
    const Record record = read_record(**source, 2);
    QVERIFY(!record.ok);
    QCOMPARE(record.error.code, ErrorCode::BadRecord);
    QCOMPARE(QString::fromStdString(record.error.file), path);
    QVERIFY(!record.error.remedy.empty());
  }
};

FEEDLINE_TEST(TestGeneratedPictures)

}  // namespace test_generated_pictures

#include "test_generated_pictures.moc"
