// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/pipeline.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace feedline {

/// Record errors, counted by node and message. The list is bounded: once it is full, errors of further kinds
/// are only counted in count(). Thread-safe.
class ErrorLog {
 public:
  static constexpr std::size_t kMaxKinds = 100;

  /// Where a record stands in the run: (batch over all epochs, row). Of equal errors the earliest is the one
  /// shown, so that the list does not depend on the worker count.
  using Place = std::pair<std::uint64_t, std::size_t>;

  void add(Error error, Place place);
  /// The most frequent first; equally frequent ones in the order of the run.
  [[nodiscard]] std::vector<RecordError> list() const;
  [[nodiscard]] std::uint64_t count() const;

 private:
  struct Entry {
    RecordError first{};
    Place place{};
  };
  mutable std::mutex mutex_{};
  std::map<std::pair<std::string, std::string>, Entry> kinds_{};  ///< by node and message
  std::uint64_t count_ = 0;
};

}  // namespace feedline
