// SPDX-License-Identifier: GPL-3.0-or-later

// Whatever is wrong with the input, `run` ends with exit code 2 and one line that names the culprit and the remedy.

#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <sys/resource.h>

namespace test_cli_bad_input {

using namespace feedline::test;

namespace {

/// A graph whose source is cut loose, or whose wires run in a ring.
const char* const kUnconnected = R"({"feedline": 1, "nodes": [
  {"id": "source", "type": "idx", "params": {"images": "a", "labels": "b"}},
  {"id": "batch", "type": "batch"}, {"id": "flatten", "type": "flatten"}, {"id": "linear", "type": "linear"},
  {"id": "loss", "type": "cross_entropy"}, {"id": "optimizer", "type": "sgd"}, {"id": "trainer", "type": "trainer"}],
  "links": [{"from": "source.image", "to": "batch.image"}, {"from": "source.label", "to": "batch.label"},
  {"from": "flatten.y", "to": "linear.x"}, {"from": "linear.y", "to": "loss.prediction"},
  {"from": "batch.label", "to": "loss.target"}, {"from": "loss.loss", "to": "trainer.loss"},
  {"from": "optimizer.optimizer", "to": "trainer.optimizer"}]})";
const char* const kCyclic = R"({"feedline": 1, "nodes": [
  {"id": "ring1", "type": "relu"}, {"id": "ring2", "type": "relu"}],
  "links": [{"from": "ring1.y", "to": "ring2.x"}, {"from": "ring2.y", "to": "ring1.x"}]})";
const char* const kUnknownType = R"({"feedline": 1, "nodes": [{"id": "magic", "type": "conv3d"}], "links": []})";

}  // namespace

class TestCliBadInput : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase();
  void one_line_names_culprit_and_remedy_data();
  void one_line_names_culprit_and_remedy();
  void text_called_jpg_among_good_ones_is_counted();
  void usage_mistakes_data();
  void usage_mistakes();
  void few_descriptors_are_no_bad_pictures_data();
  void few_descriptors_are_no_bad_pictures();

 private:
  /// Adds a row whose error must hold every one of `names`.
  static void row(const char* title, const QStringList& arguments, const QStringList& names) {
    QTest::newRow(title) << arguments << names;
  }
  [[nodiscard]] QString in(const char* name) const { return cli_.path(QString::fromLatin1(name)); }
  [[nodiscard]] QStringList idx_with(const char* port, const QByteArray& bytes, const char* file) const {
    write_file(in(file), bytes);
    return QStringList{"run", "example:idx", "--epochs", "1"} + idx_ +
           QStringList{"--set", QStringLiteral("%1=%2").arg(QString::fromLatin1(port), in(file))};
  }
  static QStringList folder_run(const QString& folder) {
    return {"run",   "example:image-folder", "--epochs", "1",
            "--set", "crop.size=32",         "--set",    "source.folder=" + folder};
  }

  /// Begins a run of sixteen workers that may open so many files at a time.
  void start_with(int descriptors, QProcess& process) const;

  Cli cli_;
  QStringList idx_;
  /// Ten seconds until a machine that does not let it read is given up: it waits while the others run.
  QProcess fewest_{};
};

constexpr int kFewestDescriptors = 5;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kOwnDescriptors = true;
#else
constexpr bool kOwnDescriptors = false;
#endif

void TestCliBadInput::start_with(int descriptors, QProcess& process) const {
  process.setChildProcessModifier([descriptors] {
    const rlimit limit{static_cast<rlim_t>(descriptors), static_cast<rlim_t>(descriptors)};
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
  });
  cli_.start(process, folder_run(in("few")) + QStringList{"--workers", "16", "--json", "-"});
}

void TestCliBadInput::initTestCase() {
  idx_ = small_idx(cli_.path("data"), 64, 32);
  QDir().mkpath(in("empty"));
  for (int i = 0; i < 4; ++i) write_file(in("text_only/a/") + QString::number(i) + ".jpg", "this is no picture\n");
  write_file(in("unconnected.feedline"), kUnconnected);
  write_file(in("cyclic.feedline"), kCyclic);
  write_file(in("unknown.feedline"), kUnknownType);
  write_file(in("torn.feedline"), "{\"feedline\": 1,\n \"nodes\": [}");
  write_file(in("newer.feedline"), "{\"feedline\": 99, \"nodes\": []}");
  write_file(in("binary.feedline"), QByteArray::fromHex("00ff00ff1f8b0800"));
  for (int i = 0; i < 120; ++i)
    write_file(in("few/") + QStringLiteral("%1/%2.jpg").arg(i % 2 == 0 ? "a" : "b").arg(i),
               jpeg_of(24, 24, 200, 30, 90));
  if (!kOwnDescriptors) start_with(kFewestDescriptors, fewest_);
}

