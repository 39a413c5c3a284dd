// SPDX-License-Identifier: GPL-3.0-or-later
// Runs beside others: time that passes while a process is stopped passes on a busy machine, too.

// `check` of the real program, and the same list of bad records at a run's end. What a run leaves behind that never
// started, and one that was stopped for a while (Ctrl-Z).

#include "schema/registry.h"
#include "support/encoded_pictures.h"
#include "support/places.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QProcessEnvironment>
#include <QTest>

#include <csignal>

namespace test_cli_check {

using namespace feedline::test;

class TestCliCheck : public QObject {
  Q_OBJECT

  Cli cli_;

  [[nodiscard]] QStringList rows(const QString& file) const {
    return QString::fromUtf8(read_file(cli_.path(file))).split("\r\n", Qt::SkipEmptyParts);
  }
  /// Twelve pictures a class, three damaged.
  [[nodiscard]] QString damaged(const QString& name) const {
    const QString folder = cli_.path(name);
    write_picture_folder(folder, 12);
    write_file(folder + "/a/torn.jpg", read_file(folder + "/a/1.jpg").left(300));
    write_file(folder + "/a/text, \"quoted\".jpg", "this is no picture");
    write_file(folder + "/b/empty.png", "");
    return folder;
  }

  /// So many pictures of the classes a, b, c, ..., no two alike as long as `first` differs by their number.
  static void write_pictures(const QString& folder, const QList<int>& counts, int first) {
    for (qsizetype label = 0; label < counts.size(); ++label) {
      for (int i = 0; i < counts[label]; ++i) {
        Pixels pixels = waves(40, 40);
        for (int p = 0; p < 600; ++p) pixels.values[static_cast<std::size_t>(p)] = static_cast<std::uint8_t>(first + i);
        for (int p = 600; p < 1200; ++p)
          pixels.values[static_cast<std::size_t>(p)] = static_cast<std::uint8_t>(label * 50);
        write_file(QString("%1/%2/%3.jpg").arg(folder).arg(QChar('a' + static_cast<char>(label))).arg(i),
                   jpeg_file(pixels));
      }
    }
  }

  static void write_link(const QString& to, const QString& name) {
    QDir().mkpath(QFileInfo(name).path());
    if (!QFile::link(to, name)) qFatal("%s", qPrintable(name));
  }

 private Q_SLOTS:
  void all_bad_files_are_listed_with_reasons() {
    const QString folder = damaged("photos");
    const CliResult check = cli_.run({"check", "example:image-folder", "--set", "source.folder=" + folder, "--csv",
                                      cli_.path("bad.csv"), "--json", cli_.path("check.json")});
    QVERIFY2(check.exit_code == 0, check.text());
    QVERIFY2(check.out.contains("27 records, 3 bad") && check.out.contains("2 classes: a 14, b 13"), check.text());
    for (const char* name : {"a/torn.jpg", "b/empty.png", "quoted"}) QVERIFY2(check.out.contains(name), check.text());
    QVERIFY2(check.out.contains("->"), check.text());
    const QStringList list = rows("bad.csv");
    QCOMPARE(list.size(), 4);
    QCOMPARE(list[0], QString("problem,file,class,source,record,node,reason,remedy"));
    QVERIFY2(list[1].startsWith("bad,\"" + folder + "/a/text, \"\"quoted\"\".jpg\",a,source,"), qPrintable(list[1]));
    const QJsonObject json = QJsonDocument::fromJson(read_file(cli_.path("check.json"))).object();
    QCOMPARE(json["bad"].toInt(), 3);
    QVERIFY(json["complete"].toBool() && !json["wrong"].toBool());
    QCOMPARE(json["sources"][0]["bad"].toArray().size(), 3);

    const CliResult again =
        cli_.run({"check", "example:image-folder", "--set", "source.folder=" + folder, "--json", "-"});
    QCOMPARE(again.json()["reused"].toInt(), 26);  // a file that could not be read might be there now
    QCOMPARE(again.json()["bad"].toInt(), 3);
  }

