// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/pipeline.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline engine {

/// Record errors, counted by node and message. The list is bounded: once it is full, errors of further kinds
/// are only counted in count(). Thread-safe.
class ErrorLog {
 public:
  static constexpr std::size_t kMaxKinds = 100;
  /// The kind of an error that came when the list was full.
  static constexpr std::uint32_t kOther = kMaxKinds;

  /// Where a record stands in the run: (batch over all epochs, row). Of equal errors the earliest is the one
  /// shown, so that the list does not depend on the worker count.
  using Place = std::pair<std::uint64_t, std::size_t>;

  /// Of a record that had none before. Returns the kind of the error: below kMaxKinds, or kOther.
  std::uint32_t add(Error error, Place place);
  /// A record whose kind add() returned is left out once more.
  void add_again(std::uint32_t kind);
  /// The kind under which errors of this node and message are counted; kOther where there is none.
  [[nodiscard]] std::uint32_t kind_of(const Error& error) const;
  /// What is counted, in the order in which the kinds came, for restore() of an empty log.
  struct Entry {
    RecordError first{};
    Place place{};
  };
  [[nodiscard]] std::vector<Entry> entries() const;
  void restore(std::vector<Entry> entries, std::uint64_t count);
  /// The most frequent first; equally frequent ones in the order of the run.
  [[nodiscard]] std::vector<RecordError> list() const;
  [[nodiscard]] std::uint64_t count() const;

 private:
  mutable std::mutex mutex_{};
  std::map<std::pair<std::string, std::string>, std::uint32_t> kinds_{};  ///< by node and message
  std::vector<Entry> entries_{};
  std::uint64_t count_ = 0;
};

}  // namespace feedline::inline engine
