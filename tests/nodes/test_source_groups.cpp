// SPDX-License-Identifier: GPL-3.0-or-later
// Records that belong together, of sources that have no columns: a split by group has each group on one side.
#include "nodes/source/text_grammar.h"
#include "plan/record_split.h"
#include "schema/record_keys.h"
#include "support/fixtures.h"
#include "support/test_program.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <map>
#include <set>

namespace test_source_groups {

using namespace feedline;
using namespace feedline::test;

class TestSourceGroups : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { folder_ = std::make_unique<QTemporaryDir>(); }

  void each_group_is_on_one_side_data() {
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("groups");
    QTest::addColumn<int>("count");
    QTest::newRow("idx, a text") << "idx"
                                 << "text" << 24;
    QTest::newRow("idx, bytes") << "idx"
                                << "bytes" << 24;
    QTest::newRow("text_lines, a column") << "text_lines"
                                          << "column" << 24;
    QTest::newRow("text_lines, blocks") << "text_lines"
                                        << "blank_lines" << 24;
    QTest::newRow("text_files, a column") << "text_files"
                                          << "column" << 24;
    QTest::newRow("text_files, blocks") << "text_files"
                                        << "blank_lines" << 48;
    QTest::newRow("generated_texts") << "generated_texts"
                                     << "" << 20;
  }
  void each_group_is_on_one_side() {
    QFETCH(QString, type);
    QFETCH(QString, groups);
    QFETCH(int, count);
    const ParamMap params = data_of(type, groups);
    const auto source = open_source(type.toStdString(), params, cache());
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    const auto* keys = dynamic_cast<const RecordKeys*>(source->get());
    QVERIFY(keys != nullptr);
    LearningSettings settings;
    settings.split_by = "group";
    settings.split_column = type == "generated_texts" ? "author" : "group";
    QCOMPARE(keys->key_names(), std::vector<std::string>{settings.split_column});
    std::vector<std::string> value((*source)->size());
    for (std::uint64_t i = 0; i < value.size(); ++i) {
      Datum label;
      QVERIFY(keys->read_key(i, 0, value[i], &label));
      QCOMPARE(*label.as<std::int64_t>(), read_record(**source, i).label);
    }
    QCOMPARE(std::set<std::string>(value.begin(), value.end()).size(), static_cast<std::size_t>(count));

    settings.validation_split = 0.25;
    settings.folds = 0;
    for (const bool folded : {false, true}) {
      if (folded) settings.folds = 4;
      const auto split = split_records({**source, type.toStdString(), params}, {.settings = settings}, {});
      QVERIFY2(split, split ? "" : split.error().line().c_str());
      std::set<std::string> trains;
      for (std::uint64_t i = 0; i < split->training.count; ++i) trains.insert(value[split->training.record(0, i)]);
      QVERIFY(split->validation.count > 0);
      for (std::uint64_t i = 0; i < split->validation.count; ++i)
        QVERIFY2(!trains.contains(value[split->validation.record(0, i)]), "a group is on both sides");
      QCOMPARE(split->training.count + split->validation.count, (*source)->size());
      const double held = static_cast<double>(split->validation.count) / static_cast<double>((*source)->size());
      QVERIFY2(std::abs(held - 0.25) < 0.12, qPrintable(QString::number(held)));
    }
  }

  void without_groups_it_is_said() {
    const ParamMap params = data_of("text_lines", "none");
    const auto source = open_source("text_lines", params, cache());
    QVERIFY(source);
    LearningSettings settings;
    settings.split_by = "group";
    settings.split_column = "group";
    settings.validation_split = 0.2;
    const auto split = split_records({**source, "text_lines", params}, {.settings = settings}, {});
    QVERIFY(!split);
    QCOMPARE(split.error().parameter, std::string("split_column"));
    QVERIFY(!split.error().remedy.empty());
  }

  void wrong_files_of_groups_are_told_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("reason");
    const QByteArray lines = QByteArray("ann\n").repeated(239);
    QTest::newRow("fewer") << lines << "it has 239 groups for 240 records";
    QTest::newRow("more") << lines + "ann\nann\n"
                          << "it has 241 groups for 240 records";
    QTest::newRow("fewer bytes") << idx_bytes({7}, counting(7)) << "it has 7 groups for 240 records";
    QTest::newRow("pictures") << idx_bytes({240, 2, 2}, counting(960)) << "it has 4 bytes a record";
    QTest::newRow("a gap") << QByteArray("ann\n\n") + lines << "line 2 is empty";
    QTest::newRow("a long name") << lines + QByteArray(2000, 'x') << "line 240 has more than 1024 bytes";
    QTest::newRow("no text") << QByteArray("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16) << "no text";
  }
  void wrong_files_of_groups_are_told() {
    QFETCH(QByteArray, file);
    QFETCH(QString, reason);
    ParamMap params = data_of("idx", "text");
    write_file(path("groups"), file);
    params["groups"] = path("groups").toStdString();
    const auto source = open_source("idx", params, cache());
    QVERIFY(!source);
    QCOMPARE(source.error().parameter, std::string("groups"));
    QVERIFY2(line(source.error()).contains(reason), qPrintable(line(source.error())));
    QVERIFY(!source.error().remedy.empty() && !source.error().file.empty());
  }

