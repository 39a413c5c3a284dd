// SPDX-License-Identifier: GPL-3.0-or-later
// Sources of texts: lines, folders and generated ones, in encodings and forms that people have.
#include "nodes/source/text_grammar.h"
#include "schema/registry.h"
#include "schema/shared_files.h"
#include "schema/source_report.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <set>

namespace test_text_sources {

using namespace feedline;
using namespace feedline::test;

class TestTextSources : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { folder_ = std::make_unique<QTemporaryDir>(); }

  void lines_have_a_label_in_front_or_behind() {
    const auto first = lines("ham\tI am\there\nspam\tBuy\n");
    QCOMPARE(first->outputs()[1].class_names, (std::vector<std::string>{"ham", "spam"}));
    QCOMPARE(bytes(*first, 0), std::string("I am\there"));
    const auto last = lines("I am\there\tham\r\nBuy\tspam", {{"label", std::string("last")}});
    QCOMPARE(last->outputs()[1].class_names, (std::vector<std::string>{"ham", "spam"}));
    QCOMPARE(bytes(*last, 0), std::string("I am\there"));
    QCOMPARE(read_record(*last, 1).label, std::int64_t{1});
    const auto* files = dynamic_cast<const SharedFiles*>(last.get());
    QVERIFY(files != nullptr && files->files() == std::vector{path().toStdString()});
  }

  /// Texts in the place of classes are not kept in memory: they are bad records, one by one.
  void what_is_too_long_is_no_class() {
    const auto source = lines("ham\tHi\n" + QByteArray(2000, 'x') + "\tlong\nspam\tBuy\n");
    QCOMPARE(source->outputs()[1].class_names, (std::vector<std::string>{"ham", "spam"}));
    QCOMPARE(source->size(), std::uint64_t{3});
    const Record record = read_record(*source, 1);
    QVERIFY(!record.ok);
    QCOMPARE(record.error.code, ErrorCode::BadRecord);
    QVERIFY(record.error.reason.find("no label") != std::string::npos);
    QVERIFY(read_record(*source, 2).ok);
  }

  void a_header_is_no_record() {
    QByteArray text = "Label\tSMS\n";
    for (int i = 0; i < 12; ++i) text += i % 3 == 0 ? "spam\tBuy\n" : "ham\tHi\n";
    const auto without = lines(text);
    QCOMPARE(without->size(), std::uint64_t{12});
    QCOMPARE(without->outputs()[1].class_names, (std::vector<std::string>{"ham", "spam"}));
    QCOMPARE(report_of(*without)->class_counts, (std::vector<std::uint64_t>{8, 4}));
    QCOMPARE(read_record(*without, 0).label, std::int64_t{1});
    QCOMPARE(lines(text, {{"header", std::string("no")}})->size(), std::uint64_t{13});
    QCOMPARE(lines("ham\tHi\nspam\tBuy\n")->size(), std::uint64_t{2});  // too few lines to tell
    QCOMPARE(lines("ham\tHi\nspam\tBuy\n", {{"header", std::string("yes")}})->size(), std::uint64_t{1});
    text += "rare\tonce\n";  // another class that is met once: classes can be rare here
    QCOMPARE(lines(text)->size(), std::uint64_t{14});
  }