  void a_run_that_would_be_wrong_is_exit_2() {
    write_picture_folder(cli_.path("one"), 12);
    QDir(cli_.path("one/b")).removeRecursively();
    const CliResult one = cli_.run({"check", "example:image-folder", "--set", "source.folder=" + cli_.path("one")});
    QVERIFY2(one.exit_code == 2 && one.out.contains("wrong") && one.out.contains("one class"), one.text());
    const CliResult missing = cli_.run({"check", "example:image-folder", "--set", "source.folder=/nowhere"});
    QVERIFY2(missing.exit_code == 2 && missing.out.contains("there is no such folder"), missing.text());
    const CliResult unwritable = cli_.run({"check", "example:image-folder", "--csv", "/nowhere/bad.csv"});
    QVERIFY2(unwritable.exit_code == 2 && unwritable.errors().size() == 1, unwritable.text());
    QVERIFY2(cli_.run(QStringList{"check", "example:idx"} + small_idx(cli_.path("idx"))).exit_code != 3, "idx");
  }

  /// What does not train starts without LibTorch, which takes longer to load than a small check takes.
  void a_check_loads_no_libtorch() {
    Cli tracer;
    tracer.set_environment("LD_TRACE_LOADED_OBJECTS", "1");  // the system's loader lists what it would load
    const CliResult libraries = tracer.run({"check"});
    QVERIFY2(libraries.out.contains("libopencv_core"), libraries.text());
    QVERIFY2(!libraries.out.contains("libtorch") && !libraries.out.contains("libc10"), libraries.text());
    QVERIFY2(!libraries.out.contains("not found"), libraries.text());
  }
  /// The nodes of models are described there as they are where they work.
  void nodes_are_the_same_with_and_without_libtorch() {
    const CliResult list = cli_.run({"nodes", "--json"});
    QVERIFY2(list.exit_code == 0, list.text());
    QStringList described;
    for (const auto& node : list.json().array()) described << node.toObject()["type"].toString();
    QStringList working;
    for (const feedline::NodeSpec* spec : feedline::Registry::instance().all())
      working << QString::fromStdString(spec->type);
    QCOMPARE(described, working);
    for (const char* type : {"conv2d", "cross_entropy", "adam", "trainer"})
      QVERIFY2(cli_.run({"nodes", type}).out.startsWith(type), type);
    for (const char* example : {"quickstart", "image-folder", "idx"}) {
      const CliResult valid = cli_.run({"validate", QString("example:") + example});
      QVERIFY2(valid.exit_code == 0 && valid.out.contains("no problems"), valid.text());
    }
  }
  void a_program_without_its_module_says_so() {
    const QString alone = cli_.path("feedline-cli");
    QVERIFY(QFile::copy(cli_path(), alone));
    QProcess process;
    process.start(alone, {"--version"});
    QVERIFY(process.waitForFinished(60'000));
    QCOMPARE(process.exitCode(), 0);
    process.start(alone, {"run", "example:quickstart"});
    QVERIFY(process.waitForFinished(60'000));
    const QByteArray said = process.readAllStandardError();
    QCOMPARE(process.exitCode(), 3);
    QVERIFY2(said.contains("Keep feedline-cli.so beside feedline-cli"), said);
  }

  /// Only a graph that cuts texts loads sentencepiece, and it says what is missing.
  void a_node_without_its_module_says_so() {
    const QString graph = cli_.path("pieces.feedline");
    QVERIFY(cli_.run({"new", "spam", graph}).exit_code == 0);
    QByteArray text = read_file(graph);
    const QByteArray vocabulary =
        R"("vocabulary", "version": 1, "params": {"length": 1024, "size": 10000, "tokens": "char_ngrams"})";
    QVERIFY(text.contains(vocabulary));
    write_file(graph, text.replace(vocabulary, R"("sentencepiece", "version": 1, "params": {})"));
    const CliResult valid = cli_.run({"validate", graph});
    QVERIFY2(valid.exit_code == 0, valid.text());

    const QString alone = cli_.path("without/feedline-cli");
    write_file(cli_.path("without/feedline-pieces.so"), "no module");
    QVERIFY(QFile::copy(cli_path(), alone));
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("FEEDLINE_CACHE", cli_.path("cache"));
    process.setProcessEnvironment(environment);
    process.start(alone, {"nodes", "sentencepiece"});
    QVERIFY(process.waitForFinished(60'000));
    QCOMPARE(process.exitCode(), 0);
    process.start(alone, {"validate", graph});
    QVERIFY(process.waitForFinished(60'000));
    const QByteArray said = process.readAllStandardError();
    QVERIFY2(process.exitStatus() == QProcess::NormalExit && process.exitCode() != 0, said);
    QVERIFY2(said.contains("vocabulary: ") && said.contains("Keep feedline-pieces.so beside the program"), said);
  }

  void ctrl_c_ends_it_with_what_it_has() {
    const QString folder = cli_.path("many");
    write_picture_folder(cli_.path("large"), 1, 2500);  // one picture by many names: some seconds of decoding
    for (int i = 0; i < 600; ++i)
      write_link(cli_.path("large/a/0.jpg"), QString("%1/%2/%3.jpg").arg(folder, i % 2 == 0 ? "a" : "b").arg(i));
    QProcess process;
    cli_.start(process, {"check", "example:image-folder", "--set", "source.folder=" + folder, "--workers", "1"});
    QTest::qWait(1500);
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    const CliResult check = Cli::finish(process);
    QVERIFY2(check.exit_code == 130 && check.err.contains("interrupted"), check.text());
  }

  void a_run_writes_the_same_list_at_its_end() {
    const QString folder = damaged("train");
    const QStringList base = {"run",      "example:image-folder",
                              "--epochs", "3",
                              "--set",    "source.folder=" + folder,
                              "--set",    "crop.size=32",
                              "--set",    "batch.size=8",
                              "--set",    "trainer.validation_split=0"};
    const CliResult run = cli_.run(base + QStringList{"--bad-records", cli_.path("run.csv")});
    QVERIFY2(run.exit_code == 0, run.text());
    const QStringList list = rows("run.csv");
    QCOMPARE(list.size(), 4);
    QCOMPARE(list[0], QString("problem,file,record,node,reason,remedy,times,epochs"));
    for (const QString& row : list.mid(1)) QVERIFY2(row.startsWith("bad,") && row.endsWith(",3,3"), qPrintable(row));
    QVERIFY(list.filter("/a/torn.jpg").size() == 1 && list.filter("/b/empty.png").size() == 1);
    const CliResult both = cli_.run(base + QStringList{"--bad-records", "-", "--json", "-"});
    QVERIFY2(both.exit_code == 2 && both.out.isEmpty(), both.text());
    const CliResult nowhere = cli_.run(base + QStringList{"--bad-records", "/nowhere/x.csv"});
    QVERIFY2(nowhere.exit_code == 2, nowhere.text());
  }

  void a_run_tells_what_its_labels_are_like_data() {
    QTest::addColumn<QList<int>>("training");    ///< pictures of a, b, c
    QTest::addColumn<QList<int>>("validation");  ///< empty: a share of training
    QTest::addColumn<bool>("shuffled");
    QTest::addColumn<QString>("notice");   ///< empty: none
    QTest::addColumn<QString>("finding");  ///< the kind of the check that says the same
    const QString none;
    QTest::newRow("fine") << QList<int>{12, 12} << QList<int>{4, 4} << true << none << none;
    QTest::newRow("one class") << QList<int>{24} << QList<int>{4} << true << "all records are of one class, 'a'"
                               << "one-class";
    QTest::newRow("small class") << QList<int>{20, 4} << QList<int>{4, 4} << true
                                 << "a class has fewer than 10 records: 'b' (4)"
                                 << "small-class";
    QTest::newRow("imbalance") << QList<int>{100, 10} << QList<int>{4, 4} << true
                               << "classes are imbalanced, 10 to 1, from 'a' (100) to 'b' (10)"
                               << "imbalance";
    QTest::newRow("class by class") << QList<int>{12, 12} << QList<int>{4, 4} << false << "records come class by class"
                                    << "class-sorted";
    QTest::newRow("lacking in validation") << QList<int>{12, 12, 12} << QList<int>{4, 0, 4} << true
                                           << "validation has no record of 1 of the 3 classes of training: 'b'"
                                           << "missing-class";
  }
  /// By a real run of a few steps, on its terminal and in its JSON; `check` of the same graph finds it too.
  void a_run_tells_what_its_labels_are_like() {
    QFETCH(QList<int>, training);
    QFETCH(QList<int>, validation);
    QFETCH(bool, shuffled);
    QFETCH(QString, notice);
    QFETCH(QString, finding);
    const QString root = cli_.path(QString("labels-") + QTest::currentDataTag());
    write_pictures(root + "/train", training, 0);
    write_pictures(root + "/val", validation, 120);
    const QString file = root + ".feedline";
    const CliResult made = cli_.run({"new", "--from", root, "image-folder", file});
    QVERIFY2(made.exit_code == 0, made.text());
    QStringList graph = {file,
                         "--set",
                         "crop.size=32",
                         "--set",
                         "batch.size=8",
                         "--set",
                         QString("shuffle.shuffle=%1").arg(shuffled ? "true" : "false")};
    graph += {"--set", "crop2.size=32", "--set", "batch2.size=8"};  // those of validation
    const CliResult run =
        cli_.run(QStringList{"run"} + graph + QStringList{"--max-steps", "1", "--json", root + ".json"});
    QVERIFY2(run.exit_code == 0, run.text());
    const QJsonArray notices = QJsonDocument::fromJson(read_file(root + ".json")).object()["notices"].toArray();
    QCOMPARE(notices.size(), notice.isEmpty() ? 0 : 1);
    QCOMPARE(run.err.count("warning:"), notices.size());
    if (!notice.isEmpty()) {
      QVERIFY2(notices[0]["message"].toString().contains(notice), qPrintable(notices[0]["message"].toString()));
      QVERIFY2(run.err.contains(notice.toUtf8()), run.text());
    }
    const CliResult check = cli_.run(QStringList{"check"} + graph + QStringList{"--json", "-"});
    const QJsonArray findings = check.json()["findings"].toArray();
    QStringList kinds;
    for (const auto& one : findings) {
      kinds << one.toObject()["kind"].toString();
      if (kinds.last() == finding)
        QVERIFY2(one.toObject()["message"].toString().contains(notice),
                 qPrintable(one.toObject()["message"].toString()));
    }
    kinds.removeAll("enlarged");
    QCOMPARE(kinds.join(' '), finding);
  }

  /// The parent of train/ and val/: what is said names the command that wires both, and it does.
  void the_parent_of_parts_becomes_two_sources() {
    const QString root = cli_.path("parts of data");
    write_pictures(root + "/train", {12, 12}, 0);
    write_pictures(root + "/val", {4, 4}, 120);
    for (const char* command : {"run", "check"}) {
      const CliResult refused = cli_.run({command, "example:image-folder", "--set", "source.folder=" + root});
      QVERIFY2(refused.exit_code == 2, refused.text());
      const QByteArray words = (refused.out + refused.err).simplified();
      QVERIFY2(words.contains("feedline-cli new --from '" + root.toUtf8() + "' GRAPH NEW.feedline"), refused.text());
    }
    const QString mine = cli_.path("mine.feedline");
    QVERIFY(cli_.run({"new", "image-folder", mine}).exit_code == 0);
    const QString wired = cli_.path("wired.feedline");
    const CliResult made = cli_.run({"new", "--from", root, mine, wired});
    QVERIFY2(made.exit_code == 0 && made.out.contains("24 pictures and 8 for validation"), made.text());
    const CliResult check = cli_.run({"check", wired, "--json", "-"});
    QVERIFY2(check.exit_code == 0, check.text());
    const QJsonArray sources = check.json()["sources"].toArray();
    QCOMPARE(sources.size(), 2);
    QVERIFY(sources[0]["training"].toBool() && sources[0]["records"].toInt() == 24);
    QVERIFY(sources[1]["validation"].toBool() && sources[1]["records"].toInt() == 8);
    QVERIFY2(cli_.run({"validate", wired}).exit_code == 0, "validate");

    // A folder that is not divided: the same graph, with this one as its source.
    const QString plain = cli_.path("plain.feedline");
    QVERIFY(cli_.run({"new", "--from", root + "/train", mine, plain}).exit_code == 0);
    QVERIFY(read_file(plain).contains("parts of data/train\""));
    const CliResult lacking = cli_.run({"new", "--from", root + "/train", wired, cli_.path("x.feedline")});
    QVERIFY2(lacking.exit_code == 2 && lacking.err.contains("validation has a source of its own"), lacking.text());
    const CliResult wrong = cli_.run({"new", "--from", root, "idx", cli_.path("x.feedline")});
    QVERIFY2(wrong.exit_code == 2 && wrong.err.contains("no image_folder source"), wrong.text());
    QVERIFY(!QFile::exists(cli_.path("x.feedline")));
  }

  void what_never_started_is_no_run() {
    const auto count = [&] {
      const CliResult list = cli_.run({"runs", "list", "--json", "-"});
      return list.json().array().size();
    };
    const auto before = count();
    for (const QStringList& arguments :
         {QStringList{"run", "example:image-folder", "--set", "source.folder=/nowhere"},
          QStringList{"run", "example:idx", "--device", "cuda:99"} + small_idx(cli_.path("idx")),
          QStringList{"run", "example:idx", "--set", "batch.size=100000", "--set", "batch.drop_last=true"} +
              small_idx(cli_.path("idx"))}) {
      const CliResult run = cli_.run(arguments);
      QVERIFY2(run.exit_code == 2 || run.exit_code == 3, run.text());
      QVERIFY2(!run.err.contains("recorded as"), run.text());
    }
    // Nor one that was interrupted while it was prepared.
    QProcess process;
    cli_.start(process, {"run", "example:quickstart", "--set", "source.count=200000", "--set", "source.size=256"});
    QByteArray seen;
    (void)Cli::wait_for_error_text(process, "%", seen);
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    const CliResult stopped = Cli::finish(process, seen);
    QVERIFY2(stopped.exit_code == 130 && stopped.err.contains("before training began"), stopped.text());
    QVERIFY2(!stopped.err.contains("recorded as"), stopped.text());
    QCOMPARE(count(), before);
  }

  /// SIGSTOP and SIGCONT in the middle of training, three seconds apart.
  void a_stopped_process_counts_no_time() {
    QProcess process;
    QElapsedTimer all;
    all.start();
    cli_.start(process, QStringList{"run", "example:idx", "--device", "cpu", "--epochs", "1000000", "--set",
                                    "trainer.slow_seconds=1", "--json", cli_.path("stopped.json")} +
                            small_idx(cli_.path("idx")));
    QByteArray seen;
    QVERIFY2(Cli::wait_for_error_text(process, "epoch 2/", seen), seen);
    const auto pid = static_cast<pid_t>(process.processId());
    QTest::qWait(300);
    constexpr int kStops = 2;
    constexpr int kStopMs = 1500;
    for (int i = 0; i < kStops; ++i) {
      QCOMPARE(::kill(pid, SIGSTOP), 0);  // what Ctrl-Z comes to; SIGTSTP itself stops no orphan
      QTest::qWait(kStopMs);
      QCOMPARE(::kill(pid, SIGCONT), 0);
      QTest::qWait(500);
    }
    ::kill(pid, SIGINT);
    const CliResult run = Cli::finish(process, seen);
    QVERIFY2(run.exit_code == 130 && run.err.count("the process was stopped") >= 1, run.text());
    QVERIFY2(!run.err.contains("left out") && !run.err.contains("took longer"), run.text());
    const QJsonObject json = QJsonDocument::fromJson(read_file(cli_.path("stopped.json"))).object();
    const double suspended = json["suspended_s"].toDouble();
    // A tenth of a second of each stop may count as time that passed; a busy machine may let it lie a little longer.
    QVERIFY2(suspended > kStops * (kStopMs / 1e3 - 0.2), qPrintable(QString::number(suspended)));
    double steps = 0;
    for (const char* part : {"wait_s", "h2d_s", "forward_s", "backward_s", "optimizer_s", "other_s"})
      steps += json["step"][part].toDouble();
    const double wall = json["wall_s"].toDouble();
    QVERIFY2(steps < wall + 0.3, qPrintable(QString("%1 %2").arg(steps).arg(wall)));
    QVERIFY2(json["step"]["other_s"].toDouble() < suspended / 2, "a stop counts as other");
    const double lived = static_cast<double>(all.elapsed()) / 1e3;
    QVERIFY2(wall < lived - suspended, "a stop counts as training");
    // The record tells it.
    const QByteArray number = run.err.mid(run.err.indexOf("recorded as run ") + 16).split('\n').front();
    const CliResult shown = cli_.run({"runs", "show", QString::fromUtf8(number)});
    QVERIFY2(shown.out.contains("the process was stopped"), shown.text());
  }
};

FEEDLINE_TEST(TestCliCheck)

}  // namespace test_cli_check

#include "test_cli_check.moc"
