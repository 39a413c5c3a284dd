// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "plan/plan.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

namespace feedline::inline engine {

/// Fits the nodes of a document on a thread of its own, for whoever looks at single records: they may give up waiting,
/// and find the work done, or further on, when they ask again about the same document. One at a time.
class BackgroundFit {
 public:
  explicit BackgroundFit(std::filesystem::path cache_folder);
  /// Abandons what is in work.
  ~BackgroundFit();

  /// What all nodes of this document that learn have learnt; waits until they have. Errors: the graph is not yet one
  /// that can run, so nobody knows which records train; those of fit_plan(); `stop`: Cancelled, and the work goes on.
  /// For one thread.
  [[nodiscard]] Result<LearntStates> learnt(const Document& document, const std::stop_token& stop);
  /// "Fitting normalise, 34 %"; empty while nothing is in work. From any thread.
  [[nodiscard]] std::string doing() const;

 private:
  class Job;
  [[nodiscard]] Result<std::shared_ptr<const Plan>> plan_of(const Document& document, const std::stop_token& stop);
  const std::filesystem::path cache_folder_;
  mutable std::mutex mutex_{};  ///< guards the pointer
  std::shared_ptr<Job> job_{};
};

}  // namespace feedline::inline engine
