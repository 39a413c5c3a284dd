// SPDX-License-Identifier: GPL-3.0-or-later
// Text files, one a class, whose lines are the texts: found by places a few KiB apart.
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

#include <atomic>
#include <thread>

namespace test_text_files {

using namespace feedline;
using namespace feedline::test;

class TestTextFiles : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { folder_ = std::make_unique<QTemporaryDir>(); }

  void files_are_classes() {
    put("positive.txt", "Bright.\r\n\r\nTr\xC3\xA8s bien.\nLast one");
    put("negative.txt", "\n\nSlow.\n");
    put("neutral.txt.gz", gzipped("So so.\n"));
    put("README.md", "Three classes.\n");
    put(".hidden", "x\n");
    QVERIFY(QDir(root()).mkpath("more"));
    const auto source = opened();
    QCOMPARE(source->outputs()[1].class_names, (std::vector<std::string>{"negative", "neutral", "positive"}));
    QCOMPARE(texts(*source),
             (std::vector<std::string>{"0 Slow.", "1 So so.", "2 Bright.", "2 Tr\xC3\xA8s bien.", "2 Last one"}));
    QCOMPARE(report_of(*source)->class_counts, (std::vector<std::uint64_t>{1, 1, 3}));
    QCOMPARE(report_of(*source)->ignored.size(), std::size_t{1});
    QVERIFY(source->locate(4).ends_with("positive.txt#2"));
    QCOMPARE(dynamic_cast<const SharedFiles&>(*source).files().size(), std::size_t{3});
    const auto two = opened({{"files", ValueList{std::string("p*"), std::string("neg*")}}});
    QCOMPARE(two->outputs()[1].class_names, (std::vector<std::string>{"negative", "positive"}));
  }

  void classes_are_called_by_what_differs() {
    put("polarity.pos", "Yes.\n");
    put("polarity.neg", "No.\n");
    QCOMPARE(opened()->outputs()[1].class_names, (std::vector<std::string>{"neg", "pos"}));
    put("other.pos", "Yes.\n");
    QCOMPARE(opened()->outputs()[1].class_names,
             (std::vector<std::string>{"other.pos", "polarity.neg", "polarity.pos"}));
  }

  /// Lines of all lengths, empty ones among them, around the places that are kept and the blocks that are read.
  void every_line_is_found_in_any_order() {
    QByteArray file;
    std::vector<std::string> wanted;
    for (int i = 0; i < 6000; ++i) {
      const int length = i % 997 == 0 ? 20'000 : i % 91 == 0 ? 4096 : (i * 37) % 300;
      const QByteArray text = QByteArray::number(i) + QByteArray(length, static_cast<char>('a' + i % 26));
      file += text + (i % 3 == 0 ? "\r\n" : "\n") + (i % 5 == 0 ? "\r\n" : "") + (i % 7 == 0 ? "\n\n" : "");
      wanted.push_back("0 " + text.toStdString());
    }
    QVERIFY(file.size() > 1 << 20);
    put("a.txt", file.chopped(1));
    const auto source = opened();
    QCOMPARE(source->size(), std::uint64_t{6000});
    const auto check = [&](std::uint64_t from, std::uint64_t step) {
      for (std::uint64_t i = 0, at = from; i < 6000; ++i, at = (at + step) % 6000)
        if (text_of(*source, at) != wanted[at]) return false;
      return true;
    };
    std::atomic<bool> same{true};
    {
      std::vector<std::jthread> threads;
      for (const std::uint64_t step : {1U, 7U, 5987U})
        threads.emplace_back([&, step] { same = check(step, step) && same; });
    }
    QVERIFY(same);
  }

  void other_encodings_become_utf_8() {
    put("fr.txt", QByteArray("Le caf\xE9 est ferm\xE9, nous sommes tr\xE8s d\xE9sol\xE9s de ne pas avoir \xE9t\xE9 "
                             "servis dans cette rue.\n"));
    put("en.txt", QByteArray("\xFF\xFEN\0o\0\n\0", 8));
    QCOMPARE(texts(*opened()),
             (std::vector<std::string>{"0 No",
                                       "1 Le caf\u00E9 est ferm\u00E9, nous sommes tr\u00E8s d\u00E9sol\u00E9s de ne "
                                       "pas avoir \u00E9t\u00E9 servis dans cette rue."}));
  }

