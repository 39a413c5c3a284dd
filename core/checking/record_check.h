// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/check_lane.h"
#include "checking/fault_list.h"
#include "checking/record_facts.h"
#include "schema/own_files.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

namespace feedline::inline checking {

/// Which sizes of pictures get through the nodes behind the decoder. Whether they do depends on the size alone, so one
/// record of each size is carried through them. Thread-safe.
class SizeTrials {
 public:
  /// Sizes beyond so many are taken for good.
  static constexpr std::size_t kMost = 4096;
  using Size = std::pair<std::uint32_t, std::uint32_t>;
  /// The fault of this size, 0 for a good one; none: it has not been tried.
  [[nodiscard]] std::optional<std::uint32_t> find(Size size) const;
  void add(Size size, std::uint32_t fault);

 private:
  mutable std::mutex mutex_{};
  std::map<Size, std::uint32_t> faults_{};
};

/// Carries single records of a lane through its decoders, as a run would, but whole: a run may read only a part of a
/// picture. Where a decoder can make it smaller on the way (JPEG), it does: all data are read and judged all the same,
/// and the pixels are looked at for statistics only. One for each thread.
class RecordCheck {
 public:
  /// `stop` ends the wait for a machine that is at fault.
  RecordCheck(const CheckLane& lane, FaultList& faults, SizeTrials& trials, std::stop_token stop = {});

  /// All facts but the name of the file. Reads the record. Errors: the machine's fault, after several attempts;
  /// Cancelled. A bad record is none: the facts name its fault.
  [[nodiscard]] Result<RecordFacts> examine(std::uint64_t record);
  /// The fault that the record meets behind its decoder, if the facts tell; none: examine() must.
  [[nodiscard]] std::optional<std::uint32_t> fault_behind(const RecordFacts& facts) const;
  /// Notes in the facts of a good record that it got through the nodes behind the decoder.
  void note_through(RecordFacts& facts) const { facts.through = rest_; }
  /// Of a good or bad record; -1: it has none.
  [[nodiscard]] std::int64_t label(std::uint64_t record);

 private:
  enum class Scale { Full, Small };
  [[nodiscard]] Status fetch(std::uint64_t record, RecordFacts& facts);
  [[nodiscard]] Status run(const PlanStep& step, std::uint64_t record, bool training, Scale scale = Scale::Full);
  [[nodiscard]] Result<std::uint32_t> try_size(std::uint64_t record);
  void look_at(const Datum& picture, RecordFacts& facts) const;

  const CheckLane& lane_;
  const OwnFiles* files_;  ///< the source, if each record is a file of its own; else null
  FaultList& faults_;
  SizeTrials& trials_;
  std::stop_token stop_;
  std::uint64_t rest_;  ///< key of the nodes behind the decoder
  std::vector<Datum> slots_;
  Datum label_{};
  std::vector<Datum*> ports_{};
  std::vector<Datum*> label_only_{};
  std::vector<const Datum*> in_{};
  std::vector<Datum*> out_{};
};

}  // namespace feedline::inline checking
