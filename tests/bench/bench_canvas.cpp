// SPDX-License-Identifier: GPL-3.0-or-later
// How the canvas holds up with many nodes: opening, editing, panning and zooming, drawn by the raster engine without a
// screen. Prints milliseconds. See resources/help/benchmarks.md.
//
//   QT_QPA_PLATFORM=offscreen bench_canvas [NODES]
#include "graph/json.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/node_item.h"
#include "gui/inspector/inspector_panel.h"
#include "support/deep_network.h"
#include "support/thread_time.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QImage>
#include <QMouseEvent>
#include <QScrollBar>
#include <QWheelEvent>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

using namespace feedline;
using namespace feedline::gui;

namespace {

constexpr std::size_t kFrames = 300;
constexpr std::size_t kEdits = 100;
constexpr std::size_t kOpenings = 7;
constexpr std::size_t kOfAll = 5;  // what is done to every node at once

double milliseconds(const std::function<void()>& work) {
  const double begin = test::thread_cpu_ms();
  work();
  return test::thread_cpu_ms() - begin;
}

void print(const char* what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[std::min(times.size() - 1, static_cast<std::size_t>(share * static_cast<double>(times.size())))];
  };
  std::printf("%-34s median %8.2f   p99 %8.2f   worst %8.2f ms   (%zu)\n", what, at(0.5), at(0.99), times.back(),
              times.size());
}

std::vector<double> measure(std::size_t times, const std::function<void(std::size_t)>& work) {
  std::vector<double> list;
  for (std::size_t i = 0; i < times; ++i) list.push_back(milliseconds([&] { work(i); }));
  return list;
}

/// A whole frame. Not repaint(): a window that is nowhere to be seen draws nothing.
void draw(GraphView& view) {
  static QImage frame;
  if (frame.size() != view.viewport()->size()) frame = QImage(view.viewport()->size(), QImage::Format_RGB32);
  view.viewport()->render(&frame);
}

void zoom(GraphView& view, int angle) {
  const QPointF at = view.viewport()->rect().center();
  QWheelEvent event(at, view.viewport()->mapToGlobal(at), {}, {0, angle}, Qt::NoButton, Qt::NoModifier,
                    Qt::NoScrollPhase, false);
  QApplication::sendEvent(view.viewport(), &event);
}

void mouse(GraphView& view, QEvent::Type type, QPointF at) {
  const bool moves = type == QEvent::MouseMove;
  QMouseEvent event(type, at, view.viewport()->mapToGlobal(at), moves ? Qt::NoButton : Qt::LeftButton, Qt::LeftButton,
                    Qt::NoModifier);
  QApplication::sendEvent(view.viewport(), &event);
}

/// Three nodes in the hand, at a zoom where the overview shows: each move of the mouse with all that follows from it
/// in the window, until it is drawn.
void measure_drag(GraphView& view, DocumentController& controller) {
  InspectorPanel inspector(controller);
  inspector.show_nodes({QStringLiteral("layer12")});
  inspector.show();
  view.select_node(QStringLiteral("layer12"));
  view.setTransform(QTransform::fromScale(0.8, 0.8));
  const auto node = [&](const char* id) { return view.graph_scene().node(id); };
  view.centerOn(node("layer12"));
  for (const char* id : {"layer11", "layer13"}) node(id)->setSelected(true);
  QCoreApplication::processEvents();
  const QPointF start = view.mapFromScene(node("layer12")->pos() + QPointF(40, 14));
  mouse(view, QEvent::MouseButtonPress, start);
  const auto step = [&](std::size_t i) {
    mouse(view, QEvent::MouseMove, start + QPointF(20.0 * static_cast<double>(1 + i % 20), 20.0));
    QCoreApplication::processEvents();
  };
  step(0);
  print("a mouse move with three in the hand", measure(kEdits, step));
  view.setFocus();
  mouse(view, QEvent::MouseButtonRelease, start);
  controller.undo_stack().undo();
}

/// What the inspector adds to an edit: a form with ports, and, of an optimiser, the schedule of a run whose length
/// follows from the whole graph.
void measure_inspector(DocumentController& controller) {
  InspectorPanel inspector(controller);
  inspector.show();
  const auto edits = [&](const char* what, const char* node) {
    inspector.show_nodes({QString::fromUtf8(node)});
    print(what, measure(kEdits, [&](std::size_t i) {
            (void)controller.apply({SetParam{"trainer", "epochs", static_cast<std::int64_t>(1 + i % 2)}});
            QCoreApplication::processEvents();
          }));
  };
  edits("one edit: a layer in the inspector", "layer12");
  edits("one edit: the optimiser in it", "optimizer");
  print("the optimiser: chosen", measure(kOfAll, [&](std::size_t) {
          inspector.show_nodes({QStringLiteral("layer12")});
          inspector.show_nodes({QStringLiteral("optimizer")});
          QCoreApplication::processEvents();
        }));
}

