// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/rank_monitor.h"

#include "base/clock.h"

#include <fmt/format.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

namespace feedline::inline training {
namespace {

constexpr Nanos kLookInterval = from_seconds(1);
/// Each of the others looks within an interval, and has ended soon after.
constexpr Nanos kLinger = 3 * kLookInterval;

Nanos monitor_now() { return Clock::system().now(); }

}  // namespace

struct RankMonitor::State {
  World world{};
  std::vector<ProcessGroup::Member> members{};
  std::shared_ptr<RankBoard> board{};

  mutable std::mutex mutex{};
  std::condition_variable changed{};
  std::optional<Error> error{};
  std::optional<LostRank> news{};  ///< for the board
  Nanos contact = 0;               ///< when the board answered last
  Nanos round_trip = 0;            ///< of a question to it: a moving mean
  bool ending = false;
  bool ended = false;

  std::mutex telling{};  ///< held while it is called
  std::function<void(const Error&)> told{};

  [[nodiscard]] Nanos patience() const { return from_seconds(static_cast<double>(world.patience.count())); }
  [[nodiscard]] Error error_of(const LostRank& lost) const;
  void set(Error found);
  /// The others are to hear it too. Returns what is known already, or else this.
  Error tell(const LostRank& lost);
  void run();
  void look(std::vector<std::uint64_t>& counts, std::vector<Nanos>& heard, Nanos now);
  /// Of those that were on this machine, one whose process is gone.
  [[nodiscard]] std::optional<LostRank> find_dead() const;
  /// The store goes with this process, while others may still look there why it goes.
  [[nodiscard]] bool serves() const { return world.rank == 0 && world.store_folder.empty() && !world.store_elsewhere; }
  /// Until all others are through, or have had the time to look.
  void linger() const;
};

Error RankMonitor::State::error_of(const LostRank& lost) const {
  const auto at = static_cast<std::size_t>(lost.rank);
  const std::string host = lost.rank >= 0 && at < members.size() ? members[at].host : std::string("?");
  const std::int64_t process = host == "?" ? 0 : members[at].process;
  const bool refused = lost.why.find(kRefusalWords) != std::string::npos;
  return {.code = refused ? ErrorCode::BadInput : ErrorCode::Failed,
          .reason = fmt::format("rank {} on host {} (process {}) {}", lost.rank, host, process, lost.why),
          .remedy =
              "Look at its messages; 'run --resume' goes on from the last checkpoint, also with another number of "
              "ranks, and 'launch --restarts' does so by itself"};
}

void RankMonitor::State::set(Error found) {
  {
    const std::lock_guard lock(mutex);
    if (error) return;
    error = found;
    changed.notify_all();
  }
  const std::lock_guard lock(telling);
  if (told) std::exchange(told, nullptr)(found);
}

Error RankMonitor::State::tell(const LostRank& lost) {
  {
    const std::lock_guard lock(mutex);
    if (error) return *error;
    news = lost;
  }
  set(error_of(lost));
  const std::lock_guard lock(mutex);
  return *error;
}

void RankMonitor::State::look(std::vector<std::uint64_t>& counts, std::vector<Nanos>& heard, Nanos now) {
  const Nanos asked = monitor_now();
  const auto lost = board->lost();
  const Nanos taken = monitor_now() - asked;
  if (lost) set(error_of(*lost));
  {
    const std::lock_guard lock(mutex);
    round_trip = round_trip == 0 ? taken : (7 * round_trip + taken) / 8;
  }
  const int watched = world.rank == 0 ? world.size : 1;
  for (int rank = 0; rank < watched; ++rank) {
    if (rank == world.rank) continue;
    const auto at = static_cast<std::size_t>(rank);
    const std::uint64_t count = board->count_of(rank);
    if (count != counts[at] || count == RankBoard::kFinished) {
      counts[at] = count;
      heard[at] = now;
    } else if (now - heard[at] > patience()) {
      const LostRank silent = {rank, fmt::format("{} for {} s", kSilentRank, world.patience.count())};
      board->tell_lost(silent);
      set(error_of(silent));
    }
  }
}

void RankMonitor::State::run() {
  Nanos before = monitor_now();
  std::vector<std::uint64_t> counts(members.size(), 0);
  std::vector<Nanos> heard(members.size(), before);
  for (std::uint64_t count = 1;; ++count) {
    const Nanos now = monitor_now();
    // Who was stopped himself, or had no core, has heard of nobody meanwhile.
    if (const Nanos gap = now - before; gap > 3 * kLookInterval)
      for (Nanos& one : heard) one += gap;
    before = now;
    std::optional<LostRank> news_now;
    bool last = false;
    {
      const std::lock_guard lock(mutex);
      news_now = std::exchange(news, std::nullopt);
      last = ending;
      contact = std::max(contact, now - kLookInterval);
    }
    try {
      if (news_now) board->tell_lost(*news_now);
      board->beat(world.rank, last ? RankBoard::kFinished : count);
      if (!last) look(counts, heard, now);
      if (last && serves()) linger();
    } catch (const std::exception& fault) {
      const std::string_view message = fault.what();
      set(error_of({0, fmt::format("cannot be reached any more: {}", message.substr(0, message.find('\n')))}));
      last = true;
    }
    std::unique_lock lock(mutex);
    contact = monitor_now();
    if (last) break;
    changed.wait_for(lock, std::chrono::nanoseconds(kLookInterval), [&] { return ending || news.has_value(); });
  }
  const std::lock_guard lock(mutex);
  ended = true;
  changed.notify_all();
}

void RankMonitor::State::linger() const {
  const Nanos deadline = monitor_now() + kLinger;
  for (int rank = 1; rank < world.size; ++rank)
    while (board->count_of(rank) != RankBoard::kFinished) {
      if (monitor_now() > deadline) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

std::optional<LostRank> RankMonitor::State::find_dead() const {
  for (std::size_t rank = 0; rank < members.size(); ++rank)
    if (static_cast<int>(rank) != world.rank && members[rank].host == world.host &&
        ::kill(static_cast<pid_t>(members[rank].process), 0) != 0 && errno == ESRCH)
      return LostRank{static_cast<int>(rank), "has died"};
  return std::nullopt;
}

RankMonitor::RankMonitor(World world, std::vector<ProcessGroup::Member> members, std::shared_ptr<RankBoard> board)
    : state_(std::make_shared<State>()) {
  state_->world = std::move(world);
  state_->members = std::move(members);
  state_->board = std::move(board);
  state_->contact = monitor_now();
  std::thread([state = state_] { state->run(); }).detach();
}

RankMonitor::~RankMonitor() {
  std::unique_lock lock(state_->mutex);
  state_->ending = true;
  state_->changed.notify_all();
  const Nanos patience = 2 * kLookInterval + (state_->serves() ? kLinger : 0);
  state_->changed.wait_for(lock, std::chrono::nanoseconds(patience), [&] { return state_->ended; });
}

std::optional<Error> RankMonitor::lost() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->error) return state_->error;
  if (state_->ended || monitor_now() - state_->contact <= state_->patience() + 3 * kLookInterval) return std::nullopt;
  return state_->error_of({0, fmt::format("gives no answer since {} s", state_->world.patience.count())});
}

std::optional<Error> RankMonitor::cause_of(const std::string& message, const std::stop_token& stop) const {
  const Nanos deadline = monitor_now() + state_->patience() + 3 * kLookInterval;
  // What the launcher knows of a rank that has died says more than that it is gone.
  const Nanos certain = monitor_now() + 3 * kLookInterval;
  while (monitor_now() < deadline) {
    if (const auto known = lost()) return *known;
    if (stop.stop_requested()) return std::nullopt;
    if (monitor_now() > certain)
      if (const auto dead = state_->find_dead()) return state_->tell(*dead);
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, std::chrono::milliseconds(100));
  }
  return Error{.code = ErrorCode::Failed,
               .reason = "the exchange with the other ranks failed: " + message,
               .remedy = "Look at the messages of the other ranks"};
}

void RankMonitor::on_loss(std::function<void(const Error&)> told) {
  const std::lock_guard telling(state_->telling);
  state_->told = std::move(told);
  if (!state_->told) return;
  std::optional<Error> known;
  {
    const std::lock_guard lock(state_->mutex);
    known = state_->error;
  }
  if (known) std::exchange(state_->told, nullptr)(*known);
}

/// Who ends because of another one is not to blame.
void RankMonitor::leave(const std::string& why) {
  const std::lock_guard lock(state_->mutex);
  if (state_->error) return;
  state_->news = LostRank{state_->world.rank, "has ended early: " + why};
  state_->changed.notify_all();
}

Nanos RankMonitor::round_trip() const {
  const std::lock_guard lock(state_->mutex);
  return state_->round_trip;
}

}  // namespace feedline::inline training
