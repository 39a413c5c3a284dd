// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/live_state.h"

#include "graph/path.h"
#include "gui/canvas/canvas_text.h"
#include "gui/models/text.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline canvas {
namespace {

/// Bars and words change in steps that the eye can follow, so that a node repaints only when it looks different.
double rounded(double part) { return std::round(std::clamp(part, 0.0, 1.0) * 50) / 50; }

QString detail_text(const LiveState& state) {
  const auto percent = [](double part) { return QLocale().toString(qRound(part * 100)); };
  if (state.busy + state.starved + state.blocked < 0.02) return words("idle");
  if (state.busy >= state.starved && state.busy >= state.blocked) return words("%1 % busy").arg(percent(state.busy));
  if (state.starved >= state.blocked) return words("%1 % starved").arg(percent(state.starved));
  return words("%1 % blocked").arg(percent(state.blocked));
}

LiveState::Mood mood_of(const LiveState& state) {
  if (state.busy + state.starved + state.blocked < 0.02) return LiveState::Mood::Idle;
  if (state.busy >= state.starved && state.busy >= state.blocked) return LiveState::Mood::Busy;
  return state.starved >= state.blocked ? LiveState::Mood::Starved : LiveState::Mood::Blocked;
}

QString span(double seconds) {
  const auto number = [](double value) { return QLocale().toString(value, 'f', value < 10 ? 1 : 0); };
  if (seconds < 1e-3) return words("%1 µs").arg(number(seconds * 1e6));
  return seconds < 1 ? words("%1 ms").arg(number(seconds * 1e3)) : words("%1 s").arg(number(seconds));
}

QString cost_text(const StageCounters& change, double dt) {
  if (change.records == 0) return {};
  const QString cpu = QLocale().toString(qRound(seconds(change.cpu) / dt * 100));
  return words("%1 · %2 % CPU").arg(span(seconds(change.busy) / static_cast<double>(change.records)), cpu);
}

LiveState stage_state(const StageSample& earlier, const StageSample& now, double dt) {
  const StageCounters change = now.total - earlier.total;
  const double waited = seconds(change.busy + change.starved + change.blocked);
  const double worker_time = std::max(waited, dt * static_cast<double>(std::max<std::size_t>(now.workers, 1)));
  LiveState state;
  state.rate = rate_text(static_cast<double>(change.records) / dt);
  state.busy = rounded(seconds(change.busy) / worker_time);
  state.starved = rounded(seconds(change.starved) / worker_time);
  state.blocked = rounded(seconds(change.blocked) / worker_time);
  state.detail = detail_text(state);
  state.mood = mood_of(state);
  state.cost = cost_text(change, dt);
  state.per_second = static_cast<double>(change.records) / dt;
  state.measured = true;
  return state;
}

LiveState trainer_state(const TrainerSample& earlier, const TrainerSample& now, double dt) {
  LiveState state;
  const double steps = now.steps >= earlier.steps ? static_cast<double>(now.steps - earlier.steps) : 0;
  // No step may have ended just now, because they are slow or because it validates: then that of all steps so far.
  const double rate = steps > 0 ? step_rate(earlier, now) : step_rate({}, now);
  const QString number = QLocale().toString(rate, 'f', rate >= 100 ? 0 : 1);
  state.rate = now.steps == 0 ? words("no step yet") : words("%1 steps/s").arg(number);
  state.short_rate = now.steps == 0 ? words("none yet") : words("%1/s").arg(number);
  if (now.validating) {
    state.detail = words("validating");
  } else if (now.fitting) {
    state.detail = words("fitting %1 %").arg(QLocale().toString(qRound(*now.fitting * 100)));
  } else if (now.steps > 0 && std::isfinite(now.loss)) {
    state.detail = words("loss %1").arg(QLocale().toString(now.loss, 'f', 3));
  }
  const StepTimes change = now.times - earlier.times;
  const double total = std::max(seconds(change.total()), dt);
  state.starved = rounded(seconds(change[Phase::Wait]) / total);
  state.busy = rounded(seconds(change.step()) / total);
  state.mood = mood_of(state);
  state.per_second = rate;
  if (steps > 0) state.cost = words("%1 per step").arg(span(seconds(change.total()) / steps));
  return state;
}

}  // namespace

bool LiveState::operator==(const LiveState& other) const {
  return rate == other.rate && detail == other.detail && brief == other.brief && busy == other.busy &&
         starved == other.starved && blocked == other.blocked && mood == other.mood && cost == other.cost &&
         bottleneck == other.bottleneck;
}

std::map<std::string, LiveState, std::less<>> live_states(const Snapshot& earlier, const Snapshot& now,
                                                          const std::string& trainer, bool staged,
                                                          const std::string& bottleneck) {
  std::map<std::string, LiveState, std::less<>> states;
  const double dt = seconds(now.at - earlier.at);
  if (dt <= 0) return states;
  for (const StageSample& stage : now.stages) {
    const auto before = std::find_if(earlier.stages.begin(), earlier.stages.end(),
                                     [&](const StageSample& s) { return s.node == stage.node; });
    const StageSample nothing{.node = stage.node, .type = stage.type};
    LiveState& state = states[stage.node] = stage_state(before == earlier.stages.end() ? nothing : *before, stage, dt);
    if (staged) state.brief = QStringLiteral("×%1").arg(stage.workers);
    if (staged)
      state.detail = stage.workers == 1
                         ? words("× 1 worker")
                         : words("× %1 workers").arg(QLocale().toString(static_cast<qulonglong>(stage.workers)));
  }
  if (!trainer.empty()) states[trainer] = trainer_state(earlier.trainer, now.trainer, dt);
  if (const auto named = states.find(bottleneck); named != states.end()) named->second.bottleneck = true;
  return states;
}

const LiveState* live_state_at(const std::map<std::string, LiveState, std::less<>>& states, const std::string& path) {
  if (const auto own = states.find(path); own != states.end()) return &own->second;
  const LiveState* most = nullptr;
  for (const auto& [at, state] : states)
    if (is_within(at, path) && (most == nullptr || state.bottleneck || (!most->bottleneck && state.busy > most->busy)))
      most = &state;
  return most;
}

}  // namespace feedline::gui::inline canvas
