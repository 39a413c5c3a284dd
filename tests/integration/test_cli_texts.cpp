// SPDX-License-Identifier: GPL-3.0-or-later

// What the program says of itself: help, node types, examples, versions.

#include "base/embedded.h"
#include "graph/json.h"
#include "graph/validate.h"
#include "schema/registry.h"
#include "support/places.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonObject>
#include <QSet>
#include <QTest>

#include <algorithm>
#include <cmath>

namespace test_cli_texts {

using namespace feedline::test;

class TestCliTexts : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void help_documents_every_option_data();
  void help_documents_every_option();
  void help_fits_the_terminal();
  void version();
  void nodes_json_covers_the_registry();
  void nodes_explains_one();
  void new_lists_writes_and_never_overwrites();
  void new_builds_a_graph_for_data();
  void new_predicts_the_column_that_is_named();
  void embedded_examples_are_the_files();
  void examples_are_sound_data();
  void examples_are_sound();
  void doctor_reports();

 private:
  Cli cli_;
};

void TestCliTexts::help_documents_every_option_data() {
  QTest::addColumn<QStringList>("arguments");
  QTest::addColumn<QStringList>("words");
  const QStringList run = {"FILE",      "--set",    "--epochs",    "--max-steps", "--device", "--seed",
                           "--workers", "--staged", "--no-meters", "--json",      "Examples:"};
  QTest::newRow("program") << QStringList{} << QStringList{"run",     "profile", "validate", "nodes", "new",
                                                           "batches", "bench",   "doctor",   "130",   "--version"};
  QTest::newRow("run") << QStringList{"run"} << run + QStringList{"--no-record"};
  QTest::newRow("profile") << QStringList{"profile"} << run + QStringList{"--seconds", "--no-train"};
  QTest::newRow("validate") << QStringList{"validate"} << QStringList{"FILE", "--set", "Examples:"};
  QTest::newRow("nodes") << QStringList{"nodes"} << QStringList{"TYPE", "--json", "Examples:"};
  QTest::newRow("new") << QStringList{"new"}
                       << QStringList{"EXAMPLE", "PATH", "--from", "--label", "--force", "Examples:"};
  QTest::newRow("batches") << QStringList{"batches"}
                           << QStringList{"FILE",     "--set",   "--epochs", "--seed",   "--workers",
                                          "--staged", "--count", "--hash",   "Examples:"};
  QTest::newRow("bench") << QStringList{"bench"} << QStringList{"--seconds", "--rounds", "--json", "Examples:"};
  QTest::newRow("runs") << QStringList{"runs"} << QStringList{"list", "show", "compare", "export",  "tag",
                                                              "note", "pin",  "delete",  "restore", "Examples:"};
  QTest::newRow("runs list") << QStringList{"runs", "list"}
                             << QStringList{"--search", "--tag", "--limit", "--deleted", "--json"};
  QTest::newRow("report") << QStringList{"report"} << QStringList{"RUN", "--out", "Example:"};
  QTest::newRow("predict") << QStringList{"predict"}
                           << QStringList{"CHECKPOINT", "INPUT", "--csv", "--json", "--top", "--device", "Examples:"};
  QTest::newRow("evaluate") << QStringList{"evaluate"}
                            << QStringList{"CHECKPOINT", "--data", "--all", "--set", "--json", "Examples:"};
  QTest::newRow("importance") << QStringList{"importance"}
                              << QStringList{"CHECKPOINT", "--metric", "--repeats", "--records", "Examples:"};
  QTest::newRow("checkpoints") << QStringList{"run"}
                               << QStringList{"--checkpoints",     "--checkpoint-every", "--keep",
                                              "--checkpoint-best", "--no-checkpoints",   "--resume",
                                              "--init-from"};
  QTest::newRow("pretrain") << QStringList{"pretrain"} << run + QStringList{"--out", "--node", "--half"};
  QTest::newRow("launch") << QStringList{"launch"} << QStringList{"--nproc",    "--nnodes", "--node-rank", "--rdzv",
                                                                  "--restarts", "torchrun", "srun",        "Examples:"};
  QTest::newRow("baselines") << QStringList{"baselines"}
                             << QStringList{"FILE",   "--budget",    "--folds", "--models", "--seed",
                                            "--name", "--no-record", "--json",  "Examples:"};
  QTest::newRow("doctor") << QStringList{"doctor"} << QStringList{"--json", "Example:"};
}

