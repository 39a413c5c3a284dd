// SPDX-License-Identifier: GPL-3.0-or-later
// The canvas's menus, by real clicks on their entries: what counts is the document and its undo stack.
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/wire_item.h"
#include "gui/canvas/wire_point_item.h"
#include "gui/canvas_bench.h"
#include "support/test_program.h"

#include <QContextMenuEvent>
#include <QLineEdit>
#include <QMenu>
#include <QTest>
#include <QTimer>

namespace test_canvas_menus {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

namespace {

void click(QMenu* menu, QAction* action) {
  QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(action).center());
}

/// With the arrow keys, as a menu in a menu is reached.
void walk_to(QMenu* menu, const QAction* action) {
  for (qsizetype i = 0; i <= menu->actions().size() && menu->activeAction() != action; ++i)
    QTest::keyClick(menu, Qt::Key_Down);
}

QAction* find(const QMenu* menu, const QString& text) {
  for (QAction* action : menu->actions())
    if (action->text() == text) return action;
  return nullptr;
}

/// source -> decode -> flip with a wire point, linear apart, a note, a frame.
struct Furnished : Bench {
  Furnished() {
    must(wire({"source", "file"}, {"decode", "file"}));
    must(wire({"decode", "image"}, {"flip", "image"}));
    must({SetWirePoints{.to = {"flip", "image"}, .via = {{500, 200}}}});
    must({AddComment{{.id = "note", .text = "why", .position = {0, 320}, .width = 160}}});
    must({AddFrame{{.id = "frame", .title = "all", .position = {220, 300}, .width = 300, .height = 200}}});
    view.zoom_to_fit();
  }
  [[nodiscard]] QPoint of(const QGraphicsItem* item) const {
    return view.mapFromScene(item->sceneBoundingRect().center());
  }
  [[nodiscard]] QPoint place(const QString& what) const {
    const GraphScene& scene = view.graph_scene();
    if (what == "flip") return title_of("flip");
    if (what == "node") return title_of("decode");
    if (what == "free node") return title_of("linear");
    if (what == "note") return of(scene.comment("note"));
    if (what == "frame") return view.mapFromScene(scene.frame("frame")->pos() + QPointF(150, 10));
    if (what == "point") return of(scene.wire_point({{"flip", "image"}, 0}));
    if (what == "wire") return (at(out("source", "file")) + at(in("decode", "file"))) / 2;
    return nowhere();
  }
  /// Right click there, then a left click on the entry; an entry of a menu in the menu after " > ".
  QStringList choose(QPoint where, const QString& path, QContextMenuEvent::Reason reason = QContextMenuEvent::Mouse) {
    QTest::mouseMove(port(), where);  // a menu asks how far the mouse has come since it opened
    QStringList entries;
    bool chosen = false;
    QTimer::singleShot(0, &view, [&] {
      auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
      QVERIFY(menu != nullptr);
      for (const QAction* action : menu->actions()) entries << action->text();
      const QStringList names = path.split(QStringLiteral(" > "));
      QAction* action = find(menu, names.front());
      if (names.size() > 1 && action != nullptr) {
        QMenu* inner = action->menu();
        walk_to(menu, action);
        QTest::keyClick(menu, Qt::Key_Right);
        action = find(inner, names.back());
        walk_to(inner, action);
        if (action != nullptr) QTest::keyClick(inner, Qt::Key_Return);
      } else if (action != nullptr) {
        click(menu, action);
      }
      chosen = action != nullptr;
      while (QWidget* open = QApplication::activePopupWidget()) open->close();
    });
    QContextMenuEvent event(reason, where, port()->mapToGlobal(where));
    QApplication::sendEvent(port(), &event);
    if (!chosen && !path.isEmpty()) qWarning("no entry %s among %s", qPrintable(path), qPrintable(entries.join(", ")));
    return entries;
  }
};

}  // namespace

