// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/edit.h"
#include "graph/json.h"
#include "graph/json_detail.h"
#include "support/fake_nodes.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <nlohmann/json.hpp>

namespace test_json {

using namespace feedline;

namespace {

Result<Loaded> read(const std::string& text) { return from_json(text, test::fake_registry()); }

std::string with_nodes(const std::string& nodes, const std::string& rest = {}) {
  return R"({"feedline": 1, "nodes": [)" + nodes + "]" + rest + "}";
}

}  // namespace

class TestJson : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void the_format_is_what_the_help_says() {
    Document document = test::Graph("source:pictures decode:resize source.image>decode.image")
                            .set("decode", "size", std::int64_t{12})
                            .set("decode", "ratio", 0.1)
                            .document();
    QVERIFY(document.apply({SetTitle{"Two nodes"}}));
    QVERIFY(document.apply({MoveNodes{{{"decode", {220, -12.5}}}}}));
    QVERIFY(document.apply({SetNodeComment{"decode", "here"}}));
    QVERIFY(document.apply({AddComment{Comment{.id = "note", .text = "Ü\n", .position = {1, 2}}}}));
    QCOMPARE(QString::fromStdString(to_json(document)), QString(R"({
  "feedline": 1,
  "title": "Two nodes",
  "nodes": [
    {"id": "source", "type": "pictures", "version": 1, "params": {}, "position": [0, 0]},
    {"id": "decode", "type": "resize", "version": 2, "params": {"ratio": 0.1, "size": 12}, "position": [220, -12.5], "comment": "here"}
  ],
  "links": [
    {"from": "source.image", "to": "decode.image"}
  ],
  "comments": [
    {"id": "note", "text": "Ü\n", "position": [1, 2], "size": [240, 80]}
  ]
}
)"));
  }