void TestCliTexts::help_documents_every_option() {
  QFETCH(QStringList, arguments);
  QFETCH(QStringList, words);
  const CliResult help = cli_.run(arguments + QStringList{"--help"});
  QVERIFY2(help.exit_code == 0 && help.err.isEmpty(), help.text());
  for (const QString& word : words)
    QVERIFY2(help.out.contains(word.toUtf8()), (word.toUtf8() + " is missing\n" + help.out));
}

void TestCliTexts::help_fits_the_terminal() {
  cli_.set_environment("COLUMNS", "72");
  const CliResult help = cli_.run({"run", "--help"});
  cli_.set_environment("COLUMNS", "100");
  const QByteArray options = help.out.left(help.out.indexOf("Examples:"));
  for (const QByteArray& line : options.split('\n')) QVERIFY2(QString::fromUtf8(line).size() <= 72, line);
}

void TestCliTexts::version() {
  const CliResult run = cli_.run({"--version"});
  QCOMPARE(run.exit_code, 0);
  QCOMPARE(run.out, QByteArray("feedline-cli " FEEDLINE_VERSION "\n"));
}

void TestCliTexts::nodes_json_covers_the_registry() {
  const CliResult run = cli_.run({"nodes", "--json"});
  QCOMPARE(run.exit_code, 0);
  QSet<QString> types;
  for (const QJsonValue& node : run.json().array()) {
    types.insert(node["type"].toString());
    QVERIFY(!node["summary"].toString().isEmpty());
    const auto* spec = feedline::Registry::instance().find(node["type"].toString().toStdString());
    QVERIFY(spec != nullptr);
    QCOMPARE(node["params"].toArray().size(), static_cast<qsizetype>(spec->params.size()));
    QCOMPARE(node["inputs"].toArray().size(), static_cast<qsizetype>(spec->inputs.size()));
    QCOMPARE(node["outputs"].toArray().size(), static_cast<qsizetype>(spec->outputs.size()));
  }
  QCOMPARE(static_cast<std::size_t>(types.size()), feedline::Registry::instance().all().size());
  const CliResult list = cli_.run({"nodes"});
  for (const QString& type : types) QVERIFY2(list.out.contains(type.toUtf8()), list.out);
}

void TestCliTexts::nodes_explains_one() {
  const CliResult page = cli_.run({"nodes", "conv2d"});
  QCOMPARE(page.exit_code, 0);
  for (const auto& param : feedline::Registry::instance().find("conv2d")->params)
    QVERIFY2(page.out.contains(QByteArray::fromStdString(param.name)), page.out);
  const CliResult json = cli_.run({"nodes", "conv2d", "--json"});
  QCOMPARE(json.json().array().size(), 1);
  QCOMPARE(json.json()[0]["type"].toString(), QString("conv2d"));
}

void TestCliTexts::new_lists_writes_and_never_overwrites() {
  const CliResult list = cli_.run({"new"});
  QCOMPARE(list.exit_code, 0);
  for (const char* name : {"quickstart", "image-folder", "idx"}) QVERIFY2(list.out.contains(name), list.out);

  const QString path = cli_.path("mine.feedline");
  QCOMPARE(cli_.run({"new", "idx", path}).exit_code, 0);
  const QByteArray original = read_file(feedline::test::source_dir("/resources/examples/idx.feedline"));
  QCOMPARE(read_file(path), original);
  QCOMPARE(cli_.run({"validate", path, "--set", "source.images=a", "--set", "source.labels=b", "--set",
                     "validation.images=c", "--set", "validation.labels=d"})
               .exit_code,
           0);

  write_file(path, "precious");
  const CliResult again = cli_.run({"new", "idx", path});
  QVERIFY2(again.exit_code == 2 && again.errors().size() == 1 && again.errors().first().contains("--force"),
           again.text());
  QCOMPARE(read_file(path), QByteArray("precious"));
  QCOMPARE(cli_.run({"new", "idx", path, "--force"}).exit_code, 0);
  QCOMPARE(read_file(path), original);
  QCOMPARE(cli_.run({"new", "idx", cli_.path("no/such/folder/x")}).exit_code, 2);
  QCOMPARE(cli_.run({"new", "index", cli_.path("y.feedline")}).exit_code, 2);
}

