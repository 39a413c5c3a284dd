// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/edit.h"
#include "graph/identifiers.h"
#include "graph/json.h"
#include "graph/override.h"
#include "support/fake_nodes.h"
#include "support/test_program.h"

#include <QTest>

namespace test_document {

using namespace feedline;
using feedline::test::Graph;

class TestDocument : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void ids_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<bool>("valid");
    QTest::newRow("word") << "conv2" << true;
    QTest::newRow("underscore first") << "_a" << true;
    QTest::newRow("dash inside") << "a-b" << true;
    QTest::newRow("64 letters") << QString(64, 'a') << true;
    QTest::newRow("65 letters") << QString(65, 'a') << false;
    QTest::newRow("empty") << "" << false;
    QTest::newRow("digit first") << "2a" << false;
    QTest::newRow("dash first") << "-a" << false;
    QTest::newRow("dot") << "a.b" << false;
    QTest::newRow("blank") << "a b" << false;
    QTest::newRow("not ASCII") << "größe" << false;
  }
  void ids() {
    QFETCH(QString, id);
    QFETCH(bool, valid);
    QCOMPARE(is_id(id.toStdString()), valid);
    QVERIFY(is_id(to_id(id.toStdString())));
    if (valid) QCOMPARE(to_id(id.toStdString()), id.toStdString());
    Document document;
    QCOMPARE(document.apply({AddNode{Node{.id = id.toStdString(), .type = "t"}}}).has_value(), valid);
    QCOMPARE(document.nodes().size(), valid ? std::size_t{1} : std::size_t{0});
  }

  void free_id_avoids_nodes_and_comments() {
    Graph graph("conv:linear conv2:linear");
    Document document = graph.document();
    QVERIFY(document.apply({AddComment{Comment{.id = "conv3"}}}));
    QCOMPARE(document.free_id("conv"), std::string("conv4"));
    QCOMPARE(document.free_id("pool"), std::string("pool"));
    const std::string longest(64, 'x');
    QVERIFY(document.apply({AddNode{Node{.id = longest, .type = "t"}}}));
    QVERIFY(is_id(document.free_id(longest)));
    QVERIFY(document.free_id(longest) != longest);
  }

  void finds() {
    const Graph graph("a:pictures b:resize a.image>b.image");
    const Document& d = graph.document();
    QCOMPARE(d.find("b")->type, std::string("resize"));
    QVERIFY(d.find("c") == nullptr);
    QCOMPARE(d.link_into({"b", "image"})->from.text(), std::string("a.image"));
    QVERIFY(d.link_into({"a", "image"}) == nullptr);
  }

  void refused_edits_change_nothing_data() {
    QTest::addColumn<int>("which");
    for (int i = 0; i < static_cast<int>(refused().size()); ++i)
      QTest::newRow(
          qPrintable(QString::fromStdString(refused()[static_cast<std::size_t>(i)].text() + " #" + std::to_string(i))))
          << i;
  }
  void refused_edits_change_nothing() {
    QFETCH(int, which);
    Document document = base();
    const Document before = document;
    const auto done = document.apply(refused()[static_cast<std::size_t>(which)]);
    QVERIFY(!done);
    QVERIFY(!done.error().reason.empty());
    QVERIFY(document == before);
  }

  void edit_texts() {
    QCOMPARE(Edit{AddNode{Node{.id = "conv2"}}}.text(), std::string("Add conv2"));
    QCOMPARE(remove_nodes({"a", "b", "c"}).text(), std::string("Remove 3 nodes"));
    QCOMPARE(remove_nodes({"a"}).text(), std::string("Remove a"));
    QCOMPARE((Edit{SetParam{"crop", "size", Value(std::int64_t{3})}}.text()), std::string("Set crop.size"));
    QCOMPARE((Edit{SetParam{"crop", "size", std::nullopt}}.text()), std::string("Reset crop.size"));
    const Edit rewire{Edit::List{{RemoveLink{{"b", "x"}}}, {AddLink{Link{.from = {"a", "y"}, .to = {"b", "x"}}}}}};
    QCOMPARE(rewire.text(), std::string("Connect a.y to b.x"));
  }

  void overrides_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("error");  // words of the line, by '|'; empty: accepted
    QTest::newRow("integer") << "resize.size=17"
                             << "";
    QTest::newRow("path with = and .") << "files.folder=/a.b/c=d"
                                       << "";
    QTest::newRow("no =") << "resize.size"
                          << "NODE.PARAM=VALUE";
    QTest::newRow("no dot") << "size=3"
                            << "NODE.PARAM=VALUE";
    QTest::newRow("empty") << ""
                           << "NODE.PARAM=VALUE";
    QTest::newRow("only =") << "="
                            << "NODE.PARAM=VALUE";
    QTest::newRow("unknown node") << "resiez.size=3"
                                  << "resiez|no such node|resize";
    QTest::newRow("unknown parameter") << "resize.sise=3"
                                       << "resize.sise|no such parameter|size";
    QTest::newRow("wrong type") << "resize.size=big"
                                << "resize.size|big|integer";
    QTest::newRow("out of range") << "resize.size=0"
                                  << "resize.size|out of range|1 to 4096";
    QTest::newRow("too large for 64 bits") << "resize.size=99999999999999999999"
                                           << "resize.size";
    QTest::newRow("unknown type") << "alien.x=1"
                                  << "alien|martian|unknown";
  }
  void nodes_are_muted_by_override() {
    Graph graph("files:files resize:resize");
    Document document = graph.document();
    for (const bool muted : {true, false}) {
      const auto edit =
          parse_override(document, muted ? "resize.muted=true" : "resize.muted=false", test::fake_registry());
      QVERIFY2(edit && document.apply(*edit), edit ? "" : edit.error().line().c_str());
      QCOMPARE(document.find("resize")->muted, muted);
    }
    const auto refused = parse_override(document, "resize.muted=maybe", test::fake_registry());
    QVERIFY(!refused && refused.error().parameter == "muted" && !refused.error().remedy.empty());
  }
  void overrides() {
    QFETCH(QString, text);
    QFETCH(QString, error);
    Graph graph("files:files resize:resize alien:martian");
    const auto edit = parse_override(graph.document(), text.toStdString(), test::fake_registry());
    if (error.isEmpty()) {
      QVERIFY2(edit, edit ? "" : edit.error().line().c_str());
      Document document = graph.document();
      QVERIFY(document.apply(*edit));
      const auto& set = std::get<SetParam>(edit->change);
      QCOMPARE(QString::fromStdString(to_text(document.find(set.node)->params.at(set.param))),
               text.mid(text.indexOf('=') + 1));
    } else {
      QVERIFY(!edit);
      QCOMPARE(edit.error().code, ErrorCode::BadInput);
      const QString line = QString::fromStdString(edit.error().line());
      for (const QString& part : error.split('|')) QVERIFY2(line.contains(part), qPrintable(line));
    }
  }

 private:
  static Document base() {
    Document document = Graph("a:pictures b:resize c:resize a.image>b.image").document();
    (void)document.apply({AddComment{Comment{.id = "note"}}});
    return document;
  }
  static std::vector<Edit> refused() {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double inf = std::numeric_limits<double>::infinity();
    return {
        {AddNode{Node{.id = "a", .type = "t"}}},
        {AddNode{Node{.id = "note", .type = "t"}}},
        {AddNode{Node{.id = "x.y", .type = "t"}}},
        {AddNode{Node{.id = "x", .type = "t", .position = {nan, 0}}}},
        {AddNode{Node{.id = "x", .type = "t", .params = {{"p", inf}}}}},
        {RemoveNode{"nobody"}},
        {AddLink{Link{.from = {"a", "image"}, .to = {"b", "image"}}}},
        {AddLink{Link{.from = {"a", "image"}, .to = {"nobody", "image"}}}},
        {AddLink{Link{.from = {"nobody", "image"}, .to = {"c", "image"}}}},
        {AddLink{Link{.from = {"a", ""}, .to = {"c", "image"}}}},
        {RemoveLink{{"c", "image"}}},
        {SetParam{"nobody", "p", Value(true)}},
        {SetParam{"a", "p", Value(nan)}},
        {MoveNodes{{{"a", {1, 1}}, {"nobody", {2, 2}}}}},
        {MoveNodes{{{"a", {1, 1}}, {"b", {inf, 2}}}}},
        {RenameNode{"a", "b"}},
        {RenameNode{"a", "note"}},
        {RenameNode{"a", "2"}},
        {RenameNode{"nobody", "d"}},
        {SetNodeComment{"nobody", "t"}},
        {AddComment{Comment{.id = "a"}}},
        {AddComment{Comment{.id = "n", .width = nan}}},
        {RemoveComment{"a"}},
        {ChangeComment{Comment{.id = "b"}}},
        {Edit::List{{SetTitle{"new"}}, {RemoveNode{"a"}}, {Edit::List{{RenameNode{"b", "d"}}, {RemoveNode{"b"}}}}}},
    };
  }
};

FEEDLINE_TEST(TestDocument)

}  // namespace test_document

#include "test_document.moc"
