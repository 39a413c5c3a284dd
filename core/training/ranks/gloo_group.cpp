// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/gloo_group.h"

#ifdef FEEDLINE_GLOO

#include "base/turns.h"
#include "training/ranks/gloo_exchange.h"
#include "training/ranks/rank_meeting.h"
#include "training/ranks/rank_monitor.h"
#include "training/step_fault.h"

#include <fmt/format.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace feedline::inline training {
namespace {

using Gloo = c10d::ProcessGroupGloo;

/// Collectives may take as long as they like: whether the others live is the monitor's matter.
constexpr auto kNeverTooLong = std::chrono::hours(24 * 365);

/// Turns of Gloo's threads beside others'. With turns as long as those of the thread that works out the gradients,
/// whoever is woken on its core waits until that one's turn is over: a millisecond or more for each hop of a message.
constexpr double kTurnsOfMessages = 1.0 / 8;

/// Of what is under way, so that a network slower than backward does not have all gradients lie in memory twice. One
/// operation may be larger.
constexpr std::size_t kMostRoom = std::size_t{32} << 20;

/// Numbers of operations, after which they begin anew.
constexpr int kTags = 1 << 29;

/// One operation in the queue of a group.
struct GlooTurn {
  std::unique_ptr<GlooExchange> exchange{};
  int tag = 0;
  std::size_t room = 0;
  bool late = false;  ///< there was no room yet: it is begun when its turn to be waited for has come
  Nanos begun = 0;
  bool done = false;
  std::string fault{};  ///< what went wrong
  Nanos lasted = 0;     ///< once it is done
  Nanos ended = 0;
};

/// What went wrong in a piece of `work`; empty: nothing.
template <class Work>
std::string fault_of(const Work& work) {
  try {
    work();
    return {};
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  } catch (const std::exception& error) {
    return error.what();
  }
}

/// What the group and its thread share. Operations are begun one after the other, so that all ranks meet in each, on
/// the thread that asks for them: several may be on their way. The thread waits for one after the other.
struct ExchangeQueue {
  std::mutex mutex{};
  std::condition_variable news{};
  std::deque<std::shared_ptr<GlooTurn>> waiting{};
  std::vector<std::shared_ptr<GlooTurn>> failed{};  ///< Gloo may still reach for what they have
  int next_tag = 0;
  int next_early = 0;
  std::size_t room = 0;  ///< that what is under way takes
  bool ending = false;
  bool idle = true;
  bool broken = false;  ///< one has failed: no later one can be right
  std::unique_ptr<GlooLine> line{};

  /// `early`: its numbers come later. These are numbered by themselves, since what ranks do meanwhile may stand before
  /// it on one and behind it on another.
  void expect(GlooTurn& turn, bool early) {
    const at::NoGradGuard no_gradients;
    std::unique_lock lock(mutex);
    int& next = early ? next_early : next_tag;
    turn.tag = early ? next + kTags : next;
    next = (next + 1) % kTags;
    turn.room = turn.exchange->room();
    turn.late = turn.room > 0 && room > 0 && room + turn.room > kMostRoom;
    if (!turn.late) room += turn.room;
    const bool goes = !broken && !turn.late;
    lock.unlock();
    if (goes) turn.fault = fault_of([&] { turn.exchange->expect(*line, turn.tag); });
  }

  /// Behind expect().
  void begin(const std::shared_ptr<GlooTurn>& turn) {
    const at::NoGradGuard no_gradients;
    std::unique_lock lock(mutex);
    const bool goes = !broken && !turn->late && turn->fault.empty();
    lock.unlock();
    turn->begun = Clock::system().now();
    if (goes) turn->fault = fault_of([&] { turn->exchange->begin(*line, turn->tag); });
    lock.lock();
    waiting.push_back(turn);
    lock.unlock();
    news.notify_all();
  }

  /// What was expected is never begun: others would wait for it, and Gloo may still write to it.
  void abandon(std::shared_ptr<GlooTurn> turn) {
    const std::lock_guard lock(mutex);
    broken = true;
    failed.push_back(std::move(turn));
  }