void TestCliTexts::new_builds_a_graph_for_data() {
  write_picture_folder(cli_.path("photos/train"), 12);
  write_picture_folder(cli_.path("photos/val"), 4);
  const QString path = cli_.path("photos.feedline");
  const CliResult made = cli_.run({"new", "--from", cli_.path("photos"), path});
  QVERIFY2(made.exit_code == 0, made.text());
  QVERIFY2(made.out.contains("2 classes, 24 pictures and 8 for validation"), made.out);
  const CliResult run = cli_.run({"run", path, "--epochs", "1", "--json", "-"});
  QVERIFY2(run.exit_code == 0, run.text());
  QVERIFY2(run.json()["epochs"][0]["val_accuracy"].isDouble(), run.text());
  const QByteArray before = read_file(path);
  QCOMPARE(cli_.run({"new", "--from", cli_.path("photos/val"), path}).exit_code, 2);  // exists
  QCOMPARE(read_file(path), before);
  for (const QStringList& wrong : {QStringList{"--from", cli_.path("nowhere"), cli_.path("x.feedline")},
                                   QStringList{"--from", cli_.path("photos/val/a"), cli_.path("x.feedline")},
                                   QStringList{"--from", cli_.path("photos")},
                                   QStringList{"--from", cli_.path("photos"), "idx", cli_.path("x.feedline")}}) {
    const CliResult refused = cli_.run(QStringList{"new"} + wrong);
    QVERIFY2(refused.exit_code == 2 && refused.errors().size() == 1, refused.text());
    QVERIFY(!QFile::exists(cli_.path("x.feedline")));
  }
}

void TestCliTexts::new_predicts_the_column_that_is_named() {
  QByteArray rows = "income,age,y\n";
  for (int i = 0; i < 60; ++i)
    rows += (i % 3 == 0 ? "high," : "low,") + QByteArray::number(20 + i) + ',' + QByteArray::number(i % 5) + '\n';
  write_file(cli_.path("people.csv"), rows);
  write_picture_folder(cli_.path("shots"), 4);
  const QString path = cli_.path("people.feedline");
  const QStringList from = {"new", "--from", cli_.path("people.csv")};
  const CliResult made = cli_.run(from + QStringList{"--label", "income", path});
  QVERIFY2(made.exit_code == 0, made.text());
  QVERIFY2(made.out.contains("'income' (2 classes) from 60 rows of 2 columns"), made.out);
  const auto graph = feedline::from_json(read_file(path).toStdString());
  QVERIFY(graph && std::get<std::string>(graph->document.find("source")->params.at("label")) == "income");
  const CliResult of_number = cli_.run(from + QStringList{"--label", "age", "--force", path});
  QVERIFY2(of_number.exit_code == 0 && of_number.out.contains("'age' (a number)"), of_number.text());
  QCOMPARE(cli_.run({"run", path, "--max-steps", "2", "--no-record"}).exit_code, 0);
  const CliResult absent = cli_.run(from + QStringList{"--label", "wage", cli_.path("x.feedline")});
  QVERIFY2(absent.exit_code == 2 && absent.err.contains("Did you mean 'age'?"), absent.text());
  for (const QStringList& wrong :
       {QStringList{"new", "--label", "income", "tables", cli_.path("x.feedline")},
        QStringList{"new", "--from", cli_.path("shots"), "--label", "income", cli_.path("x.feedline")}}) {
    const CliResult refused = cli_.run(wrong);
    QVERIFY2(refused.exit_code == 2 && refused.errors().size() == 1, refused.text());
    QVERIFY(!QFile::exists(cli_.path("x.feedline")));
  }
}

