// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "base/results.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline telemetry {

/// What the trainer's thread is doing. Rest is nothing that counts. The others index StepTimes and kStepPhases: a new
/// phase is one name here and one entry there, and is then measured, recorded, reported and drawn.
enum class Phase : std::uint8_t {
  Wait,
  HostToDevice,
  Forward,
  Backward,
  Reduce,
  Optimizer,
  Add,
  Fit,
  Predict,
  Checkpoint,
  Other,
  Rest
};
inline constexpr std::size_t kStepPhaseCount = static_cast<std::size_t>(Phase::Rest);

struct PhaseInfo {
  Phase phase = Phase::Other;
  std::string_view key{};      ///< in records, and with "_s" behind it in JSON
  std::string_view slice{};    ///< its name in a timeline
  std::string_view title{};    ///< "host to device"
  std::string_view brief{};    ///< where there is little room
  std::string_view whole{};    ///< in a sentence: "the optimiser takes ..."
  std::string_view meaning{};  ///< what is done in it
};

/// In the order of a step.
inline constexpr std::array<PhaseInfo, kStepPhaseCount> kStepPhases = {
    {{Phase::Wait, "wait", "wait for batch", "wait for a batch", "wait", "waiting", "for the next batch"},
     {Phase::HostToDevice, "h2d", "host to device", "host to device", "host to device", "host to device",
      "copying the batch"},
     {Phase::Forward, "forward", "forward", "forward", "forward", "forward", "model and loss"},
     {Phase::Backward, "backward", "backward", "backward", "backward", "backward", "gradients"},
     {Phase::Reduce, "reduce", "reduce", "gradients from other ranks", "reduce", "the exchange of gradients",
      "waiting for gradients of the other ranks"},
     {Phase::Optimizer, "optimizer", "optimizer", "optimiser", "optimiser", "the optimiser", "updating the parameters"},
     {Phase::Add, "add", "add", "taking rows in", "add", "taking rows in", "an estimator takes in a batch"},
     {Phase::Fit, "fit", "fit", "fitting", "fit", "the fit", "an estimator fits, between steps"},
     {Phase::Predict, "predict", "predict", "predicting", "predict", "predicting",
      "an estimator judges validation data"},
     {Phase::Checkpoint, "checkpoint", "checkpoint", "checkpoint", "checkpoint", "copying for a checkpoint",
      "copying what a run goes on from; it is written meanwhile"},
     {Phase::Other, "other", "other", "other", "other", "launch and the rest", "bookkeeping"}}};

/// Of a phase by its key in a record; null for one that this program does not know.
[[nodiscard]] constexpr const PhaseInfo* find_phase(std::string_view key) {
  for (const PhaseInfo& info : kStepPhases)
    if (info.key == key) return &info;
  return nullptr;
}

/// A number for each phase of the trainer's work. Fixed storage: lists are made where it is shown or recorded.
template <class T>
struct ByPhase {
  std::array<T, kStepPhaseCount> parts{};

  [[nodiscard]] T& operator[](Phase phase) { return parts[static_cast<std::size_t>(phase)]; }
  [[nodiscard]] T operator[](Phase phase) const { return parts[static_cast<std::size_t>(phase)]; }
  [[nodiscard]] T total() const {
    T sum{};
    for (const T part : parts) sum += part;
    return sum;
  }
  /// All but waiting.
  [[nodiscard]] T step() const {
    T sum{};
    for (const PhaseInfo& info : kStepPhases)
      if (info.phase != Phase::Wait) sum += (*this)[info.phase];
    return sum;
  }
  [[nodiscard]] ByPhase operator-(const ByPhase& earlier) const {
    ByPhase difference = *this;
    for (std::size_t i = 0; i < parts.size(); ++i) difference.parts[i] -= earlier.parts[i];
    return difference;
  }
};

/// Where the trainer's time went since the start, in nanoseconds of its thread's wall time.
using StepTimes = ByPhase<Nanos>;

/// For what shows and records them. Without checkpoints or other ranks nothing is said of them.
[[nodiscard]] inline std::vector<PhaseTime> phase_list(const StepTimes& times) {
  std::vector<PhaseTime> list;
  for (const PhaseInfo& info : kStepPhases) {
    const bool rare = info.phase == Phase::Checkpoint || info.phase == Phase::Reduce;
    if (rare && times[info.phase] == 0) continue;
    list.push_back({.name = std::string(info.key), .seconds = seconds(times[info.phase])});
  }
  return list;
}

}  // namespace feedline::inline telemetry