void TestCliBadInput::one_line_names_culprit_and_remedy_data() {
  QTest::addColumn<QStringList>("arguments");
  QTest::addColumn<QStringList>("names");

  row("missing folder", folder_run("/no/such/folder"), {"source", "folder", "/no/such/folder"});
  row("empty folder", folder_run(in("empty")), {"source", "folder", in("empty")});
  row("file as folder", folder_run(in("torn.feedline")), {"source", "folder", "torn.feedline"});
  row("no folder set", {"run", "example:image-folder", "--set", "source.folder="}, {"source.folder", "--set"});
  row("no such generated files", {"run", "example:image-folder", "--set", "source.folder=example:photos"},
      {"source", "folder", "example:photos", "example:pictures"});
  row("only text called .jpg", folder_run(in("text_only")), {"text_only"});

  const QByteArray images = gzipped(idx_images(64));
  row("truncated gz", idx_with("source.images", images.left(images.size() / 2), "torn.gz"),
      {"source", "images", "torn.gz"});
  row("wrong magic", idx_with("source.images", QByteArray(4000, 'x'), "wrong-magic"),
      {"source", "images", "wrong-magic"});
  row("empty file", idx_with("source.labels", {}, "nothing"), {"source", "labels", "nothing"});
  row("short plain file", idx_with("validation.images", idx_images(32).left(900), "short"),
      {"validation", "images", "short"});
  row("labels of other pictures", idx_with("source.labels", idx_labels(7), "seven"), {"source", "labels", "seven"});
  row("labels as images", idx_with("source.images", idx_labels(64), "swapped"), {"source", "images", "swapped"});
  row("more classes than the model has", idx_with("source.labels", idx_labels(64, 13), "thirteen"), {"13", "10"});

  row("cyclic graph", {"run", in("cyclic.feedline")}, {"ring1", "ring2"});
  row("unconnected input", {"run", in("unconnected.feedline")}, {"flatten", "x"});
  row("unknown node type", {"run", in("unknown.feedline")}, {"magic", "conv3d", "conv2d"});
  row("malformed JSON", {"run", in("torn.feedline")}, {"torn.feedline", "line 2"});
  row("newer version", {"run", in("newer.feedline")}, {"newer.feedline", "99"});
  row("binary file", {"run", in("binary.feedline")}, {"binary.feedline"});
  row("missing graph", {"run", in("absent.feedline")}, {"absent.feedline"});
  row("missing graph of an example's name", {"run", "idx.feedline"}, {"example:idx"});
  row("an example's name alone", {"run", "quickstart"}, {"Did you mean example:quickstart"});
  row("nearly an example's name", {"run", "quikstart"}, {"Did you mean example:quickstart"});
  row("folder as graph", {"run", in("empty")}, {"empty"});
  row("no graph", {"run"}, {"example:quickstart"});
  row("unknown example", {"run", "example:quickstat"}, {"quickstat", "quickstart"});

  row("out of range", QStringList{"run", "example:idx"} + idx_ + QStringList{"--set", "batch.size=0"},
      {"batch.size", "65536"});
  row("unknown node", {"run", "example:idx", "--set", "bacth.size=8"}, {"bacth", "batch"});
  row("unknown parameter", {"run", "example:idx", "--set", "batch.sizes=8"}, {"batch.sizes", "size"});
  row("no number", {"run", "example:idx", "--set", "batch.size=many"}, {"batch.size", "many"});
  row("set without value", {"run", "example:idx", "--set", "batch.size"}, {"batch.size"});
  row("unknown device", QStringList{"run", "example:idx", "--device", "abacus"} + idx_, {"abacus"});
  row("absent GPU", QStringList{"run", "example:idx", "--device", "cuda:63"} + idx_, {"cuda:63"});
  row("JSON into nowhere", QStringList{"run", "example:idx", "--json", "/no/such/out.json"} + idx_,
      {"/no/such/out.json"});
  row("JSON over a folder", QStringList{"run", "example:idx", "--json", in("empty")} + idx_, {"empty"});
}

