// SPDX-License-Identifier: GPL-3.0-or-later
// Finding places in a graph, and what a step of the history is called.
#include "graph/edit_story.h"
#include "graph/find.h"
#include "support/test_program.h"

#include <QTest>

namespace test_find {

using namespace feedline;

namespace {

Document graph() {
  Diagram inner;
  Document document;
  const auto must = [](auto& diagram, Edit edit) {
    if (!diagram.apply(edit)) qFatal("fixture");
  };
  must(inner, {AddNode{.node = {.id = "conv", .type = "conv2d", .params = {{"filters", std::int64_t{32}}}}}});
  must(document,
       {AddNode{
           .node = {.id = "photos", .type = "image_folder", .params = {{"folder", std::string("/data/Flowers")}}}}});
  must(document, {AddNode{.node = {.id = "crop", .type = "random_resized_crop"}}});
  must(document, {AddNode{.node = {.id = "block", .type = "subgraph", .inner = Boxed<Diagram>(inner)}}});
  must(document, {AddNode{.node = {.id = "batch", .type = "batch", .params = {{"size", std::int64_t{160}}}}}});
  must(document,
       {AddNode{
           .node = {.id = "odd", .type = "gabor_bank", .params = {{"size", std::int64_t{16}}}, .comment = "Why not"}}});
  must(document, {AddComment{.comment = {.id = "note", .text = "Look at the crop\nsecond line"}}});
  must(document, {AddFrame{.frame = {.id = "frame", .title = "Augmentation"}}});
  return document;
}

QStringList paths(const char* query) {
  QStringList found;
  for (const Found& one : find_in(graph(), query)) found << QString::fromStdString(one.path);
  return found;
}

}  // namespace

class TestFind : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void names_types_values_and_notes_are_found_data() {
    QTest::addColumn<QString>("query");
    QTest::addColumn<QStringList>("found");
    QTest::newRow("nothing") << "" << QStringList{};
    QTest::newRow("spaces") << "   " << QStringList{};
    QTest::newRow("name and note") << "CROP" << QStringList{"crop", "note"};
    QTest::newRow("type, in a sub-graph") << "conv2d" << QStringList{"block/conv"};
    QTest::newRow("unknown type") << "gabor" << QStringList{"odd"};
    QTest::newRow("value of a text") << "flowers" << QStringList{"photos"};
    QTest::newRow("default value") << "size=224" << QStringList{"crop"};
    QTest::newRow("a number is a number") << "size=16" << QStringList{"odd"};
    QTest::newRow("calculated") << "size=8*20" << QStringList{"batch"};
    QTest::newRow("greater, with spaces") << "size > 100" << QStringList{"crop", "batch"};
    QTest::newRow("at most") << "filters<=32" << QStringList{"block/conv"};
    QTest::newRow("both words") << "batch size=160" << QStringList{"batch"};
    QTest::newRow("one word too many") << "batch size=161" << QStringList{};
    QTest::newRow("comment") << "why" << QStringList{"odd"};
    QTest::newRow("frame") << "augment" << QStringList{"frame"};
    QTest::newRow("question without answer") << "size=" << QStringList{};
  }
  void names_types_values_and_notes_are_found() {
    QFETCH(QString, query);
    QFETCH(QStringList, found);
    QCOMPARE(paths(query.toUtf8().constData()), found);
  }

  void it_says_what_fits() {
    QCOMPARE(find_in(graph(), "size=160").front().why, std::string("size = 160"));
    QCOMPARE(find_in(graph(), "second").front().why, std::string("Look at the crop"));
    QCOMPARE(find_in(graph(), "batch").front().why, std::string());
  }

  void steps_are_told_with_values_data() {
    QTest::addColumn<int>("edit");
    QTest::addColumn<QString>("told");
    QTest::newRow("set") << 0 << "batch.size 160 → 32";
    QTest::newRow("reset") << 1 << "batch.size 160 → 64 (default)";
    QTest::newRow("from the default") << 2 << "crop.size 224 → 96";
    QTest::newRow("in a sub-graph") << 3 << "block/conv.filters 32 → 64";
    QTest::newRow("several, mixed") << 4 << "size of 2 nodes mixed → 8";
    QTest::newRow("path") << 5 << "photos.folder /data/Flowers → …s/of/folders/with/pictures/a";
    QTest::newRow("switch") << 6 << "crop.antialias";
    QTest::newRow("note") << 7 << "Note “Other words”";
    QTest::newRow("note moved") << 8 << "Move note “Look at the crop second line”";
    QTest::newRow("frame") << 9 << "Frame “Augmentation” → “Pictures”";
    QTest::newRow("colour") << 10 << "Colour of frame “Augmentation” grey → blue";
    QTest::newRow("title") << 11 << "Title “” → “Mine”";
    QTest::newRow("rename") << 12 << "Rename crop to cut";
  }
  void steps_are_told_with_values() {
    QFETCH(int, edit);
    QFETCH(QString, told);
    Document document = graph();
    const auto set = [](const char* node, const char* param, std::optional<Value> value) {
      return Edit{SetParam{.node = node, .param = param, .value = std::move(value)}};
    };
    Comment words = document.comments().front();
    Comment moved = words;
    words.text = "Other words";
    moved.position.x += 8;
    Frame titled = document.frames().front();
    Frame blue = titled;
    titled.title = "Pictures";
    blue.color = "blue";
    const Edit edits[] = {
        set("batch", "size", Value(std::int64_t{32})),
        set("batch", "size", std::nullopt),
        set("crop", "size", Value(std::int64_t{96})),
        within("block", set("conv", "filters", Value(std::int64_t{64}))),
        Edit{Edit::List{set("batch", "size", Value(std::int64_t{8})), set("crop", "size", Value(std::int64_t{8}))}},
        set("photos", "folder", Value(std::string("/home/somebody/lots/of/folders/with/pictures/a"))),
        set("crop", "antialias", Value(false)),
        {ChangeComment{words}},
        {ChangeComment{moved}},
        {ChangeFrame{titled}},
        {ChangeFrame{blue}},
        {SetTitle{"Mine"}},
        {RenameNode{"crop", "cut"}},
    };
    const auto inverse = document.apply(edits[edit]);
    QVERIFY(inverse);
    const QString text = QString::fromStdString(tell_edit(edits[edit], *inverse, document));
    if (edit == 6)
      QVERIFY2(text.startsWith(told) && text.endsWith("→ off"), qPrintable(text));
    else
      QCOMPARE(text, told);
  }
};

FEEDLINE_TEST(TestFind)

}  // namespace test_find

#include "test_find.moc"
