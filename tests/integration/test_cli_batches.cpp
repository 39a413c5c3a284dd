// SPDX-License-Identifier: GPL-3.0-or-later

// `batches`, --staged and --no-meters of the real program, and what its result says of a cache.

#include "support/places.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

#include <algorithm>
#include <cstdio>

namespace test_cli_batches {

using namespace feedline::test;

class TestCliBatches : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    idx_ = small_idx(cli_.path("data"));
    write_picture_folder(cli_.path("pictures"), 20, 400);
    QByteArray graph = read_file(feedline::test::source_dir("/resources/examples/image-folder.feedline"));
    graph.replace(R"({"id": "crop",)",
                  R"({"id": "keep", "type": "cache", "version": 1, "params": {}, "position": [0, 0]},
    {"id": "crop",)");
    graph.replace(R"({"from": "decode.image", "to": "crop.image"})",
                  R"({"from": "decode.image", "to": "keep.sample"},
    {"from": "keep.sample", "to": "crop.image"})");
    cached_ = cli_.path("cached.feedline");
    write_file(cached_, graph);
  }
  void hashes_depend_on_the_seed_alone();
  void hashes_do_not_depend_on_a_cache();
  void fitted_statistics_are_the_same_for_all_commands();
  void texts_of_any_length_are_batched();
  void shapes_without_hash();
  void bad_records_are_told();
  void odd_folders_are_told_and_steer_no_terminal();
  void the_parent_of_train_and_val_is_refused();
  void bad_input_data();
  void bad_input();
  void no_meters_measures_nothing();
  void cache_stands_in_the_result();
  void cache_without_room_is_told();
  void padding_is_measured();

 private:
  [[nodiscard]] QStringList pictures() const {
    return {"--set", "source.folder=" + cli_.path("pictures"), "--set", "crop.size=32", "--set", "batch.size=7"};
  }
  static const QJsonObject stage(const QJsonDocument& json, const char* node) {
    for (const QJsonValue& value : json["stages"].toArray())
      if (value["node"] == QLatin1String(node)) return value.toObject();
    return {};
  }

  Cli cli_;
  QStringList idx_;
  QString cached_;
};

void TestCliBatches::hashes_depend_on_the_seed_alone() {
  const auto hashes = [&](const QStringList& more) {
    const CliResult run = cli_.run(QStringList{"batches", "example:idx", "--epochs", "2", "--hash"} + idx_ + more);
    if (run.exit_code != 0) qWarning("%s", run.text().constData());
    return run.out;
  };
  const QByteArray first = hashes({"--workers", "1"});
  const QStringList lines = QString::fromUtf8(first).split('\n', Qt::SkipEmptyParts);
  QCOMPARE(lines.size(), 8);  // 2 epochs of 512 / 128
  static const QRegularExpression form("^epoch [12]  batch [0-3]  128 rows  [0-9a-f]{16}$");
  QSet<QString> seen;
  for (const QString& line : lines) {
    QVERIFY2(form.match(line).hasMatch(), qPrintable(line));
    seen.insert(line.right(16));
  }
  QCOMPARE(seen.size(), 8);
  QCOMPARE(hashes({"--workers", "8"}), first);
  QCOMPARE(hashes({"--workers", "2", "--staged"}), first);
  QVERIFY(hashes({"--seed", "5"}) != first);
  QCOMPARE(hashes({"--seed", "5"}), hashes({"--set", "trainer.seed=5"}));
  QCOMPARE(hashes({"--count", "3"}), lines.mid(0, 3).join('\n').toUtf8() + '\n');
}

