// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/cell_value.h"
#include "schema/several_labels.h"
#include "schema/source_report.h"
#include "support/fixtures.h"
#include "support/table_rows.h"
#include "support/test_program.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <vector>

namespace test_table_labels {

using namespace feedline;
using namespace feedline::test;

namespace {

QByteArray many_labels(int count) {
  QByteArray bytes = "a,y\n";
  for (int i = 0; i < count; ++i) bytes += QByteArray::number(i) + ",name" + QByteArray::number(i) + "\n";
  return bytes;
}

}  // namespace

/// What a table's label may be.
class TestTableLabels : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int number_ = 0;

  Result<std::unique_ptr<Source>> open(const QByteArray& bytes, ParamMap params = {}) {
    const QString path = folder_.filePath(QString("table%1.csv").arg(++number_));
    write_file(path, bytes);
    params["file"] = path.toStdString();
    return open_source("csv", params, folder_.filePath("cache"));
  }

 private Q_SLOTS:
  /// The table can be looked at, but no run may learn from it.
  void labels_that_teach_nothing_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<QString>("reason");
    QTest::addColumn<QString>("remedy");
    QTest::newRow("one value") << QByteArray("a,y\n1,p\n2,p\n") << QByteArray("auto") << "'p' in every row"
                               << "Choose another column";
    QTest::newRow("no value") << QByteArray("a,y\n1,?\n2,NA\n") << QByteArray("auto") << "empty in every row"
                              << "Choose another column";
    QTest::newRow("too many") << many_labels(10'001) << QByteArray("auto") << "more than 10,000"
                              << "Choose another column";
    QTest::newRow("far too many") << many_labels(60'000) << QByteArray("class") << "more than 10,000"
                                  << "Choose another column";
    QTest::newRow("too many numbers") << many_labels(10'001).replace("name", "1") << QByteArray("class")
                                      << "more than 10,000"
                                      << "label_kind to number";
    QTest::newRow("too long") << QByteArray("a,y\n1," + QByteArray(2000, 'p') + "\n2," + QByteArray(2000, 'q') +
                                            "\n3,r\n")
                              << QByteArray("auto") << "more than 1,024 bytes"
                              << "Choose another column";
    QTest::newRow("no number") << QByteArray("a,y\n1,p\n2,q\n") << QByteArray("number") << "texts such as 'p'"
                               << "label_kind to class";
  }
  void labels_that_teach_nothing() {
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, kind);
    QFETCH(QString, reason);
    QFETCH(QString, remedy);
    const auto source = open(bytes, {{"label_kind", kind.toStdString()}});
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QVERIFY(report_of(**source) != nullptr);
    const Status fine = usable(**source);
    QVERIFY(!fine);
    const QString told = line(fine.error());
    QVERIFY2(told.contains(reason) && told.contains(remedy), qPrintable(told));
    QVERIFY(!fine.error().parameter.empty());
    Datum row;
    const std::vector<Datum*> out = {&row, nullptr};
    QVERIFY((*source)->read(0, out));
  }

  /// One cell that a stray quote has made long is a bad record, and no reason to refuse the table.
  void a_single_long_label_is_a_bad_record() {
    const auto source = open("a,y\n1,p\n2," + QByteArray(2000, 'q') + "\n3,q\n4,p\n");
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QVERIFY(usable(**source));
    QCOMPARE(report_of(**source)->class_names, (std::vector<std::string>{"p", "q"}));
    QVERIFY(table_row(**source, 0).find("p") != std::string::npos);
    QVERIFY(table_row(**source, 1).find("is no class") != std::string::npos);
  }

  void as_many_labels_as_may_be() {
    const auto source = open(many_labels(10'000));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QVERIFY(usable(**source));
    QCOMPARE((*source)->outputs()[1].classes, Dim(10'000));
    QCOMPARE((*source)->outputs()[1].class_names[10], std::string("name10"));
  }

  void classes_are_counted() {
    const auto source = open("a,y\n1,p\n2,p\n3,q\n4,?\n5,p\n");
    QVERIFY(source);
    const SourceReport* report = report_of(**source);
    QVERIFY(report != nullptr);
    QCOMPARE(report->class_names, (std::vector<std::string>{"p", "q"}));
    QCOMPARE(report->class_counts, (std::vector<std::uint64_t>{3, 1}));
    QCOMPARE(report->label_runs, std::uint64_t{3});
  }

  /// A cell names any number of classes; blanks around them, empty ones and repeats do not count.
  void several_labels_are_found_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("separator");
    QTest::newRow("bar") << QByteArray("a,y\n1,p | q\n2,\n3,q|q|\n4,r|p\n") << QByteArray("|");
    QTest::newRow("two signs") << QByteArray("a,y\n1,p;;q\n2,?\n3,q;;q\n4,r;;p\n") << QByteArray(";;");
    QTest::newRow("blanks") << QByteArray("a,y\n1,p  q\n2,NA\n3,q\n4,r p\n") << QByteArray(" ");
  }
  void several_labels_are_found() {
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, separator);
    const auto source =
        open(bytes, {{"label_kind", std::string("labels")}, {"label_separator", separator.toStdString()}});
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QVERIFY(usable(**source));
    const TensorDesc& label = (*source)->outputs()[1];
    QVERIFY(has_several_labels(label));
    QCOMPARE(label.shape, (std::vector<Dim>{3}));
    QCOMPARE(label.class_names, (std::vector<std::string>{"p", "q", "r"}));
    QCOMPARE(report_of(**source)->label_counts, (std::vector<std::uint64_t>{2, 2, 1}));
    QVERIFY(report_of(**source)->class_names.empty());
    const std::vector<std::string> expected = {"p, q", "", "q", "p, r"};
    for (std::uint64_t i = 0; i < 4; ++i) {
      Datum value;
      const std::vector<Datum*> out = {nullptr, &value};
      QVERIFY((*source)->read(i, out));
      QCOMPARE(label_words(label, value.span()), expected[i]);
    }
  }

  void labels_without_end_are_refused() {
    const auto source = open(many_labels(10'001), {{"label_kind", std::string("labels")}});
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    const Status fine = usable(**source);
    QVERIFY(!fine && fine.error().parameter == "label_separator");
  }

  void names_are_in_natural_order() {
    std::vector<std::string> names = {"b", "a10", "a9", "10", "9.5", "-1", "a", "A", "a09", "é"};
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return natural_less(a, b); });
    QCOMPARE(names, (std::vector<std::string>{"-1", "9.5", "10", "A", "a", "a09", "a9", "a10", "b", "é"}));
    for (const std::string& a : names)
      for (const std::string& b : names) QCOMPARE(natural_less(a, b) && natural_less(b, a), false);
  }
};

FEEDLINE_TEST(TestTableLabels)

}  // namespace test_table_labels

#include "test_table_labels.moc"
