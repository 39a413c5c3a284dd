// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/background_fit.h"

#include "engine/fit.h"
#include "engine/pipeline_settings.h"

#include <fmt/format.h>

#include <condition_variable>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

namespace feedline::inline engine {

/// One document on its way to a bound plan.
class BackgroundFit::Job {
 public:
  using Outcome = Result<std::shared_ptr<const Plan>>;

  Job(Document document, std::filesystem::path cache_folder)
      : document_(std::move(document)), cache_folder_(std::move(cache_folder)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  [[nodiscard]] const Document& document() const { return document_; }

  /// None: `stop` came first.
  [[nodiscard]] std::optional<Outcome> wait(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, stop, [this] { return outcome_.has_value(); });
    return outcome_;
  }

  [[nodiscard]] std::string doing() const {
    const std::lock_guard lock(mutex_);
    return outcome_ ? std::string() : doing_;
  }

 private:
  void run(const std::stop_token& stop) {
    Outcome outcome = guarded_fit(stop);
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(outcome);
    ended_.notify_all();
  }

  /// Whoever waits gets an answer, and no exception leaves the thread.
  Outcome guarded_fit(const std::stop_token& stop) {
    try {
      return fit(stop);
    } catch (const std::exception& fault) {
      return fail(Error{.code = ErrorCode::Failed,
                        .reason = std::string("the graph's nodes cannot be fitted: ") + fault.what()});
    }
  }

  Outcome fit(const std::stop_token& stop) {
    const auto tell = [this](std::string_view what, double fraction) {
      const std::lock_guard lock(mutex_);
      doing_ = fmt::format("{}, {:.0f} %", what, 100 * fraction);
    };
    auto plan = make_plan(document_, {.sources = {.cache_folder = cache_folder_, .stop = stop, .progress = tell}});
    if (!plan) {
      Error error = std::move(plan.error());
      if (error.code == ErrorCode::BadInput)
        error.reason =
            "a node upstream is fitted to the training records, which the graph does not give yet: " + error.reason;
      return fail(std::move(error));
    }
    FitOptions options{.pipeline = pipeline_options((*plan)->asked_for(), (*plan)->trainer),
                       .cache_folder = cache_folder_,
                       .stop = stop,
                       .progress = tell};
    return fit_plan(std::move(*plan), options);
  }

  const Document document_;
  const std::filesystem::path cache_folder_;
  mutable std::mutex mutex_{};
  std::condition_variable_any ended_{};
  std::optional<Outcome> outcome_{};
  std::string doing_{};
  std::jthread thread_{};  // last: ends before what it uses
};

BackgroundFit::BackgroundFit(std::filesystem::path cache_folder) : cache_folder_(std::move(cache_folder)) {}
BackgroundFit::~BackgroundFit() = default;

Result<LearntStates> BackgroundFit::learnt(const Document& document, const std::stop_token& stop) {
  const auto plan = plan_of(document, stop);
  if (!plan) return fail(plan.error());
  return learnt_states(**plan);
}

Result<std::shared_ptr<const Plan>> BackgroundFit::plan_of(const Document& document, const std::stop_token& stop) {
  std::shared_ptr<Job> job;
  {
    const std::lock_guard lock(mutex_);
    job = job_;
  }
  const auto replace = [this](std::shared_ptr<Job> by) {
    const std::lock_guard lock(mutex_);
    return std::exchange(job_, std::move(by));
  };
  if (job == nullptr || job->document() != document) {
    job.reset();
    (void)replace(nullptr);  // the one before ends here, if it is still on
    job = std::make_shared<Job>(document, cache_folder_);
    (void)replace(job);
  }
  const auto outcome = job->wait(stop);
  if (!outcome) return fail_cancelled();
  if (!*outcome) {
    (void)replace(nullptr);  // a file may be there the next time
    return fail(outcome->error());
  }
  return *outcome;
}

std::string BackgroundFit::doing() const {
  std::shared_ptr<Job> job;
  {
    const std::lock_guard lock(mutex_);
    job = job_;
  }
  return job == nullptr ? std::string() : job->doing();
}

}  // namespace feedline::inline engine
