// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/mixed_store.h"
#include "schema/registry.h"
#include "schema/row.h"
#include "schema/source_report.h"
#include "state/source_fingerprint.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <set>

namespace test_image_list {

using namespace feedline;
using namespace feedline::test;

class TestImageList : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int number_ = 0;

  QString path(const QString& name) const { return folder_.filePath(QString("%1/%2").arg(number_).arg(name)); }
  Result<std::unique_ptr<Source>> open(const QString& file, ParamMap params = {}) const {
    params["file"] = file.toStdString();
    return open_source("image_list", Registry::instance().find("image_list")->complete(params), path("cache"));
  }
  /// The bytes of the record's picture, or what is wrong.
  static QByteArray picture_of(const Source& source, std::uint64_t index) {
    Datum picture;
    Datum* const out[] = {&picture, nullptr, nullptr};
    if (const Status done = source.read(index, out); !done) return QByteArray::fromStdString(done.error().line());
    return {picture.as<char>(), static_cast<qsizetype>(picture.bytes())};
  }

 private Q_SLOTS:
  void init() { ++number_; }

  void rows_become_records() {
    for (int i = 1; i <= 4; ++i) write_file(path(QString("img/%1.jpg").arg(i)), jpeg_of(10 + i, 12, 90, 90, 90));
    write_file(path("train.csv"),
               "file;price;kind\nimg/1.jpg;2,5;cup\nimg/2.jpg;3;pot\nimg/3.jpg;4,25;cup\nimg/4.jpg;1;jug\n");
    const auto source = open(path("train.csv"));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), std::uint64_t{4});
    QCOMPARE((*source)->outputs()[2].class_names, (std::vector<std::string>{"cup", "jug", "pot"}));
    QCOMPARE((*source)->outputs()[1].columns.size(), std::size_t{2});
    Datum row;
    Datum label;
    Datum* const out[] = {nullptr, &row, &label};
    QVERIFY((*source)->read(2, out));
    QCOMPARE(label.label(), std::int64_t{0});
    QCOMPARE(RowView(row, 2).text(0).value_or(""), std::string_view("img/3.jpg"));
    QCOMPARE(RowView(row, 2).number(1), 4.25);
    QCOMPARE(picture_of(**source, 3), jpeg_of(14, 12, 90, 90, 90));
  }

  void names_without_endings_in_another_folder() {
    write_file(path("pictures/7.jpg"), jpeg_of(10, 12, 90, 90, 90));
    write_file(path("pictures/8.jpg"), jpeg_of(11, 12, 90, 90, 90));
    write_file(path("train.csv"), "id,price\n7,1.5\n8,2.5\n7,3.5\n");
    const auto unclear = open(path("train.csv"));
    QVERIFY(!unclear);
    QCOMPARE(unclear.error().parameter, std::string("picture"));
    const auto source = open(path("train.csv"), {{"picture", std::string("id")},
                                                 {"ending", std::string(".jpg")},
                                                 {"label_kind", std::string("number")},
                                                 {"folder", path("pictures").toStdString()}});
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QVERIFY((*source)->outputs()[2].classes.size() == 0 && (*source)->outputs()[2].dtype == DType::F32);
    QCOMPARE(picture_of(**source, 1), jpeg_of(11, 12, 90, 90, 90));
    Datum label;
    Datum* const out[] = {nullptr, nullptr, &label};
    QVERIFY((*source)->read(2, out));
    QCOMPARE(*label.as<float>(), 3.5F);
    const auto nowhere = open(path("train.csv"), {{"picture", std::string("id")}, {"folder", std::string("/no/such")}});
    QVERIFY(!nowhere);
    QCOMPARE(nowhere.error().parameter, std::string("folder"));
  }

  void a_picture_that_is_not_there_is_a_bad_record() {
    write_file(path("1.jpg"), jpeg_of(10, 12, 90, 90, 90));
    write_file(path("train.csv"), "file,kind\n1.jpg,a\n2.jpg,b\n,a\n");
    const auto source = open(path("train.csv"));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(picture_of(**source, 0), jpeg_of(10, 12, 90, 90, 90));
    Datum picture;
    Datum* const out[] = {&picture, nullptr, nullptr};
    const Status missing = (*source)->read(1, out);
    QVERIFY(!missing && missing.error().code == ErrorCode::BadRecord);
    QVERIFY2(line(missing.error()).contains("2.jpg"), qPrintable(line(missing.error())));
    const Status unnamed = (*source)->read(2, out);
    QVERIFY(!unnamed && unnamed.error().code == ErrorCode::BadRecord);
    QVERIFY2(line(unnamed.error()).contains("names no picture"), qPrintable(line(unnamed.error())));
  }

  /// What was found out about the records holds while both the pictures and the table stay.
  void the_fingerprint_is_of_table_and_pictures() {
    write_file(path("1.jpg"), jpeg_of(10, 12, 90, 90, 90));
    write_file(path("2.jpg"), jpeg_of(10, 12, 90, 90, 90));
    std::set<std::string> seen;
    const auto look = [&] {
      const auto source = open(path("train.csv"));
      const auto print = source ? source_fingerprint(**source, {}) : Result<std::optional<std::string>>(std::nullopt);
      if (print && *print) seen.insert(**print);
    };
    write_file(path("train.csv"), "file,kind\n1.jpg,a\n2.jpg,b\n");
    look();
    look();
    QCOMPARE(seen.size(), std::size_t{1});
    write_file(path("train.csv"), "file,kind\n1.jpg,a\n2.jpg,bb\n");
    look();
    QCOMPARE(seen.size(), std::size_t{2});
    write_file(path("2.jpg"), jpeg_of(30, 30, 0, 90, 90));
    look();
    QCOMPARE(seen.size(), std::size_t{3});
  }

  /// Neither the picture nor the text tells the kind: each stands in several, in equally many records.
  void generated_records() {
    const SourceContext context{.cache_folder = path("cache").toStdString()};
    const MixedRecipe recipe{.count = 48, .shapes = 4, .topics = 3, .size = 16, .difficulty = 0.3, .seed = 6};
    const auto file = written_records(recipe, context);
    QVERIFY2(file, file ? "" : file.error().line().c_str());
    const QByteArray table = read_file(QString::fromStdString(*file));
    const auto source = open(QString::fromStdString(*file));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), std::uint64_t{48});
    QCOMPARE((*source)->outputs()[2].class_names.size(), std::size_t{12});
    QCOMPARE((*source)->outputs()[1].columns.size(), std::size_t{4});
    QCOMPARE((*source)->outputs()[1].columns[2].type, ColumnType::Number);
    std::array<int, 12> counts{};
    for (std::uint64_t i = 0; i < 48; ++i) {
      Datum picture;
      Datum label;
      Datum* const out[] = {&picture, nullptr, &label};
      QVERIFY((*source)->read(i, out));
      ++counts.at(static_cast<std::size_t>(label.label()));
      QVERIFY(picture.bytes() > 100);
    }
    QCOMPARE(counts, (std::array<int, 12>{4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4}));
    QVERIFY(QFile::remove(QString::fromStdString(*file)));
    QVERIFY(written_records(recipe, context));
    QCOMPARE(read_file(QString::fromStdString(*file)), table);
  }

  void real_list() {
    const QString file = shared_data("/mixed/fashion-products/products.csv");
    if (file.isEmpty() || !QFile::exists(file)) QSKIP("no shared data here");
    const auto source = open(file);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), std::uint64_t{800});
    QCOMPARE((*source)->outputs()[2].class_names.size(), std::size_t{10});
    for (std::uint64_t i = 0; i < 800; i += 97) QVERIFY(picture_of(**source, i).startsWith("\xFF\xD8\xFF"));
  }
};

FEEDLINE_TEST(TestImageList)

}  // namespace test_image_list

#include "test_image_list.moc"
