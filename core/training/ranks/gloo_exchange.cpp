// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/gloo_exchange.h"

#ifdef FEEDLINE_GLOO

#include "training/step_fault.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace feedline::inline training {
namespace {

/// Below so many bytes of all ranks together, one hop that costs more bytes is quicker than two.
constexpr std::int64_t kGatherWhole = 64 << 10;
/// Numbers that are added up at once, which stay in a core's nearest cache.
constexpr std::int64_t kSumBlock = 1024;

at::Tensor as_bytes(const at::Tensor& tensor) { return tensor.view({-1}).view(at::kByte); }

/// Messages of one operation between this rank and others. Empty ones are not sent.
class PeerMessages {
 public:
  void receive(GlooLine& line, at::Tensor into, int from, int tag) {
    if (into.numel() > 0) under_way_.push_back(line.receive(std::move(into), from, tag));
  }
  void send(GlooLine& line, at::Tensor given, int to, int tag) {
    if (given.numel() > 0) under_way_.push_back(line.send(std::move(given), to, tag));
  }
  /// Where one fails, the others are kept: Gloo may still write into their tensors.
  void wait() {
    for (const GlooLine::Work& message : under_way_) message->wait();
    under_way_.clear();
  }

 private:
  std::vector<GlooLine::Work> under_way_{};
};

/// Calls `work` with whom to listen to and whom to send to, in turns in which no rank is asked for by all at once.
template <class Work>
void with_each_peer(GlooLine& line, const Work& work) {
  const int ranks = line.size();
  const int own = line.rank();
  for (int turn = 1; turn < ranks; ++turn) work((own + ranks - turn) % ranks, (own + turn) % ranks);
}

/// Adds rows of `count` numbers in their order; `sum` may be one of them. In the numbers' own precision, as replicas'
/// gradients are summed; half numbers in float, rounded once.
template <class T>
void add_rows(const std::vector<const void*>& rows, std::int64_t count, T* sum) {
  using Wide = std::conditional_t<sizeof(T) == 2, float, T>;
  std::array<Wide, kSumBlock> block{};
  for (std::int64_t first = 0; first < count; first += kSumBlock) {
    const auto size = static_cast<std::size_t>(std::min(kSumBlock, count - first));
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const T* const row = static_cast<const T*>(rows[r]) + first;
      if (r == 0)
        for (std::size_t i = 0; i < size; ++i) block[i] = static_cast<Wide>(row[i]);
      else
        for (std::size_t i = 0; i < size; ++i) block[i] += static_cast<Wide>(row[i]);
    }
    for (std::size_t i = 0; i < size; ++i) sum[first + static_cast<std::int64_t>(i)] = static_cast<T>(block[i]);
  }
}

void add_rows(const std::vector<const void*>& rows, const at::Tensor& sum) {
  void* const out = sum.data_ptr();
  const std::int64_t count = sum.numel();
  switch (sum.scalar_type()) {
    case at::kFloat:
      return add_rows(rows, count, static_cast<float*>(out));
    case at::kDouble:
      return add_rows(rows, count, static_cast<double*>(out));
    case at::kLong:
      return add_rows(rows, count, static_cast<std::int64_t*>(out));
    case at::kInt:
      return add_rows(rows, count, static_cast<std::int32_t*>(out));
    case at::kBFloat16:
      return add_rows(rows, count, static_cast<at::BFloat16*>(out));
    case at::kHalf:
      return add_rows(rows, count, static_cast<at::Half*>(out));
    default:
      break;
  }
  throw StepFailed({.code = ErrorCode::Failed, .reason = "numbers of this type cannot be summed over ranks"});
}

/// Each rank adds up a part of all, and gives it to the others. Between two ranks, and where there is little of it,
/// each adds up all by itself: one hop in place of two; between two the bytes on their way are as many.
class OrderedSum final : public GlooExchange {
 public:
  explicit OrderedSum(at::Tensor flat) : flat_(std::move(flat)) {}

  [[nodiscard]] std::size_t room() const override { return flat_.nbytes(); }  // about

  void expect(GlooLine& line, int tag) override {
    const int ranks = line.size();
    if (ranks == 1) return;
    const std::int64_t count = flat_.numel();
    whole_ = ranks == 2 || count * ranks * static_cast<std::int64_t>(flat_.element_size()) <= kGatherWhole;
    length_ = whole_ ? count : (count + ranks - 1) / ranks;
    const at::Tensor own = part_of(line.rank());
    theirs_ = at::empty({ranks - 1, own.numel()}, flat_.options());
    with_each_peer(
        line, [&](int from, int /*to*/) { messages_.receive(line, theirs_.select(0, row_of(line, from)), from, tag); });
  }

  void begin(GlooLine& line, int tag) override {
    with_each_peer(line, [&](int /*from*/, int to) { messages_.send(line, part_of(to), to, tag); });
  }

