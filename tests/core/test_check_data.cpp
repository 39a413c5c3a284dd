// SPDX-License-Identifier: GPL-3.0-or-later

// Looking through all records of a graph's data: what is bad, what is odd, what is kept between checks.

#include "checking/check_data.h"
#include "checking/facts_file.h"
#include "checking/picture_header.h"
#include "engine/label_notices.h"
#include "graph/edit.h"
#include "graph/json.h"
#include "nodes/preprocess/codec/codec.h"
#include "support/encoded_pictures.h"
#include "support/fixtures.h"
#include "support/machine.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <thread>
#include <unistd.h>

namespace test_check_data {

using namespace feedline;
using namespace feedline::test;

class TestCheckData : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  QString root_;

  static Document document(const std::string& json) {
    auto loaded = from_json(json);
    if (!loaded) qFatal("%s", loaded.error().line().c_str());
    return std::move(loaded->document);
  }
  /// Source, decode and what `more` adds.
  Document graph(const std::string& more_nodes = {}, const std::string& more_links = {}) const {
    return document(fmt::format(R"({{"feedline": 1, "nodes": [
      {{"id": "source", "type": "image_folder", "params": {{"folder": "{}"}}, "position": [0, 0]}},
      {{"id": "decode", "type": "decode", "position": [0, 0]}}{}],
      "links": [{{"from": "source.file", "to": "decode.file"}}{}]}})",
                                root_.toStdString(), more_nodes, more_links));
  }
  CheckReport check(const Document& graph, CheckOptions options = {}) const {
    if (options.cache_folder.empty()) options.cache_folder = folder_.filePath("cache").toStdString();
    CheckProgress progress;
    auto report = check_data(graph, options, progress);
    if (!report) qFatal("%s", report.error().line().c_str());
    if (progress.checked != report->checked || progress.bad != report->bad()) qFatal("the progress is not the result");
    return std::move(*report);
  }
  static const DataFinding* find(const CheckReport& report, std::string_view kind) {
    for (const DataFinding& finding : report.findings)
      if (finding.kind == kind) return &finding;
    return nullptr;
  }
  static QString kinds(const CheckReport& report) {
    QStringList all;
    for (const DataFinding& finding : report.findings) all << QString::fromStdString(finding.kind);
    return all.join(' ');
  }
  /// `count` good pictures, no two alike.
  void fill(const QString& name, int count, int side = 24) const {
    for (int i = 0; i < count; ++i) {
      Pixels pixels = waves(side, side);
      pixels.values[0] = static_cast<std::uint8_t>(i);
      pixels.values[1] = static_cast<std::uint8_t>(name.size() * 31 + name.back().unicode());
      write_file(QString("%1/%2/%3.png").arg(root_, name).arg(i, 3, 10, QChar('0')), png_file(pixels));
    }
  }
  /// A trainer that reads `validation` for validation, as much of it as roles need.
  Document trained(const QString& train, const QString& validation, bool shuffle, double split = 0) const {
    const std::string source =
        R"(,{{"id": "{0}", "type": "image_folder", "params": {{"folder": "{1}"}}, "position": [0, 0]}},
      {{"id": "{0}_decode", "type": "decode", "position": [0, 0]}}, {{"id": "{0}_batch", "type": "batch", "position": [0, 0]}})";
    const std::string wires =
        R"({{"from": "{0}.file", "to": "{0}_decode.file"}}, {{"from": "{0}_decode.image", "to": "{0}_batch.image"}},)";
    std::string nodes = fmt::format(fmt::runtime(source), "train", train.toStdString());
    std::string links = fmt::format(fmt::runtime(wires), "train");
    if (!validation.isEmpty()) {
      nodes += fmt::format(fmt::runtime(source), "held", validation.toStdString());
      links +=
          fmt::format(fmt::runtime(wires), "held") +
          R"({"from": "held.label", "to": "held_batch.label"}, {"from": "held_batch.batch", "to": "trainer.validation"},)";
    }
    if (shuffle) nodes += R"(,{"id": "shuffle", "type": "shuffle", "position": [0, 0]})";
    links +=
        shuffle
            ? R"({"from": "train.label", "to": "shuffle.label"}, {"from": "shuffle.label", "to": "train_batch.label"},)"
            : R"({"from": "train.label", "to": "train_batch.label"},)";
    return document(fmt::format(R"({{"feedline": 1, "nodes": [
      {{"id": "trainer", "type": "trainer", "params": {{"validation_split": {}}}, "position": [0, 0]}},
      {{"id": "loss", "type": "cross_entropy", "position": [0, 0]}}{}], "links": [{}
      {{"from": "train_batch.label", "to": "loss.target"}}, {{"from": "loss.loss", "to": "trainer.loss"}}]}})",
                                split, nodes, links));
  }

 private Q_SLOTS:
  void init() {
    static int number = 0;
    root_ = folder_.filePath(QString("data%1").arg(++number));
  }

  void good_data_give_no_finding() {
    fill("a", 30);
    fill("b", 30);
    const CheckReport report = check(graph());
    QVERIFY2(report.findings.empty(), qPrintable(kinds(report)));
    QVERIFY(report.complete && !report.wrong());
    QCOMPARE(report.checked, 60U);
    QCOMPARE(report.sources.size(), std::size_t{1});
    const SourceCheck& source = report.sources.front();
    QCOMPARE(source.classes[1].name, std::string("b"));
    QCOMPARE(source.classes[1].records, 30U);
    QCOMPARE(source.modes, (decltype(source.modes){{"PNG, RGB", 60}}));
    QCOMPARE(source.sizes.size(), std::size_t{1});
    QCOMPARE(source.sizes[0].width, 24U);
    QVERIFY(source.low < 40 && source.high > 200);
  }

  void bad_files_are_those_that_a_run_leaves_out() {
    fill("a", 12);
    fill("b", 12);
    write_file(root_ + "/a/200.jpg", "no picture");
    write_file(root_ + "/a/201.jpg", "");
    QByteArray torn = jpeg_file(waves(64, 64));
    write_file(root_ + "/b/300.jpg", torn.left(torn.size() / 2));
    write_file(root_ + "/b/302.jpg", jpeg_file(waves(640, 480)).chopped(40));  // only the last few pixels are lost
    write_file(root_ + "/b/303.jpg", with_orientation(jpeg_file(waves(640, 480)), 6));
    QVERIFY(QFile::link("/nowhere", root_ + "/b/301.jpg"));
    const CheckReport report = check(graph());
    const SourceCheck& source = report.sources.front();
    QCOMPARE(source.bad.size(), std::size_t{5});
    QStringList told;
    for (const BadRef& bad : source.bad)
      told << QString::fromStdString(source.name_of(bad.record)).mid(root_.size()) + " " +
                  QString::fromStdString(report.faults[bad.fault - 1].node);
    QCOMPARE(told, (QStringList{"/a/200.jpg decode", "/a/201.jpg source", "/b/300.jpg decode", "/b/301.jpg source",
                                "/b/302.jpg decode"}));
    for (const BadRef& bad : source.bad) QVERIFY(!report.faults[bad.fault - 1].reason.empty());
    QCOMPARE(source.classes[0].bad, 2U);
    const DataFinding* finding = find(report, "bad-records");
    QVERIFY(finding != nullptr && finding->count == 5 && finding->level == DataFinding::Level::Warning);
    const QStringList rows = QString::fromStdString(check_csv(report)).split("\r\n", Qt::SkipEmptyParts);
    QCOMPARE(rows.size(), 6);
    bool turned = false;
    for (const SizeCount& size : source.sizes) turned |= size.width == 480 && size.height == 640;
    QVERIFY(turned);
    QVERIFY2(rows[1].startsWith("bad," + root_ + "/a/200.jpg,a,source,12,decode,"), qPrintable(rows[1]));
  }

  void too_many_bad_ones_are_wrong() {
    fill("a", 2);
    fill("b", 2);
    for (int i = 0; i < 30; ++i) write_file(root_ + QString("/a/bad%1.jpg").arg(i), QByteArray("bad") + char(i));
    const CheckReport report = check(trained(root_, {}, true));
    QVERIFY(report.wrong());
    QVERIFY(find(report, "bad-records")->level == DataFinding::Level::Wrong);
  }

  void duplicates_are_found_within_and_across_the_splits() {
    const QString train = root_ + "/train";
    const QString held = root_ + "/held";
    for (const char* name : {"train/a", "train/b", "held/a", "held/b"}) fill(name, 20);
    for (const char* name : {"a", "b"}) {  // nothing of held is in train ...
      for (const QString& file : QDir(held + "/" + name).entryList(QDir::Files)) {
        Pixels pixels = waves(24, 24);
        pixels.values[0] = static_cast<std::uint8_t>(file.left(3).toInt());
        pixels.values[4] = static_cast<std::uint8_t>(100 + *name);
        write_file(held + "/" + name + "/" + file, png_file(pixels));
      }
    }
    QVERIFY(QFile::copy(train + "/a/001.png", held + "/a/900.png"));   // ... but one
    QVERIFY(QFile::copy(train + "/a/002.png", train + "/a/901.png"));  // and one twice
    QVERIFY(QFile::copy(train + "/a/003.png", train + "/b/902.png"));  // and one in two classes
    const CheckReport report = check(trained(train, held, true));
    QCOMPARE(report.duplicates.extra, 3U);
    QCOMPARE(report.duplicates.across, 1U);
    QCOMPARE(report.duplicates.conflicting, 1U);
    QVERIFY(report.duplicates.groups.front().across);
    const DataFinding* across = find(report, "duplicates-across");
    QVERIFY(across != nullptr && across->level == DataFinding::Level::Wrong);  // of 41, over one in a hundred
    QVERIFY2(QString::fromStdString(across->examples.at(0)).contains("train/a/001.png = "),
             across->examples.at(0).c_str());
    QVERIFY(find(report, "conflicting-classes") != nullptr);
    const QString csv = QString::fromStdString(check_csv(report));
    QVERIFY(csv.contains("duplicate-across," + held + "/a/900.png,a,held,"));
    QVERIFY(csv.contains("conflicting-classes," + train + "/b/902.png,b,train,"));
  }

  void a_split_of_one_source_leaks_too() {
    fill("a", 40);
    fill("b", 40);
    for (int i = 0; i < 40; ++i)  // every picture of a twice: some pairs are torn apart
      QVERIFY(
          QFile::copy(root_ + QString("/a/%1.png").arg(i, 3, 10, QChar('0')), root_ + QString("/a/copy%1.png").arg(i)));
    const CheckReport report = check(trained(root_, {}, false, 0.25));
    QVERIFY(report.duplicates.across > 3 && report.duplicates.across < 30);
    QVERIFY(find(report, "class-sorted") == nullptr);  // a split is drawn at random
  }

  void classes_that_a_split_loses_are_told() {
    fill("a", 20);
    fill("b", 20);
    fill("rare", 1);
    CheckReport report = check(trained(root_, {}, true, 0.5));
    const DataFinding* lost = find(report, "lost-class");
    QVERIFY2(lost != nullptr && lost->text.find("1 of the 3 classes") != std::string::npos &&
                 lost->text.find("'rare' (1 record)") != std::string::npos,
             qPrintable(kinds(report)));
    QVERIFY(find(report, "split") == nullptr);
    QCOMPARE(report.sources.front().held_out, 21U);
    report = check(trained(root_, {}, true, 0.001));
    QVERIFY2(report.wrong() && find(report, "split") != nullptr, qPrintable(kinds(report)));
  }

  void classes_that_teach_nothing_are_told() {
    fill("only", 20);
    CheckReport report = check(trained(root_, {}, true));
    QVERIFY(report.wrong() && find(report, "one-class") != nullptr);
    fill("few", 3);
    report = check(trained(root_, {}, true));
    QVERIFY(!report.wrong());
    QVERIFY2(find(report, "small-class") != nullptr &&
                 find(report, "small-class")->text.find("fewer than 10 records: 'few' (3)") != std::string::npos,
             qPrintable(kinds(report)));
    QVERIFY(find(report, "imbalance") == nullptr);
    fill("only", 40);
    report = check(trained(root_, {}, true));
    QVERIFY(find(report, "imbalance") != nullptr);
    // Sorted by class, and nobody shuffles.
    QVERIFY(find(report, "class-sorted") == nullptr);
    report = check(trained(root_, {}, false));
    QVERIFY(report.wrong() && find(report, "class-sorted") != nullptr);
  }

  void labels_are_judged_by_their_counts_data() {
    QTest::addColumn<QList<int>>("records");
    QTest::addColumn<int>("stretches");
    QTest::addColumn<QString>("told");  ///< of: one small imbalance sorted
    QTest::newRow("none") << QList<int>{} << 0 << "";
    QTest::newRow("one class") << QList<int>{50} << 1 << "one";
    QTest::newRow("one class and an empty one") << QList<int>{0, 50} << 1 << "one";
    QTest::newRow("even, mixed") << QList<int>{50, 50} << 40 << "";
    QTest::newRow("even, class by class") << QList<int>{50, 50} << 2 << "sorted";
    QTest::newRow("in two stretches each") << QList<int>{50, 50} << 4 << "sorted";
    QTest::newRow("in more") << QList<int>{50, 50} << 5 << "";
    QTest::newRow("classes of one record are no order") << QList<int>{1, 1, 1, 1} << 4 << "";
    QTest::newRow("10 are enough") << QList<int>{50, 10} << 40 << "";
    QTest::newRow("9 are few") << QList<int>{50, 9} << 40 << "small";
    QTest::newRow("an empty class is not small") << QList<int>{50, 50, 0} << 40 << "";
    QTest::newRow("small as a whole") << QList<int>{9, 9} << 12 << "";
    QTest::newRow("20 in all are not") << QList<int>{9, 11} << 12 << "small";
    QTest::newRow("10 to 1") << QList<int>{200, 20} << 40 << "imbalance";
    QTest::newRow("less") << QList<int>{199, 20} << 40 << "";
    QTest::newRow("all of it") << QList<int>{300, 3, 0} << 2 << "small imbalance sorted";
  }
  void labels_are_judged_by_their_counts() {
    QFETCH(QList<int>, records);
    QFETCH(int, stretches);
    QFETCH(QString, told);
    LabelCounts counts{.stretches = static_cast<std::uint64_t>(stretches)};
    for (const int n : records) {
      counts.names.push_back(std::string(1, static_cast<char>('a' + counts.names.size())));
      counts.records.push_back(static_cast<std::uint64_t>(n));
    }
    QStringList found;
    const auto note = [&](const char* name, const std::optional<Error>& error) {
      if (!error) return;
      QVERIFY(!error->reason.empty() && !error->remedy.empty());
      found << name;
    };
    note("one", one_class(counts));
    note("small", small_classes(counts));
    note("imbalance", imbalance(counts));
    note("sorted", sorted_by_class(counts));
    QCOMPARE(found.join(' '), told);
  }
  void notices_about_labels_name_classes_and_numbers() {
    const LabelCounts counts{.names = {"cats", "dogs", "newts"}, .records = {1200, 9, 4}, .stretches = 3};
    QCOMPARE(QString::fromStdString(small_classes(counts)->reason),
             QString("2 classes have fewer than 10 records: 'dogs' (9), 'newts' (4)"));
    const QString uneven = QString::fromStdString(imbalance(counts)->reason);
    QVERIFY2(uneven.contains("300 to 1") && uneven.contains("'cats' (1,200)") && uneven.contains("'newts' (4)"),
             qPrintable(uneven));
    QVERIFY(one_class({.names = {"cats"}, .records = {5}})->reason.find("'cats'") != std::string::npos);
    QVERIFY(!absent_classes({}, 3));
    QCOMPARE(QString::fromStdString(absent_classes({"dogs", "newts"}, 3)->reason),
             QString("validation has no record of 2 of the 3 classes of training: 'dogs', 'newts'"));
  }

  /// A run that opens the folder a moment later finds it, and so does a check.
  void a_check_waits_for_the_machine() {
    fill("a", 12);
    fill("b", 12);
    CheckOptions options;
    options.cache_folder = folder_.filePath("cache").toStdString();
    CheckProgress progress;
    {
      const FaultyFiles faulty(FaultyFiles::Call::LookAt, EIO, 3);
      const auto report = check_data(graph(), options, progress);
      QVERIFY2(report, report ? "" : report.error().line().c_str());
      QVERIFY(!report->wrong() && report->checked == 24);
    }
    const ShortPatience short_patience(30);
    const FaultyFiles faulty(FaultyFiles::Call::LookAt, EIO, 1'000'000);
    const auto report = check_data(graph(), options, progress);
    QVERIFY(!report);
    QCOMPARE(report.error().code, ErrorCode::Failed);
    QCOMPARE(report.error().node, std::string("source"));
    QVERIFY2(report.error().remedy.find("Check the disk") != std::string::npos, report.error().line().c_str());
  }

  void what_a_source_passes_over_is_told() {
    fill("a", 12);
    fill("b", 12);
    write_file(root_ + "/a/scan.xyz", "x");
    write_file(root_ + "/a/other.xyz", "x");
    write_file(root_ + "/notes/readme.txt", "x");
    const CheckReport report = check(graph());
    QVERIFY2(find(report, "passed-over") != nullptr, qPrintable(kinds(report)));
    std::uint64_t files = 0;
    for (const PassedFiles& passed : report.sources[0].ignored) files += passed.ending == ".xyz" ? passed.count : 0;
    QCOMPARE(files, std::uint64_t{2});
    QVERIFY(QString::fromStdString(check_json(report)).contains("\".xyz\""));
  }

  void validation_with_classes_of_its_own_is_wrong() {
    for (const char* name : {"train/cats", "train/dogs", "held/cats", "held/birds"}) fill(name, 12);
    const CheckReport report = check(trained(root_ + "/train", root_ + "/held", true));
    QVERIFY(report.wrong());
    QVERIFY(find(report, "unknown-class")->text.find("birds") != std::string::npos);
    QVERIFY(find(report, "missing-class")->text.find("1 of the 2 classes of training: 'dogs'") != std::string::npos);
  }

  void odd_values_are_told() {
    fill("a", 12);
    fill("b", 12);
    Pixels dark{.width = 20, .height = 20, .channels = 1, .values = std::vector<std::uint8_t>(400, 3)};
    dark.values[7] = 14;
    write_file(root_ + "/a/dark.png", png_file(dark, 16));
    dark.values[7] = 3;
    write_file(root_ + "/b/blank.png", png_file(dark));
    const CheckReport report = check(graph());
    const DataFinding* narrow = find(report, "narrow-range");
    QVERIFY2(narrow != nullptr && narrow->count == 1, qPrintable(kinds(report)));
    QVERIFY(QString::fromStdString(narrow->examples.at(0)).endsWith("a/dark.png"));
    // A step to each side of what 8 bit can tell, so that nothing is cut off.
    QVERIFY2(narrow->remedy.find("514, 3855") != std::string::npos, narrow->remedy.c_str());
    QVERIFY(find(report, "blank") != nullptr && find(report, "blank")->count == 1);
    bool grey16 = false;
    for (const auto& [mode, count] : report.sources[0].modes) grey16 |= mode == "PNG, grey, 16 bit" && count == 1;
    QVERIFY(grey16);
  }

  void what_would_be_cut_off_or_refused_is_told() {
    fill("a", 12, 40);
    fill("b", 12, 20);
    write_file(root_ + "/a/wide.jpg", jpeg_file(waves(400, 40)));
    CheckReport report =
        check(graph(R"(,{"id": "resize", "type": "resize", "params": {"width": 64, "height": 64}, "position": [0, 0]})",
                    R"(,{"from": "decode.image", "to": "resize.image"})"));
    QVERIFY(find(report, "cut-off") != nullptr);
    QCOMPARE(find(report, "cut-off")->count, 1U);
    QCOMPARE(find(report, "cut-off")->node, std::string("resize"));
    QCOMPARE(find(report, "enlarged")->count, 12U);
    report = check(graph(
        R"(,{"id": "resize", "type": "resize", "params": {"width": 30, "height": 30, "mode": "stretch"}, "position": [0, 0]})",
        R"(,{"from": "decode.image", "to": "resize.image"})"));
    QCOMPARE(find(report, "stretched")->count, 1U);
    // A crop that is larger than the picture: those records never reach a batch.
    report = check(
        graph(R"(,{"id": "crop", "type": "pad_random_crop", "params": {"size": 32, "padding": 0}, "position": [0, 0]})",
              R"(,{"from": "decode.image", "to": "crop.image"})"));
    if (report.sources[0].unchecked) QSKIP("the node needs to know the size before");
    QCOMPARE(report.sources[0].bad.size(), std::size_t{12});
  }

  void sources_that_cannot_be_opened_are_findings() {
    const CheckReport report = check(graph());
    QVERIFY(report.wrong());
    QCOMPARE(report.findings.front().kind, std::string("unreadable-source"));
    QVERIFY(!report.findings.front().remedy.empty());
    CheckProgress progress;
    const auto none = check_data(Document(), {}, progress);
    QVERIFY(!none && none.error().reason.find("no source") != std::string::npos);
  }

  void a_damaged_file_of_facts_holds_nobody_up() {
    fill("a", 5);
    CheckOptions options{.cache_folder = folder_.filePath("damaged").toStdString()};
    QCOMPARE(check(graph(), options).checked, 5U);
    for (const QString& path : files_below(folder_.filePath("damaged")))
      if (path.endsWith(".facts")) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadWrite) && file.seek(8));  // how many records it has
        QCOMPARE(file.write(QByteArray(7, '\x7f')), qint64{7});
      }
    QCOMPARE(check(graph(), options).checked, 5U);
  }

  void what_is_known_is_not_looked_at_again() {
    fill("a", 70);
    fill("b", 70);
    write_file(root_ + "/a/bad.jpg", "bad");
    const CheckReport first = check(graph());
    QCOMPARE(first.reused, 0U);
    const CheckReport second = check(graph());
    QCOMPARE(second.reused, 141U);
    QCOMPARE(check_csv(second), check_csv(first));
    QCOMPARE(second.sources[0].modes, first.sources[0].modes);
    QCOMPARE(second.duplicates.extra, first.duplicates.extra);

    // A file that was mended, one that is new (so that all others move), one that has gone.
    fill("a", 1);
    QVERIFY(QFile::remove(root_ + "/a/bad.jpg"));
    write_file(root_ + "/a/0000.jpg", jpeg_file(waves(30, 20)));
    write_file(root_ + "/b/000.png", "torn now");
    const CheckReport third = check(graph());
    QCOMPARE(third.checked, 141U);
    QVERIFY2(third.reused >= 138 && third.reused < 141, qPrintable(QString::number(third.reused)));
    QCOMPARE(third.sources[0].bad.size(), std::size_t{1});
    QVERIFY(QString::fromStdString(third.sources[0].name_of(third.sources[0].bad[0].record)).endsWith("b/000.png"));

    CheckOptions options;
    options.afresh = true;
    QCOMPARE(check(graph(), options).reused, 0U);
    // Another decoder asks anew.
    Document grey = graph();
    QVERIFY(grey.apply(Edit{SetParam{.node = "decode", .param = "color", .value = Value(std::string("grey"))}}));
    QCOMPARE(check(grey).reused, 0U);
  }

  void a_damaged_store_is_no_more_than_slow() {
    fill("a", 70);
    fill("b", 10);
    write_file(root_ + "/a/bad.jpg", "bad");
    CheckOptions options;
    options.cache_folder = folder_.filePath("damaged").toStdString();
    const std::string before = check_csv(check(graph(), options));
    for (const QString& file : QDir(folder_.filePath("damaged/check")).entryList(QDir::Files)) {
      const QString path = folder_.filePath("damaged/check/" + file);
      const QByteArray bytes = read_file(path);
      for (const QByteArray& torn : {bytes.left(bytes.size() / 2), QByteArray(), QByteArray(bytes.size(), 'x')}) {
        write_file(path, torn);
        const CheckReport report = check(graph(), options);
        QCOMPARE(report.checked, 81U);
        QCOMPARE(check_csv(report), before);
      }
    }
    options.cache_folder = "/proc/nowhere";
    QCOMPARE(check_csv(check(graph(), options)), before);
  }

  void a_check_that_is_stopped_goes_on_where_it_was() {
    fill("a", 200);
    fill("b", 200);
    CheckProgress progress;
    std::stop_source stop;
    CheckOptions options;
    options.cache_folder = folder_.filePath("stopped").toStdString();
    options.stop = stop.get_token();
    const std::jthread watcher([&] {
      while (progress.checked < 20) std::this_thread::yield();
      stop.request_stop();
    });
    const auto partial = check_data(graph(), options, progress);
    QVERIFY(partial);
    if (partial->complete) QSKIP("it was too quick to be stopped");
    QVERIFY(partial->checked >= 20 && partial->checked < 400);
    options.stop = {};
    const CheckReport rest = check(graph(), options);
    QVERIFY(rest.complete && rest.checked == 400);
    QCOMPARE(rest.reused, partial->checked);
  }

  /// Too few descriptors are no fault of the pictures.
  void a_fault_of_the_machine_is_blamed_on_no_file() {
    fill("a", 40);
    fill("b", 40);
    CheckOptions options;
    options.cache_folder = folder_.filePath("faulty").toStdString();
    {
      const FaultyFiles passing(FaultyFiles::Call::Open, EMFILE, 3, ".png");
      QCOMPARE(check(graph(), options).bad(), std::uint64_t{0});
    }
    options.afresh = true;
    const ShortPatience patience(20);
    const FaultyFiles lasting(FaultyFiles::Call::Open, EMFILE, 1 << 30, ".png");
    CheckProgress progress;
    const auto report = check_data(graph(), options, progress);
    QVERIFY(!report && report.error().code == ErrorCode::Failed);
    QVERIFY2(report.error().line().find("ulimit") != std::string::npos, report.error().line().c_str());
    QCOMPARE(progress.bad.load(), std::uint64_t{0});
  }

  void threads_do_not_change_the_result() {
    for (const char* name : {"a", "b", "c"}) fill(name, 90);
    for (int i = 0; i < 30; ++i) write_file(root_ + QString("/b/bad%1.jpg").arg(i), QByteArray("bad") + char(i / 3));
    CheckOptions options;
    options.afresh = true;
    options.workers = 1;
    auto one = check_json(check(graph(), options));
    options.workers = 8;
    auto eight = check_json(check(graph(), options));
    for (std::string* json : {&one, &eight})
      json->erase(json->find("\"seconds\""), json->find("\"records\"") - json->find("\"seconds\""));
    QCOMPARE(eight, one);
  }

  void headers_are_read_without_decoding() {
    const auto text = [](const QByteArray& bytes) {
      return picture_header({reinterpret_cast<const std::byte*>(bytes.data()), static_cast<std::size_t>(bytes.size())})
          .text();
    };
    QCOMPARE(text(jpeg_file(waves(8, 8))), std::string("JPEG, RGB"));
    QCOMPARE(text(jpeg_file(waves(8, 8, 1))), std::string("JPEG, grey"));
    QCOMPARE(text(png_file(waves(8, 8), 16)), std::string("PNG, RGB, 16 bit"));
    QByteArray alpha = png_file(waves(8, 8));
    alpha[25] = 6;  // colour type; nothing else is looked at
    QCOMPARE(text(alpha), std::string("PNG, RGB with alpha"));
    QCOMPARE(text(gif_file(waves(8, 8, 1))), std::string("GIF, palette"));
    QCOMPARE(text(webp_file(waves(8, 8), false)), std::string("WebP, RGB"));
    const auto still = [](const char* brands) {
      return QByteArray("\0\0\0\x1c", 4) + "ftypmif1" + QByteArray(4, 0) + brands;
    };
    QCOMPARE(text(still("mif1avifmiaf")), std::string("AVIF"));
    QCOMPARE(text(still("mif1heicmiaf")), std::string("HEIC"));
    const QByteArray jpeg = jpeg_file(waves(8, 8));
    for (qsizetype size = 0; size < jpeg.size(); ++size) (void)text(jpeg.left(size));
    (void)text(QByteArray("II*\0\xff\xff\xff\xff", 8));
  }

  /// Whatever lies in them: nothing breaks off, and each file is either good or bad for a reason.
  void hostile_files() {
    const QString hostile = shared_data("/hostile");
    if (!QDir(hostile).exists()) QSKIP("the shared data are not here");
    QVERIFY(QDir().mkpath(root_));
    for (const QString& name : QDir(hostile).entryList(QDir::Dirs | QDir::NoDotAndDotDot))
      QVERIFY(QFile::link(hostile + "/" + name, root_ + "/" + name));
    const CheckReport report = check(graph());
    QVERIFY(report.complete && report.records > 50);
    QVERIFY(report.bad() > 10 && report.bad() < report.records);
    // Bad is what the decoder of a run, which may look at every pixel, finds bad, and for the same reason.
    const SourceCheck& source = report.sources.front();
    std::map<std::uint64_t, std::string> bad;
    for (const BadRef& one : source.bad) bad[one.record] = report.faults.at(one.fault - 1).reason;
    for (std::uint64_t i = 0; i < source.records; ++i) {
      Datum file;
      Datum picture;
      Status whole = source.source->read(i, std::array<Datum*, 2>{&file, nullptr});
      if (whole) whole = codec::decode(file.span(), {}, picture);
      QVERIFY2(whole.has_value() != bad.contains(i), source.name_of(i).c_str());
      if (!whole)
        QVERIFY2(bad[i] == whole.error().reason,
                 (source.name_of(i) + ": " + bad[i] + " / " + whole.error().reason).c_str());
    }
    qInfo("%llu of %llu hostile files are bad", static_cast<unsigned long long>(report.bad()),
          static_cast<unsigned long long>(report.records));
  }
};

FEEDLINE_TEST(TestCheckData)

}  // namespace test_check_data

#include "test_check_data.moc"