  void faults_are_told() {
    QVERIFY(QDir().mkpath(root()));
    QCOMPARE(refusal().parameter, std::string("folder"));
    put("a/1.txt", "x\n");
    QVERIFY2(refusal().remedy.find("text_folder") != std::string::npos, refusal().line().c_str());
    put("a.txt", "x\n");
    put("b.txt", "");
    QVERIFY2(refusal().file.find("b.txt") != std::string::npos, refusal().line().c_str());
    put("b.txt", QByteArray(17 << 20, 'x'));
    QVERIFY2(refusal().reason.find("16 MiB") != std::string::npos, refusal().line().c_str());
    put("b.txt", QByteArray("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16));
    QVERIFY(!refusal().reason.empty());
    put("b.txt", "\n\r\n");
    put("a.txt", "\n");
    QVERIFY2(refusal().reason.find("no lines") != std::string::npos, refusal().line().c_str());
    put("a.txt", "x\n");
    QCOMPARE(opened()->size(), std::uint64_t{1});
    QCOMPARE(refusal({{"encoding", std::string("klingon")}}).parameter, std::string("encoding"));
    QCOMPARE(refusal({{"files", ValueList{std::string("*.csv")}}}).parameter, std::string("folder"));
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = open_source("text_files", {{"folder", root().toStdString()}}, cache(), stop.get_token());
    QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
  }

  void a_change_is_noticed() {
    const QByteArray text = QByteArray("I am here\nBuy\n").repeated(100);
    put("a.txt", text);
    put("b.txt", text);
    const auto source = opened();
    QFile file(root() + "/a.txt");
    QVERIFY(file.open(QIODevice::ReadWrite) && file.resize(40));
    file.close();
    int told = 0;
    for (std::uint64_t i = 0; i < source->size(); ++i) {
      const Record record = read_record(*source, i);
      if (record.ok) continue;
      QCOMPARE(record.error.code, ErrorCode::BadRecord);
      QVERIFY(!record.error.file.empty());
      ++told;
    }
    QVERIFY2(told >= 190 && told <= 200, std::to_string(told).c_str());
  }

  void real_reviews() {
    const QString folder = shared_data("/text/rt-polarity");
    if (!QFileInfo::exists(folder)) QSKIP("text/rt-polarity is not here");
    const auto source = open_source("text_files", {{"folder", folder.toStdString()}}, cache());
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"neg", "pos"}));
    QCOMPARE(report_of(**source)->class_counts, (std::vector<std::uint64_t>{5331, 5331}));
    QCOMPARE(text_of(**source, 0), std::string("0 simplistic , silly and tedious . "));
    for (std::uint64_t i = 0; i < (*source)->size(); i += 97) QVERIFY(text_of(**source, i).size() > 2);
  }

 private:
  [[nodiscard]] QString root() const { return folder_->filePath("texts"); }
  [[nodiscard]] QString cache() const { return folder_->filePath("cache"); }
  void put(const QString& name, const QByteArray& content) const { write_file(root() + '/' + name, content); }
  [[nodiscard]] std::unique_ptr<Source> opened(ParamMap params = {}) const {
    params["folder"] = root().toStdString();
    auto source = open_source("text_files", params, cache());
    if (!source) qFatal("%s", source.error().line().c_str());
    return std::move(*source);
  }
  [[nodiscard]] Error refusal(ParamMap params = {}) const {
    params["folder"] = root().toStdString();
    const auto source = open_source("text_files", params, cache());
    return source ? Error{} : source.error();
  }
  /// Its label, a blank and its text.
  [[nodiscard]] static std::string text_of(const Source& source, std::uint64_t index) {
    Datum text;
    Datum label;
    const std::vector<Datum*> out = {&text, &label};
    if (!source.read(index, out)) return "bad record";
    return std::to_string(*label.as<std::int64_t>()) + " " + std::string(text.as<char>(), text.bytes());
  }
  [[nodiscard]] static std::vector<std::string> texts(const Source& source) {
    std::vector<std::string> all;
    for (std::uint64_t i = 0; i < source.size(); ++i) all.push_back(text_of(source, i));
    return all;
  }

  std::unique_ptr<QTemporaryDir> folder_{};
};

FEEDLINE_TEST(TestTextFiles)

}  // namespace test_text_files

#include "test_text_files.moc"