  void finish(GlooLine& line, int tag) override {
    if (line.size() == 1) return;
    messages_.wait();
    const at::Tensor own = part_of(line.rank());
    std::vector<const void*> rows;
    for (int rank = 0; own.numel() > 0 && rank < line.size(); ++rank)
      rows.push_back(rank == line.rank() ? own.data_ptr() : theirs_.select(0, row_of(line, rank)).data_ptr());
    if (!rows.empty()) add_rows(rows, own);
    if (whole_) return;
    with_each_peer(line, [&](int from, int to) {
      messages_.receive(line, part_of(from), from, tag);
      messages_.send(line, own, to, tag);
    });
    messages_.wait();
  }

 private:
  /// What a rank adds up. The last ones may have less, or nothing.
  [[nodiscard]] at::Tensor part_of(int rank) const {
    if (whole_) return flat_;
    const std::int64_t first = std::min(length_ * rank, flat_.numel());
    return flat_.narrow(0, first, std::min(length_, flat_.numel() - first));
  }
  [[nodiscard]] static int row_of(const GlooLine& line, int rank) { return rank < line.rank() ? rank : rank - 1; }

  at::Tensor flat_;
  at::Tensor theirs_{};  ///< of what this rank adds up, the rows of the others
  std::int64_t length_ = 0;
  bool whole_ = false;
  PeerMessages messages_{};
};

class GatheredRows final : public GlooExchange {
 public:
  GatheredRows(const at::Tensor& own, const at::Tensor& all) : own_(as_bytes(own)), all_(as_bytes(all)) {}

  void expect(GlooLine& line, int tag) override {
    const at::Tensor rows = all_.view({line.size(), -1});
    rows.select(0, line.rank()).copy_(own_);
    with_each_peer(line, [&](int from, int /*to*/) { messages_.receive(line, rows.select(0, from), from, tag); });
  }
  void begin(GlooLine& line, int tag) override {
    with_each_peer(line, [&](int /*from*/, int to) { messages_.send(line, own_, to, tag); });
  }
  void finish(GlooLine& /*line*/, int /*tag*/) override { messages_.wait(); }

 private:
  at::Tensor own_;
  at::Tensor all_;
  PeerMessages messages_{};
};

/// From one rank straight to each of the others.
class SharedRow final : public GlooExchange {
 public:
  SharedRow(at::Tensor row, int from) : row_(std::move(row)), from_(from) {}

  void expect(GlooLine& line, int tag) override {
    if (line.rank() != from_) messages_.receive(line, row_, from_, tag);
  }
  void begin(GlooLine& line, int tag) override {
    if (line.rank() != from_) return;
    with_each_peer(line, [&](int /*from*/, int to) { messages_.send(line, row_, to, tag); });
  }
  void finish(GlooLine& /*line*/, int /*tag*/) override { messages_.wait(); }

 private:
  at::Tensor row_;
  int from_;
  PeerMessages messages_{};
};

/// By c10d's own collective, from beginning to end on the group's thread.
template <class Work>
class WholeCollective final : public GlooExchange {
 public:
  explicit WholeCollective(Work work) : work_(std::move(work)) {}
  void finish(GlooLine& line, int /*tag*/) override { work_(line)->wait(); }

 private:
  Work work_;
};

template <class Work>
std::unique_ptr<GlooExchange> whole_collective(Work work) {
  return std::make_unique<WholeCollective<Work>>(std::move(work));
}

}  // namespace

GlooLine::Work GlooLine::receive(at::Tensor into, int from, int tag) {
  const std::lock_guard lock(calling_);
  std::vector<at::Tensor> one = {std::move(into)};
  return group_->recv(one, from, tag);
}

GlooLine::Work GlooLine::send(at::Tensor given, int to, int tag) {
  const std::lock_guard lock(calling_);
  std::vector<at::Tensor> one = {std::move(given)};
  return group_->send(one, to, tag);
}

GlooLine::Work GlooLine::all_reduce(at::Tensor flat) {
  const std::lock_guard lock(calling_);
  std::vector<at::Tensor> one = {std::move(flat)};
  return group_->allreduce(one);
}

GlooLine::Work GlooLine::broadcast(at::Tensor tensor, int from) {
  const std::lock_guard lock(calling_);
  std::vector<at::Tensor> one = {std::move(tensor)};
  c10d::BroadcastOptions options;
  options.rootRank = from;
  return group_->broadcast(one, options);
}

std::unique_ptr<GlooExchange> ordered_sum(const at::Tensor& flat) { return std::make_unique<OrderedSum>(flat); }

std::unique_ptr<GlooExchange> any_sum(const at::Tensor& flat) {
  return whole_collective([flat](GlooLine& line) { return line.all_reduce(flat); });
}

std::unique_ptr<GlooExchange> gathered_rows(const at::Tensor& own, const at::Tensor& all) {
  return std::make_unique<GatheredRows>(own, all);
}

/// Much goes by a tree of ranks, none of which then sends all of it to all others.
std::unique_ptr<GlooExchange> shared_tensor(const at::Tensor& tensor, int from, int ranks) {
  at::Tensor bytes = as_bytes(tensor);
  if (bytes.numel() * ranks <= kGatherWhole) return std::make_unique<SharedRow>(std::move(bytes), from);
  return whole_collective([bytes = std::move(bytes), from](GlooLine& line) { return line.broadcast(bytes, from); });
}

}  // namespace feedline::inline training

#endif
