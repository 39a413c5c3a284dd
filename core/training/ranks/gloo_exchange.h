// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; only where Gloo's headers are (FEEDLINE_GLOO).

#ifdef FEEDLINE_GLOO

#include "base/torch.h"

#ifndef USE_C10D_GLOO
#define USE_C10D_GLOO  // LibTorch 1.13 hides the class without it
#endif
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace feedline::inline training {

/// c10d's group, which is called by one thread at a time. Nothing of it waits for another rank; what it gives does.
class GlooLine {
 public:
  using Work = c10::intrusive_ptr<c10d::Work>;

  explicit GlooLine(c10::intrusive_ptr<c10d::ProcessGroupGloo> group) : group_(std::move(group)) {}
  [[nodiscard]] int size() const { return group_->getSize(); }
  [[nodiscard]] int rank() const { return group_->getRank(); }

  /// Messages of one tag between two ranks come in their order.
  [[nodiscard]] Work receive(at::Tensor into, int from, int tag);
  [[nodiscard]] Work send(at::Tensor given, int to, int tag);
  [[nodiscard]] Work all_reduce(at::Tensor flat);
  [[nodiscard]] Work broadcast(at::Tensor tensor, int from);

 private:
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
  std::mutex calling_{};
};

/// One operation of all ranks on tensors of the host (1-d or contiguous), which it keeps while it lasts.
///
/// What ranks tell each other travels by c10d's send() and recv(): Gloo's own thread moves it between the sockets and
/// the tensors themselves. c10d's collectives would wake a thread of their own for each operation and copy; on a core
/// that also works out the gradients, a step paid for that with several times what the bytes cost. And they go from
/// rank to rank in a ring, where these take one hop or two, however many ranks there are.
class GlooExchange {
 public:
  virtual ~GlooExchange() = default;
  /// Bytes that it takes for what others send, from expect() to the end of finish().
  [[nodiscard]] virtual std::size_t room() const { return 0; }
  /// Says where what others send goes, before this rank has anything to send itself: Gloo asks who receives before it
  /// sends, so a rank that comes last finds what it waits for. All ranks call it in one order; `tag` is the number of
  /// the operation, on all of them.
  virtual void expect(GlooLine& /*line*/, int /*tag*/) {}
  /// Gives the others what is to be sent at once, and waits for none of them. On the thread that asks for the
  /// operation.
  virtual void begin(GlooLine& /*line*/, int /*tag*/) {}
  /// Until it is done. On the group's own thread, behind finish() of those before it.
  virtual void finish(GlooLine& line, int tag) = 0;
};

/// See ProcessGroup::sum_in_order().
[[nodiscard]] std::unique_ptr<GlooExchange> ordered_sum(const at::Tensor& flat);
/// See ProcessGroup::all_reduce().
[[nodiscard]] std::unique_ptr<GlooExchange> any_sum(const at::Tensor& flat);
/// `own` of each rank into the rows of `all`.
[[nodiscard]] std::unique_ptr<GlooExchange> gathered_rows(const at::Tensor& own, const at::Tensor& all);
/// What rank `from` has of it, at all.
[[nodiscard]] std::unique_ptr<GlooExchange> shared_tensor(const at::Tensor& tensor, int from, int ranks);

}  // namespace feedline::inline training

#endif
