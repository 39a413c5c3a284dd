// SPDX-License-Identifier: GPL-3.0-or-later

// The real program on node files: a sub-graph goes into a file, a copy into another graph, and follows it.

#include "support/fixtures.h"
#include "support/places.h"
#include "support/process.h"
#include "support/test_program.h"

#include <QFile>
#include <QTest>

namespace test_cli_node {

using namespace feedline::test;

class TestCliNode : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void a_copy_follows_its_file() {
    const QString graph = cli_.path("my.feedline");
    const QString other = cli_.path("other.feedline");
    const QString node = cli_.path("part.feedline-node");
    QVERIFY(QFile::copy(source_dir("/tests/data/block.feedline"), graph));
    write_file(other, "{\"feedline\": 1, \"nodes\": []}\n");

    const CliResult saved = cli_.run({"node", "save", graph, "block", node});
    QVERIFY2(saved.exit_code == 0, saved.text().constData());
    QVERIFY2(saved.out.contains("version 1"), saved.text().constData());
    QVERIFY(read_file(graph).contains("\"origin\": {\"file\": \"part.feedline-node\", \"version\": 1, \"sha256\": "));

    const CliResult inserted = cli_.run({"node", "insert", other, node});
    QVERIFY2(inserted.exit_code == 0, inserted.text().constData());
    const CliResult listed = cli_.run({"node", "list", other});
    QVERIFY2(listed.exit_code == 0 && listed.out.contains("as its file"), listed.text().constData());

    QVERIFY(cli_.run({"node", "save", graph, "prepare", node}).out.contains("version 2"));
    QVERIFY(cli_.run({"node", "list", other}).out.contains("version 1 → 2"));
    const CliResult updated = cli_.run({"node", "update", other});
    QVERIFY2(updated.exit_code == 0 && updated.out.contains("version 1 → 2"), updated.text().constData());
    QVERIFY(read_file(other).contains("\"version\": 2, \"sha256\": "));
    QVERIFY(cli_.run({"node", "update", other}).out.contains("version 2, as its file"));
  }

  void the_example_comes_with_its_file() {
    const CliResult listed = cli_.run({"node", "list", "example:node-file"});
    QVERIFY2(listed.exit_code == 0 && listed.out.contains("version 1 → 2"), listed.text().constData());
    const QString mine = cli_.path("mine.feedline");
    const CliResult updated = cli_.run({"node", "update", "example:node-file", "-o", mine});
    QVERIFY2(updated.exit_code == 0, updated.text().constData());
    const CliResult after = cli_.run({"node", "list", mine});
    QVERIFY2(after.out.contains("as its file") && !after.out.contains("update:"), after.text().constData());
  }

  void refuses() {
    const QString graph = cli_.path("whole.feedline");
    QVERIFY(QFile::copy(source_dir("/tests/data/block.feedline"), graph));
    const QByteArray before = read_file(graph);
    const CliResult over = cli_.run({"node", "save", graph, "block", graph});
    QCOMPARE(over.exit_code, 2);
    QVERIFY2(over.err.contains("no node that could be replaced"), over.text().constData());
    QCOMPARE(read_file(graph), before);
    const CliResult none = cli_.run({"node", "update", graph, "block"});
    QCOMPARE(none.exit_code, 2);
    QVERIFY2(none.err.contains("block: it comes from no file"), none.text().constData());
  }

 private:
  Cli cli_;
};

FEEDLINE_TEST(TestCliNode)

}  // namespace test_cli_node

#include "test_cli_node.moc"
