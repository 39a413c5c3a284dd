// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/trace.h"

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace feedline::gui::inline plots {

/// One lane of a timeline as it is drawn: its newest slices, and summaries of them in blocks, so that drawing a long
/// while costs no more than drawing a short one.
class TimelineLane {
 public:
  static constexpr std::size_t kBlock = 64;  ///< slices a summary

  /// `kept`: slices; older ones go.
  TimelineLane(std::string name, std::size_t kept) : name_(std::move(name)), kept_(kept) {}

  struct Block {
    Nanos start = 0;
    Nanos end = 0;
    TraceSlice most{};  ///< the slice whose kind and label took the most time; of a queue, the highest level
  };

  void add(const std::vector<TraceSlice>& slices);
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<TraceSlice>& slices() const { return slices_; }
  /// Whole ones only; block i summarises the slices from i * kBlock on.
  [[nodiscard]] const std::vector<Block>& blocks() const { return blocks_; }
  [[nodiscard]] bool queue() const { return !slices_.empty() && slices_.front().kind == TraceKind::Level; }
  /// Indices [first, last) of the slices that touch a stretch of time.
  [[nodiscard]] std::pair<std::size_t, std::size_t> between(Nanos from, Nanos to) const;
  /// The slice at this moment; null: none.
  [[nodiscard]] const TraceSlice* at(Nanos moment) const;
  [[nodiscard]] Nanos begin() const { return slices_.empty() ? 0 : slices_.front().start; }
  [[nodiscard]] Nanos end() const { return slices_.empty() ? 0 : slices_.back().start + slices_.back().duration; }

 private:
  void summarise();

  std::string name_;
  std::size_t kept_;
  std::vector<TraceSlice> slices_{};
  std::vector<Block> blocks_{};
};

/// The window's copy of a run's timeline. Each pull() fetches only what has come since the last one; memory is bounded
/// as that of the rings is.
class TimelineStore {
 public:
  void begin(std::shared_ptr<const Trace> trace);
  /// True if something has come.
  bool pull();
  [[nodiscard]] const std::vector<TimelineLane>& lanes() const { return lanes_; }
  [[nodiscard]] const std::vector<std::string>& labels() const { return labels_; }
  [[nodiscard]] const std::shared_ptr<const Trace>& trace() const { return trace_; }
  /// Of all lanes; 0, 0 while they are empty.
  [[nodiscard]] std::pair<Nanos, Nanos> range() const;

 private:
  std::shared_ptr<const Trace> trace_{};
  std::vector<std::uint64_t> next_{};
  std::vector<TimelineLane> lanes_{};
  std::vector<std::string> labels_{};
};

}  // namespace feedline::gui::inline plots