class TestCanvasMenus : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Every entry that changes the graph is one step of the undo stack and comes back by redo to the same bytes.
  void an_entry_is_one_step_data() {
    QTest::addColumn<QString>("where");
    QTest::addColumn<QString>("entry");
    for (const char* row :
         {"nowhere/Add note", "nowhere/Add frame", "nowhere/Arrange in layers", "node/Cut", "node/Duplicate",
          "flip/Mute", "node/Group into a sub-graph", "node/Frame", "node/Delete and heal", "node/Delete",
          "wire/Add reroute point", "wire/Remove wire", "point/Remove reroute point", "note/Cut", "note/Duplicate",
          "note/Delete", "frame/Duplicate", "frame/Colour > Orange", "frame/Delete"}) {
      const QStringList parts = QString::fromLatin1(row).split('/');
      QTest::newRow(row) << parts[0] << parts[1];
    }
  }
  void an_entry_is_one_step() {
    QFETCH(QString, where);
    QFETCH(QString, entry);
    Furnished b;
    const std::string before = b.json();
    const int steps = b.steps();
    b.choose(b.place(where), entry);
    b.check_step(before, steps);
  }

  void the_entry_does_what_it_says() {
    Furnished b;
    b.choose(b.place("flip"), "Mute");
    QVERIFY(b.document().find("flip")->muted);
    b.choose(b.place("flip"), "Unmute");
    QVERIFY(!b.document().find("flip")->muted);

    b.choose(b.place("frame"), "Colour > Orange");
    QCOMPARE(b.document().find_frame("frame")->color, std::string("orange"));

    b.choose(b.place("wire"), "Add reroute point");
    QCOMPARE(b.document().link_into({"decode", "file"})->via.size(), std::size_t{1});

    b.choose(b.place("point"), "Remove reroute point");
    QVERIFY(b.document().link_into({"flip", "image"})->via.empty());

    b.choose(b.place("node"), "Delete and heal");
    QVERIFY(b.document().find("decode") == nullptr);
  }

  void a_wire_offers_a_node_that_goes_into_it() {
    Furnished b;
    b.choose((b.at(out("decode", "image")) + b.place("point")) / 2, "Insert node…");
    auto* search = b.view.findChild<SearchPopup*>();
    QVERIFY(search->isVisible());
    auto* line = search->findChild<QLineEdit*>();
    QTest::keyClicks(line, "resize");
    QTest::keyClick(line, Qt::Key_Return);
    QCOMPARE(b.document().link_into({"flip", "image"})->from.node, std::string("resize"));
    QCOMPARE(b.document().link_into({"resize", "image"})->from.node, std::string("decode"));
  }

  void sub_graphs_are_entered_left_and_ungrouped() {
    Furnished b;
    b.view.select_node("flip");
    b.choose(b.place("node"), "Group into a sub-graph");
    const std::string block = b.view.graph_scene().selected_nodes().front();
    b.choose(b.title_of(block.c_str()), "Enter");
    QCOMPARE(b.view.scope(), block);
    b.view.zoom_to_fit();
    b.choose(b.nowhere(), "Leave the sub-graph");
    QCOMPARE(b.view.scope(), std::string());
    b.choose(b.title_of(block.c_str()), "Ungroup");
    QVERIFY(b.document().find(block) == nullptr);
  }

  /// The menu is for what is under the mouse; what is selected elsewhere is left alone.
  void it_is_about_what_is_under_the_mouse() {
    Furnished b;
    b.view.select_node("linear");
    QVERIFY(b.choose(b.place("node"), "Copy").contains("Group into a sub-graph"));
    QCOMPARE(b.view.graph_scene().selected_nodes(), std::vector<std::string>{"decode"});
    QVERIFY(!b.choose(b.place("wire"), {}).contains("Mute"));
    QVERIFY(!b.choose(b.place("nowhere"), {}).contains("Delete"));
  }

  void several_are_aligned() {
    Furnished b;
    b.view.editor().select_all();
    const std::string before = b.json();
    const int steps = b.steps();
    b.choose(b.place("node"), "Arrange > Align &top");
    b.check_step(before, steps);
    QCOMPARE(b.document().find("linear")->position.y, b.document().find("flip")->position.y);
  }

  /// The menu key: at what is selected, wherever the mouse is.
  void the_menu_key_opens_it_at_the_selection() {
    Furnished b;
    b.view.select_node("linear");
    b.choose(b.nowhere(), "Mute", QContextMenuEvent::Keyboard);
    QVERIFY(b.document().find("linear")->muted);
  }
};

FEEDLINE_WINDOW_TEST(TestCanvasMenus)

}  // namespace test_canvas_menus

#include "test_canvas_menus.moc"
