// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/plain_file.h"
#include "support/fixtures.h"
#include "support/table_rows.h"
#include "support/test_program.h"

#include <QFile>
#include <QStringEncoder>
#include <QTemporaryDir>
#include <QTest>

#include <vector>

namespace test_csv {

using namespace feedline;
using namespace feedline::test;

namespace {

Value texts(std::initializer_list<const char*> items) {
  ValueList list;
  for (const char* item : items) list.emplace_back(std::string(item));
  return list;
}

Value text(const char* value) { return std::string(value); }

QByteArray encoded(const QString& plain, QStringConverter::Encoding encoding, bool mark) {
  QStringEncoder encoder(encoding, mark ? QStringConverter::Flag::WriteBom : QStringConverter::Flag::Default);
  return encoder.encode(plain);
}

/// One way to write a table, and what must come out.
struct Dialect {
  const char* name;
  QByteArray bytes;
  ParamMap params;
  const char* columns;
  const char* rows;
};

const std::vector<Dialect>& dialects() {
  static const std::vector<Dialect> all = {
      {"plain",
       "age,job,income\n39,clerk,low\n50,sales,high\n",
       {},
       "age:number job:text -> high,low",
       "39|clerk -> low\n50|sales -> high\n"},
      {"crlf, no line end at the end",
       "age,job,income\r\n39,clerk,low\r\n50,sales,high",
       {},
       "age:number job:text -> high,low",
       "39|clerk -> low\n50|sales -> high\n"},
      {"old mac",
       "age,job,income\r39,clerk,low\r50,sales,high\r",
       {},
       "age:number job:text -> high,low",
       "39|clerk -> low\n50|sales -> high\n"},
      {"blanks",
       " age , job, income \n 39, clerk , low\n50,\tsales,high\n",
       {},
       "age:number job:text -> high,low",
       "39|clerk -> low\n50|sales -> high\n"},
      {"no header",
       "39,clerk,low\n50,sales,high\n28,sales,low\n",
       {},
       "column_1:number column_2:text -> high,low",
       "39|clerk -> low\n50|sales -> high\n28|sales -> low\n"},
      {"header by order",
       "a,b,c\nd,e,f\nd,x,g\n",
       {{"header", text("no")}},
       "column_1:text column_2:text -> c,f,g",
       "a|b -> c\nd|e -> f\nd|x -> g\n"},
      {"quotes",
       "id,note,y\n1,\"a, \"\"b\"\"\",p\n2,\"two\nlines\",q\n3, \"x\" ,p\n",
       {},
       "id:number note:text -> p,q",
       "1|a, \"b\" -> p\n2|two\nlines -> q\n3|x -> p\n"},
      {"a quote within a cell",
       "id,note,y\n1,5\" pipe,p\n2,it's,q\n",
       {},
       "id:number note:text -> p,q",
       "1|5\" pipe -> p\n2|it's -> q\n"},
      {"escaped quotes",
       "id,note,y\n1,\"a \\\"b\\\" c\",p\n2,\"d\",q\n",
       {},
       "id:number note:text -> p,q",
       "1|a \"b\" c -> p\n2|d -> q\n"},
      {"backslashes before doubled quotes",
       "id,note,y\n1,\"in \\the cave\\\"\". So, it\",p\n2,\"the grid.\\\",q\n3,\"\\\"\"Sven, the\",p\n",
       {},
       "id:number note:text -> p,q",
       "1|in \\the cave\\\". So, it -> p\n2|the grid.\\ -> q\n3|\\\"Sven, the -> p\n"},
      {"escaped quotes at the end",
       "id,note,y\n1,\"5\\\"\",p\n2,\"d\",q\n",
       {},
       "id:number note:text -> p,q",
       "1|5\" -> p\n2|d -> q\n"},
      {"escaped quotes before separators",
       "id,note,y\n1,\"[\\\"a\\\",\\\"b\\\"]\",p\n2,\"{\\\"c\\\":1}\",q\n",
       {},
       "id:number note:text -> p,q",
       "1|[\"a\",\"b\"] -> p\n2|{\"c\":1} -> q\n"},
      {"single quotes", "'a,1','x'\n'b','y'\n'a,1','y'\n", {}, "column_1:text -> x,y", "a,1 -> x\nb -> y\na,1 -> y\n"},
      {"no quotes",
       "id,note,y\n1,\"open,p\n2,x\",q\n",
       {{"quote", text("none")}},
       "id:number note:text -> p,q",
       "1|\"open -> p\n2|x\" -> q\n"},
      {"semicolons and decimal commas",
       "a;b;y\n1,5;-2,25;p\n0,5;1e3;q\n",
       {},
       "a:number b:number -> p,q",
       "1.5|-2.25 -> p\n0.5|1000 -> q\n"},
      {"tabs", "a\tb\ty\n1\tx, y\tp\n2\tz\tq\n", {}, "a:number b:text -> p,q", "1|x, y -> p\n2|z -> q\n"},
      {"bars",
       "when|what|y\n12/31/2009|x 1|p\n01/01/2010|y 2|q\n",
       {},
       "when:text what:text -> p,q",
       "12/31/2009|x 1 -> p\n01/01/2010|y 2 -> q\n"},
      {"colons", "a:b:y\n1:x:p\n2:z:q\n", {}, "a:number b:text -> p,q", "1|x -> p\n2|z -> q\n"},
      {"blanks between", "a b y\n1 x p\n2 z q\n", {}, "a:number b:text -> p,q", "1|x -> p\n2|z -> q\n"},
      {"another separator",
       "a^b^y\n1^x^p\n2^z^q\n",
       {{"separator", text("^")}},
       "a:number b:text -> p,q",
       "1|x -> p\n2|z -> q\n"},
      {"times are no separators",
       "trip,at,y\nA-1,08:00:00,p\nA-2,09:30:00,q\n",
       {},
       "trip:text at:text -> p,q",
       "A-1|08:00:00 -> p\nA-2|09:30:00 -> q\n"},
      {"comments and blank lines",
       "# of 2020\na,y\n\n1,p\n  \n# more\n2,q\n",
       {{"comment", text("#")}},
       "a:number -> p,q",
       "1 -> p\n2 -> q\n"},
      {"lines in front",
       "A table\nof two lines\na,y\n1,p\n2,q\n",
       {{"skip_lines", std::int64_t{2}}},
       "a:number -> p,q",
       "1 -> p\n2 -> q\n"},
      {"a title is passed over",
       "Sales of 2020\na,b,y\n1,2,p\n2,3,q\n",
       {},
       "a:number b:number -> p,q",
       "1|2 -> p\n2|3 -> q\n"},
      {"a title filled up with empty cells",
       "506,,,\nCRIM,ZN,CHAS,MEDV\n0.1,18,0,p\n0.2,0,1,q\n",
       {},
       "CRIM:number ZN:number CHAS:number -> p,q",
       "0.1|18|0 -> p\n0.2|0|1 -> q\n"},
      {"a first row with gaps is no title",
       ",,,p\n2,3,4,q\n5,6,7,p\n",
       {},
       "column_1:number? column_2:number? column_3:number? -> p,q",
       "~|~|~ -> p\n2|3|4 -> q\n5|6|7 -> p\n"},
      {"names of columns that are nearly empty are left out",
       "label,message,,\nham,one,,\nspam,two,,\nham,three,,\nspam,four,,\nham,five,,\nspam,\"six\",so,\n",
       {{"label", text("label")}},
       "message:text column_3:text? column_4:text? -> ham,spam",
       "one|~|~ -> ham\ntwo|~|~ -> spam\nthree|~|~ -> ham\nfour|~|~ -> spam\nfive|~|~ -> ham\nsix|so|~ -> spam\n"},
      {"missing", "a,b,y\n?,x,p\nNA,,q\n3,NA,p\n", {}, "a:number? b:text? -> p,q", "~|x -> p\n~|~ -> q\n3|~ -> p\n"},
      {"other signs for missing",
       "a,b,y\n-9,x,p\n3,none,q\n",
       {{"missing", texts({"-9", "none"})}},
       "a:number? b:text? -> p,q",
       "~|x -> p\n3|~ -> q\n"},
      {"numbers",
       "a,y\n-1.5e-3,p\n+.5,q\n1234567890123456789,p\n007,q\n",
       {},
       "a:number -> p,q",
       "-0.0015 -> p\n0.5 -> q\n1.2345678901234568e+18 -> p\n7 -> q\n"},
      {"no numbers",
       "a,y\n0x10,p\n1e999,q\ninf,p\n1 2,q\n",
       {},
       "a:text -> p,q",
       "0x10 -> p\n1e999 -> q\ninf -> p\n1 2 -> q\n"},
      {"numbers as texts",
       "zip,y\n01234,p\n99999,q\n",
       {{"texts", texts({"zip"})}},
       "zip:text -> p,q",
       "01234 -> p\n99999 -> q\n"},
      {"ignored", "id,a,y\n7,1,p\n8,2,q\n", {{"ignore", texts({"id"})}}, "a:number -> p,q", "1 -> p\n2 -> q\n"},
      {"label in front", "y,a\nq,1\np,2\n", {{"label", text("y")}}, "a:number -> p,q", "1 -> q\n2 -> p\n"},
      {"label by another case",
       "Class,a\nq,1\np,2\n",
       {{"label", text("class")}},
       "a:number -> p,q",
       "1 -> q\n2 -> p\n"},
      {"classes of numbers", "a,y\n1,10\n2,9\n3,10\n", {}, "a:number -> 9,10", "1 -> 10\n2 -> 9\n3 -> 10\n"},
      {"classes in natural order",
       "a,y\n1,no 10\n2,no 9\n3,no 1\n",
       {},
       "a:number -> no 1,no 9,no 10",
       "1 -> no 10\n2 -> no 9\n3 -> no 1\n"},
      {"fractions are numbers", "a,y\n1,10.5\n2,9\n", {}, "a:number -> number", "1 -> 10.5\n2 -> 9\n"},
      {"a number by order",
       "a,y\n1,10\n2,9\n",
       {{"label_kind", text("number")}},
       "a:number -> number",
       "1 -> 10\n2 -> 9\n"},
      {"names",
       "a,a,,y\n1,2,3,p\n4,5,6,q\n",
       {},
       "a:number a_2:number column_3:number -> p,q",
       "1|2|3 -> p\n4|5|6 -> q\n"},
      {"utf-8 with a mark",
       "\xEF\xBB\xBF"
       "a,y\n1,\xC3\xA9\n2,\xC3\xBC\n",
       {},
       "a:number -> é,ü",
       "1 -> é\n2 -> ü\n"},
      {"utf-16 with a mark",
       encoded("a,y\n1,é\n2,ü\n", QStringConverter::Utf16LE, true),
       {},
       "a:number -> é,ü",
       "1 -> é\n2 -> ü\n"},
      {"utf-16 without one",
       encoded("a,y\n1,é\n2,ü\n", QStringConverter::Utf16BE, false),
       {},
       "a:number -> é,ü",
       "1 -> é\n2 -> ü\n"},
      {"utf-32",
       encoded("a,y\n1,é\n2,ü\n", QStringConverter::Utf32LE, true),
       {},
       "a:number -> é,ü",
       "1 -> é\n2 -> ü\n"},
      {"an encoding by name",
       "a,y\n1,\xA4\n2,b\n",
       {{"encoding", text("ISO-8859-15")}},
       "a:number -> b,€",
       "1 -> €\n2 -> b\n"},
      {"latin-1 is found",
       QString::fromUtf8("Stadt,Land\nKöln,Österreich\nMünchen,Südtirol\nGöttingen,Österreich\n").toLatin1(),
       {{"header", text("yes")}},
       "Stadt:text -> Südtirol,Österreich",
       "Köln -> Österreich\nMünchen -> Südtirol\nGöttingen -> Österreich\n"},
      {"gzip", gzipped("a,y\n1,p\n2,q\n"), {}, "a:number -> p,q", "1 -> p\n2 -> q\n"},
      {"gzip of utf-8 with a mark",
       gzipped("\xEF\xBB\xBFname,y\n1,p\n2,q\n"),
       {},
       "name:number -> p,q",
       "1 -> p\n2 -> q\n"},
      {"utf-16 by another name than its mark's",
       encoded("name,y\n1,p\n2,q\n", QStringConverter::Utf16LE, true),
       {{"encoding", text("utf-16le")}},
       "name:number -> p,q",
       "1 -> p\n2 -> q\n"},
      {"gzip of utf-16",
       gzipped(encoded("a,y\n1,é\n2,ü\n", QStringConverter::Utf16LE, true)),
       {},
       "a:number -> é,ü",
       "1 -> é\n2 -> ü\n"},
  };
  return all;
}

struct Refused {
  const char* name;
  QByteArray bytes;
  ParamMap params;
  const char* parameter;
  const char* reason;
};

const std::vector<Refused>& refused() {
  static const std::vector<Refused> all = {
      {"empty", "", {}, "file", "the file is empty"},
      {"a mark alone", "\xEF\xBB\xBF", {}, "file", "no rows"},
      {"blank lines alone", "\n\n \n", {}, "file", "no rows"},
      {"a header alone", "a,b,y\n", {{"header", text("yes")}}, "file", "a header, but no rows"},
      {"one column", "a\n1\n2\n", {}, "file", "one column only"},
      {"zero bytes", QByteArray("a,y\n1,\0\n2,q\n", 13), {}, "file", "zero bytes"},
      {"a zip file", "PK\x03\x04 and so on", {}, "file", "(zip)"},
      {"a damaged gzip file", gzipped("a,y\n1,p\n2,q\n").left(20), {}, "file", "truncated"},
      {"no such encoding", "a,y\n1,p\n", {{"encoding", text("klingon")}}, "encoding", "no encoding 'klingon'"},
      {"no such separator", "a,y\n1,p\n", {{"separator", text("::")}}, "separator", "no single character"},
      {"no such comment", "a,y\n1,p\n", {{"comment", text("//")}}, "comment", "no single character"},
      {"no such label", "a,income\n1,p\n2,q\n", {{"label", text("incom")}}, "label", "no column 'incom'"},
      {"no such column", "a,y\n1,p\n2,q\n", {{"ignore", texts({"b"})}}, "ignore", "no column 'b'"},
      {"the label is ignored", "a,y\n1,p\n2,q\n", {{"ignore", texts({"y"})}}, "ignore", "is the label"},
      {"nothing is left", "a,y\n1,p\n2,q\n", {{"ignore", texts({"a"})}}, "ignore", "no column is left"},
      {"two types", "a,y\n1,p\n2,q\n", {{"numbers", texts({"a"})}, {"texts", texts({"a"})}}, "texts", "in numbers too"},
      {"rows of other lengths", "a,b\n1,2,3\n1,2,3\n4,5,6\n", {{"header", text("yes")}}, "file", "do not fit"},
      {"25 lines of another length",  // more than a title has
       QByteArray("a,b,c,d,e\n").repeated(25) + QByteArray("1,2,3\n").repeated(75),
       {},
       "file",
       "do not fit"},
      {"an endless line", "a,y\n1," + QByteArray(20 << 20, 'x'), {}, "file", "16 MiB"},
      {"an endless packed line", gzipped("a,y\n1," + QByteArray(20 << 20, 'x')), {}, "file", "16 MiB"},
      {"200,000 columns",
       QByteArray(200'000, ',') + "\n" + QByteArray(200'000, ',') + "\n",
       {{"header", text("no")}},
       "file",
       "columns"},
  };
  return all;
}

}  // namespace

class TestCsv : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int number_ = 0;

