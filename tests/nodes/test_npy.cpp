// SPDX-License-Identifier: GPL-3.0-or-later
// Arrays as NumPy writes them (NEP 1), single ones and those of .npz files.
#include "schema/record_keys.h"
#include "schema/registry.h"
#include "schema/source_report.h"
#include "support/archives.h"
#include "support/fixtures.h"
#include "support/test_program.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <cstring>
#include <utility>
#include <vector>

namespace test_npy {

using namespace feedline;
using namespace feedline::test;

namespace {

/// What numpy.save() writes: version 1.0, padded to 64 bytes.
QByteArray npy(const QByteArray& descr, const QByteArray& shape, const QByteArray& data,
               const char* fortran = "False") {
  QByteArray text = "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
  text = text.leftJustified((text.size() + 11 + 63) / 64 * 64 - 11, ' ') + '\n';
  QByteArray file = QByteArray("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(text.size() % 256);
  file += static_cast<char>(text.size() / 256);
  return file + text + data;
}

template <class Number>
QByteArray raw(std::initializer_list<Number> numbers) {
  QByteArray bytes;
  for (const Number number : numbers) bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  return bytes;
}

const QByteArray kPictures = npy("|u1", "(4, 2, 3, 3)", counting(72));
const QByteArray kLabels = npy("<i8", "(4,)", raw<std::int64_t>({1, 0, 2, 1}));

}  // namespace

class TestNpy : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int number_ = 0;

  QString path(const QString& name) const { return folder_.filePath(QString("%1-%2").arg(number_).arg(name)); }
  QString cache() const { return folder_.filePath(QString("cache%1").arg(number_)); }
  Result<std::unique_ptr<Source>> open(const QByteArray& file, const QByteArray& labels, ParamMap params = {}) const {
    write_file(path("x"), file);
    write_file(path("y"), labels);
    return open_files(path("x"), path("y"), std::move(params));
  }
  Result<std::unique_ptr<Source>> open_files(const QString& file, const QString& labels, ParamMap params = {}) const {
    params["file"] = file.toStdString();
    params["labels"] = labels.toStdString();
    return open_source("npy", Registry::instance().find("npy")->complete(params), cache());
  }

 private Q_SLOTS:
  void init() { ++number_; }

