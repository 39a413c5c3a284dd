// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/random.h"
#include "nodes/source/table/csv_dialect.h"
#include "nodes/source/table/csv_survey.h"
#include "nodes/source/table/row_index.h"
#include "support/fixtures.h"
#include "support/table_rows.h"
#include "support/test_program.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace test_row_index {

using namespace feedline;
using namespace feedline::test;

/// A table over several segments of a megabyte, whose borders fall into quoted texts, and what its rows are.
struct Made {
  QByteArray bytes{"id,note,y\n"};
  std::vector<QByteArray> rows{};

  void add(const QByteArray& written, const QByteArray& note) {
    const QByteArray id = QByteArray::number(static_cast<qlonglong>(rows.size()));
    const QByteArray label = rows.size() % 3 == 0 ? "p" : "q";
    bytes += id + ',' + written + ',' + label + '\n';
    rows.push_back(id + '|' + note + " -> " + label);
  }
};

namespace {

Made table_over_segments() {
  Made made;
  Rng rng(1, 1, 1, 1);
  while (made.bytes.size() < (17 << 20)) {  // too large to be mapped
    switch (rng.below(5)) {
      case 0:
        made.add("plain", "plain");
        break;
      case 1:
        made.add("\"say \"\"so\"\", twice\"", "say \"so\", twice");
        break;
      case 2: {
        const QByteArray lines = QByteArray("line, and\n\n").repeated(1 + static_cast<qsizetype>(rng.below(400)));
        made.add('"' + lines + "end\"", lines + "end");
        break;
      }
      case 3:
        made.add("5\" pipe", "5\" pipe");
        made.bytes += "\n";
        break;
      default: {
        const QByteArray text(1 + static_cast<qsizetype>(rng.below(300)), 'x');
        made.add(text, text);
        break;
      }
    }
    // One text that is longer than segments are.
    if (made.rows.size() == 500) {
      const QByteArray lines = QByteArray("a long, long story\n").repeated(150'000);
      made.add('"' + lines + '"', lines);
    }
  }
  return made;
}

struct Opened {
  PlainFile plain{};
  CsvHead head{};
};

Opened open_head(const QString& path) {
  auto plain = open_plain(path.toStdString(), "auto", {});
  if (!plain) qFatal("%s", plain.error().line().c_str());
  auto head = read_head(*plain, {});
  if (!head) qFatal("%s", head.error().line().c_str());
  return {.plain = std::move(*plain), .head = std::move(*head)};
}

RowIndex::Request request_of(const Opened& opened, unsigned threads) {
  return {.plain = opened.plain,
          .dialect = opened.head.dialect,
          .begin = opened.head.begin,
          .line = opened.head.line,
          .row_bytes = opened.head.row_bytes,
          .threads = threads};
}

QByteArray bytes_of(const RowIndex& index) {
  return {reinterpret_cast<const char*>(index.bytes().data()), static_cast<qsizetype>(index.bytes().size())};
}

}  // namespace

/// Where the rows of a large file are.
class TestRowIndex : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  Made made_ = table_over_segments();
  QString file_;

  SourceContext context() const { return {.cache_folder = folder_.filePath("cache").toStdString()}; }

 private Q_SLOTS:
  void initTestCase() {
    file_ = folder_.filePath("large.csv");
    write_file(file_, made_.bytes);
  }

  void any_number_of_threads_gives_the_same_bytes() {
    const Opened opened = open_head(file_);
    QVERIFY(opened.plain.facts.size > 4 << 20);
    const auto one = RowIndex::build(request_of(opened, 1), context());
    QVERIFY2(one, one ? "" : one.error().line().c_str());
    QCOMPARE(one->rows(), static_cast<std::uint64_t>(made_.rows.size()));
    for (const unsigned threads : {2U, 4U, 7U}) {
      const auto more = RowIndex::build(request_of(opened, threads), context());
      QVERIFY(more);
      QVERIFY2(bytes_of(*more) == bytes_of(*one), std::to_string(threads).c_str());
    }
  }

