// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/shared_statistics.h"

#include "training/ranks/process_group.h"
#include "training/ranks/rank_agreement.h"
#include "training/ranks/with_ranks.h"
#include "training/step_fault.h"

#include <chrono>
#include <utility>

namespace feedline::inline training {

class SharedStatistics::Member final : public ReplicaExchange {
 public:
  Member(SharedStatistics& shared, std::size_t index) : shared_(shared), index_(index) {}
  [[nodiscard]] at::Tensor gather(const at::Tensor& own) override { return shared_.gather(index_, own); }
  [[nodiscard]] bool has_rows() const override { return has_rows_; }
  void set_has_rows(bool has_rows) { has_rows_ = has_rows; }

 private:
  SharedStatistics& shared_;
  std::size_t index_;
  bool has_rows_ = true;
};

SharedStatistics::SharedStatistics(std::size_t members, RankAgreement* ranks, std::stop_token stop)
    : ranks_(ranks), stop_(std::move(stop)), brought_(members) {
  for (std::size_t i = 0; i < members; ++i) members_.push_back(std::make_unique<Member>(*this, i));
}

SharedStatistics::~SharedStatistics() = default;

void SharedStatistics::begin() {
  const std::lock_guard lock(mutex_);
  arrived_ = 0;
  brought_.assign(brought_.size(), {});
}

ReplicaExchange& SharedStatistics::of(std::size_t member, bool has_rows) {
  members_[member]->set_has_rows(has_rows);
  return *members_[member];
}

at::Tensor SharedStatistics::gather(std::size_t member, const at::Tensor& own) {
  const torch::NoGradGuard no_gradients;
  std::unique_lock lock(mutex_);
  brought_[member] = own;
  if (++arrived_ < members_.size()) {
    const std::uint64_t mine = round_;
    while (round_ == mine) {
      if (stop_.stop_requested()) throw StepCancelled();
      changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
    return all_;
  }
  at::Tensor here = at::stack(brought_);
  lock.unlock();  // the others look whether they are to stop
  here = over_ranks(here);
  lock.lock();
  all_ = std::move(here);
  arrived_ = 0;
  brought_.assign(brought_.size(), {});
  ++round_;
  changed_.notify_all();
  return all_;
}

at::Tensor SharedStatistics::over_ranks(const at::Tensor& here) const {
  if (ranks_ == nullptr) return here;
  const at::Tensor all =
      at::empty({static_cast<std::int64_t>(ranks_->size()), here.size(0), here.size(1)}, at::kDouble);
  with_ranks([&] { ranks_->group().all_gather(here, all)->wait(); });
  return all.view({-1, here.size(1)});
}

}  // namespace feedline::inline training