  void encodings_become_utf_8_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("encoding");
    const QString text = QStringLiteral("a\tCaf\u00E9 costs \u00A32\nb\tna\u00EFve r\u00E9sum\u00E9\na\tplain\n");
    QByteArray wide("\xFF\xFE", 2);
    for (const QChar c : text) {
      wide += static_cast<char>(c.unicode() & 0xFF);
      wide += static_cast<char>(c.unicode() >> 8);
    }
    QTest::newRow("utf-8") << text.toUtf8() << "auto";
    QTest::newRow("utf-8 with a mark") << QByteArray("\xEF\xBB\xBF") + text.toUtf8() << "auto";
    QTest::newRow("latin-1 by name") << text.toLatin1() << "ISO-8859-1";
    QTest::newRow("windows-1252 by name") << text.toLatin1() << "windows-1252";
    QTest::newRow("utf-16 by its mark") << wide << "auto";
    QTest::newRow("utf-16 by name") << wide.mid(2) << "UTF-16LE";
  }
  void encodings_become_utf_8() {
    QFETCH(QByteArray, file);
    QFETCH(QString, encoding);
    const auto source = lines(file, {{"encoding", encoding.toStdString()}});
    QCOMPARE(source->size(), std::uint64_t{3});
    QCOMPARE(source->outputs()[1].class_names, (std::vector<std::string>{"a", "b"}));
    QCOMPARE(bytes(*source, 0), std::string("Caf\u00E9 costs \u00A32"));
    QCOMPARE(bytes(*source, 1), std::string("na\u00EFve r\u00E9sum\u00E9"));
    QVERIFY(source->locate(0).find("lines.tsv#0") != std::string::npos);  // the user's file, not the copy
  }

  void faults_of_lines_are_told() {
    QCOMPARE(refusal("no tab\nin any line\n").parameter, std::string("file"));
    QVERIFY(refusal("no tab\nin any line\n").remedy.find("tab") != std::string::npos);
    QVERIFY(!refusal("").reason.empty());
    const Error endless = refusal("a\tb\n" + QByteArray(17 << 20, 'x'));
    QVERIFY2(endless.reason.find("16 MiB") != std::string::npos, endless.line().c_str());
    QCOMPARE(refusal("a\tb\n", {{"encoding", std::string("klingon")}}).parameter, std::string("encoding"));
    QVERIFY(!refusal(QByteArray("a\tb\n\0\0\0\0", 8)).reason.empty());
    const auto source = lines("a\tb\nno label\n");
    QVERIFY(read_record(*source, 0).ok);
    const Record bad = read_record(*source, 1);
    QVERIFY(!bad.ok && bad.error.code == ErrorCode::BadRecord && !bad.error.remedy.empty());
  }

  /// The places of lines in a file that somebody saves anew are those of other texts.
  void a_change_is_noticed() {
    const QByteArray text = QByteArray("ham\tI am here\nspam\tBuy\n").repeated(100);
    const auto source = lines(text);
    QVERIFY(read_record(*source, 1).ok);
    QFile file(path());
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.write("spam\tBuy mo\nha\n") > 0 && file.resize(text.size() + 1));
    file.close();
    int told = 0;
    for (std::uint64_t i = 0; i < source->size(); ++i) {
      const Record record = read_record(*source, i);
      if (record.ok) continue;
      QCOMPARE(record.error.code, ErrorCode::BadRecord);
      QVERIFY2(record.error.reason.find("has changed") != std::string::npos, record.error.line().c_str());
      ++told;
    }
    QVERIFY2(told >= 3, std::to_string(told).c_str());
  }

  void real_messages() {
    const QString file = shared_data("/text/sms-spam/SMSSpamCollection");
    if (!QFileInfo::exists(file)) QSKIP("text/sms-spam is not here");
    const auto source = opened("text_lines", {{"file", file.toStdString()}});
    QCOMPARE(source->outputs()[1].class_names, (std::vector<std::string>{"ham", "spam"}));
    QVERIFY(source->size() > 5000);
    const auto& counts = report_of(*source)->class_counts;
    QCOMPARE(counts[0] + counts[1], source->size());
    QVERIFY(counts[0] > 4000 && counts[1] > 600);
    for (std::uint64_t i = 0; i < source->size(); i += 97) QVERIFY(read_record(*source, i).ok);
  }

  void a_folder_of_texts() {
    put("reviews/good/1.txt", "Fine.\n");
    put("reviews/good/deep/2.md", "Na\u00EFve.");
    put("reviews/bad/3", QByteArray("Le caf\xE9 est ferm\xE9, nous sommes tr\xE8s d\xE9sol\xE9s de ne pas avoir "
                                    "\xE9t\xE9 servis dans cette rue."));
    put("reviews/bad/4.txt", QByteArray("\xFF\xFEN\0o\0", 6));
    put("reviews/bad/5.txt", QByteArray("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16));
    put("reviews/bad/6.jpg", "none of them");
    const auto source = opened("text_folder", {{"folder", folder_->filePath("reviews").toStdString()}});
    QCOMPARE(source->outputs()[1].class_names, (std::vector<std::string>{"bad", "good"}));
    QCOMPARE(source->size(), std::uint64_t{5});
    std::set<std::string> texts;
    int bad = 0;
    for (std::uint64_t i = 0; i < source->size(); ++i) {
      const Record record = read_record(*source, i);
      if (record.ok) {
        texts.insert(bytes(*source, i));
      } else {
        ++bad;
        QVERIFY(record.error.code == ErrorCode::BadRecord);
        QVERIFY(record.error.file.find("5.txt") != std::string::npos);
      }
    }
    QCOMPARE(bad, 1);
    QVERIFY(texts.contains("Fine.\n") && texts.contains("Na\u00EFve.") && texts.contains("No"));
    QVERIFY(
        texts.contains("Le caf\u00E9 est ferm\u00E9, nous sommes tr\u00E8s d\u00E9sol\u00E9s de ne pas avoir "
                       "\u00E9t\u00E9 servis dans cette rue."));
    QCOMPARE(report_of(*source)->ignored.size(), std::size_t{1});

    put("pictures/cats/1.jpg", "x");
    const auto none = open_source("text_folder", {{"folder", folder_->filePath("pictures").toStdString()}}, cache());
    QVERIFY(!none && none.error().parameter == "folder");
    QVERIFY2(none.error().reason.find("no texts") != std::string::npos, none.error().reason.c_str());
  }

  void generated_texts_are_the_same_again() {
    const ParamMap params = {{"count", std::int64_t{200}}, {"classes", std::int64_t{5}}};
    const auto first = opened("generated_texts", params);
    QCOMPARE(first->size(), std::uint64_t{200});
    QCOMPARE(first->outputs()[1].class_names.size(), std::size_t{5});
    std::vector<std::string> texts;
    for (std::uint64_t i = 0; i < 200; ++i) {
      texts.push_back(bytes(*first, i));
      QVERIFY(texts.back().size() > 20 && texts.back().find('\n') == std::string::npos);
      QCOMPARE(read_record(*first, i).label, static_cast<std::int64_t>(i % 5));
    }
    QVERIFY(QFileInfo(QString::fromStdString(first->locate(0)).section('#', 0, 0)).isFile());
    QVERIFY(QDir(cache()).removeRecursively());
    const auto again = opened("generated_texts", params);
    for (std::uint64_t i = 0; i < 200; ++i) QCOMPARE(bytes(*again, i), texts[i]);
    ParamMap other = params;
    other["seed"] = std::int64_t{2};
    QVERIFY(bytes(*opened("generated_texts", other), 0) != texts[0]);
    for (std::size_t i = 1; i < kTopicCount; ++i) QVERIFY(topic_name(i - 1) < topic_name(i));  // as classes are counted
  }

 private:
  [[nodiscard]] QString path() const { return folder_->filePath("lines.tsv"); }
  [[nodiscard]] QString cache() const { return folder_->filePath("cache"); }
  void put(const QString& name, const QByteArray& content) const {
    const QString file = folder_->filePath(name);
    QVERIFY(QDir().mkpath(QFileInfo(file).path()));
    write_file(file, content);
  }
  [[nodiscard]] std::unique_ptr<Source> opened(const std::string& type, const ParamMap& params) const {
    auto source = open_source(type, params, cache());
    if (!source) qFatal("%s", source.error().line().c_str());
    return std::move(*source);
  }
  [[nodiscard]] std::unique_ptr<Source> lines(const QByteArray& content, ParamMap params = {}) const {
    write_file(path(), content);
    params["file"] = path().toStdString();
    return opened("text_lines", params);
  }
  [[nodiscard]] Error refusal(const QByteArray& content, ParamMap params = {}) const {
    write_file(path(), content);
    params["file"] = path().toStdString();
    const auto source = open_source("text_lines", params, cache());
    return source ? Error{} : source.error();
  }
  [[nodiscard]] static std::string bytes(const Source& source, std::uint64_t index) {
    Datum text;
    const std::vector<Datum*> out = {&text, nullptr};
    if (!source.read(index, out)) return "bad record";
    return {text.as<char>(), text.bytes()};
  }

  std::unique_ptr<QTemporaryDir> folder_{};
};

FEEDLINE_TEST(TestTextSources)

}  // namespace test_text_sources

#include "test_text_sources.moc"
