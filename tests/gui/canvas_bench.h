// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/json.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/node_item.h"
#include "support/mouse.h"

#include <QTest>

namespace feedline::test {

using namespace feedline::gui;

inline Edit add(const std::string& id, const std::string& type, double x, double y) {
  return {AddNode{.node = {.id = id, .type = type, .position = {x, y}}}};
}
inline Edit wire(PortRef from, PortRef to) { return {AddLink{.link = {.from = std::move(from), .to = std::move(to)}}}; }
inline PortId out(const char* node, const char* port) { return {{node, port}, Side::Output}; }
inline PortId in(const char* node, const char* port) { return {{node, port}, Side::Input}; }

/// source -> decode (not connected), flip, linear; a canvas that shows them.
struct Bench {
  DocumentController c{};
  GraphView view{c};

  Bench() {
    Document document;
    for (const Edit& edit : {add("source", "image_folder", 0, 0), add("decode", "decode", 288, 0),
                             add("flip", "horizontal_flip", 576, 0), add("linear", "linear", 576, 224)})
      if (!document.apply(edit)) qFatal("fixture");
    c.reset(std::move(document), {});
    view.resize(1100, 700);
    view.show();
    view.activateWindow();
    if (!QTest::qWaitForWindowActive(&view)) qFatal("no window");
    view.zoom_to_fit();
  }
  [[nodiscard]] QWidget* port() { return view.viewport(); }
  [[nodiscard]] std::string json() const { return to_json(c.document()); }
  [[nodiscard]] const Document& document() const { return c.document(); }
  [[nodiscard]] int steps() { return c.undo_stack().count(); }
  [[nodiscard]] QPoint at(const PortId& id) const { return view.socket_position(id); }
  [[nodiscard]] QPoint title_of(const char* id) const {
    return view.mapFromScene(view.graph_scene().node(id)->pos() + QPointF(40, 14));
  }
  [[nodiscard]] QPoint nowhere() const { return {view.viewport()->width() / 2, view.viewport()->height() - 30}; }
  void must(const Edit& edit) { QVERIFY(c.apply(edit)); }
  /// Undo gives `before` back, redo what is there now.
  void check_step(const std::string& before, int steps_before) {
    const std::string after = json();
    QVERIFY(after != before);
    QCOMPARE(steps(), steps_before + 1);
    c.undo_stack().undo();
    QCOMPARE(json(), before);
    c.undo_stack().redo();
    QCOMPARE(json(), after);
  }
};

}  // namespace feedline::test
