// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace feedline::inline engine {

/// The processes of a run that are on one machine, and so can keep what their caches keep together. All of them make
/// the same caches in the same order.
class CacheSharing {
 public:
  virtual ~CacheSharing() = default;
  /// Does this one make the files that all use? One of them does.
  [[nodiscard]] virtual bool makes() const = 0;
  /// What the one that makes them says (SharedRecords::offer()); empty: there are none for this process. All processes
  /// call this once a cache, and wait for each other. May throw, where a process is lost.
  [[nodiscard]] virtual std::string tell(std::string_view own) = 0;
};

}  // namespace feedline::inline engine
