// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/gloo_group.h"

#ifdef FEEDLINE_GLOO

#include "training/ranks/rank_meeting.h"
#include "training/ranks/rank_monitor.h"
#include "training/step_fault.h"

#ifndef USE_C10D_GLOO
#define USE_C10D_GLOO  // LibTorch 1.13 hides the class without it
#endif
#include <fmt/format.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace feedline::inline training {
namespace {

using Gloo = c10d::ProcessGroupGloo;

/// Below so many bytes of all ranks together, one operation that costs more bytes is quicker than two.
constexpr std::int64_t kGatherWhole = 64 << 10;

/// Collectives may take as long as they like: whether the others live is the monitor's matter.
constexpr auto kNeverTooLong = std::chrono::hours(24 * 365);

at::Tensor as_bytes(const at::Tensor& tensor) { return tensor.view({-1}).view(at::kByte); }

void wait_for(const c10::intrusive_ptr<c10d::Work>& work) { work->wait(); }

void reduce_all(Gloo& gloo, at::Tensor flat) {
  std::vector<at::Tensor> one = {std::move(flat)};
  wait_for(gloo.allreduce(one));
}

/// `own` of each rank into the rows of `all`.
void gather_all(Gloo& gloo, const at::Tensor& own, const at::Tensor& all) {
  std::vector<std::vector<at::Tensor>> rows = {as_bytes(all).view({gloo.getSize(), -1}).unbind(0)};
  std::vector<at::Tensor> given = {as_bytes(own)};
  wait_for(gloo.allgather(rows, given));
}

/// Adds `ranks` rows of `count` numbers, one below the other, in their order. In the number's own precision, as
/// replicas' gradients are summed; half numbers in float, rounded once.
template <class T>
void add_rows(const T* rows, std::int64_t ranks, std::int64_t count, T* sum) {
  if constexpr (sizeof(T) == 2) {
    for (std::int64_t i = 0; i < count; ++i) {
      float all = static_cast<float>(rows[i]);
      for (std::int64_t rank = 1; rank < ranks; ++rank) all += static_cast<float>(rows[rank * count + i]);
      sum[i] = static_cast<T>(all);
    }
  } else {
    std::memcpy(sum, rows, static_cast<std::size_t>(count) * sizeof(T));
    for (std::int64_t rank = 1; rank < ranks; ++rank) {
      const T* const more = rows + rank * count;
      for (std::int64_t i = 0; i < count; ++i) sum[i] += more[i];
    }
  }
}

void add_rows(const at::Tensor& rows, const at::Tensor& sum) {
  const std::int64_t ranks = rows.size(0);
  const auto add = [&](auto* numbers) {
    using T = std::remove_pointer_t<decltype(numbers)>;
    add_rows<T>(static_cast<const T*>(rows.data_ptr()), ranks, sum.numel(), numbers);
  };
  void* const out = sum.data_ptr();
  switch (sum.scalar_type()) {
    case at::kFloat:
      return add(static_cast<float*>(out));
    case at::kDouble:
      return add(static_cast<double*>(out));
    case at::kLong:
      return add(static_cast<std::int64_t*>(out));
    case at::kInt:
      return add(static_cast<std::int32_t*>(out));
    case at::kBFloat16:
      return add(static_cast<at::BFloat16*>(out));
    case at::kHalf:
      return add(static_cast<at::Half*>(out));
    default:
      break;
  }
  throw StepFailed({.code = ErrorCode::Failed, .reason = "numbers of this type cannot be summed over ranks"});
}

/// Every rank adds up a shard of all, and all get all shards. Between two, the order does not matter: a + b is b + a.
void sum_all_in_order(Gloo& gloo, const at::Tensor& flat) {
  const std::int64_t ranks = gloo.getSize();
  const std::int64_t count = flat.numel();
  const bool wide = flat.scalar_type() == at::kFloat || flat.scalar_type() == at::kDouble;
  if (ranks == 1 || count == 0) return;
  if (ranks == 2 && wide) return reduce_all(gloo, flat);
  if (count * ranks * static_cast<std::int64_t>(flat.element_size()) <= kGatherWhole) {
    const at::Tensor rows = at::empty({ranks, count}, flat.options());
    gather_all(gloo, flat, rows);
    return add_rows(rows, flat);
  }
  const std::int64_t shard = (count + ranks - 1) / ranks;
  const bool even = shard * ranks == count;
  at::Tensor padded = even ? flat : at::zeros({shard * ranks}, flat.options());
  if (!even) std::memcpy(padded.data_ptr(), flat.data_ptr(), static_cast<std::size_t>(flat.nbytes()));
  const at::Tensor rows = at::empty({ranks, shard}, flat.options());
  at::Tensor received = as_bytes(rows);
  at::Tensor given = as_bytes(padded);
  std::vector<std::int64_t> evenly;
  wait_for(gloo.alltoall_base(received, given, evenly, evenly));
  const at::Tensor sum = at::empty({shard}, flat.options());
  add_rows(rows, sum);
  gather_all(gloo, sum, padded);
  if (!even) std::memcpy(flat.data_ptr(), padded.data_ptr(), static_cast<std::size_t>(flat.nbytes()));
}

/// One operation in the queue of a group.
struct Exchange {
  std::function<void(Gloo&)> work{};
  bool done = false;
  std::string fault{};  ///< what went wrong
  Nanos lasted = 0;     ///< once it is done
  Nanos ended = 0;
};

/// What the group and its thread share. The thread takes one operation after the other, so that all ranks meet in each.
struct ExchangeQueue {
  std::mutex mutex{};
  std::condition_variable news{};
  std::deque<std::shared_ptr<Exchange>> waiting{};
  bool ending = false;
  bool idle = true;
  bool broken = false;  ///< one has failed: no later one can be right
  c10::intrusive_ptr<Gloo> gloo{};