  QString path() const { return folder_.filePath(QString("table%1.csv").arg(number_)); }
  Result<std::unique_ptr<Source>> open(const QByteArray& bytes, ParamMap params = {}, std::stop_token stop = {}) const {
    write_file(path(), bytes);
    params["file"] = path().toStdString();
    return open_source("csv", params, folder_.filePath("cache"), std::move(stop));
  }

 private Q_SLOTS:
  void init() { ++number_; }

  void reads_data() {
    QTest::addColumn<int>("at");
    for (std::size_t i = 0; i < dialects().size(); ++i) QTest::newRow(dialects()[i].name) << static_cast<int>(i);
  }
  void reads() {
    QFETCH(int, at);
    const Dialect& dialect = dialects()[static_cast<std::size_t>(at)];
    for (int again = 0; again < 2; ++again) {
      const auto source = open(dialect.bytes, dialect.params);
      QVERIFY2(source, source ? "" : source.error().line().c_str());
      QCOMPARE(QString::fromStdString(table_columns(**source)), QString(dialect.columns));
      QCOMPARE(QString::fromStdString(table_rows(**source)), QString(dialect.rows));
    }
  }

  void refuses_data() {
    QTest::addColumn<int>("at");
    for (std::size_t i = 0; i < refused().size(); ++i) QTest::newRow(refused()[i].name) << static_cast<int>(i);
  }
  void refuses() {
    QFETCH(int, at);
    const Refused& table = refused()[static_cast<std::size_t>(at)];
    const auto source = open(table.bytes, table.params);
    QVERIFY(!source);
    QVERIFY2(line(source.error()).contains(table.reason), qPrintable(line(source.error())));
    QCOMPARE(QString::fromStdString(source.error().parameter), QString(table.parameter));
    QCOMPARE(QString::fromStdString(source.error().file), path());
    QVERIFY(!source.error().remedy.empty());
    for (const QString& file : files_below(folder_.filePath("cache")))
      QVERIFY2(!file.endsWith(".part"), qPrintable(file));
  }