/// Fields by name, one of them ragged: the same bytes for any number of workers, and shapes of the longest row.
void TestCliBatches::texts_of_any_length_are_batched() {
  write_file(cli_.path("lines.tsv"), text_lines(100));
  const QString graph = cli_.path("texts.feedline");
  write_file(graph, text_graph(cli_.path("lines.tsv")));
  const auto batches = [&](const QStringList& more) {
    const CliResult run = cli_.run(QStringList{"batches", graph, "--epochs", "2"} + more);
    if (run.exit_code != 0) qWarning("%s", run.text().constData());
    return run.out;
  };
  const QByteArray first = batches({"--hash", "--workers", "1"});
  QCOMPARE(first.count('\n'), 10);  // 80 of 100 records train, in batches of 16
  QCOMPARE(batches({"--hash", "--workers", "8"}), first);
  QCOMPARE(batches({"--hash", "--workers", "3", "--staged"}), first);
  const QString shapes = QString::fromUtf8(batches({}));
  static const QRegularExpression form(R"(batch \d  16 rows  (?:truth target, 3 classes, ids|ids) i32 16×(\d+))");
  auto found = form.globalMatch(shapes);
  int lines = 0;
  for (; found.hasNext(); ++lines) {
    const int longest = found.next().captured(1).toInt();
    QVERIFY2(longest > 20 && longest <= 48, qPrintable(shapes));
  }
  QVERIFY2(lines == 10, qPrintable(shapes));
  // As JSON, and as arrays for numpy: rows as far as the longest one reaches, and their lengths.
  const QByteArray told = batches({"--json"}).split('\n').first();
  const QJsonObject batch = QJsonDocument::fromJson(told).object();
  QCOMPARE(batch["records"].toArray().size(), 16);
  QVERIFY2(first.split('\n').first().endsWith(batch["hash"].toString().toUtf8()), told.constData());
  QJsonObject ids;
  for (const QJsonValue& field : batch["fields"].toArray())
    if (field["name"] == QLatin1String("ids")) ids = field.toObject();
  QCOMPARE(ids["dtype"].toString(), QString("i32"));
  QCOMPARE(ids["capacity"].toInt(), 48);
  int longest = 0;
  for (const QJsonValue& length : ids["lengths"].toArray()) longest = std::max(longest, length.toInt());
  QCOMPARE(ids["shape"].toArray(), (QJsonArray{16, longest}));
  QDir().mkpath(cli_.path("arrays"));
  QCOMPARE(cli_.run({"batches", graph, "--count", "1", "--npz", cli_.path("arrays")}).exit_code, 0);
  const QByteArray zip = read_file(cli_.path("arrays/1-000000.npz"));
  QVERIFY(zip.startsWith("PK\x03\x04") && zip.contains("PK\x05\x06"));
  QVERIFY(zip.contains("ids.npy") && zip.contains("ids.lengths.npy") && zip.contains("truth.npy"));
  const QByteArray header = "{'descr': '<i4', 'fortran_order': False, 'shape': (16," + QByteArray::number(longest);
  QVERIFY2(zip.contains(header), header.constData());

  const CliResult wrong = cli_.run({"batches", graph, "--set", "batch.fields=truth:label"});
  QVERIFY(wrong.exit_code != 0);
  QVERIFY2(wrong.text().contains("ids"), wrong.text().constData());
}

void TestCliBatches::hashes_do_not_depend_on_a_cache() {
  const auto hashes = [&](const QString& graph, const QStringList& more) {
    const CliResult run = cli_.run(
        QStringList{"batches", graph, "--epochs", "3", "--hash", "--set", "decode.exact=true"} + pictures() + more);
    if (run.exit_code != 0) qWarning("%s", run.text().constData());
    return run.out;
  };
  const QByteArray plain = hashes("example:image-folder", {});
  QCOMPARE(plain.count('\n'), 3 * 5);  // a fifth is held out
  QCOMPARE(hashes(cached_, {}), plain);
  QCOMPARE(hashes(cached_, {"--workers", "4", "--staged"}), plain);
  QCOMPARE(hashes(cached_, {"--set", "keep.ram_megabytes=1"}), plain);
}