  void run() {
    const at::NoGradGuard no_gradients;
    std::unique_lock lock(mutex);
    while (true) {
      news.wait(lock, [&] { return ending || !waiting.empty(); });
      if (waiting.empty()) break;
      const std::shared_ptr<Exchange> next = std::move(waiting.front());
      waiting.pop_front();
      if (broken) {
        next->fault = "an exchange before it failed";
      } else {
        idle = false;
        lock.unlock();
        std::string fault;
        const Nanos begun = Clock::system().now();
        try {
          next->work(*gloo);
        } catch (const c10::Error& error) {
          fault = error.what_without_backtrace();
        } catch (const std::exception& error) {
          fault = error.what();
        }
        const Nanos ended = Clock::system().now();
        lock.lock();
        next->fault = std::move(fault);
        next->lasted = ended - begun;
        next->ended = ended;
        broken = !next->fault.empty();
        idle = true;
      }
      next->work = nullptr;
      next->done = true;
      news.notify_all();
    }
  }
};

class GlooCollective final : public Collective {
 public:
  GlooCollective(std::shared_ptr<ExchangeQueue> queue, std::shared_ptr<Exchange> exchange,
                 std::shared_ptr<RankMonitor> monitor, std::stop_token stop, at::Tensor device = {},
                 at::Tensor host = {})
      : queue_(std::move(queue)),
        exchange_(std::move(exchange)),
        monitor_(std::move(monitor)),
        stop_(std::move(stop)),
        device_(std::move(device)),
        host_(std::move(host)) {}

  void wait() override {
    std::unique_lock lock(queue_->mutex);
    while (!exchange_->done) {
      if (stop_.stop_requested()) throw StepCancelled();
      if (auto lost = monitor_->lost()) throw RankLost(std::move(*lost));
      queue_->news.wait_for(lock, std::chrono::milliseconds(100));
    }
    lock.unlock();
    if (!exchange_->fault.empty()) {
      auto cause = monitor_->cause_of(exchange_->fault, stop_);
      if (!cause) throw StepCancelled();
      throw RankLost(std::move(*cause));
    }
    if (device_.defined()) device_.copy_(host_);
    device_.reset();
  }

  [[nodiscard]] Nanos lasted() const override {
    const std::lock_guard lock(queue_->mutex);
    return exchange_->lasted;
  }
  [[nodiscard]] Nanos ended() const override {
    const std::lock_guard lock(queue_->mutex);
    return exchange_->ended;
  }

 private:
  std::shared_ptr<ExchangeQueue> queue_;
  std::shared_ptr<Exchange> exchange_;
  std::shared_ptr<RankMonitor> monitor_;
  std::stop_token stop_;
  at::Tensor device_;  ///< on a GPU, whose numbers travel by way of the host
  at::Tensor host_;
};

class GlooGroup final : public ProcessGroup {
 public:
  GlooGroup(RankMeeting meeting, c10::intrusive_ptr<Gloo> gloo, std::stop_token stop)
      : world_(std::move(meeting.world)),
        members_(std::move(meeting.members)),
        monitor_(std::make_shared<RankMonitor>(world_, members_, std::move(meeting.board))),
        queue_(std::make_shared<ExchangeQueue>()),
        stop_(std::move(stop)) {
    queue_->gloo = std::move(gloo);
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
    return begin(flat, true, [](Gloo& gloo, const at::Tensor& host) { sum_all_in_order(gloo, host); });
  }
  [[nodiscard]] std::unique_ptr<Collective> all_reduce(const at::Tensor& flat) override {
    if (flat.scalar_type() == at::kBFloat16) return sum_in_order(flat);  // which Gloo cannot add
    return begin(flat, true, [](Gloo& gloo, const at::Tensor& host) { reduce_all(gloo, host); });
  }
  [[nodiscard]] std::unique_ptr<Collective> all_gather(const at::Tensor& own, const at::Tensor& all) override {
    const at::Tensor given = own.detach().to(at::kCPU).contiguous();
    return begin(all, false, [given](Gloo& gloo, const at::Tensor& host) { gather_all(gloo, given, host); });
  }
  [[nodiscard]] std::unique_ptr<Collective> broadcast(const at::Tensor& tensor, int from) override {
    return begin(tensor, true, [from](Gloo& gloo, const at::Tensor& host) {
      std::vector<at::Tensor> one = {as_bytes(host)};
      c10d::BroadcastOptions options;
      options.rootRank = from;
      wait_for(gloo.broadcast(one, options));
    });
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
  /// `tensor` is what comes of it, and where `reads` what goes into it too.
  template <class Work>
  std::unique_ptr<Collective> begin(const at::Tensor& tensor, bool reads, Work work) {
    const bool on_host = tensor.is_cpu();
    const at::Tensor host = on_host ? tensor.detach()
                            : reads ? tensor.detach().to(at::kCPU)
                                    : at::empty_like(tensor, at::kCPU);
    auto exchange = std::make_shared<Exchange>();
    exchange->done = tensor.numel() == 0;  // so on every rank
    exchange->work = [work = std::move(work), host](Gloo& gloo) { work(gloo, host); };
    if (!exchange->done) {
      const std::lock_guard lock(queue_->mutex);
      queue_->waiting.push_back(exchange);
    }
    queue_->news.notify_all();
    return std::make_unique<GlooCollective>(queue_, std::move(exchange), monitor_, stop_,
                                            on_host ? at::Tensor() : tensor.detach(), on_host ? at::Tensor() : host);
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