  void everything_unknown_is_kept_byte_for_byte_and_noted() {
    const std::string text = R"({
  "feedline": 1,
  "title": "T",
  "nodes": [
    {"id": "a", "type": "martian", "version": 7, "params": {"arr": [1, 2.5, {"x": null}], "big": 18446744073709551615, "i": 3, "neg": -9223372036854775808, "nul": null, "obj": {}, "r": 3.0, "s": "\u0001é", "t": true, "tiny": 1e-300}, "position": [0.1, -3], "colour": "red", "z": [1, [2]], "a": {"k": false}},
    {"id": "b", "type": "resize", "version": 2, "params": {"unheard": 1}, "position": [0, 0]}
  ],
  "links": [
    {"from": "a.out.of.this", "to": "b.image", "bend": [1, 2]}
  ],
  "comments": [
    {"id": "c", "text": "", "position": [0, 0], "size": [10, 20.5], "ink": 3}
  ],
  "zoom": 1.5,
  "app": {"b": 1, "a": 2}
}
)";
    const auto loaded = read(text);
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    QCOMPARE(QString::fromStdString(to_json(loaded->document)), QString::fromStdString(text));

    QStringList notes;
    for (const Problem& note : loaded->notes) {
      QCOMPARE(note.severity, Problem::Severity::Warning);
      notes << QString::fromStdString(note.error.line());
    }
    QCOMPARE(notes.size(), 7);
    for (const char* key : {"colour", "\"z\"", "\"a\"", "bend", "ink", "zoom", "app"})
      QVERIFY2(notes.join('\n').contains(key), key);

    const ParamMap& params = loaded->document.find("a")->params;
    QCOMPARE(std::get<std::int64_t>(params.at("i")), 3);
    QCOMPARE(std::get<double>(params.at("r")), 3.0);
    QCOMPARE(std::get<std::int64_t>(params.at("neg")), std::numeric_limits<std::int64_t>::min());
    QCOMPARE(std::get<RawJson>(params.at("big")).text, std::string("18446744073709551615"));
    QCOMPARE(std::get<RawJson>(params.at("arr")).text, std::string(R"([1, 2.5, {"x": null}])"));
  }

  void lists_of_texts_and_numbers_round_trip() {
    const std::string text = with_nodes(
        R"({"id": "a", "type": "martian", "params": {"e": [], "mixed": ["x, y", 3, 2.5], "nested": [[1]], "n": [1, null]}})");
    const auto loaded = read(text);
    QVERIFY(loaded);
    const ParamMap& params = loaded->document.find("a")->params;
    QCOMPARE(std::get<ValueList>(params.at("e")).size(), std::size_t{0});
    QVERIFY((std::get<ValueList>(params.at("mixed")) == ValueList{std::string("x, y"), std::int64_t{3}, 2.5}));
    QVERIFY(std::holds_alternative<RawJson>(params.at("nested")));  // anything else is kept as it stands
    QVERIFY(std::holds_alternative<RawJson>(params.at("n")));
    const auto again = read(to_json(loaded->document));
    QVERIFY(again);
    QVERIFY(again->document == loaded->document);
    QVERIFY(to_json(loaded->document).find(R"(["x, y", 3, 2.5])") != std::string::npos);
  }

  void numbers_round_trip_data() {
    QTest::addColumn<double>("value");
    for (const double v : {0.1, 1.0 / 3, 1e308, 5e-324, -0.0, 123456789.123456789, 1e17, 2.0})
      QTest::addRow("%.17g", v) << v;
  }
  void numbers_round_trip() {
    QFETCH(double, value);
    Document document = test::Graph("a:resize").set("a", "x", value).document();
    QVERIFY(document.apply({MoveNodes{{{"a", {value, value}}}}}));
    const auto loaded = read(to_json(document));
    QVERIFY(loaded);
    const double back = std::get<double>(loaded->document.find("a")->params.at("x"));
    QCOMPARE(std::memcmp(&back, &value, sizeof value), 0);
    QCOMPARE(loaded->document.find("a")->position.x, value);
    QCOMPARE(to_json(loaded->document), to_json(document));
  }

  void faults_are_named_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const std::string& text, const char* words) {
      QTest::newRow(name) << QByteArray::fromStdString(text) << words;
    };
    row("empty", "", "line 1, column 1");
    row("line and column", "{\n  \"feedline\": 1,\n  oops\n}", "line 3, column 3");
    row("cut off", R"({"feedline": 1, "nodes": [)", "line 1|unexpected end");
    row("bad UTF-8", "{\"feedline\": 1, \"title\": \"\xff\"}", "UTF-8");
    row("number beyond a double", with_nodes(R"({"id": "a", "type": "t", "params": {"x": 1e999}})"), "number overflow");
    row("not an object", "[1]", "not a Feedline graph");
    row("no version", R"({"nodes": []})", "not a Feedline graph");
    row("version a text", R"({"feedline": "1"})", "not a Feedline graph");
    row("newer", R"({"feedline": 4})", "version 4|up to 3|newer Feedline");
    row("much newer", R"({"feedline": 18446744073709551615})", "version");
    row("negative", R"({"feedline": -1})", "version -1");
    row("duplicate key", R"({"feedline": 1, "title": "a", "title": "b"})", "title|twice");
    row("duplicate parameter", with_nodes(R"({"id": "a", "type": "t", "params": {"x": 1, "x": 2}})"), "\"x\"|twice");
    row("nodes no list", R"({"feedline": 1, "nodes": {}})", "nodes|a list");
    row("node no object", with_nodes("3"), "nodes[0]|object");
    row("no id", with_nodes(R"({"type": "t"})"), "nodes[0]|no id");
    row("bad id", with_nodes(R"({"id": "a.b", "type": "t"})"), "a.b|cannot be an id");
    row("id twice", with_nodes(R"({"id": "a", "type": "t"}, {"id": "a", "type": "t"})"), "a: |twice");
    row("no type", with_nodes(R"({"id": "a"})"), "'a' has no type");
    row("bad version", with_nodes(R"({"id": "a", "type": "t", "version": 0})"), "version|positive");
    row("real version", with_nodes(R"({"id": "a", "type": "t", "version": 1.5})"), "version|positive");
    row("huge version", with_nodes(R"({"id": "a", "type": "t", "version": 9999999999})"), "version|positive");
    row("params a list", with_nodes(R"({"id": "a", "type": "t", "params": []})"), "params|object");
    row("position", with_nodes(R"({"id": "a", "type": "t", "position": [1]})"), "position|two numbers");
    row("link to nowhere", with_nodes(R"({"id": "a", "type": "t"})", R"(, "links": [{"from": "a.x", "to": "b.y"}])"),
        "links[0]|'b'");
    row("link without port", with_nodes(R"({"id": "a", "type": "t"})", R"(, "links": [{"from": "a.x", "to": "a"}])"),
        "links[0]|node.port");
    row("link without end", with_nodes(R"({"id": "a", "type": "t"})", R"(, "links": [{"from": "a.x"}])"),
        "links[0]|\"to\"");
    row("two wires into one input",
        with_nodes(R"({"id": "a", "type": "t"})",
                   R"(, "links": [{"from": "a.x", "to": "a.y"}, {"from": "a.z", "to": "a.y"}])"),
        "links[1]|a.y|one wire");
    row("65 levels", std::string(R"({"feedline": 1, "x": )") + std::string(64, '[') + std::string(64, ']') + "}",
        "64 levels|line 1");
    row("100000 levels", std::string(100000, '['), "64 levels");
  }
  void faults_are_named() {
    QFETCH(QByteArray, text);
    QFETCH(QString, words);
    const auto loaded = read(text.toStdString());
    QVERIFY(!loaded);
    QCOMPARE(loaded.error().code, ErrorCode::BadInput);
    const QString line = QString::fromStdString(loaded.error().line());
    for (const QString& word : words.split('|')) QVERIFY2(line.contains(word), qPrintable(line));
  }

  void sixty_four_levels_are_kept() {
    const std::string deep = std::string(63, '[') + std::string(63, ']');
    const auto loaded = read(R"({"feedline": 1, "x": )" + deep + "}");
    QVERIFY(loaded);
    QVERIFY(to_json(loaded->document).find(deep) != std::string::npos);
    QVERIFY(read(to_json(loaded->document)));
  }

  void texts_that_are_not_utf8_are_saved_readably() {
    Document document = test::Graph("a:files").set("a", "folder", std::string("/tmp/\xff\xfe!")).document();
    QVERIFY(document.apply({SetTitle{"\xc3"}}));
    const auto loaded = read(to_json(document));
    QVERIFY(loaded);
    QCOMPARE(std::get<std::string>(loaded->document.find("a")->params.at("folder")), std::string("/tmp/\uFFFD\uFFFD!"));
  }

  void raw_values_that_are_not_json_do_no_harm() {
    Document document = test::Graph("a:files").set("a", "x", RawJson{"}{"}).document();
    QVERIFY(read(to_json(document)));
  }

  void format_0_wrote_links_as_pairs() {
    const auto loaded =
        read(R"({"feedline": 0, "nodes": [{"id": "a", "type": "pictures"}, {"id": "b", "type": "resize", "version": 2}],
                                 "links": [["a.image", "b.image"]]})");
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    QCOMPARE(loaded->document.links().size(), std::size_t{1});
    QCOMPARE(loaded->document.links()[0].to.text(), std::string("b.image"));
    QVERIFY(to_json(loaded->document).find("\"feedline\": 1") != std::string::npos);
    QVERIFY(!read(R"({"feedline": 0, "links": [["a.x"]]})"));
  }

  void migrations_run_step_by_step() {
    json::Tree file = {{"feedline", 3}, {"path", ""}};
    const auto step = [](const char* name) {
      return [name](json::Tree& f) -> Status {
        f["path"] = f["path"].get<std::string>() + name;
        return {};
      };
    };
    QVERIFY(json::migrate(file, 6, {{2, step("c")}, {3, step("d")}, {4, step("e")}, {5, step("f")}}));
    QCOMPARE(file["path"].get<std::string>(), std::string("def"));
    QCOMPARE(file["feedline"].get<int>(), 6);
    QVERIFY(json::migrate(file, 6, {}));
    json::Tree gap = {{"feedline", 3}};
    QVERIFY(!json::migrate(gap, 6, {{3, [](json::Tree&) -> Status { return {}; }}}));
    for (int version = 0; version < kFormatVersion; ++version) QVERIFY(json::migrations().contains(version));
  }

  void a_node_type_upgrades_its_own_parameters() {
    const auto loaded =
        read(with_nodes(R"({"id": "r", "type": "resize", "version": 1, "params": {"edge": 20, "odd": 1}})"));
    QVERIFY(loaded);
    const Node& node = *loaded->document.find("r");
    QCOMPARE(node.version, 2);
    QCOMPARE(std::get<std::int64_t>(node.params.at("size")), 20);
    QVERIFY(!node.params.contains("edge"));
    QVERIFY(node.params.contains("odd"));
    QCOMPARE(loaded->notes.size(), std::size_t{1});
    QVERIFY(loaded->notes[0].error.line().find("version 1") != std::string::npos);
    // Newer than this program: left alone.
    const auto newer = read(with_nodes(R"({"id": "r", "type": "resize", "version": 9, "params": {"edge": 20}})"));
    QVERIFY(newer);
    QCOMPARE(newer->document.find("r")->version, 9);
    QVERIFY(newer->document.find("r")->params.contains("edge"));
  }

  void hostile_files_data() {
    QTest::addColumn<QString>("file");
    const QString root = feedline::test::shared_data("/hostile/json");
    int count = 0;
    for (QDirIterator it(root, QDir::Files, QDirIterator::Subdirectories); it.hasNext(); ++count) {
      const QString path = it.next();
      QTest::newRow(qPrintable(path.mid(root.size() + 1))) << path;
    }
    if (count == 0) QTest::newRow("absent") << QString();
  }
  void hostile_files() {
    QFETCH(QString, file);
    if (file.isEmpty()) QSKIP("no hostile JSON below shared/data");
    QFile f(file);
    QVERIFY(f.open(QIODevice::ReadOnly));
    const std::string text = f.readAll().toStdString();
    const auto loaded = read(text);
    QVERIFY(!loaded);  // none of them is a graph
    const std::string line = loaded.error().line();
    QVERIFY(!line.empty());
    QVERIFY(QString::fromStdString(line).toStdString() == line);  // printable UTF-8
    const auto from_file = load_document(file.toStdString(), test::fake_registry());
    QVERIFY(!from_file);
    QCOMPARE(from_file.error().file, file.toStdString());

    // The same values inside a graph: kept where they are JSON, refused where they are not, never a crash.
    const QString name = QFileInfo(file).fileName();
    for (const bool as_param : {true, false}) {
      const std::string inside = as_param ? with_nodes(R"({"id": "a", "type": "t", "params": {"x": )" + text + "}}")
                                          : R"({"feedline": 1, "x": )" + text + "}";
      const auto kept = read(inside);
      if (name.startsWith("n_") && kept) QVERIFY2(text.find_first_of(",]}:\"") != std::string::npos, text.c_str());
      if (name.startsWith("y_") && !name.contains("duplicated"))
        QVERIFY2(kept, kept ? "" : kept.error().line().c_str());
      if (!kept) continue;
      const std::string saved = to_json(kept->document);
      const auto again = read(saved);
      QVERIFY2(again, again ? "" : again.error().line().c_str());
      QCOMPARE(to_json(again->document), saved);
      QVERIFY(again->document == kept->document);
    }
  }

  void files_are_saved_whole_and_read_back() {
    QTemporaryDir dir;
    const std::filesystem::path path = dir.filePath("a ü.feedline").toStdString();
    const Document document = test::trainable().document();
    QVERIFY(save_document(document, path));
    QVERIFY(save_document(document, path));
    const auto loaded = load_document(path, test::fake_registry());
    QVERIFY(loaded);
    QVERIFY(loaded->document == document);
    QCOMPARE(QDir(dir.path()).entryList(QDir::Files | QDir::Hidden).size(), 1);  // nothing is left beside it
  }

  void saving_keeps_links_and_permissions() {
    QTemporaryDir dir;
    const std::filesystem::path real = dir.filePath("real.feedline").toStdString();
    const std::filesystem::path link = dir.filePath("link.feedline").toStdString();
    QVERIFY(save_document({}, real));
    std::filesystem::permissions(real, std::filesystem::perms(0640));
    std::filesystem::create_symlink("real.feedline", link);
    QVERIFY(save_document(test::trainable().document(), link));
    QVERIFY(std::filesystem::is_symlink(link));
    QVERIFY(load_document(real, test::fake_registry())->document == test::trainable().document());
    QCOMPARE(static_cast<unsigned>(std::filesystem::status(real).permissions()), 0640U);
  }

  void odd_paths_are_refused_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("word");
    QTest::newRow("missing") << "/nonexistent/a.feedline"
                             << "No such file";
    QTest::newRow("folder") << "/"
                            << "folder";
    QTest::newRow("endless device") << "/dev/zero"
                                    << "ordinary file";
    QTest::newRow("empty path") << ""
                                << "No such file";
  }
  void odd_paths_are_refused() {
    QFETCH(QString, path);
    QFETCH(QString, word);
    const auto loaded = load_document(path.toStdString(), test::fake_registry());
    QVERIFY(!loaded);
    QVERIFY2(QString::fromStdString(loaded.error().line()).contains(word), loaded.error().line().c_str());
    const Status saved = save_document({}, path.toStdString());
    QVERIFY(!saved);
    QCOMPARE(saved.error().file, path.toStdString());
  }

  void files_beyond_64_mib_are_refused_unread() {
    QTemporaryDir dir;
    QFile file(dir.filePath("big.feedline"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QVERIFY(file.resize((qint64{64} << 20) + 1));  // sparse
    const auto loaded = load_document(file.fileName().toStdString(), test::fake_registry());
    QVERIFY(!loaded);
    QVERIFY(loaded.error().line().find("64 MiB") != std::string::npos);
  }
};

FEEDLINE_TEST(TestJson)

}  // namespace test_json

#include "test_json.moc"