/// normalise learns before batches are made, whoever makes them; what only looks at a graph needs nothing learnt.
void TestCliBatches::fitted_statistics_are_the_same_for_all_commands() {
  const QStringList fitted =
      idx_ + QStringList{"--set", "normalise.statistics=fitted", "--set", "validation_normalise.statistics=fitted"};
  const auto hashes = [&](const QStringList& more) {
    const CliResult run = cli_.run(QStringList{"batches", "example:idx", "--epochs", "1", "--hash"} + more);
    if (run.exit_code != 0) qWarning("%s", run.text().constData());
    return run.out;
  };
  const QByteArray first = hashes(fitted + QStringList{"--workers", "1"});
  QCOMPARE(first.count('\n'), 4);
  QCOMPARE(hashes(fitted + QStringList{"--workers", "3"}), first);
  QVERIFY(hashes(idx_) != first);
  for (const QStringList& command : {QStringList{"check", "example:idx"}, QStringList{"validate", "example:idx"},
                                     QStringList{"preview", "example:idx", "--node", "normalise"},
                                     QStringList{"preview", "example:idx", "--node", "validation_normalise"},
                                     QStringList{"run", "example:idx", "--epochs", "1", "--device", "cpu"}}) {
    const CliResult run = cli_.run(command + fitted);
    const int expected = command.front() == "check" ? 2 : 0;  // the pictures of validation are in training too
    QVERIFY2(run.exit_code == expected, run.text().constData());
  }
}

void TestCliBatches::shapes_without_hash() {
  const CliResult run = cli_.run(QStringList{"batches", "example:image-folder"} + pictures());
  QVERIFY2(run.exit_code == 0 && run.err.isEmpty(), run.text());
  const QList<QByteArray> lines = run.out.trimmed().split('\n');
  QCOMPARE(lines.size(), 10);
  QVERIFY2(lines[0].startsWith("epoch 1  batch 0  7 rows  image f32 7") && lines[0].contains("label"), run.out);
  QVERIFY2(lines[4].contains("4 rows"), run.out);  // 32 pictures in batches of 7
}

void TestCliBatches::bad_records_are_told() {
  write_file(cli_.path("pictures/a/broken.jpg"), "no picture");
  const CliResult run =
      cli_.run(QStringList{"batches", "example:image-folder", "--epochs", "1", "--set", "trainer.validation_split=0"} +
               pictures());
  QVERIFY(QFile::remove(cli_.path("pictures/a/broken.jpg")));
  QCOMPARE(run.exit_code, 0);
  QVERIFY2(run.err.contains("1 record left out") && run.err.contains("broken.jpg"), run.text());
}

void TestCliBatches::odd_folders_are_told_and_steer_no_terminal() {
  const QString folder = cli_.path("odd ones");
  write_picture_folder(folder, 5, 40);
  write_file(folder + "/a/x.jp2", "x");
  write_file(folder + "/a/Thumbs.db", "x");
  write_file(folder + "/logs/run.log", "x");
  const QByteArray bad = QFile::encodeName(folder) + "/b/\x1b[31m\a\n\xE9.jpg";
  std::FILE* file = std::fopen(bad.constData(), "wb");
  QVERIFY(file != nullptr && std::fputs("no picture", file) > 0 && std::fclose(file) == 0);
  cli_.set_environment("HOME", QFileInfo(folder).path());
  for (const QString& name : {QString("~/odd ones"), "file://" + QString(folder).replace(' ', "%20")}) {
    const CliResult run =
        cli_.run({"run", "example:image-folder", "--epochs", "3", "--set", "trainer.validation_split=0", "--set",
                  "crop.size=32", "--set", "source.folder=" + name, "--json", "~/odd.json"});
    QVERIFY2(run.exit_code == 0, run.text());
    QVERIFY2(run.err.contains("1 file passed over for the ending: 1 .jp2 (a: 1)"), run.text());
    QVERIFY2(run.err.contains("a folder is no class: 'logs' (no pictures)"), run.text());
    QVERIFY2(run.err.indexOf("passed over") < run.err.indexOf("training on"), run.text());
    QVERIFY2(run.err.contains("1 record x 3 epochs left out"), run.text());
    QVERIFY2(run.err.contains("/b/\\x1B[31m\\x07\\x0A\\xE9.jpg"), run.text());
    for (const char c : run.err + run.out) QVERIFY2(c == '\n' || static_cast<unsigned char>(c) >= 0x20, run.text());
    const QJsonDocument json = QJsonDocument::fromJson(read_file(cli_.path("odd.json")));
    QCOMPARE(json["ignored"][0]["ending"].toString(), QString(".jp2"));
    QCOMPARE(json["ignored"][0]["class"].toString(), QString("a"));
    QCOMPARE(json["ignored"][0]["count"].toInt(), 1);
    QCOMPARE(json["errors"][0]["records"].toInt(), 1);
    QCOMPARE(json["errors"][0]["count"].toInt(), 3);
    QVERIFY(json["errors"][0]["file"].toString().endsWith("/b/\\x1B[31m\\x07\\x0A\\xE9.jpg"));
  }
  QVERIFY(std::remove(bad.constData()) == 0);
}

