// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/arrangement.h"

namespace feedline::gui {

namespace {

constexpr Qt::DockWidgetArea kLeft = Qt::LeftDockWidgetArea;
constexpr Qt::DockWidgetArea kRight = Qt::RightDockWidgetArea;
constexpr Qt::DockWidgetArea kBottom = Qt::BottomDockWidgetArea;

const QStringList kPlots = {"stages", "step",     "queues",     "levels",    "timeline",
                            "loss",   "mistakes", "throughput", "resources", "diagnosis"};

Arrangement build(bool folded) {
  if (folded)
    return {.stacks = {{kRight, {"inspector", "palette", "problems", "preview"}, {"history"}},
                       {kBottom, {}, QStringList{"log", "runs"} + kPlots}},
            .side = 0.3};
  return {.stacks = {{kLeft, {"palette", "history"}, {}},
                     {kRight, {"inspector"}, {}},
                     {kRight, {}, {"preview"}},
                     {kBottom, {"problems"}, QStringList{"log", "runs"} + kPlots}},
          .side = 0.19,
          .left = 0.14,
          .bottom = 0.07};
}

Arrangement watch(bool folded) {
  const DockStack left{kLeft, {}, {"palette", "history"}};
  const DockStack right{kRight, {}, {"inspector", "preview"}};
  if (folded)
    return {.stacks = {left,
                       right,
                       {kBottom,
                        {"stages", "loss", "throughput", "step", "queues", "levels", "timeline", "resources",
                         "mistakes", "problems", "log"},
                        {"runs", "diagnosis"}}},
            .bottom = 0.45};
  return {.stacks = {left,
                     right,
                     {kBottom, {"stages", "step", "queues", "levels", "timeline"}, {}},
                     {kBottom, {"loss", "mistakes", "runs"}, {"diagnosis"}},
                     {kBottom, {"throughput", "resources", "log", "problems"}, {}}},
          .bottom = 0.42};
}

Arrangement diagnose(bool folded) {
  const QStringList rest = {"loss", "mistakes", "throughput", "resources", "problems", "log", "runs"};
  const DockStack left{kLeft, {}, {"palette", "history"}};
  if (folded)
    return {
        .stacks = {left,
                   {kRight, {"diagnosis", "stages", "step", "queues", "levels", "timeline"}, {"inspector", "preview"}},
                   {kBottom, {}, rest}},
        .side = 0.5};
  return {.stacks = {left,
                     {kRight, {"diagnosis"}, {"inspector", "preview"}},
                     {kBottom, {"stages", "step", "queues", "levels", "timeline"}, rest}},
          .side = 0.36,
          .bottom = 0.3};
}

Arrangement present(const QStringList& presented) {
  Arrangement all{.side = 0.25, .left = 0.2, .bottom = 0.42};
  const QStringList left = {"palette", "history"};
  const QStringList right = {"inspector", "preview"};
  QStringList hidden[3];
  for (const QString& name : left + right + QStringList{"problems", "log", "runs"} + kPlots) {
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

Arrangement arrangement_of(WorkMode mode, bool folded, const QStringList& presented) {
  switch (mode) {
    case WorkMode::Build:
      return build(folded);
    case WorkMode::Watch:
      return watch(folded);
    case WorkMode::Diagnose:
      return diagnose(folded);
    case WorkMode::Present:
      break;
  }
  return present(presented);
}

}  // namespace feedline::gui
