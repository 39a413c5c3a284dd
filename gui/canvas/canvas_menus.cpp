// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/canvas_menus.h"

#include "gui/canvas/canvas_editor.h"
#include "gui/canvas/canvas_text.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/item_of.h"
#include "gui/canvas/node_files.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/node_search.h"
#include "gui/canvas/tools/tool_chooser.h"
#include "gui/canvas/wire_item.h"
#include "gui/models/text.h"

#include <QContextMenuEvent>
#include <QCoreApplication>
#include <QMenu>

namespace feedline::gui::inline canvas {
namespace {

QString color_text(const std::string& name) {
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

void CanvasMenus::fill_graph_menu(QMenu* menu) {
  // The keys stand behind a tab: they are the canvas's alone, and typed elsewhere they are letters.
  const auto add = [&](const QString& text, const char* key, auto act) {
    menu->addAction(
        text + QLatin1Char('\t') + QKeySequence::fromString(QLatin1String(key)).toString(QKeySequence::NativeText),
        &view_, [this, act] {
          view_.setFocus();
          act();
        });
  };
  add(words("&Add node…"), "Tab", [this] { search_.open(parts_.pointer_or_centre()); });
  menu->addAction(words("&Insert node from file…"), &view_,
                  [this] { files_.ask_and_insert(view_.mapToScene(parts_.pointer_or_centre())); });
  add(words("Take a &wire off"), "W", [this] { tools_.start_wire_by_key(); });
  add(words("Add &note"), "N", [this] { editor_.add_comment_at(view_.mapToScene(parts_.pointer_or_centre())); });
  add(words("Add &frame"), "F", [this] { editor_.add_frame(); });
  menu->addSeparator();
  add(words("&Mute or unmute"), "M", [this] { editor_.toggle_mute(); });
  add(words("&Time per record"), "T", [this] { parts_.run.ask_for_durations_of_selection(); });
  add(words("Delete without &healing"), "Ctrl+Del", [this] { editor_.delete_without_healing(); });
  menu->addSeparator();
  add(words("&Group into a sub-graph"), "Ctrl+G", [this] { editor_.group_selection(); });
  add(words("&Ungroup"), "Ctrl+Shift+G", [this] { editor_.ungroup_selection(); });
  add(words("&Enter the sub-graph"), "Ctrl+Return", [this] { view_.enter_selected(); });
  add(words("&Leave the sub-graph"), "Alt+Up", [this] { view_.leave(); });
  menu->addSeparator();
  fill_arrange_menu(menu->addMenu(words("Align and &distribute")));
  add(words("Arrange in la&yers"), "Ctrl+L", [this] { editor_.lay_out(); });
  menu->addSeparator();
  add(words("&Zoom to the selection"), ".", [this] { view_.zoom_to_selection(); });
  QAction* overview = menu->addAction(words("&Overview where the graph is larger than the view"));
  overview->setCheckable(true);
  overview->setChecked(view_.minimap().wanted());
  QObject::connect(overview, &QAction::toggled, &view_, [this](bool wanted) {
    view_.minimap().set_wanted(wanted);
    view_.minimap().show_view(parts_.camera.seen());
  });
}

void CanvasMenus::fill_arrange_menu(QMenu* menu) {
  const auto align = [&](const QString& text, Align how) {
    menu->addAction(text, &view_, [this, how] { editor_.align_selection(how); });
  };
  align(words("Align &left"), Align::Left);
  align(words("Align &centres"), Align::Centre);
  align(words("Align &right"), Align::Right);
  align(words("Align &top"), Align::Top);
  align(words("Align &middles"), Align::Middle);
  align(words("Align &bottom"), Align::Bottom);
  menu->addSeparator();
  const auto distribute = [&](const QString& text, Qt::Orientation along) {
    menu->addAction(text, &view_, [this, along] { editor_.distribute_selection(along); });
  };
  distribute(words("Distribute &horizontally"), Qt::Horizontal);
  distribute(words("Distribute &vertically"), Qt::Vertical);
}

QAction* CanvasMenus::add_entry(QMenu& menu, const QString& text, const std::function<void()>& act,
                                const QKeySequence& key) {
  QAction* action = menu.addAction(text, &view_, act);
  action->setShortcut(key);
  action->setShortcutVisibleInContextMenu(true);
  return action;
}

/// What the menu is about, which becomes selected; null: the canvas itself.
QGraphicsItem* CanvasMenus::choose_at(QPoint pos) {
  QGraphicsItem* hit = view_.itemAt(pos);
  if (CommentItem* comment = item_of<CommentItem>(hit)) hit = comment;
  if (FrameItem* frame = item_of<FrameItem>(hit)) hit = frame;
  if (hit != nullptr && !hit->isSelected()) {
    parts_.scene.clearSelection();
    hit->setSelected(true);
  }
  return hit;
}

bool CanvasMenus::show(const QContextMenuEvent& event) {
  const bool by_key = event.reason() == QContextMenuEvent::Keyboard;
  QPoint pos = event.pos();
  if (by_key)
    if (const auto selected = parts_.scene.selectedItems(); !selected.isEmpty())
      pos = view_.mapFromScene(selected.front()->sceneBoundingRect().center());
  const CommentItem* comment = item_of<CommentItem>(view_.itemAt(pos));
  if (comment != nullptr && comment->editing()) return false;
  QMenu menu(&view_);
  const QGraphicsItem* hit = choose_at(pos);
  if (hit == nullptr) {
    fill_for_nothing(menu, pos);
  } else if (const auto* wire = qgraphicsitem_cast<const WireItem*>(hit)) {
    fill_for_wire(menu, wire->link().to, pos);
  } else if (qgraphicsitem_cast<const WirePointItem*>(hit) != nullptr) {
    add_entry(
        menu, words("Remove reroute point"), [this] { editor_.delete_selection(); }, Qt::Key_Delete);
  } else {
    fill_for_things(menu, *hit);
  }
  menu.exec(by_key ? view_.viewport()->mapToGlobal(pos) : event.globalPos());
  return true;
}

void CanvasMenus::fill_for_nothing(QMenu& menu, QPoint pos) {
  add_entry(
      menu, words("Add node…"), [this, pos] { search_.open(pos); }, Qt::Key_Tab);
  add_entry(menu, words("Insert node from file…"), [this, pos] { files_.ask_and_insert(view_.mapToScene(pos)); });
  add_entry(
      menu, words("Add note"), [this, pos] { editor_.add_comment_at(view_.mapToScene(pos)); }, Qt::Key_N);
  add_entry(
      menu, words("Add frame"), [this] { editor_.add_frame(); }, Qt::Key_F);
  menu.addSeparator();
  add_entry(
      menu, words("Paste"), [this, pos] { editor_.paste_at(pos); }, QKeySequence::Paste);
  add_entry(
      menu, words("Select all"), [this] { editor_.select_all(); }, QKeySequence::SelectAll);
  add_entry(
      menu, words("Arrange in layers"), [this] { editor_.lay_out(); }, Qt::CTRL | Qt::Key_L);
  add_entry(
      menu, words("Zoom to fit"), [this] { view_.zoom_to_fit(); }, Qt::Key_Home);
  if (!parts_.shown.scope().empty())
    add_entry(
        menu, words("Leave the sub-graph"), [this] { view_.leave(); }, Qt::ALT | Qt::Key_Up);
}

void CanvasMenus::fill_for_wire(QMenu& menu, const PortRef& to, QPoint pos) {
  add_entry(menu, words("Insert node…"), [this, to, pos] { search_.open_into(to, pos); });
  add_entry(menu, words("Add reroute point"), [this, to, pos] { editor_.add_point(to, view_.mapToScene(pos)); });
  add_entry(
      menu, words("Remove wire"), [this] { editor_.delete_selection(); }, Qt::Key_Delete);
}

void CanvasMenus::fill_for_subgraph(QMenu& menu, const std::string& id) {
  add_entry(
      menu, words("Ungroup"), [this] { editor_.ungroup_selection(); }, Qt::CTRL | Qt::SHIFT | Qt::Key_G);
  menu.addSeparator();
  add_entry(menu, words("Save as node…"), [this, id] { files_.ask_and_save(id); });
  if (const OriginLook* look = files_.outdated(id))
    add_entry(menu, words("Update from file (%1)").arg(to_qstring(version_step(*look))),
              [this, id] { files_.update(id); });
}

void CanvasMenus::fill_for_things(QMenu& menu, const QGraphicsItem& hit) {
  add_entry(
      menu, words("Cut"), [this] { editor_.cut(); }, QKeySequence::Cut);
  add_entry(
      menu, words("Copy"), [this] { editor_.copy(); }, QKeySequence::Copy);
  add_entry(
      menu, words("Duplicate"), [this] { editor_.duplicate(); }, Qt::CTRL | Qt::Key_D);
  menu.addSeparator();
  if (const auto* node = qgraphicsitem_cast<const NodeItem*>(&hit)) {
    const bool subgraph = node->face().subgraph;
    add_entry(
        menu, words(node->face().muted ? "Unmute" : "Mute"), [this] { editor_.toggle_mute(); }, Qt::Key_M);
    if (parts_.shown.scope().empty() && (subgraph || node->face().category == Category::Layer))
      add_entry(menu, words("Begin a stage here, or no longer"),
                [this, id = node->face().id.toStdString()] { editor_.toggle_stage(id); });
    if (subgraph)
      add_entry(
          menu, words("Enter"), [this] { view_.enter_selected(); }, Qt::CTRL | Qt::Key_Return);
    add_entry(
        menu, words("Group into a sub-graph"), [this] { editor_.group_selection(); }, Qt::CTRL | Qt::Key_G);
    if (subgraph) fill_for_subgraph(menu, node->id());
  }
  if (qgraphicsitem_cast<const FrameItem*>(&hit) != nullptr) {
    if (parts_.shown.scope().empty())
      add_entry(menu, words("Begin a stage here, or no longer"), [this] { editor_.toggle_stage_of_frame(); });
    QMenu* colors = menu.addMenu(words("Colour"));
    for (const std::string& name : frame_colors()) {
      QPixmap swatch(16, 16);
      swatch.fill(FrameItem::color_of(name));
      colors->addAction(swatch, color_text(name), &view_, [this, name] { editor_.set_frame_color(to_qstring(name)); });
    }
  } else {
    add_entry(
        menu, words("Frame"), [this] { editor_.add_frame(); }, Qt::Key_F);
  }
  if (parts_.scene.selected_ids().size() > 1) fill_arrange_menu(menu.addMenu(words("Arrange")));
  menu.addSeparator();
  add_entry(
      menu, words("Delete and heal"), [this] { editor_.delete_selection(); }, Qt::Key_Delete);
  add_entry(
      menu, words("Delete"), [this] { editor_.delete_without_healing(); }, Qt::CTRL | Qt::Key_Delete);
}

}  // namespace feedline::gui::inline canvas