  void pictures() {
    const auto source = open(kPictures, kLabels);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), std::uint64_t{4});
    QCOMPARE((*source)->outputs()[0].text(), std::string("u8 2×3×3 HWC"));
    QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"0", "1", "2"}));
    QCOMPARE(report_of(**source)->class_counts, (std::vector<std::uint64_t>{1, 2, 1}));
    const Record record = read_record(**source, 2);
    QCOMPARE(record.label, std::int64_t{2});
    QCOMPARE(record.bytes, "u8 2×3×3 HWC: " + counting(72).mid(36, 18).toStdString());
    QCOMPARE(QString::fromStdString((*source)->locate(2)), path("x") + "#2");
  }

  void shapes_of_pictures_data() {
    QTest::addColumn<QByteArray>("descr");
    QTest::addColumn<QByteArray>("shape");
    QTest::addColumn<QString>("told");
    QTest::newRow("grey") << QByteArray("|u1") << QByteArray("(4, 5, 6)") << "u8 5×6×1 HWC";
    QTest::newRow("one channel behind") << QByteArray("|u1") << QByteArray("(4, 6, 5, 1)") << "u8 6×5×1 HWC";
    QTest::newRow("planes in front") << QByteArray("<f4") << QByteArray("(4, 3, 5, 6)") << "f32 3×5×6 CHW";
    QTest::newRow("Python 2") << QByteArray("|u1") << QByteArray("(4L, 5L, 6L)") << "u8 5×6×1 HWC";
  }
  void shapes_of_pictures() {
    QFETCH(QByteArray, descr);
    QFETCH(QByteArray, shape);
    QFETCH(QString, told);
    const auto source = open(npy(descr, shape, QByteArray(4 * 3 * 5 * 6 * 4, '\1')), kLabels);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(QString::fromStdString((*source)->outputs()[0].text()), told);
    QVERIFY(read_record(**source, 3).ok);
  }

  void features_of_every_type_are_floats_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::newRow("u8") << npy("|u1", "(4, 2)", raw<std::uint8_t>({1, 2, 3, 4, 5, 6, 7, 8}));
    QTest::newRow("i32") << npy("<i4", "(4, 2)", raw<std::int32_t>({1, 2, 3, 4, 5, 6, 7, 8}));
    QTest::newRow("i64") << npy("<i8", "(4, 2)", raw<std::int64_t>({1, 2, 3, 4, 5, 6, 7, 8}));
    QTest::newRow("f16") << npy("<f2", "(4, 2)",
                                raw<std::uint16_t>({0x3C00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700, 0x4800}));
    QTest::newRow("f32") << npy("<f4", "(4, 2)", raw<float>({1, 2, 3, 4, 5, 6, 7, 8}));
    QTest::newRow("f64") << npy("<f8", "(4, 2)", raw<double>({1, 2, 3, 4, 5, 6, 7, 8}));
    QTest::newRow("flattened") << npy("<f8", "(4, 2, 1)", raw<double>({1, 2, 3, 4, 5, 6, 7, 8}));
  }
  void features_of_every_type_are_floats() {
    QFETCH(QByteArray, file);
    const auto source = open(file, kLabels, {{"holds", std::string("features")}});
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->outputs()[0].text(), std::string("f32 2"));
    Datum value;
    Datum* const out[] = {&value, nullptr};
    QVERIFY((*source)->read(2, out));
    QCOMPARE(value.as<float>()[0], 5.0F);
    QCOMPARE(value.as<float>()[1], 6.0F);
  }

  void tokens_stay_what_they_are() {
    const auto source = open(npy("<i4", "(4, 2)", raw<std::int32_t>({1, 2, 3, 4, 5, 6, 7, 8})), kLabels,
                             {{"holds", std::string("tokens")}});
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->outputs()[0].text(), std::string("i32 2"));
  }

  void labels_are_classes_or_numbers() {
    const QByteArray reals = npy("<f8", "(4,)", raw<double>({0.5, -2, 1e3, 4}));
    const auto source = open(kPictures, reals);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    const TensorDesc& desc = (*source)->outputs()[1];
    QVERIFY(desc.dtype == DType::F32 && desc.classes.size() == 0 && desc.class_names.empty());
    Datum label;
    Datum* const out[] = {nullptr, &label};
    QVERIFY((*source)->read(1, out));
    QCOMPARE(*label.as<float>(), -2.0F);
    const auto forced = open(kPictures, reals, {{"label_kind", std::string("class")}});
    QVERIFY(!forced);
    QCOMPARE(forced.error().parameter, std::string("label_kind"));
    const auto column = open(kPictures, npy("|b1", "(4, 1)", raw<std::uint8_t>({0, 1, 1, 0})));
    QVERIFY2(column, column ? "" : column.error().line().c_str());
    QCOMPARE((*column)->outputs()[1].classes.size(), std::int64_t{2});
  }

  void arrays_of_npz_files_data() {
    QTest::addColumn<bool>("packed");
    QTest::newRow("savez") << false;
    QTest::newRow("savez_compressed") << true;
  }
  void arrays_of_npz_files() {
    QFETCH(bool, packed);
    write_archive(
        path("set.npz"),
        {{"y_train.npy", kLabels}, {"x_train.npy", kPictures}, {"other.npy", npy("<f4", "(1,)", raw<float>({1}))}},
        packed ? ArchiveStyle::ZipDeflated : ArchiveStyle::ZipStored);
    for (int again = 0; again < 2; ++again) {
      const auto source = open_files(path("set.npz"), path("set.npz"));
      QVERIFY2(source, source ? "" : source.error().line().c_str());
      const Record record = read_record(**source, 3);
      QCOMPARE(record.label, std::int64_t{1});
      QCOMPARE(record.bytes, "u8 2×3×3 HWC: " + counting(72).right(18).toStdString());
      QCOMPARE(files_below(cache()).size(), packed ? 2 : 0);
    }
    const auto named = open_files(path("set.npz"), path("set.npz"), {{"array", std::string("x_train.npy")}});
    QVERIFY(named);
    const auto unknown = open_files(path("set.npz"), path("set.npz"), {{"array", std::string("z")}});
    QVERIFY(!unknown);
    QCOMPARE(unknown.error().parameter, std::string("array"));
    QVERIFY2(line(unknown.error()).contains("x_train"), qPrintable(line(unknown.error())));
  }

  /// An array beside labels, by which a split tells persons apart.
  void groups_are_values_of_records() {
    const auto values = [](const Source& source) {
      const auto* keys = dynamic_cast<const RecordKeys*>(&source);
      std::vector<std::string> all;
      std::string value;
      for (std::uint64_t i = 0; keys != nullptr && !keys->key_names().empty() && i < source.size(); ++i)
        all.push_back(keys->read_key(i, 0, value, nullptr) ? value : "bad");
      return all;
    };
    write_archive(path("set.npz"),
                  {{"x.npy", kPictures},
                   {"y.npy", kLabels},
                   {"groups.npy", npy("<i8", "(4,)", raw<std::int64_t>({7, 9'007'199'254'740'993, 7, -1}))},
                   {"days.npy", npy("<f8", "(4, 1)", raw<double>({1.5, 2, 2, 0.25}))},
                   {"pairs.npy", npy("|u1", "(4, 2)", raw<std::uint8_t>({1, 1, 1, 1, 2, 2, 2, 2}))},
                   {"few.npy", npy("|u1", "(3,)", raw<std::uint8_t>({1, 1, 2}))}},
                  ArchiveStyle::ZipStored);
    const auto opened = [&](const char* array) {
      return open_files(path("set.npz"), path("set.npz"),
                        {{"groups", path("set.npz").toStdString()}, {"group_array", std::string(array)}});
    };
    auto source = opened("groups");
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(values(**source), (std::vector<std::string>{"7", "9007199254740993", "7", "-1"}));
    source = opened("days");
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(values(**source), (std::vector<std::string>{"1.5", "2", "2", "0.25"}));
    const std::vector<std::pair<const char*, const char*>> wrong = {
        {"pairs", "groups"}, {"few", "groups"}, {"persons", "group_array"}};
    for (const auto& [array, parameter] : wrong) {
      const auto refused = opened(array);
      QVERIFY(!refused);
      QCOMPARE(refused.error().parameter, std::string(parameter));
      QVERIFY(!refused.error().remedy.empty() && !refused.error().file.empty());
    }
    source = open_files(path("set.npz"), path("set.npz"));
    QVERIFY(source && values(**source).empty());
  }

  void damaged_npz_files_are_told() {
    write_archive(path("set.npz"), {{"x.npy", kPictures}, {"y.npy", kLabels}}, ArchiveStyle::ZipDeflated);
    QByteArray zip = read_file(path("set.npz"));
    const qsizetype entry = zip.indexOf("PK\1\2");
    zip[entry + 24] = static_cast<char>(zip[entry + 24] - 1);  // unpacks to more than it declares
    write_file(path("set.npz"), zip);
    const auto source = open_files(path("set.npz"), path("set.npz"));
    QVERIFY(!source);
    QVERIFY2(line(source.error()).contains("than it declares") || line(source.error()).contains("unpacks to more"),
             qPrintable(line(source.error())));
    QVERIFY(source.error().code == ErrorCode::BadInput);
    QVERIFY(files_below(cache()).isEmpty());
  }

  void bad_files_are_named_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("labels");
    QTest::addColumn<QString>("param");
    QTest::addColumn<QString>("reason");
    const auto bad = [](const char* name, const QByteArray& file, const char* reason) {
      QTest::newRow(name) << file << kLabels << "file" << reason;
    };
    bad("empty", "", "no .npy file");
    bad("text", "This is no array at all, just a text", "no .npy file");
    bad("header cut", kPictures.left(40), "ends within its header");
    bad("cut", kPictures.left(kPictures.size() - 1), "truncated");
    bad("big-endian", npy(">f4", "(4, 2, 3)", QByteArray(96, '\0')), "type >f4");
    bad("strings", npy("<U5", "(4,)", QByteArray(80, '\0')), "type <U5");
    bad("objects", npy("|O", "(4,)", QByteArray(80, '\0')), "type |O");
    bad("columns first", npy("|u1", "(4, 2, 3)", QByteArray(24, '\0'), "True"), "Fortran");
    bad("one number", npy("|u1", "()", "x"), "one number");
    bad("no items", npy("|u1", "(0, 2, 3)", ""), "no items");
    bad("absurd", npy("|u1", "(4, 1000000000, 1000000000)", "x"), "more than 4 TiB");
    bad("no shape", npy("|u1", "(4, -2)", "x"), "no shape");
    QTest::newRow("features as pictures") << npy("<f8", "(4, 2)", QByteArray(64, '\0')) << kLabels << "holds"
                                          << "pictures are u8 or f32";
    QTest::newRow("no picture") << npy("<f4", "(4, 9, 9, 9)", QByteArray(4 * 729 * 4, '\0')) << kLabels << "holds"
                                << "no picture";
    QTest::newRow("fewer labels") << kPictures << npy("<i8", "(3,)", raw<std::int64_t>({1, 0, 1})) << "labels"
                                  << "3 labels for 4 records";
    QTest::newRow("pictures as labels") << kPictures << kPictures << "labels"
                                        << "18 numbers a record";
    QTest::newRow("negative") << kPictures << npy("<i8", "(4,)", raw<std::int64_t>({1, 0, -1, 1})) << "label_kind"
                              << "label 2 is -1";
  }
  void bad_files_are_named() {
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, labels);
    QFETCH(QString, param);
    QFETCH(QString, reason);
    const auto source = open(file, labels);
    QVERIFY(!source);
    QCOMPARE(QString::fromStdString(source.error().parameter), param);
    QVERIFY2(line(source.error()).contains(reason), qPrintable(line(source.error())));
    QVERIFY(!source.error().remedy.empty());
  }

  /// A sparse file really has the bytes that its header declares.
  void items_that_no_memory_holds_are_refused() {
    const QByteArray head = npy("|u1", "(1, 300000000)", "");
    write_file(path("x"), head);
    write_file(path("y"), npy("<i8", "(1,)", raw<std::int64_t>({0})));
    QVERIFY(QFile::resize(path("x"), head.size() + 300'000'000));
    const auto source = open_files(path("x"), path("y"), {{"holds", std::string("features")}});
    QVERIFY(!source);
    QVERIFY2(line(source.error()).contains("286 MiB each"), qPrintable(line(source.error())));
    QVERIFY(!source.error().remedy.empty());
  }

  void a_file_that_shrinks_is_a_record_error() {
    const auto source = open(kPictures, kLabels);
    QVERIFY(source);
    QVERIFY(QFile::resize(path("x"), kPictures.size() - 20));
    QVERIFY(read_record(**source, 0).ok);
    const Record record = read_record(**source, 3);
    QVERIFY(!record.ok);
    QCOMPARE(record.error.code, ErrorCode::BadRecord);
    QCOMPARE(QString::fromStdString(record.error.file), path("x") + "#3");
  }
};

FEEDLINE_TEST(TestNpy)

}  // namespace test_npy

#include "test_npy.moc"