  void run() {
    const at::NoGradGuard no_gradients;
    Nanos before = 0;
    std::unique_lock lock(mutex);
    while (true) {
      news.wait(lock, [&] { return ending || !waiting.empty(); });
      if (waiting.empty()) break;
      const std::shared_ptr<GlooTurn> next = std::move(waiting.front());
      waiting.pop_front();
      if (broken && next->fault.empty()) next->fault = "an exchange before it failed";
      if (next->fault.empty()) {
        idle = false;
        lock.unlock();
        std::string fault = fault_of([&] {
          if (next->late) {
            next->exchange->expect(*line, next->tag);
            next->exchange->begin(*line, next->tag);
          }
          next->exchange->finish(*line, next->tag);
        });
        const Nanos ended = Clock::system().now();
        if (fault.empty()) next->exchange = nullptr;
        lock.lock();
        if (!next->late) room -= next->room;
        next->fault = std::move(fault);
        next->lasted = ended - std::max(next->begun, std::exchange(before, ended));
        next->ended = ended;
        idle = true;
      }
      if (!next->fault.empty()) {
        broken = true;
        failed.push_back(next);
      }
      next->done = true;
      lock.unlock();  // who is woken is not to wait for this thread
      news.notify_all();
      lock.lock();
    }
  }
};

/// Numbers of a GPU, which travel by way of the host; else undefined.
struct ByHost {
  at::Tensor device{};
  at::Tensor host{};
  bool reads = false;  ///< they are sent, too
};

class GlooCollective final : public Collective {
 public:
  GlooCollective(std::shared_ptr<ExchangeQueue> queue, std::shared_ptr<GlooTurn> turn,
                 std::shared_ptr<RankMonitor> monitor, std::stop_token stop, ByHost by_host)
      : queue_(std::move(queue)),
        turn_(std::move(turn)),
        monitor_(std::move(monitor)),
        stop_(std::move(stop)),
        by_host_(std::move(by_host)),
        prepared_(turn_->exchange != nullptr) {}
  ~GlooCollective() override {
    if (prepared_) queue_->abandon(std::move(turn_));
  }
  GlooCollective(const GlooCollective&) = delete;
  GlooCollective& operator=(const GlooCollective&) = delete;

  void begin() override {
    if (!std::exchange(prepared_, false)) return;  // of no numbers
    if (by_host_.reads) by_host_.host.copy_(by_host_.device);
    queue_->begin(turn_);
  }

  void wait() override {
    std::unique_lock lock(queue_->mutex);
    while (!turn_->done) {
      if (stop_.stop_requested()) throw StepCancelled();
      if (auto lost = monitor_->lost()) throw RankLost(std::move(*lost));
      queue_->news.wait_for(lock, std::chrono::milliseconds(100));
    }
    lock.unlock();
    if (!turn_->fault.empty()) throw RankLost(monitor_->cause_of(turn_->fault));
    if (by_host_.device.defined()) by_host_.device.copy_(by_host_.host);
    by_host_ = {};
  }

  [[nodiscard]] Nanos lasted() const override {
    const std::lock_guard lock(queue_->mutex);
    return turn_->lasted;
  }
  [[nodiscard]] Nanos ended() const override {
    const std::lock_guard lock(queue_->mutex);
    return turn_->ended;
  }

 private:
  std::shared_ptr<ExchangeQueue> queue_;
  std::shared_ptr<GlooTurn> turn_;
  std::shared_ptr<RankMonitor> monitor_;
  std::stop_token stop_;
  ByHost by_host_;
  bool prepared_;  ///< and not begun
};

class GlooGroup final : public ProcessGroup {
 public:
  GlooGroup(RankMeeting meeting, c10::intrusive_ptr<Gloo> gloo, std::stop_token stop)
      : world_(std::move(meeting.world)),
        members_(std::move(meeting.members)),
        monitor_(std::make_shared<RankMonitor>(world_, members_, std::move(meeting.board))),
        queue_(std::make_shared<ExchangeQueue>()),
        stop_(std::move(stop)) {
    queue_->line = std::make_unique<GlooLine>(std::move(gloo));
    thread_ = std::thread([queue = queue_] { queue->run(); });
  }
  /// A thread of Gloo that waits for a rank which is stopped can be neither woken nor joined. It is left behind, with
  /// all that it uses, until the process ends.
  ~GlooGroup() override {
    std::unique_lock lock(queue_->mutex);
    const bool sound = queue_->idle && queue_->waiting.empty() && !queue_->broken;
    queue_->ending = true;
    queue_->news.notify_all();
    lock.unlock();
    if (sound) thread_.join();
    // While the store lives, which at rank 0 goes with Gloo: who looks there is to read how this rank has ended.
    monitor_.reset();
    if (!sound) {
      thread_.detach();
      static std::mutex& guard = *new std::mutex;
      static auto& left_behind = *new std::vector<std::shared_ptr<ExchangeQueue>>;
      const std::lock_guard keeping(guard);
      left_behind.push_back(queue_);
    }
  }
  GlooGroup(const GlooGroup&) = delete;
  GlooGroup& operator=(const GlooGroup&) = delete;

  [[nodiscard]] const World& world() const override { return world_; }
  [[nodiscard]] const std::vector<Member>& members() const override { return members_; }
  [[nodiscard]] Nanos round_trip() const override { return monitor_->round_trip(); }