  void so_does_the_look_at_the_columns() {
    const Opened opened = open_head(file_);
    const auto index = RowIndex::build(request_of(opened, 0), context());
    QVERIFY(index);
    const MissingTokens missing({"NA"});
    std::optional<TableSurvey> first;
    for (const unsigned threads : {1U, 3U, 0U}) {
      // Each in a cache folder of its own, so that none is taken from another's.
      const SourceContext own{.cache_folder = folder_.filePath(QString("survey%1").arg(threads)).toStdString()};
      for (int again = 0; again < 2; ++again) {
        const auto survey =
            survey_csv({.plain = opened.plain,
                        .head = opened.head,
                        .index = *index,
                        .missing = missing,
                        .missing_key = "NA",
                        .label = 2,
                        .text = {.descriptor = opened.plain.file.get(), .size = opened.plain.facts.size, .id = 1},
                        .threads = threads},
                       own);
        QVERIFY2(survey, survey ? "" : survey.error().line().c_str());
        if (!first) first = *survey;
        QVERIFY(*survey == *first);
      }
    }
    QCOMPARE(first->rows, static_cast<std::uint64_t>(made_.rows.size()));
    QCOMPARE(first->malformed, std::uint64_t{0});
    QCOMPARE(first->columns[0].numbers, first->rows);
    QCOMPARE(first->columns[1].texts, first->rows);
    QCOMPARE(first->labels.at("p") + first->labels.at("q"), first->rows);
    QCOMPARE(first->label_runs, (first->rows + 2) / 3 + (first->rows + 1) / 3);
  }

  /// In any order, from several threads, by little reads.
  void every_row_is_found() {
    const auto source = open_source("csv", {{"file", file_.toStdString()}}, folder_.filePath("cache"));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), static_cast<std::uint64_t>(made_.rows.size()));
    const Permutation order(made_.rows.size(), 3, 4);
    std::atomic<std::uint64_t> wrong{0};
    const auto compare = [&](std::uint64_t index) {
      if (table_row(**source, index) != made_.rows[static_cast<std::size_t>(index)].toStdString()) ++wrong;
    };
    {
      std::vector<std::jthread> readers;
      for (std::uint64_t t = 0; t < 3; ++t)
        readers.emplace_back([&, t] {
          for (std::uint64_t i = t; i < order.size(); i += 3) compare(t == 0 ? i : order(i));
        });
    }
    QCOMPARE(wrong.load(), std::uint64_t{0});
  }

  void lines_are_counted() {
    const Opened opened = open_head(file_);
    const auto index = RowIndex::build(request_of(opened, 2), context());
    QVERIFY(index);
    for (std::uint64_t row = 0; row < index->rows(); row += 997) {
      const RowPlace place = index->find(row);
      QVERIFY(place.begin < place.end && place.end <= opened.plain.facts.size);
      QCOMPARE(place.line,
               static_cast<std::uint64_t>(made_.bytes.first(static_cast<qsizetype>(place.begin)).count('\n')));
    }
  }

  void it_is_kept() {
    const Opened opened = open_head(file_);
    const auto built = RowIndex::build(request_of(opened, 2), context());
    QVERIFY(built);
    const SourceContext own{.cache_folder = folder_.filePath("kept").toStdString()};
    QStringList files;
    for (int again = 0; again < 2; ++again) {
      const auto index = RowIndex::open(request_of(opened, 2), own);
      QVERIFY(index && bytes_of(*index) == bytes_of(*built));
      files = files_below(folder_.filePath("kept"));
      QCOMPARE(files.size(), 1);
    }
    // A damaged one is made anew.
    const QByteArray kept = read_file(files.front());
    for (const QByteArray& damaged : {kept.left(kept.size() / 2), QByteArray("short"), QByteArray(kept.size(), 'x')}) {
      write_file(files.front(), damaged);
      const auto index = RowIndex::open(request_of(opened, 2), own);
      QVERIFY(index && bytes_of(*index) == bytes_of(*built));
      QVERIFY(read_file(files.front()) == kept);
    }
  }

  /// A folder that cannot be written to costs time only.
  void it_need_not_be_kept() {
    write_file(folder_.filePath("no_folder"), "a file");
    const Opened opened = open_head(file_);
    const auto index =
        RowIndex::open(request_of(opened, 2), {.cache_folder = folder_.filePath("no_folder").toStdString()});
    QVERIFY2(index, index ? "" : index.error().line().c_str());
    QCOMPARE(index->rows(), static_cast<std::uint64_t>(made_.rows.size()));
  }

  /// Everything behind a quote that is not closed is one row; the ones before it are there.
  void a_quote_that_never_closes() {
    QByteArray bytes = "id,note,y\n";
    for (int i = 0; i < 1000; ++i) bytes += QByteArray::number(i) + ",fine,p\n";
    bytes += "1000,\"open,q\n";
    while (bytes.size() < (3 << 20)) bytes += "1,swallowed,p\n";
    const QString path = folder_.filePath("open.csv");
    write_file(path, bytes);
    const Opened opened = open_head(path);
    const auto one = RowIndex::build(request_of(opened, 1), context());
    const auto four = RowIndex::build(request_of(opened, 4), context());
    QVERIFY(one && four && bytes_of(*one) == bytes_of(*four));
    QCOMPARE(one->rows(), std::uint64_t{1001});
  }
};

FEEDLINE_TEST(TestRowIndex)

}  // namespace test_row_index

#include "test_row_index.moc"