  /// However well its rows pack, the disk alone is the limit of an unpacked copy.
  void rows_that_repeat_are_read() {
    const QByteArray row = QByteArray(1000, 'x') + ",p\n";
    constexpr int kRows = 70'000;
    const QByteArray other = QByteArray(1000, 'z') + ",q\n";
    const QByteArray packed = gzipped("a,y\n" + row.repeated(kRows / 2) + other.repeated(kRows / 2));
    QVERIFY(packed.size() * 200 < row.size() * kRows);
    const auto source = open(packed, {{"header", text("yes")}});
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), std::uint64_t{kRows});

    SourceContext context;
    context.cache_folder = folder_.filePath("small").toStdString();
    const auto refused = open_plain(path().toStdString(), "auto", context, std::uint64_t{1} << 20U);
    QVERIFY(!refused);
    QVERIFY2(line(refused.error()).contains("more than 1 MiB"), qPrintable(line(refused.error())));
    QVERIFY(!refused.error().remedy.empty());
    QVERIFY(files_below(folder_.filePath("small")).isEmpty());
  }

  /// The others come, and each bad one says where it is.
  void bad_rows_are_named() {
    QByteArray bytes = "a,b,y\n";
    for (int i = 0; i < 300; ++i) bytes += "1,\"x\ny\",p\n2,z,q\n";  // rows of two lines, and of one
    bytes += "1,2\n";                                                // line 902
    bytes += "1,2,p,4\n";                                            // 903
    bytes += "1,\"a\"b,p\n";                                         // 904
    bytes += "word,b,p\n";                                           // 905
    bytes += "1,\xFF\xC3\xA9\xC3\xBC\xC3\xA9,p\n";                   // 906: most of it is UTF-8
    bytes += "1,b,\n";                                               // 907
    bytes += "3,fine,q\n";                                           // 908
    bytes += "1,\"open,p\n2,c,q\n";                                  // 909
    const auto source = open(bytes);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(table_columns(**source), std::string("a:number b:text -> p,q"));
    QCOMPARE((*source)->size(), std::uint64_t{608});
    const auto told = [&](std::uint64_t index) { return QString::fromStdString(table_row(**source, index)); };
    QCOMPARE(told(599), QString("2|z -> q"));
    const std::vector<std::pair<int, QString>> wanted = {{902, "2 of the table's 3 cells"},
                                                         {903, "more cells"},
                                                         {904, "column 2 'b': something stands between"},
                                                         {905, "column 1 'a': 'word' is no number"},
                                                         {906, "column 2 'b': its text is no UTF-8"},
                                                         {907, "column 3 'y': the label is missing"}};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto& [at, reason] = wanted[i];
      const QString text = told(600 + i);
      QVERIFY2(text.startsWith("! ") && text.contains(reason), qPrintable(text));
      QVERIFY2(text.contains(QString("%1:%2").arg(path()).arg(at)), qPrintable(text));
    }
    QCOMPARE(told(606), QString("3|fine -> q"));
    QVERIFY2(told(607).contains("never closed") && told(607).contains(":909"), qPrintable(told(607)));
    Datum row;
    Datum label;
    const std::vector<Datum*> out = {&row, &label};
    const Status read = (*source)->read(600, out);
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::BadRecord);
    QVERIFY(!read.error().remedy.empty());
  }

  /// One cell in a hundred may be no number without making names of all the others.
  void a_column_of_numbers_bears_some_texts() {
    QByteArray bytes = "a,y\n";
    for (int i = 0; i < 199; ++i) bytes += QByteArray::number(i) + (i % 2 == 0 ? ",p\n" : ",q\n");
    const auto one = open(bytes + "broken,p\n");
    QVERIFY(one);
    QCOMPARE(table_columns(**one), std::string("a:number -> p,q"));
    QVERIFY(table_row(**one, 199).starts_with("! "));
    const auto many = open(bytes + "broken,p\nbroken,p\nbroken,q\n");
    QVERIFY(many);
    QCOMPARE(table_columns(**many), std::string("a:text -> p,q"));
  }

  void many_columns() {
    QByteArray names;
    QByteArray values;
    for (int i = 0; i < 100'000; ++i) {
      names += "c" + QByteArray::number(i) + ",";
      values += QByteArray::number(i) + ",";
    }
    const auto source = open(names + "y\n" + values + "p\n" + values + "q\n");
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->outputs()[0].columns.size(), std::size_t{100'000});
    QVERIFY(table_row(**source, 1).ends_with("|99999 -> q"));
  }

  void a_first_row_that_is_longer_than_the_first_look() {
    const auto source = open("a,note,y\n1,\"" + QByteArray(2'000'000, 'x') + "\nend\",p\n2,short,q\n3,\"" +
                             QByteArray(300'000, 'y') + "\",p\n");
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(table_columns(**source), std::string("a:number note:text -> p,q"));
    QVERIFY(table_row(**source, 0).ends_with("x\nend -> p"));
    QCOMPARE(table_row(**source, 1), std::string("2|short -> q"));
    QVERIFY(table_row(**source, 2).starts_with("3|yyy"));
  }

  /// Each escape must not have the rest of the cell looked through for its quote.
  void a_cell_of_a_million_escapes_is_read_at_once() {
    constexpr int kEscapes = 1 << 20;
    const auto source = open("a,y\n\"say \\\"hi\\\" now\",p\n\"" + QByteArray("\\a").repeated(kEscapes) + "\",q\n",
                             {{"separator", std::string(",")}, {"header", std::string("yes")}});
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(table_row(**source, 0), std::string("say \"hi\" now -> p"));
    QCOMPARE(table_row(**source, 1), std::string(kEscapes, 'a') + " -> q");
  }

  void a_stop_is_obeyed() {
    std::stop_source stop;
    stop.request_stop();
    const auto source = open("a,y\n1,p\n2,q\n", {}, stop.get_token());
    QVERIFY(!source);
    QCOMPARE(source.error().code, ErrorCode::Cancelled);
  }

  void a_change_is_noticed_data() {
    QTest::addColumn<bool>("large");
    QTest::newRow("mapped") << false;
    QTest::newRow("read") << true;
  }
  void a_change_is_noticed() {
    QFETCH(bool, large);
    QByteArray bytes = "a,y\n";
    while (bytes.size() < (large ? 17 << 20 : 10'000)) {
      for (int i = 0; i < 1000; ++i) bytes += "12345,some longer text of the class p\n54321,another class\n";
    }
    const auto source = open(bytes);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(table_row(**source, 1), std::string("54321 -> another class"));
    QFile file(path());
    QVERIFY(file.resize(bytes.size() / 2));
    int told = 0;
    for (std::uint64_t i = 0; i < 200; ++i) {
      const std::string row = table_row(**source, (i * 7919) % (*source)->size());
      if (row.find("the file has ") != std::string::npos) ++told;
    }
    QVERIFY2(told >= 3, std::to_string(told).c_str());
    QVERIFY(file.remove());
  }
};

FEEDLINE_TEST(TestCsv)

}  // namespace test_csv

#include "test_csv.moc"