  void a_file_of_groups_may_be_packed_and_end_without_a_line_feed() {
    ParamMap params = data_of("idx", "text");
    write_file(path("groups.gz"), gzipped(QByteArray("\xC3\xA9va\r\n").repeated(239) + "bob"));
    params["groups"] = path("groups.gz").toStdString();
    const auto source = open_source("idx", params, cache());
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    std::string value;
    const auto& keys = dynamic_cast<const RecordKeys&>(**source);
    QVERIFY(keys.read_key(238, 0, value, nullptr));
    QCOMPARE(value, std::string("\xC3\xA9va"));
    QVERIFY(keys.read_key(239, 0, value, nullptr));
    QCOMPARE(value, std::string("bob"));
  }

  void lines_without_a_group_are_bad_records() {
    write_file(path("lines.tsv"), "good\tann\tFine.\tIndeed.\nbad\tSlow.\nbad\tbob\tNo.\n");
    ParamMap params = {{"file", path("lines.tsv").toStdString()}, {"groups", std::string("column")}};
    const auto source = open_source("text_lines", params, cache());
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QVERIFY(read_record(**source, 0).bytes.ends_with(": Fine.\tIndeed."));
    const Record bad = read_record(**source, 1);
    QVERIFY(!bad.ok && bad.error.code == ErrorCode::BadRecord && !bad.error.remedy.empty());
    QVERIFY(read_record(**source, 2).bytes.ends_with(": No."));
    write_file(path("lines.tsv"), "ann\tFine.\tgood\nbob\tNo.\tbad\n");
    params["label"] = std::string("last");
    const auto last = open_source("text_lines", params, cache());
    QVERIFY2(last, last ? "" : last.error().line().c_str());
    std::string value;
    QVERIFY(dynamic_cast<const RecordKeys&>(**last).read_key(1, 0, value, nullptr));
    QCOMPARE(value, std::string("bob"));
    QVERIFY(read_record(**last, 1).bytes.ends_with(": No."));
    write_file(path("lines.tsv"), "good\tFine.\nbad\tNo.\n");
    params.erase("label");
    const auto none = open_source("text_lines", params, cache());
    QVERIFY(!none && none.error().parameter == "groups" && !none.error().remedy.empty());
  }

  /// One author: the texts of earlier versions. Several: each knows a topic best, so that it gives the topic away.
  void authors_sign_their_texts() {
    const auto texts = [&](std::int64_t authors) {
      return *open_source("generated_texts", {{"count", std::int64_t{200}}, {"authors", authors}}, cache());
    };
    const auto one = texts(1);
    const auto several = texts(20);
    const auto& keys = dynamic_cast<const RecordKeys&>(*several);
    std::map<std::string, std::map<std::int64_t, int>> topics;
    for (std::uint64_t i = 0; i < 200; ++i) {
      std::string author;
      QVERIFY(keys.read_key(i, 0, author, nullptr));
      const Record text = read_record(*several, i);
      QVERIFY(text.bytes.ends_with(" Yours, " + author + "."));
      const std::string before = read_record(*one, i).bytes;
      QVERIFY(text.bytes.find(before.substr(before.find(": "))) != std::string::npos);
      ++topics[author][text.label];
    }
    int own = 0;
    for (const auto& [author, of] : topics) {
      int most = 0;
      for (const auto& [topic, count] : of) most = std::max(most, count);
      own += most;
    }
    QVERIFY2(own > 120, qPrintable(QString::number(own)));  // by chance about 80 of 200
    std::set<std::string> names;
    for (std::size_t i = 0; i < kMostAuthors; ++i) names.insert(author_name(i));
    QCOMPARE(names.size(), kMostAuthors);
  }

 private:
  [[nodiscard]] QString path(const QString& name) const { return folder_->filePath(name); }
  [[nodiscard]] QString cache() const { return path("cache"); }

  /// 240 records of two classes in 24 groups of ten.
  [[nodiscard]] ParamMap data_of(const QString& type, const QString& groups) const {
    if (type == "generated_texts") return {{"count", std::int64_t{240}}, {"authors", std::int64_t{20}}};
    if (type == "idx") {
      QByteArray labels;
      QByteArray bytes;
      QByteArray names;
      for (int i = 0; i < 240; ++i) {
        labels += static_cast<char>(i % 2);
        bytes += static_cast<char>(i / 10);
        names += "writer " + QByteArray::number(i / 10) + "\n";
      }
      write_file(path("images"), idx_bytes({240, 2, 2}, counting(960)));
      write_file(path("labels"), idx_bytes({240}, labels));
      write_file(path("writers"), groups == "text" ? names : idx_bytes({240}, bytes));
      return {{"images", path("images").toStdString()},
              {"labels", path("labels").toStdString()},
              {"groups", path("writers").toStdString()}};
    }
    QByteArray both;
    QByteArray of_class[2];
    for (int i = 0; i < 240; ++i) {
      const QByteArray author = groups == "column" ? "author " + QByteArray::number(i / 10) + "\t" : QByteArray();
      const QByteArray text = author + "Text number " + QByteArray::number(i) + ".\n";
      const QByteArray gap = groups == "blank_lines" && i % 10 < 2 ? "\r\n\n" : "";
      both += (i % 10 == 0 ? gap : "") + (i % 2 == 0 ? "even\t" : "odd\t") + text;
      of_class[i % 2] += gap + text;
    }
    write_file(path("lines.tsv"), both);
    write_file(path("classes/even.txt"), of_class[0]);
    write_file(path("classes/odd.txt"), of_class[1]);
    if (type == "text_files") return {{"folder", path("classes").toStdString()}, {"groups", groups.toStdString()}};
    return {{"file", path("lines.tsv").toStdString()}, {"groups", groups.toStdString()}};
  }

  std::unique_ptr<QTemporaryDir> folder_{};
};

FEEDLINE_TEST(TestSourceGroups)

}  // namespace test_source_groups

#include "test_source_groups.moc"