/// What is done to every node at once, by the canvas's own commands, each with the frame that shows it.
void measure_all(GraphView& view, DocumentController& controller) {
  view.zoom_to_fit();
  print("all: select", measure(kOfAll, [&](std::size_t) {
          view.editor().select_all();
          draw(view);
        }));
  std::vector<double> duplicate, undo, both;
  for (std::size_t i = 0; i < kOfAll; ++i) {
    view.editor().select_all();
    duplicate.push_back(milliseconds([&] {
      view.editor().duplicate();
      draw(view);
    }));
    undo.push_back(milliseconds([&] {
      controller.undo_stack().undo();
      draw(view);
    }));
    both.push_back(duplicate.back() + undo.back());
  }
  print("all: duplicate", duplicate);
  print("all: undo of it", undo);
  print("all: both", both);
  std::vector<double> remove, back;
  for (std::size_t i = 0; i < kOfAll; ++i) {
    view.editor().select_all();
    remove.push_back(milliseconds([&] {
      view.editor().delete_selection();
      draw(view);
    }));
    back.push_back(milliseconds([&] {
      controller.undo_stack().undo();
      draw(view);
    }));
  }
  print("all: delete", remove);
  print("all: undo of it", back);
}

/// Every convolution at once: chosen, in the inspector, changed there, grouped, deleted with the wires healed.
void measure_some(GraphView& view, DocumentController& controller) {
  QStringList ids;
  for (const Node& node : controller.document().nodes())
    if (node.type == "relu") ids << QString::fromStdString(node.id);
  InspectorPanel inspector(controller);
  print("a third: shown in the inspector", measure(kOfAll, [&](std::size_t) {
          inspector.show_nodes({});
          inspector.show_nodes(ids);
        }));
  const auto choose = [&] {
    view.scene()->clearSelection();
    for (QGraphicsItem* item : view.scene()->items())
      if (auto* node = qgraphicsitem_cast<NodeItem*>(item);
          node != nullptr && node->face().type == QLatin1String("relu"))
        node->setSelected(true);
  };
  std::vector<double> remove, group;
  for (std::size_t i = 0; i < kOfAll; ++i) {
    choose();
    remove.push_back(milliseconds([&] {
      view.editor().delete_selection();
      draw(view);
    }));
    controller.undo_stack().undo();
    view.editor().select_all();
    group.push_back(milliseconds([&] {
      view.editor().group_selection();
      draw(view);
    }));
    controller.undo_stack().undo();
  }
  print("a third: delete and heal", remove);
  print("all: group", group);
}

/// The layout is worked out on a thread of its own: by the clock on the wall, from the key to the new picture.
void measure_layout(GraphView& view, DocumentController& controller) {
  std::vector<double> times;
  for (std::size_t i = 0; i < kOfAll; ++i) {
    view.editor().select_all();
    const int steps = controller.undo_stack().index();
    QElapsedTimer clock;
    clock.start();
    view.editor().lay_out();
    while (controller.undo_stack().index() == steps || view.editor().arrange_job().active())
      QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    draw(view);
    times.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
    controller.undo_stack().undo();
  }
  print("all: layout, by the wall clock", times);
}

}  // namespace

int main(int argc, char** argv) {
  QApplication app(argc, argv);
  const std::size_t nodes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1000;
  const Document document = test::deep_network(nodes);
  const std::string text = to_json(document);
  std::printf("%zu nodes, %zu wires, drawn at 1600 x 900\n", document.nodes().size(), document.links().size());

  print("opening: read, check, show, draw", measure(kOpenings, [&](std::size_t) {
          DocumentController controller;
          GraphView view(controller);
          view.resize(1600, 900);
          view.show();
          auto loaded = from_json(text);
          controller.reset(std::move(loaded->document), {});
          draw(view);
        }));

  DocumentController controller;
  GraphView view(controller);
  view.resize(1600, 900);
  view.show();
  controller.reset(document, {});
  draw(view);
  const auto units = [](std::size_t i) {
    return Edit{SetParam{"layer0", "filters", static_cast<std::int64_t>(16 + i % 2)}};
  };
  Document edited = document;
  print("one edit: apply and check again", measure(kEdits, [&](std::size_t i) {
          if (!edited.apply(units(i))) std::abort();
          const Analysis analysis = analyse(edited);
          if (analysis.total.layers == 0) std::abort();
        }));
  print("one edit: and show all of it", measure(kEdits, [&](std::size_t i) {
          (void)controller.apply(units(i));
          draw(view);
        }));
  print("a step of a drag: move and draw", measure(kEdits, [&](std::size_t i) {
          (void)controller.apply({MoveNodes{{{"layer0", {static_cast<double>(i), 0}}}}}, "drag");
          draw(view);
        }));

  for (const double scale : {1.0, 0.5, 0.15}) {
    view.setTransform(QTransform::fromScale(scale, scale));
    view.horizontalScrollBar()->setValue(static_cast<int>(0 * scale));
    const std::string what = "panning at zoom " + std::to_string(scale).substr(0, 4);
    print(what.c_str(), measure(kFrames, [&](std::size_t i) {
            view.horizontalScrollBar()->setValue(static_cast<int>((100.0 + 12.0 * static_cast<double>(i)) * scale));
            view.verticalScrollBar()->setValue(static_cast<int>((100.0 + 8.0 * static_cast<double>(i)) * scale));
            draw(view);
          }));
  }
  view.zoom_to_fit();
  print("zooming in and out", measure(kFrames, [&](std::size_t i) {
          zoom(view, i % 60 < 30 ? 60 : -60);
          draw(view);
        }));
  measure_drag(view, controller);
  measure_inspector(controller);
  measure_all(view, controller);
  measure_some(view, controller);
  measure_layout(view, controller);
  return 0;
}
