// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/rank_run.h"

#include "cli/terminal.h"

#include <chrono>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

namespace feedline::cli {

ExitCode run_as_rank(Document document, const RunOptions& options, Interrupts& interrupts) {
  std::mutex mutex;
  std::optional<RunResult> result;
  const auto finished = [&] {
    const std::lock_guard lock(mutex);
    return result.has_value();
  };
  const auto run = Run::start(std::move(document), options, [&](const Fact& fact) {
    const auto* end = std::get_if<Finished>(&fact);
    if (end == nullptr) return;
    {
      const std::lock_guard lock(mutex);
      result = end->result;
    }
    interrupts.wake();
  });
  bool stopping = false;
  while (!finished()) {
    interrupts.wait(std::chrono::milliseconds(500));
    if (!interrupts.requested() || std::exchange(stopping, true)) continue;
    run->stop_behind_step();  // all ranks stop behind the same one
  }
  if (stopping) return kInterrupted;
  if (result->end != RunResult::End::Failed) return kOk;
  const Error error = result->failure.value_or(Error{.code = ErrorCode::Failed, .reason = "the run failed"});
  return refuse(error);
}

}  // namespace feedline::cli