  [[nodiscard]] std::unique_ptr<Collective> sum_in_order(const at::Tensor& flat) override {
    return begin(flat, true, [](const at::Tensor& host) { return ordered_sum(host); });
  }
  [[nodiscard]] std::unique_ptr<Collective> prepare_sum(const at::Tensor& flat) override {
    return prepare(flat, true, true, [](const at::Tensor& host) { return ordered_sum(host); });
  }
  [[nodiscard]] std::unique_ptr<Collective> all_reduce(const at::Tensor& flat) override {
    if (flat.scalar_type() == at::kBFloat16) return sum_in_order(flat);  // which Gloo cannot add
    return begin(flat, true, [](const at::Tensor& host) { return any_sum(host); });
  }
  [[nodiscard]] std::unique_ptr<Collective> all_gather(const at::Tensor& own, const at::Tensor& all) override {
    const at::Tensor given = own.detach().to(at::kCPU).contiguous();
    return begin(all, false, [&](const at::Tensor& host) { return gathered_rows(given, host); });
  }
  [[nodiscard]] std::unique_ptr<Collective> broadcast(const at::Tensor& tensor, int from) override {
    return begin(tensor, true, [&](const at::Tensor& host) { return shared_tensor(host, from, world_.size); });
  }
  [[nodiscard]] std::vector<std::string> gather_bytes(std::string_view own) override {
    const at::Tensor length = at::full({1}, static_cast<std::int64_t>(own.size()), at::kLong);
    const at::Tensor lengths = at::empty({world_.size}, at::kLong);
    all_gather(length, lengths)->wait();
    const std::int64_t longest = std::max<std::int64_t>(lengths.max().item<std::int64_t>(), 1);
    const at::Tensor given = at::zeros({longest}, at::kByte);
    if (!own.empty()) std::memcpy(given.data_ptr(), own.data(), own.size());
    const at::Tensor all = at::empty({world_.size, longest}, at::kByte);
    all_gather(given, all)->wait();
    std::vector<std::string> texts;
    for (int rank = 0; rank < world_.size; ++rank)
      texts.emplace_back(static_cast<const char*>(all.data_ptr()) + rank * longest,
                         static_cast<std::size_t>(lengths.data_ptr<std::int64_t>()[rank]));
    return texts;
  }
  [[nodiscard]] std::string share_bytes(std::string_view own, int from) override {
    const at::Tensor length = at::full({1}, static_cast<std::int64_t>(own.size()), at::kLong);
    broadcast(length, from)->wait();
    const std::int64_t bytes = length.item<std::int64_t>();
    if (bytes == 0) return {};
    const at::Tensor given = at::empty({bytes}, at::kByte);
    if (world_.rank == from) std::memcpy(given.data_ptr(), own.data(), own.size());
    broadcast(given, from)->wait();
    return {static_cast<const char*>(given.data_ptr()), static_cast<std::size_t>(bytes)};
  }
  void on_loss(std::function<void(const Error&)> told) override { monitor_->on_loss(std::move(told)); }
  void leave(const std::string& why) override { monitor_->leave(why); }

 private:
  /// `tensor` is what comes of it, and where `reads` what goes into it too; `early` see
  /// ExchangeQueue::expect(); `make` gives the operation on it, or on its copy on the host.
  template <class Make>
  std::unique_ptr<Collective> prepare(const at::Tensor& tensor, bool reads, bool early, const Make& make) {
    ByHost by_host;
    if (!tensor.is_cpu())
      by_host = {.device = tensor.detach(), .host = at::empty_like(tensor, at::kCPU), .reads = reads};
    auto turn = std::make_shared<GlooTurn>();
    turn->done = tensor.numel() == 0;  // so on every rank
    if (!turn->done) {
      turn->exchange = make(by_host.device.defined() ? by_host.host : tensor.detach());
      queue_->expect(*turn, early);
    }
    return std::make_unique<GlooCollective>(queue_, std::move(turn), monitor_, stop_, std::move(by_host));
  }
  template <class Make>
  std::unique_ptr<Collective> begin(const at::Tensor& tensor, bool reads, const Make& make) {
    auto begun = prepare(tensor, reads, false, make);
    begun->begin();
    return begun;
  }

  World world_;
  std::vector<Member> members_;
  std::shared_ptr<RankMonitor> monitor_;
  std::shared_ptr<ExchangeQueue> queue_;
  std::stop_token stop_;
  std::thread thread_{};
};

}  // namespace

Result<std::shared_ptr<ProcessGroup>> join_gloo(const World& world, const std::string& agreed,
                                                std::chrono::seconds limit, const std::stop_token& stop) {
  auto meeting = meet_ranks(world, agreed, limit, stop);
  if (!meeting) return fail(std::move(meeting.error()));
  try {
    ask_for_turns(kTurnsOfMessages);  // this thread is there for joining alone; Gloo's and the group's begin as it is
    const auto options = Gloo::Options::create(kNeverTooLong);
    options->devices = {Gloo::createDeviceForHostname(meeting->address)};
    options->threads = 1;  // operations come one by one
    auto gloo = c10::make_intrusive<Gloo>(c10::make_intrusive<c10d::PrefixStore>("gloo", meeting->store), world.rank,
                                          world.size, options);
    return std::make_shared<GlooGroup>(std::move(*meeting), std::move(gloo), stop);
  } catch (const std::exception& fault) {
    const std::string_view message = fault.what();
    return fail(Error{.code = ErrorCode::Failed,
                      .reason = fmt::format("rank {} cannot connect to the other ranks from {}: {}", world.rank,
                                            meeting->address, message.substr(0, message.find('\n'))),
                      .remedy = "Set FEEDLINE_INTERFACE to the network that joins the machines, and let a firewall "
                                "pass all ports between them"});
  }
}

}  // namespace feedline::inline training

#endif
