// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/ranks/process_group.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::test {

/// Ranks within one process, each on a thread of its own: what they do together is done in memory, in the order of the
/// ranks. Each rank's operations are numbered, and those of one number belong together, so that ranks that do not call
/// the same ones in the same order fail.
class ThreadRanks {
 public:
  explicit ThreadRanks(int size) : size_(size) {}
  [[nodiscard]] std::shared_ptr<ProcessGroup> rank(int rank);

 private:
  class Member;
  struct Operation {
    std::string kind{};
    int arrived = 0;
    int left = 0;
    std::vector<at::Tensor> tensors{};
    std::vector<std::string> bytes{};
  };
  class Pending;

  std::uint64_t begin(int rank, const std::string& kind, const at::Tensor& tensor, std::string_view bytes);
  void take(std::uint64_t number, const std::function<void(const Operation&)>& work);
  void leave(int rank, const std::string& why);

  const int size_;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::vector<std::uint64_t> next_ = std::vector<std::uint64_t>(static_cast<std::size_t>(size_), 0);
  std::map<std::uint64_t, Operation> operations_{};
  std::string left_{};
};

inline std::uint64_t ThreadRanks::begin(int rank, const std::string& kind, const at::Tensor& tensor,
                                        std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = next_[static_cast<std::size_t>(rank)]++;
  Operation& operation = operations_[number];
  if (operation.arrived == 0) {
    operation.kind = kind;
    operation.tensors.resize(static_cast<std::size_t>(size_));
    operation.bytes.resize(static_cast<std::size_t>(size_));
  }
  if (operation.kind != kind)
    throw RankLost(
        {.code = ErrorCode::Failed,
         .reason = "rank " + std::to_string(rank) + " calls " + kind + " where another calls " + operation.kind});
  if (tensor.defined()) operation.tensors[static_cast<std::size_t>(rank)] = tensor.detach().clone();
  operation.bytes[static_cast<std::size_t>(rank)] = bytes;
  ++operation.arrived;
  changed_.notify_all();
  return number;
}

inline void ThreadRanks::take(std::uint64_t number, const std::function<void(const Operation&)>& work) {
  std::unique_lock lock(mutex_);
  Operation& operation = operations_.at(number);
  changed_.wait(lock, [&] { return operation.arrived == size_ || !left_.empty(); });
  if (operation.arrived < size_) throw RankLost({.code = ErrorCode::Failed, .reason = left_});
  work(operation);
  if (++operation.left == size_) operations_.erase(number);
}

inline void ThreadRanks::leave(int rank, const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (left_.empty()) left_ = "rank " + std::to_string(rank) + " has ended: " + why;
  changed_.notify_all();
}

/// Its result is there when wait() returns, as in a real group: until then the tensor has its old values.
class ThreadRanks::Pending final : public Collective {
 public:
  Pending(ThreadRanks& ranks, std::uint64_t number, std::function<void(const Operation&)> work)
      : ranks_(ranks), number_(number), work_(std::move(work)) {}
  void wait() override {
    ranks_.take(number_, work_);
    lasted_ = Clock::system().now() - begun_;
  }
  [[nodiscard]] Nanos lasted() const override { return lasted_; }

 private:
  ThreadRanks& ranks_;
  std::uint64_t number_;
  std::function<void(const Operation&)> work_;
  Nanos begun_ = Clock::system().now();
  Nanos lasted_ = 0;
};

class ThreadRanks::Member final : public ProcessGroup {
 public:
  Member(ThreadRanks& ranks, int rank) : ranks_(ranks) {
    world_.rank = world_.local_rank = rank;
    world_.size = world_.local_size = ranks.size_;
    for (int i = 0; i < ranks.size_; ++i) members_.push_back({.host = "here", .process = 100 + i});
  }
  [[nodiscard]] const World& world() const override { return world_; }
  [[nodiscard]] const std::vector<ProcessGroup::Member>& members() const override { return members_; }

  std::unique_ptr<Collective> sum_in_order(const at::Tensor& flat) override {
    return begin("sum of " + std::to_string(flat.numel()), flat, [flat](const Operation& all) {
      const at::NoGradGuard no_gradients;
      flat.copy_(all.tensors.front());
      for (std::size_t i = 1; i < all.tensors.size(); ++i) flat.add_(all.tensors[i]);
    });
  }
  std::unique_ptr<Collective> all_reduce(const at::Tensor& flat) override { return sum_in_order(flat); }
  std::unique_ptr<Collective> all_gather(const at::Tensor& own, const at::Tensor& gathered) override {
    return begin("gathering of " + std::to_string(own.numel()), own, [gathered](const Operation& all) {
      for (std::size_t i = 0; i < all.tensors.size(); ++i)
        gathered.select(0, static_cast<std::int64_t>(i)).copy_(all.tensors[i]);
    });
  }
  std::unique_ptr<Collective> broadcast(const at::Tensor& tensor, int from) override {
    return begin("broadcast of " + std::to_string(tensor.numel()), tensor, [tensor, from](const Operation& all) {
      const at::NoGradGuard no_gradients;
      tensor.copy_(all.tensors[static_cast<std::size_t>(from)]);
    });
  }
  std::vector<std::string> gather_bytes(std::string_view own) override {
    std::vector<std::string> found;
    const std::uint64_t number = ranks_.begin(world_.rank, "bytes", {}, own);
    ranks_.take(number, [&](const Operation& all) { found = all.bytes; });
    return found;
  }
  std::string share_bytes(std::string_view own, int from) override {
    return gather_bytes(own)[static_cast<std::size_t>(from)];
  }
  void leave(const std::string& why) override { ranks_.leave(world_.rank, why); }

 private:
  std::unique_ptr<Collective> begin(const std::string& kind, const at::Tensor& tensor,
                                    std::function<void(const Operation&)> work) {
    return std::make_unique<Pending>(ranks_, ranks_.begin(world_.rank, kind, tensor, {}), std::move(work));
  }

  ThreadRanks& ranks_;
  World world_{};
  std::vector<ProcessGroup::Member> members_{};
};

inline std::shared_ptr<ProcessGroup> ThreadRanks::rank(int rank) { return std::make_shared<Member>(*this, rank); }

}  // namespace feedline::test
