// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/wire_flow.h"

#include "graph/path.h"
#include "gui/canvas/canvas_text.h"
#include "gui/models/stages.h"
#include "gui/models/text.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline canvas {
namespace {

constexpr double kDecades = 5;
constexpr double kSteps = 8;

double share_of(double rate) {
  if (rate <= 0) return 0;
  return std::round(std::clamp(std::log10(std::max(rate, 1.0)) / kDecades, 0.0, 1.0) * kSteps) / kSteps;
}

QString fill_word(int fill) {
  if (fill >= 95) return words("full");
  return fill <= 5 ? words("empty") : words("%1 %").arg(fill);
}

QString level_tip(const StageSample& stage, int fill) {
  if (stage.queue.capacity == 0) return words("prefetch 0: nothing is prepared ahead, so no batch waits here");
  return words("its queue is %1 % full: %2 of %3 wait")
      .arg(fill)
      .arg(static_cast<qulonglong>(stage.queue.waiting))
      .arg(static_cast<qulonglong>(stage.queue.capacity));
}

}  // namespace

FlowMaker::FlowMaker(const Snapshot& earlier, const Snapshot& now)
    : earlier_(earlier), now_(now), dt_(seconds(now.at - earlier.at)) {
  for (std::size_t i = 0; i < now.stages.size(); ++i) stages_[now.stages[i].node] = i;
}

int FlowMaker::stage_of(const std::string& path) const {
  if (const auto own = stages_.find(path); own != stages_.end()) return static_cast<int>(own->second);
  int last = -1;
  for (const auto& [node, index] : stages_)
    if (is_within(std::string(node), path)) last = std::max(last, static_cast<int>(index));
  return last;
}

double FlowMaker::rate_of(std::size_t stage) const {
  const StageSample& now = now_.stages[stage];
  const bool known = stage < earlier_.stages.size() && earlier_.stages[stage].node == now.node;
  const std::uint64_t before = known ? earlier_.stages[stage].total.records : 0;
  return dt_ > 0 && now.total.records > before ? static_cast<double>(now.total.records - before) / dt_ : 0;
}

WireFlow FlowMaker::flow(const std::string& from, const std::string& to) const {
  WireFlow flow;
  double rate = 0;
  const int stage = stage_of(from);
  if (stage >= 0) {
    const auto at = static_cast<std::size_t>(stage);
    rate = rate_of(at);
    const int target = stage_of(to);
    const bool leaves = target < 0 || now_.stages[static_cast<std::size_t>(target)].segment != now_.stages[at].segment;
    if (ends_segment(now_.stages, at) && leaves)
      flow.fill = static_cast<int>(std::lround(std::clamp(now_.stages[at].queue.fill, 0.0, 1.0) * 10)) * 10;
  } else if (dt_ > 0 && now_.trainer.samples > earlier_.trainer.samples) {
    rate = static_cast<double>(now_.trainer.samples - earlier_.trainer.samples) / dt_;
  }
  flow.share = share_of(rate);
  flow.moves = rate > 0;
  if (flow.fill >= 0) flow.word = fill_word(flow.fill);
  flow.tip = words("%1 flow here").arg(rate_text(rate));
  if (flow.fill >= 0)
    flow.tip += QStringLiteral(" · ") + level_tip(now_.stages[static_cast<std::size_t>(stage)], flow.fill);
  return flow;
}

}  // namespace feedline::gui::inline canvas