void TestCliTexts::embedded_examples_are_the_files() {
  const QDir folder(feedline::test::source_dir("/resources/examples"));
  QStringList embedded;
  for (const auto& file : feedline::embedded_examples()) {
    const QString name = QString::fromUtf8(file.name.data(), static_cast<qsizetype>(file.name.size()));
    embedded << name;
    QCOMPARE(read_file(folder.filePath(name)), QByteArray(file.text.data(), static_cast<qsizetype>(file.text.size())));
  }
  QCOMPARE(embedded, folder.entryList({"*.feedline"}, QDir::Files, QDir::Name));
}

void TestCliTexts::examples_are_sound_data() {
  QTest::addColumn<QByteArray>("text");
  for (const auto& file : feedline::embedded_examples())
    QTest::newRow(std::string(file.name).c_str())
        << QByteArray(file.text.data(), static_cast<qsizetype>(file.text.size()));
}

void TestCliTexts::examples_are_sound() {
  QFETCH(QByteArray, text);
  const auto loaded = feedline::from_json(text.toStdString());
  QVERIFY2(loaded.has_value(), loaded ? "" : loaded.error().line().c_str());
  const feedline::Document& document = loaded->document;
  QVERIFY(loaded->notes.empty());
  QVERIFY(document.find("source") != nullptr && document.find("trainer") != nullptr);
  QVERIFY(!document.title().empty() && !document.comments().empty());
  // As the window would save it: opening and saving an example leaves no trace.
  QCOMPARE(QByteArray::fromStdString(feedline::to_json(document)), text);

  // Nothing is wrong but the files that the user is to choose.
  for (const auto& problem : feedline::analyse(document).problems) {
    const auto* node = document.find(problem.error.node);
    QVERIFY2(node != nullptr, problem.error.line().c_str());
    const auto* param = feedline::Registry::instance().find(node->type)->param(problem.error.parameter);
    QVERIFY2(param != nullptr && param->required, problem.error.line().c_str());
  }

  // Nodes stand on the grid and apart from each other, and the whole has about the shape of a canvas.
  double right = 0;
  double bottom = 0;
  for (const auto& a : document.nodes()) {
    QCOMPARE(std::fmod(a.position.x, 20), 0.0);
    QCOMPARE(std::fmod(a.position.y, 20), 0.0);
    right = std::max(right, a.position.x + 200);
    bottom = std::max(bottom, a.position.y + 120);
    for (const auto& b : document.nodes())
      QVERIFY2(&a == &b || std::abs(a.position.x - b.position.x) >= 240 || std::abs(a.position.y - b.position.y) >= 160,
               (a.id + " and " + b.id + " overlap").c_str());
    for (const auto& c : document.comments())
      QVERIFY2(a.position.x + 200 <= c.position.x || c.position.x + c.width <= a.position.x ||
                   a.position.y + 120 <= c.position.y || c.position.y + c.height <= a.position.y,
               (a.id + " lies on a comment").c_str());
  }
  QVERIFY(right / bottom > 1.2 && right / bottom < 2.4);
}

void TestCliTexts::doctor_reports() {
  const CliResult run = cli_.run({"doctor", "--json"});
  QVERIFY2(run.exit_code == 0 || run.exit_code == 3, run.text());
  const QJsonArray findings = run.json().array();
  QVERIFY2(findings.size() >= 5, run.text());
  for (const QJsonValue& finding : findings) {
    QVERIFY(!finding["topic"].toString().isEmpty() && !finding["text"].toString().isEmpty());
    if (finding["level"] != "ok") QVERIFY2(!finding["remedy"].toString().isEmpty(), run.text());
  }
  QVERIFY2(run.out.contains("BLAS"), run.text());
}

FEEDLINE_TEST(TestCliTexts)

}  // namespace test_cli_texts

#include "test_cli_texts.moc"
