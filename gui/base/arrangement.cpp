// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/arrangement.h"

namespace feedline::gui::inline base {

namespace {

constexpr Qt::DockWidgetArea kLeft = Qt::LeftDockWidgetArea;
constexpr Qt::DockWidgetArea kRight = Qt::RightDockWidgetArea;
constexpr Qt::DockWidgetArea kBottom = Qt::BottomDockWidgetArea;

/// The first of each group in front of the others, for where all share one place.
QStringList fronts_first(const GroupedPanels& panels) {
  QStringList names;
  for (const QStringList& group : {panels.flow, panels.learning, panels.machine})
    if (!group.isEmpty()) names << group.front();
  for (const QString& name : panels.listed)
    if (!names.contains(name)) names << name;
  return names;
}

Arrangement build(bool folded, const GroupedPanels& panels) {
  const QStringList waiting = QStringList{"log", "runs", "data"} + panels.by_group() + QStringList{"diagnosis"};
  if (folded)
    return {.stacks = {{kRight, {"inspector", "palette", "problems", "preview"}, {"history"}}, {kBottom, {}, waiting}},
            .side = 0.3};
  return {.stacks = {{kLeft, {"palette", "history"}, {}},
                     {kRight, {"inspector"}, {}},
                     {kRight, {}, {"preview"}},
                     {kBottom, {"problems"}, waiting}},
          .side = 0.19,
          .left = 0.14,
          .bottom = 0.07};
}

Arrangement watch(bool folded, const GroupedPanels& panels) {
  const DockStack left{kLeft, {}, {"palette", "history"}};
  const DockStack right{kRight, {}, {"inspector", "preview"}};
  if (folded)
    return {.stacks = {left,
                       right,
                       {kBottom, fronts_first(panels) + QStringList{"problems", "log"}, {"runs", "diagnosis", "data"}}},
            .bottom = 0.45};
  return {.stacks = {left,
                     right,
                     {kBottom, panels.flow, {}},
                     {kBottom, panels.learning + QStringList{"runs"}, {"diagnosis"}},
                     {kBottom, panels.machine + QStringList{"log", "problems"}, {"data"}}},
          .bottom = 0.42};
}

Arrangement diagnose(bool folded, const GroupedPanels& panels) {
  const QStringList rest = panels.learning + panels.machine + QStringList{"problems", "log", "runs", "data"};
  const DockStack left{kLeft, {}, {"palette", "history"}};
  if (folded)
    return {.stacks = {left,
                       {kRight, QStringList{"diagnosis"} + panels.flow, {"inspector", "preview"}},
                       {kBottom, {}, rest}},
            .side = 0.5};
  return {.stacks = {left, {kRight, {"diagnosis"}, {"inspector", "preview"}}, {kBottom, panels.flow, rest}},
          .side = 0.36,
          .bottom = 0.3};
}

Arrangement present(const QStringList& presented, const GroupedPanels& panels) {
  Arrangement all{.side = 0.25, .left = 0.2, .bottom = 0.42};
  const QStringList left = {"palette", "history"};
  const QStringList right = {"inspector", "preview"};
  QStringList hidden[3];
  const QStringList bottom =
      QStringList{"problems", "log", "runs", "data"} + panels.by_group() + QStringList{"diagnosis"};
  for (const QString& name : left + right + bottom) {
    const Qt::DockWidgetArea area = left.contains(name) ? kLeft : right.contains(name) ? kRight : kBottom;
    if (presented.contains(name)) {
      all.stacks.push_back({area, {name}, {}});
    } else {
      hidden[area == kLeft ? 0 : area == kRight ? 1 : 2] << name;
    }
  }
  all.stacks.push_back({kLeft, {}, hidden[0]});
  all.stacks.push_back({kRight, {}, hidden[1]});
  all.stacks.push_back({kBottom, {}, hidden[2]});
  return all;
}

}  // namespace

QString mode_word(WorkMode mode) {
  constexpr const char* kWords[] = {"build", "watch", "diagnose", "present"};
  return QString::fromLatin1(kWords[static_cast<int>(mode)]);
}

QStringList& GroupedPanels::of(PanelGroup group) {
  switch (group) {
    case PanelGroup::Learning:
      return learning;
    case PanelGroup::Machine:
      return machine;
    case PanelGroup::Flow:
      break;
  }
  return flow;
}

Arrangement arrangement_of(WorkMode mode, bool folded, const QStringList& presented, const GroupedPanels& panels) {
  switch (mode) {
    case WorkMode::Build:
      return build(folded, panels);
    case WorkMode::Watch:
      return watch(folded, panels);
    case WorkMode::Diagnose:
      return diagnose(folded, panels);
    case WorkMode::Present:
      break;
  }
  return present(presented, panels);
}

}  // namespace feedline::gui::inline base
