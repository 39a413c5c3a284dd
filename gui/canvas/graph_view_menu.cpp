// SPDX-License-Identifier: GPL-3.0-or-later
// The menu of the canvas: what can be done here, with its keys.
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/item_of.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/wire_item.h"
#include "gui/models/text.h"

#include <QContextMenuEvent>
#include <QCoreApplication>
#include <QMenu>

namespace feedline::gui {
namespace {

QString color_text(const std::string& name) {
  const auto words = [](const char* text) { return QCoreApplication::translate("Canvas", text); };
  if (name == "blue") return words("Blue");
  if (name == "teal") return words("Teal");
  if (name == "green") return words("Green");
  if (name == "yellow") return words("Yellow");
  if (name == "orange") return words("Orange");
  if (name == "red") return words("Red");
  if (name == "purple") return words("Purple");
  return words("Grey");
}

}  // namespace

void GraphView::fill_graph_menu(QMenu* menu) {
  // The keys stand behind a tab: they are the canvas's alone, and typed elsewhere they are letters.
  const auto add = [&](const QString& text, const char* key, auto act) {
    menu->addAction(
        text + QLatin1Char('\t') + QKeySequence::fromString(QLatin1String(key)).toString(QKeySequence::NativeText),
        this, [this, act] {
          setFocus();
          act();
        });
  };
  add(tr("&Add node…"), "Tab", [this] { open_search(); });
  add(tr("Take a &wire off"), "W", [this] { start_wire_by_key(); });
  add(tr("Add &note"), "N", [this] { add_comment_at(mapToScene(cursor_or_centre())); });
  add(tr("Add &frame"), "F", [this] { add_frame(); });
  menu->addSeparator();
  add(tr("&Mute or unmute"), "M", [this] { toggle_mute(); });
  add(tr("&Time per record"), "T", [this] { show_durations_of_selection(); });
  add(tr("Delete without &healing"), "Ctrl+Del", [this] { delete_without_healing(); });
  menu->addSeparator();
  add(tr("&Group into a sub-graph"), "Ctrl+G", [this] { group_selection(); });
  add(tr("&Ungroup"), "Ctrl+Shift+G", [this] { ungroup_selection(); });
  add(tr("&Enter the sub-graph"), "Ctrl+Return", [this] { enter_selected(); });
  add(tr("&Leave the sub-graph"), "Alt+Up", [this] { leave(); });
  menu->addSeparator();
  fill_arrange_menu(menu->addMenu(tr("Al&ign and distribute")));
  add(tr("Arrange in la&yers"), "Ctrl+L", [this] { lay_out(); });
  menu->addSeparator();
  add(tr("&Zoom to the selection"), ".", [this] { zoom_to_selection(); });
  QAction* overview = menu->addAction(tr("&Overview where the graph is larger than the view"));
  overview->setCheckable(true);
  overview->setChecked(minimap_.wanted());
  connect(overview, &QAction::toggled, this, [this](bool wanted) {
    minimap_.set_wanted(wanted);
    update_minimap();
  });
}

void GraphView::fill_arrange_menu(QMenu* menu) {
  const auto add = [&](const QString& text, auto act) { menu->addAction(text, this, act); };
  add(tr("Align &left"), [this] { align_selection(Align::Left); });
  add(tr("Align &centres"), [this] { align_selection(Align::Centre); });
  add(tr("Align &right"), [this] { align_selection(Align::Right); });
  add(tr("Align &top"), [this] { align_selection(Align::Top); });
  add(tr("Align &middles"), [this] { align_selection(Align::Middle); });
  add(tr("Align &bottom"), [this] { align_selection(Align::Bottom); });
  menu->addSeparator();
  add(tr("Distribute &horizontally"), [this] { distribute_selection(Qt::Horizontal); });
  add(tr("Distribute &vertically"), [this] { distribute_selection(Qt::Vertical); });
}

void GraphView::contextMenuEvent(QContextMenuEvent* event) {
  QPoint pos = event->pos();
  if (event->reason() == QContextMenuEvent::Keyboard)
    if (const auto selected = scene_.selectedItems(); !selected.isEmpty())
      pos = mapFromScene(selected.front()->sceneBoundingRect().center());
  QGraphicsItem* hit = itemAt(pos);
  if (const CommentItem* comment = item_of<CommentItem>(hit); comment != nullptr && comment->editing()) {
    QGraphicsView::contextMenuEvent(event);
    return;
  }
  if (CommentItem* comment = item_of<CommentItem>(hit)) hit = comment;
  if (FrameItem* frame = item_of<FrameItem>(hit)) hit = frame;
  if (hit != nullptr && !hit->isSelected()) {
    scene_.clearSelection();
    hit->setSelected(true);
  }
  QMenu menu(this);
  const auto add = [&](const QString& text, auto act, const QKeySequence& key = {}) {
    QAction* action = menu.addAction(text, this, act);
    action->setShortcut(key);
    action->setShortcutVisibleInContextMenu(true);
    return action;
  };
  if (hit == nullptr) {
    add(
        tr("Add node…"),
        [this, pos] {
          searched_wire_.reset();
          searched_splice_.reset();
          search_for_wire(pos);
        },
        Qt::Key_Tab);
    add(
        tr("Add note"), [this, pos] { add_comment_at(mapToScene(pos)); }, Qt::Key_N);
    add(
        tr("Add frame"), [this] { add_frame(); }, Qt::Key_F);
    menu.addSeparator();
    add(
        tr("Paste"), [this, pos] { paste_at(pos); }, QKeySequence::Paste);
    add(
        tr("Select all"), [this] { select_all(); }, QKeySequence::SelectAll);
    add(
        tr("Arrange in layers"), [this] { lay_out(); }, Qt::CTRL | Qt::Key_L);
    add(
        tr("Zoom to fit"), [this] { zoom_to_fit(); }, Qt::Key_Home);
    if (!scope_.empty())
      add(
          tr("Leave the sub-graph"), [this] { leave(); }, Qt::ALT | Qt::Key_Up);
  } else if (const auto* wire = qgraphicsitem_cast<const WireItem*>(hit)) {
    const PortRef to = wire->link().to;
    add(tr("Insert node…"), [this, to, pos] {
      searched_wire_.reset();
      searched_splice_ = to;
      search_for_wire(pos);
    });
    add(tr("Add reroute point"), [this, to, pos] { add_point(to, mapToScene(pos)); });
    add(
        tr("Remove wire"), [this] { delete_selection(); }, Qt::Key_Delete);
  } else if (qgraphicsitem_cast<const WirePointItem*>(hit) != nullptr) {
    add(
        tr("Remove reroute point"), [this] { delete_selection(); }, Qt::Key_Delete);
  } else {
    add(
        tr("Cut"), [this] { cut(); }, QKeySequence::Cut);
    add(
        tr("Copy"), [this] { copy(); }, QKeySequence::Copy);
    add(
        tr("Duplicate"), [this] { duplicate(); }, Qt::CTRL | Qt::Key_D);
    menu.addSeparator();
    const auto* node = qgraphicsitem_cast<const NodeItem*>(hit);
    if (node != nullptr) {
      add(
          node->face().muted ? tr("Unmute") : tr("Mute"), [this] { toggle_mute(); }, Qt::Key_M);
      if (node->face().subgraph)
        add(
            tr("Enter"), [this] { enter_selected(); }, Qt::CTRL | Qt::Key_Return);
      add(
          tr("Group into a sub-graph"), [this] { group_selection(); }, Qt::CTRL | Qt::Key_G);
      if (node->face().subgraph)
        add(
            tr("Ungroup"), [this] { ungroup_selection(); }, Qt::CTRL | Qt::SHIFT | Qt::Key_G);
    }
    if (qgraphicsitem_cast<const FrameItem*>(hit) != nullptr) {
      QMenu* colors = menu.addMenu(tr("Colour"));
      for (const std::string& name : frame_colors()) {
        QPixmap swatch(16, 16);
        swatch.fill(FrameItem::color_of(name));
        colors->addAction(swatch, color_text(name), this, [this, name] { set_frame_color(to_qstring(name)); });
      }
    } else {
      add(
          tr("Frame"), [this] { add_frame(); }, Qt::Key_F);
    }
    if (scene_.selected_ids().size() > 1) fill_arrange_menu(menu.addMenu(tr("Arrange")));
    menu.addSeparator();
    add(
        tr("Delete and heal"), [this] { delete_selection(); }, Qt::Key_Delete);
    add(
        tr("Delete"), [this] { delete_without_healing(); }, Qt::CTRL | Qt::Key_Delete);
  }
  menu.exec(event->reason() == QContextMenuEvent::Keyboard ? viewport()->mapToGlobal(pos) : event->globalPos());
}

}  // namespace feedline::gui
