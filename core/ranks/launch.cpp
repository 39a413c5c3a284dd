// SPDX-License-Identifier: GPL-3.0-or-later
#include "ranks/launch.h"

#include "base/cores.h"
#include "ranks/meeting_place.h"
#include "ranks/rank_board.h"
#include "ranks/rank_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <poll.h>
#include <set>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace feedline::inline ranks {
namespace {

using LaunchClock = std::chrono::steady_clock;

constexpr int kEndedWell = 0;
constexpr int kRefusedInput = 2;
constexpr int kHasFailed = 3;
constexpr int kWasInterrupted = 130;

std::string ending_of_process(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("was killed by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

/// The same for the other ranks, with what it said itself.
std::string reason_of_end(const RankProcess& process) {
  std::string_view words = process.last_words();
  if (words.starts_with("error: ")) words.remove_prefix(7);
  const int status = process.status();
  if (WIFSIGNALED(status) || words.empty()) return ending_of_process(status);
  if (WEXITSTATUS(status) == kRefusedInput) return fmt::format("has ended early: {}{}", kRefusalWords, words);
  return fmt::format("{}: {}", ending_of_process(status), words);
}

/// One start of all processes, to their end.
class Attempt {
 public:
  Attempt(const LaunchPlan& plan, const LaunchHost& host) : plan_(plan), host_(host) {}

  Result<LaunchEnd> run(int number, const std::filesystem::path& folder, const std::string& secret) {
    if (plan_.machines == 1) {
      auto board = open_board(folder);
      if (!board) return fail(std::move(board.error()));
      board_ = std::move(*board);
    }
    std::vector<std::string> arguments = plan_.arguments;
    if (number > 0) arguments.insert(arguments.end(), plan_.when_restarted.begin(), plan_.when_restarted.end());
    const std::vector<int> cores = plan_.cores.empty() ? allowed_cores() : plan_.cores;
    for (int local = plan_.leads ? 1 : 0; local < plan_.processes; ++local) {
      auto process = RankProcess::start(
          plan_.program, arguments, environment(local, number, folder, secret), first_rank() + local,
          first_rank() + local == 0, plan_.binds ? cores_of_part(cores, local, plan_.processes) : std::vector<int>());
      if (!process) {
        end_all(SIGKILL);
        while (any_running()) turn();
        return fail(std::move(process.error()));
      }
      processes_.push_back(std::move(*process));
    }
    while (any_running()) {
      turn();
      pass_on_signals();
      end_stragglers();
    }
    for (RankProcess& process : processes_) process.read_lines(host_.line);
    return conclusion();
  }

 private:
  [[nodiscard]] int first_rank() const { return plan_.machine * plan_.processes; }

  std::vector<std::pair<std::string, std::string>> environment(int local, int number,
                                                               const std::filesystem::path& folder,
                                                               const std::string& secret) const {
    std::vector<std::pair<std::string, std::string>> set = {
        {"RANK", std::to_string(first_rank() + local)},
        {"WORLD_SIZE", std::to_string(plan_.machines * plan_.processes)},
        {"LOCAL_RANK", std::to_string(local)},
        {"LOCAL_WORLD_SIZE", std::to_string(plan_.processes)},
        {"GROUP_RANK", std::to_string(plan_.machine)},
        {"TORCHELASTIC_RESTART_COUNT", std::to_string(number)},
        {"TORCHELASTIC_USE_AGENT_STORE", "False"},
    };
    if (plan_.machines == 1) {
      set.emplace_back("FEEDLINE_STORE", folder.string());
      set.emplace_back("FEEDLINE_SECRET", secret);
    } else {
      set.emplace_back("FEEDLINE_STORE", "");
      set.emplace_back("MASTER_ADDR", plan_.meeting_host);
      set.emplace_back("MASTER_PORT", std::to_string(plan_.meeting_port));
    }
    return set;
  }

  [[nodiscard]] bool any_running() const {
    return std::any_of(processes_.begin(), processes_.end(), [](const RankProcess& one) { return !one.ended(); });
  }

  /// Waits a tenth of a second at most for news: lines, or the end of a process.
  void turn() {
    std::vector<pollfd> open;
    for (const RankProcess& process : processes_)
      if (process.output() >= 0) open.push_back({.fd = process.output(), .events = POLLIN, .revents = 0});
    ::poll(open.data(), open.size(), 50);
    for (RankProcess& process : processes_) {
      process.read_lines(host_.line);
      if (!process.look()) continue;
      process.read_lines(host_.line);  // its last words
      if (board_ && missed_by_others(process)) board_->tell_lost({process.rank(), reason_of_end(process)});
      if (process.status() == 0) continue;
      failures_.push_back(
          fmt::format("rank {} (process {}) {}", process.rank(), process.id(), ending_of_process(process.status())));
      if (!first_failure_) first_failure_ = LaunchClock::now();
    }
  }

  /// Has it ended while the others still count on it? Who was interrupted ends when they do; whoever is through with
  /// them may fail by himself; and to have done well without ever meeting them is a failure, too.
  [[nodiscard]] bool missed_by_others(const RankProcess& process) const {
    const int status = process.status();
    if (WIFSIGNALED(status)) return true;
    const std::uint64_t count = board_->count_of(process.rank());
    if (status == 0) return count == 0;
    return count != RankBoard::kFinished && WEXITSTATUS(status) != kWasInterrupted;
  }

  void pass_on_signals() {
    const int signal = host_.signal ? host_.signal() : 0;
    if (signal == 0 || signal == passed_on_) return;
    passed_on_ = signal;
    end_all(signal);
  }

  /// Only one still runs, which the others have given up: where it is stopped, it ends by no other means.
  [[nodiscard]] bool only_lost_left() const {
    const auto lost = board_ ? board_->lost() : std::nullopt;
    return lost && lost->why.starts_with(kSilentRank) &&
           std::all_of(processes_.begin(), processes_.end(),
                       [&](const RankProcess& one) { return one.ended() || one.rank() == lost->rank; });
  }

  void end_stragglers() {
    if (!first_failure_) return;
    // One that somebody has stopped hears that it is lost when it goes on, and ends by itself, its record written.
    for (const RankProcess& process : processes_)
      if (process.stopped() && woken_.insert(process.rank()).second) process.send(SIGCONT);
    const auto now = LaunchClock::now();
    if (!only_lost_left()) lost_alone_since_ = now;
    if (ending_with_ == 0 && (now - *first_failure_ > plan_.grace || now - lost_alone_since_ > plan_.last_grace)) {
      host_.line(fmt::format("{} s after the first failure, the other ranks are ended",
                             std::chrono::duration_cast<std::chrono::seconds>(now - *first_failure_).count()));
      end_all(ending_with_ = SIGTERM);
      end_all(SIGCONT);  // who is stopped hears of it then
      ending_since_ = now;
    } else if (ending_with_ == SIGTERM && now - ending_since_ > plan_.last_grace) {
      end_all(ending_with_ = SIGKILL);
    }
  }

  void end_all(int signal) const {
    for (const RankProcess& process : processes_) process.send(signal);
  }

  [[nodiscard]] LaunchEnd conclusion() const {
    LaunchEnd end{.failures = failures_};
    const auto code_of = [](const RankProcess& one) {
      return WIFEXITED(one.status()) ? WEXITSTATUS(one.status()) : kHasFailed;
    };
    const auto every_failed_is = [&](int code) {
      return std::all_of(processes_.begin(), processes_.end(),
                         [&](const RankProcess& one) { return one.status() == 0 || code_of(one) == code; });
    };
    if (failures_.empty()) {
      end.exit_code = kEndedWell;
    } else if (passed_on_ != 0 || every_failed_is(kWasInterrupted)) {
      end.exit_code = kWasInterrupted;
    } else {
      end.exit_code = every_failed_is(kRefusedInput) ? kRefusedInput : kHasFailed;
    }
    return end;
  }

  const LaunchPlan& plan_;
  const LaunchHost& host_;
  std::unique_ptr<RankBoard> board_{};
  std::vector<RankProcess> processes_{};
  std::vector<std::string> failures_{};
  std::optional<LaunchClock::time_point> first_failure_{};
  std::set<int> woken_{};
  int passed_on_ = 0;
  int ending_with_ = 0;
  LaunchClock::time_point ending_since_{};
  LaunchClock::time_point lost_alone_since_{};
};

}  // namespace

Result<LaunchEnd> launch(const LaunchPlan& plan, const LaunchHost& host) {
  if (plan.leads) return Attempt(plan, host).run(0, plan.leads->folder(), plan.leads->secret());
  auto meeting = MeetingPlace::make();
  if (!meeting) return fail(std::move(meeting.error()));
  for (int number = 0;; ++number) {
    // A fresh place each time: what the last ranks have left there is not true any more.
    const std::filesystem::path place = (*meeting)->folder() / std::to_string(number);
    std::error_code error;
    if (!std::filesystem::create_directory(place, error))
      return fail(Error{.code = ErrorCode::Failed, .reason = error.message(), .file = place.string()});
    auto end = Attempt(plan, host).run(number, place, (*meeting)->secret());
    if (!end) return end;
    end->attempts = number + 1;
    if (end->exit_code != kHasFailed || number >= plan.restarts) return end;
    for (const std::string& failure : end->failures) host.line(failure);
    host.line(fmt::format("starting all ranks again ({} of {})", number + 1, plan.restarts));
  }
}

}  // namespace feedline::inline ranks