void TestCliBatches::the_parent_of_train_and_val_is_refused() {
  const QString folder = cli_.path("parts");
  write_picture_folder(folder + "/train", 3, 40);
  write_picture_folder(folder + "/valid", 1, 40);
  const CliResult run = cli_.run({"batches", "example:image-folder", "--set", "source.folder=" + folder});
  QCOMPARE(run.exit_code, 2);
  QVERIFY2(run.err.contains("source.folder") && run.err.contains("parts of a data set") &&
               run.err.contains("Choose '" + folder.toUtf8() + "/train' here"),
           run.text());
}

void TestCliBatches::bad_input_data() {
  QTest::addColumn<QStringList>("arguments");
  QTest::addColumn<QByteArray>("word");
  QTest::newRow("no file") << QStringList{"batches"} << QByteArray("quickstart");
  QTest::newRow("count 0") << QStringList{"batches", "example:idx", "--count", "0"} << QByteArray("--count");
  QTest::newRow("option of run") << QStringList{"batches", "example:idx", "--device", "cpu"} << QByteArray("--device");
  QTest::newRow("cache behind a random node")
      << QStringList{"batches", cli_.path("refused.feedline")} << QByteArray("in front of crop");
}

void TestCliBatches::bad_input() {
  QByteArray graph = read_file(cached_);
  graph.replace(R"({"from": "decode.image", "to": "keep.sample"})", R"({"from": "crop.image", "to": "keep.sample"})");
  graph.replace(R"({"from": "keep.sample", "to": "crop.image"})", R"({"from": "decode.image", "to": "crop.image"})");
  graph.replace(R"({"from": "crop.image", "to": "flip.image"})", R"({"from": "keep.sample", "to": "flip.image"})");
  graph.replace(R"("type": "image_folder", "version": 1, "params": {})",
                R"("type": "image_folder", "version": 1, "params": {"folder": "x"})");
  write_file(cli_.path("refused.feedline"), graph);
  QFETCH(QStringList, arguments);
  QFETCH(QByteArray, word);
  const CliResult run = cli_.run(arguments);
  QVERIFY2(run.exit_code == 2 && run.errors().size() == 1 && run.err.contains(word), run.text());
}

void TestCliBatches::no_meters_measures_nothing() {
  const QStringList arguments =
      QStringList{"profile", "example:idx", "--epochs", "2", "--no-train", "--json", "-"} + idx_;
  const CliResult on = cli_.run(arguments);
  const CliResult off = cli_.run(arguments + QStringList{"--no-meters"});
  QVERIFY2(on.exit_code == 0 && off.exit_code == 0, off.text());
  QVERIFY(stage(on.json(), "normalise")["busy_s"].toDouble() > 0);
  QCOMPARE(stage(on.json(), "normalise")["records"].toInt(), 1024);
  QCOMPARE(stage(off.json(), "normalise")["busy_s"].toDouble(-1), 0.0);
  QCOMPARE(stage(off.json(), "normalise")["starved_s"].toDouble(-1), 0.0);
  QCOMPARE(stage(off.json(), "normalise")["records"].toInt(-1), 0);
  QCOMPARE(off.json()["samples"].toInt(), 1024);
}

