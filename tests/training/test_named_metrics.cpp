// SPDX-License-Identifier: GPL-3.0-or-later

// A metric that a parameter or an option names is looked up while the graph is wired, not when its run has begun.

#include "graph/json.h"
#include "graph/override.h"
#include "graph/validate.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QFile>
#include <QTest>

namespace test_named_metrics {

using namespace feedline;

namespace {

/// The quickstart, a classifier with validation data, and what is assigned to it.
Document quickstart(const std::vector<std::string>& assignments = {}) {
  QFile file(test::source_dir() + "/resources/examples/quickstart.feedline");
  if (!file.open(QIODevice::ReadOnly)) return {};
  auto loaded = from_json(file.readAll().toStdString());
  if (!loaded) return {};
  for (const std::string& assignment : assignments)
    if (const auto edit = parse_override(loaded->document, assignment); !edit || !loaded->document.apply(*edit))
      return {};
  return std::move(loaded->document);
}

}  // namespace

class TestNamedMetrics : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void a_graph_knows_what_its_run_measures() {
    using Keys = std::vector<std::string>;
    QCOMPARE(analyse(quickstart()).metrics,
             (Keys{"train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_macro_f1"}));
    QCOMPARE(analyse(quickstart({"trainer.validation_split=0", "trainer.metrics=auc"})).metrics, Keys{"train_loss"});
    QVERIFY(analyse(Document()).metrics.empty());
  }

  void names_are_checked_data() {
    QTest::addColumn<QStringList>("assignments");
    QTest::addColumn<QString>("words");  // of its line; empty: nothing is wrong
    QTest::addColumn<bool>("error");
    const auto row = [](const char* name, const QStringList& assignments, const char* words, bool error = true) {
      QTest::newRow(name) << assignments << words << error;
    };
    row("right", {"trainer.stop_early=val_accuracy"}, "");
    row("wanted", {"trainer.metrics=auc", "trainer.stop_early=val_auc"}, "");
    row("typo", {"trainer.stop_early=val_acuracy"},
        "trainer.stop_early|'val_acuracy'|Did you mean 'val_accuracy'|train_loss");
    row("not of training", {"trainer.stop_early=train_macro_f1"}, "trainer.stop_early|does not measure");
    row("of numbers", {"trainer.stop_early=val_r2"}, "trainer.stop_early|val_r2|val_accuracy");
    row("typo without data", {"trainer.validation_split=0", "trainer.stop_early=val_los"},
        "trainer.stop_early|Did you mean 'val_loss'");
    row("no data", {"trainer.validation_split=0", "trainer.stop_early=val_loss"},
        "trainer.stop_early|no validation data|validation_split", false);
    row("plateau", {"optimizer.schedule=plateau", "optimizer.watch=val_accurracy"},
        "optimizer.watch|Did you mean 'val_accuracy'");
    row("not watched", {"optimizer.watch=val_accurracy"}, "");
    row("metrics", {"trainer.metrics=rmse"}, "trainer.metrics|rmse cannot be measured|accuracy");
  }
  void names_are_checked() {
    QFETCH(QStringList, assignments);
    QFETCH(QString, words);
    QFETCH(bool, error);
    std::vector<std::string> all;
    for (const QString& one : assignments) all.push_back(one.toStdString());
    const Document document = quickstart(all);
    QVERIFY(!document.nodes().empty());
    QStringList lines;
    for (const Problem& problem : analyse(document).problems)
      if (problem.error.reason.find("measure") != std::string::npos) {
        QCOMPARE(problem.severity == Problem::Severity::Error, error);
        lines << QString::fromStdString(problem.error.line());
      }
    QCOMPARE(lines.size(), words.isEmpty() ? 0 : 1);
    for (const QString& word : words.split('|', Qt::SkipEmptyParts))
      QVERIFY2(lines.front().contains(word), qPrintable(lines.front()));
  }

  void an_option_names_a_metric() {
    QVERIFY(check_metric(quickstart(), "val_accuracy", "--target"));
    const Status typo = check_metric(quickstart(), "acuracy", "--target");
    QVERIFY(!typo && typo.error().parameter == "--target");
    QVERIFY2(typo.error().remedy.find("val_accuracy") != std::string::npos, typo.error().line().c_str());
  }
};

FEEDLINE_TEST(TestNamedMetrics)

}  // namespace test_named_metrics

#include "test_named_metrics.moc"