void TestCliBadInput::one_line_names_culprit_and_remedy() {
  QFETCH(QStringList, arguments);
  QFETCH(QStringList, names);
  const CliResult run = cli_.run(arguments);
  QVERIFY2(!run.crashed, run.text());
  QVERIFY2(run.exit_code == 2, run.text());
  QVERIFY2(run.out.isEmpty(), run.text());
  const QStringList errors = run.errors();
  QVERIFY2(errors.size() == 1, run.text());
  for (const QString& name : names)
    QVERIFY2(errors.first().contains(name), (name.toUtf8() + " is not named\n" + run.text()));
  // The remedy is the last sentence: at least two of them, or a question.
  QVERIFY2(errors.first().contains(". "), ("no remedy\n" + run.text()));
}

void TestCliBadInput::text_called_jpg_among_good_ones_is_counted() {
  write_picture_folder(in("mixed"), 20);
  write_file(in("mixed/a/note.jpg"), "not a picture\n");
  const CliResult run =
      cli_.run(folder_run(in("mixed")) + QStringList{"--set", "trainer.validation_split=0", "--json", "-"});
  QVERIFY2(!run.crashed && run.exit_code == 0, run.text());
  const QJsonArray errors = run.json()["errors"].toArray();
  QCOMPARE(errors.size(), 1);
  QCOMPARE(errors[0]["count"].toInt(), 1);
  QVERIFY2(errors[0]["file"].toString().endsWith("note.jpg"), run.text());
  QVERIFY2(!errors[0]["node"].toString().isEmpty() && !errors[0]["message"].toString().isEmpty(), run.text());
  QVERIFY2(run.err.contains("note.jpg"), run.text());
}

void TestCliBadInput::few_descriptors_are_no_bad_pictures_data() {
  QTest::addColumn<int>("descriptors");
  for (const int descriptors : {8, 10, 12, 16, 20, kFewestDescriptors})
    QTest::addRow("ulimit -n %d", descriptors) << descriptors;
}

/// Sixteen workers on a machine that lets them open a few files at a time: each waits for its turn, or the run says
/// what is wrong with the machine.
void TestCliBadInput::few_descriptors_are_no_bad_pictures() {
  QFETCH(int, descriptors);
  if (kOwnDescriptors) QSKIP("sanitizers take descriptors of their own, and misjudge objects where none is left");
  QProcess own;
  QProcess& process = descriptors == kFewestDescriptors ? fewest_ : own;
  if (&process == &own) start_with(descriptors, own);
  const CliResult run = Cli::finish(process);
  QVERIFY2(!run.crashed, run.text());
  if (run.exit_code == 0) {
    QVERIFY2(run.json().object().value("errors").toArray().isEmpty(), run.text());
    return;
  }
  QVERIFY2(descriptors < 10, run.text());
  QCOMPARE(run.exit_code, 3);
  QVERIFY2(run.err.contains("as many files open as it may") && run.err.contains("ulimit -n"), run.text());
}

void TestCliBadInput::usage_mistakes_data() {
  QTest::addColumn<QStringList>("arguments");
  QTest::addColumn<QString>("names");
  QTest::newRow("unknown command") << QStringList{"trian"} << "train|run";
  QTest::newRow("command near another") << QStringList{"profil"} << "profile";
  QTest::newRow("unknown option") << QStringList{"run", "example:idx", "--epoch", "3"} << "--epochs";
  QTest::newRow("epochs below 0") << QStringList{"run", "example:idx", "--epochs", "-1"} << "--epochs";
  QTest::newRow("epochs many") << QStringList{"run", "example:idx", "--epochs", "many"} << "--epochs";
  QTest::newRow("negative workers") << QStringList{"run", "example:idx", "--workers", "-1"} << "--workers";
  QTest::newRow("option without value") << QStringList{"run", "example:idx", "--seed"} << "--seed";
  QTest::newRow("seconds of run") << QStringList{"run", "example:idx", "--seconds", "3"} << "--seconds";
  QTest::newRow("unknown node type") << QStringList{"nodes", "conv2"} << "conv2d";
  QTest::newRow("two graphs") << QStringList{"run", "a.feedline", "b.feedline"} << "b.feedline";
}

void TestCliBadInput::usage_mistakes() {
  QFETCH(QStringList, arguments);
  QFETCH(QString, names);
  const CliResult run = cli_.run(arguments);
  QVERIFY2(!run.crashed && run.exit_code == 2, run.text());
  QCOMPARE(run.errors().size(), 1);
  QVERIFY2(run.err.count('\n') == 1, run.text());
  const QStringList any = names.split('|');
  QVERIFY2(std::any_of(any.begin(), any.end(), [&](const QString& n) { return run.errors().first().contains(n); }),
           run.text());
}

FEEDLINE_TEST(TestCliBadInput)

}  // namespace test_cli_bad_input

#include "test_cli_bad_input.moc"
