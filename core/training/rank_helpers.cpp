// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/rank_helpers.h"

#include "graph/json.h"
#include "ranks/launch.h"
#include "training/apply_options.h"

#include <csignal>
#include <exception>
#include <unistd.h>
#include <utility>

namespace feedline::inline training {
namespace {

/// So long after rank 0 they end by themselves; later they are told to, and at last made to.
constexpr Nanos kHelpersOwnEnd = from_seconds(3);
constexpr Nanos kHelpersToldEnd = from_seconds(6);
/// Where nobody wants to wait.
constexpr Nanos kHelpersHurriedEnd = from_seconds(1);

/// What a graph does not hold, and ranks must agree on.
std::vector<std::string> helper_words(const RunOptions& options) {
  std::vector<std::string> words = {"--no-checkpoints", "--no-record"};
  if (options.resume.state) words.insert(words.end(), {"--resume", options.resume.path});
  if (options.max_steps) words.insert(words.end(), {"--max-steps", std::to_string(*options.max_steps)});
  if (options.workers) words.insert(words.end(), {"--workers", std::to_string(*options.workers)});
  if (options.device) words.insert(words.end(), {"--device", *options.device});
  if (options.max_records) words.insert(words.end(), {"--max-records", std::to_string(*options.max_records)});
  if (!options.validate) words.emplace_back("--no-validation");
  return words;
}

}  // namespace

Result<std::shared_ptr<RankHelpers>> RankHelpers::prepare(HelperPlan plan) {
  if (::access(plan.program.c_str(), X_OK) != 0)
    return fail(Error{.reason = "feedline-cli, which the other processes run, cannot be started",
                      .remedy = "Install it beside the window's program, or stay with one process",
                      .file = plan.program.string()});
  auto place = MeetingPlace::make();
  if (!place) return fail(std::move(place.error()));
  auto world = (*place)->first_of(plan.processes);
  if (!world) return fail(std::move(world.error()));
  return std::shared_ptr<RankHelpers>(new RankHelpers(std::move(*place), std::move(*world), std::move(plan)));
}

RankHelpers::RankHelpers(std::shared_ptr<const MeetingPlace> place, World world, HelperPlan plan)
    : place_(std::move(place)), world_(std::move(world)), plan_(std::move(plan)) {}

RankHelpers::~RankHelpers() { over(); }

void RankHelpers::over() {
  Nanos running = 0;
  over_since_.compare_exchange_strong(running, Clock::system().now());
}

int RankHelpers::signal() const {
  const bool hurry = hurry_ && *hurry_;
  const Nanos since = over_since_;
  if (since == 0) return hurry ? SIGTERM : 0;
  const Nanos waited = Clock::system().now() - since;
  if (hurry) return waited < kHelpersHurriedEnd ? SIGTERM : SIGKILL;
  return waited < kHelpersOwnEnd ? 0 : waited < kHelpersToldEnd ? SIGTERM : SIGKILL;
}

void RankHelpers::start(const Document& document, const RunOptions& options, HelperNews told,
                        std::shared_ptr<const std::atomic<bool>> hurry) {
  hurry_ = std::move(hurry);
  RunOptions in_graph = options;  // all else stands in the graph: ranks compare it
  in_graph.workers.reset();
  in_graph.device.reset();
  Document graph = document;
  static_cast<void>(apply_options(graph, in_graph));  // what is wrong with it, rank 0 tells
  thread_ = std::jthread([this, document = std::move(graph), words = helper_words(options), told = std::move(told)] {
    try {
      if (plan_.first) plan_.first();
      run(document, words, told);
    } catch (const std::exception& fault) {
      told.failed({.code = ErrorCode::Failed,
                   .reason = std::string("the other processes could not be started: ") + fault.what(),
                   .remedy = "Try again; if it fails again, report this message"});
    }
  });
}

void RankHelpers::run(const Document& document, const std::vector<std::string>& options, const HelperNews& told) {
  const std::filesystem::path graph = place_->folder() / "graph.feedline";
  if (const Status saved = save_document(document, graph); !saved) {
    Error error = saved.error();
    if (error.remedy.empty()) error.remedy = "Set TMPDIR to a folder that can be written";
    return told.failed(error);
  }
  LaunchPlan plan{.program = plan_.program,
                  .processes = world_.size,
                  .leads = place_,
                  .binds = !plan_.cores.empty(),
                  .cores = plan_.cores};
  plan.arguments = {"run", graph.string()};
  plan.arguments.insert(plan.arguments.end(), options.begin(), options.end());
  const auto end = launch(plan, {.signal = [this] { return signal(); }, .line = told.line});
  if (!end) return told.failed(end.error());
  if (over_since_ != 0) return;
  for (const std::string& failure : end->failures) told.line(failure);
}

}  // namespace feedline::inline training
