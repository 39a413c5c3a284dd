// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/rank_agreement.h"

#include "training/ranks/with_ranks.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace feedline::inline training {

/// The memory that is gathered, which stays where it is.
class RankAgreement::Exchange {
 public:
  explicit Exchange(std::size_t ranks)
      : own_(at::zeros({static_cast<std::int64_t>(sizeof(RankWord))}, at::kByte)),
        all_(at::zeros({static_cast<std::int64_t>(ranks), static_cast<std::int64_t>(sizeof(RankWord))}, at::kByte)) {}

  void begin(ProcessGroup& group, const RankWord& word) {
    std::memcpy(own_.data_ptr<std::uint8_t>(), &word, sizeof(word));
    under_way_ = group.all_gather(own_, all_);
  }
  [[nodiscard]] bool under_way() const { return under_way_ != nullptr; }
  void finish(std::vector<RankWord>& words) {
    const auto waited_for = std::exchange(under_way_, nullptr);
    waited_for->wait();
    std::memcpy(words.data(), all_.data_ptr<std::uint8_t>(), words.size() * sizeof(RankWord));
  }

 private:
  at::Tensor own_;
  at::Tensor all_;
  std::unique_ptr<Collective> under_way_{};
};

RankAgreement::RankAgreement(std::shared_ptr<ProcessGroup> group)
    : group_(std::move(group)), exchange_(std::make_unique<Exchange>(size())), words_(size()), stood_before_(size()) {}

RankAgreement::~RankAgreement() = default;

const World& RankAgreement::world() const { return group_->world(); }

const std::string& RankAgreement::host_of(std::size_t rank) const { return group_->members().at(rank).host; }

void RankAgreement::tell() {
  with_ranks([this] { exchange_->begin(*group_, own_); });
  own_.loss_rows = 0;
  own_.loss_sum = 0;
}

const std::vector<RankWord>& RankAgreement::hear() {
  stood_still_ = 0;
  if (!exchange_->under_way()) return words_;
  with_ranks([this] { exchange_->finish(words_); });
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const Nanos more = words_[i].stood_still - std::exchange(stood_before_[i], words_[i].stood_still);
    if (i != rank()) stood_still_ = std::max(stood_still_, more);
  }
  heard_at_ = Clock::system().now();
  return words_;
}

std::int64_t RankAgreement::sum(std::int64_t RankWord::*number) const {
  std::int64_t sum = 0;
  for (const RankWord& word : words_) sum += word.*number;
  return sum;
}

bool RankAgreement::any(std::int64_t RankWord::*flag) const {
  return std::any_of(words_.begin(), words_.end(), [flag](const RankWord& word) { return word.*flag != 0; });
}

std::vector<std::string> RankAgreement::gather(std::string_view own) const {
  return with_ranks([&] { return group_->gather_bytes(own); });
}

Nanos RankAgreement::round_trip() const { return group_->round_trip(); }

std::int64_t RankAgreement::least(std::int64_t own) const {
  std::int64_t least = own;
  for (const std::string& bytes : gather({reinterpret_cast<const char*>(&own), sizeof own})) {
    std::int64_t one = own;
    if (bytes.size() == sizeof one) std::memcpy(&one, bytes.data(), sizeof one);
    least = std::min(least, one);
  }
  return least;
}

std::string RankAgreement::share(std::string_view own, int from) const {
  return with_ranks([&] { return group_->share_bytes(own, from); });
}

void RankAgreement::leave_alone() const { group_->on_loss(nullptr); }

void RankAgreement::leave(const std::string& why) const noexcept {
  try {
    group_->leave(why);
  } catch (const std::exception&) {  // then the others notice by themselves
  }
}

std::vector<RankSample> RankAgreement::samples(const std::vector<std::string>& nodes) const {
  std::vector<RankSample> all;
  const std::vector<ProcessGroup::Member>& members = group_->members();
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const RankWord& word = words_[i];
    RankSample& sample = all.emplace_back();
    sample.rank = static_cast<int>(i);
    if (i < members.size()) {
      sample.host = members[i].host;
      sample.process = members[i].process;
    }
    sample.steps = static_cast<std::uint64_t>(word.steps);
    sample.samples = static_cast<std::uint64_t>(word.samples);
    sample.times.parts = word.times;
    sample.validation.parts = word.validation;
    sample.loader_s = word.loader_s;
    sample.rss_bytes = static_cast<std::uint64_t>(word.rss_bytes);
    if (word.slowest_stage >= 0 && static_cast<std::size_t>(word.slowest_stage) < nodes.size())
      sample.slowest_stage = nodes[static_cast<std::size_t>(word.slowest_stage)];
    sample.round_trip = word.round_trip;
    sample.heard = heard_at_;
  }
  return all;
}

}  // namespace feedline::inline training