void TestCliBatches::cache_stands_in_the_result() {
  const QString path = cli_.path("result.json");
  const CliResult run = cli_.run(QStringList{"profile", cached_, "--no-train", "--epochs", "4", "--staged", "--set",
                                             "trainer.validation_split=0", "--json", path} +
                                 pictures());
  QVERIFY2(run.exit_code == 0, run.text());
  QVERIFY2(run.out.contains("keeps 40 records in "), run.text());
  const QJsonDocument json = QJsonDocument::fromJson(read_file(path));
  const QJsonObject cache = stage(json, "keep")["cache"].toObject();
  QCOMPARE(cache["records"].toInt(), 40);
  QVERIFY(cache["ram_bytes"].toDouble() >= 40.0 * 400 * 400 * 3);
  QCOMPARE(cache["disk_bytes"].toInt(-1), 0);
  QCOMPARE(cache["full"].toBool(true), false);
  QVERIFY(stage(json, "decode")["cache"].isNull());
  QVERIFY2(stage(json, "decode")["records"].toInt() < 4 * 40, run.text());
  QCOMPARE(json["notices"].toArray().size(), 0);
}

/// The share that the lengths of the very batches give.
void TestCliBatches::padding_is_measured() {
  write_file(cli_.path("padded.tsv"), text_lines(100));
  const QString graph = cli_.path("padded.feedline");
  write_file(graph, text_graph(cli_.path("padded.tsv")));
  const CliResult batches = cli_.run({"batches", graph, "--epochs", "4", "--json"});
  QVERIFY2(batches.exit_code == 0, batches.text());
  qint64 values = 0;
  qint64 room = 0;
  for (const QByteArray& line : batches.out.trimmed().split('\n')) {
    qint64 longest = 1;
    QJsonArray lengths;
    for (const QJsonValue& field : QJsonDocument::fromJson(line)["fields"].toArray())
      if (field["name"] == QLatin1String("ids")) lengths = field["lengths"].toArray();
    for (const QJsonValue& length : lengths) {
      values += length.toInt();
      longest = std::max<qint64>(longest, length.toInt());
    }
    room += longest * lengths.size();
  }
  QVERIFY(values > 0 && room > values);

  const QString path = cli_.path("padded.json");
  const CliResult run = cli_.run({"profile", graph, "--no-train", "--epochs", "4", "--json", path});
  QVERIFY2(run.exit_code == 0, run.text());
  QVERIFY2(run.out.contains("of ids is padding"), run.text());
  const QJsonDocument json = QJsonDocument::fromJson(read_file(path));
  const QJsonObject padding = stage(json, "batch")["padding"].toObject();
  QCOMPARE(padding.size(), 1);
  QCOMPARE(padding["ids"]["values"].toInteger(), values);
  QCOMPARE(padding["ids"]["room"].toInteger(), room);
  QVERIFY(std::abs(padding["ids"]["share"].toDouble() - (1 - double(values) / double(room))) < 1e-9);
  QVERIFY(stage(json, "tokens")["padding"].isNull());
}

void TestCliBatches::cache_without_room_is_told() {
  const QString nowhere = cli_.path("a file");
  write_file(nowhere, "");
  Cli cli;
  cli.set_environment("FEEDLINE_CACHE", nowhere);
  const CliResult run = cli.run(
      QStringList{"profile", cached_, "--no-train", "--epochs", "3", "--set", "keep.ram_megabytes=1", "--json", "-"} +
      pictures());
  QVERIFY2(run.exit_code == 0, run.text());
  QVERIFY2(run.err.contains("warning: keep: ") && !run.err.contains("left out"), run.text());
  const QJsonArray notices = run.json()["notices"].toArray();
  QCOMPARE(notices.size(), 1);
  QCOMPARE(notices[0]["node"].toString(), QString("keep"));
  QVERIFY(notices[0]["file"].toString().startsWith(nowhere));
  QVERIFY(notices[0]["count"].toInt() > 0);
  QCOMPARE(run.json()["errors"].toArray().size(), 0);
  QCOMPARE(run.json()["samples"].toInt(), 3 * 32);
}

FEEDLINE_TEST(TestCliBatches)

}  // namespace test_cli_batches

#include "test_cli_batches.moc"
