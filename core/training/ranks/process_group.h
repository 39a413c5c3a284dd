// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/clock.h"
#include "base/error.h"
#include "base/torch.h"
#include "ranks/world.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline training {

/// A collective operation failed, because of a rank that died, hangs or was cut off: names rank and host where they are
/// known. Ends the run of every rank.
class RankLost final : public std::exception {
 public:
  explicit RankLost(Error error) : error_(std::move(error)) {}
  [[nodiscard]] const Error& error() const { return error_; }
  [[nodiscard]] const char* what() const noexcept override { return error_.reason.c_str(); }

 private:
  Error error_;
};

/// An operation of all ranks that was begun. Destroying one that was not waited for is allowed.
class Collective {
 public:
  virtual ~Collective() = default;
  /// Until it is done. Throws RankLost, StepCancelled (the run is stopped without waiting for its step).
  virtual void wait() = 0;
  /// How long it took by itself, behind wait(): what it waited for earlier operations counts not.
  [[nodiscard]] virtual Nanos lasted() const = 0;
  /// When it was done, behind wait(), which may come much later; 0: not known.
  [[nodiscard]] virtual Nanos ended() const { return 0; }
};

/// The processes that train together: a c10d store and process group (Gloo; tensors of a GPU travel by way of the
/// host), and a thread that tells the others that this process lives and notices when one of them no longer does. All
/// ranks call the same operations in the same order, from one thread.
class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;
  /// Meets the others: agrees on Feedline's version, the secret and `agreed` (a fingerprint of graph and options). In
  /// 30 s on every rank there is a group or an error: address or port that cannot be reached, port in use, a rank that
  /// never came (which), another secret, version or graph (which rank, what differs); cancelled.
  [[nodiscard]] static Result<std::shared_ptr<ProcessGroup>> join(const World& world, const std::string& agreed,
                                                                  std::stop_token stop);

  [[nodiscard]] virtual const World& world() const = 0;
  /// Hosts and process ids, by rank.
  struct Member {
    std::string host{};
    std::int64_t process = 0;
  };
  [[nodiscard]] virtual const std::vector<Member>& members() const = 0;
  /// That a small message to where the ranks meet takes, about; 0: not measured. From any thread.
  [[nodiscard]] virtual Nanos round_trip() const { return 0; }

  /// Sums `flat` (1-d, contiguous) over the ranks in their order, so that the sum has the same bytes as that of as many
  /// replicas, whatever the number of ranks: every rank gets a shard of all (alltoall), adds it up, and all get all
  /// shards (allgather).
  [[nodiscard]] virtual std::unique_ptr<Collective> sum_in_order(const at::Tensor& flat) = 0;
  /// The same by c10d's allreduce, in an order of its own: equal to rounding.
  [[nodiscard]] virtual std::unique_ptr<Collective> all_reduce(const at::Tensor& flat) = 0;
  /// `all` has world().size rows, each of the shape of `own`.
  [[nodiscard]] virtual std::unique_ptr<Collective> all_gather(const at::Tensor& own, const at::Tensor& all) = 0;
  [[nodiscard]] virtual std::unique_ptr<Collective> broadcast(const at::Tensor& tensor, int from) = 0;
  /// Bytes of any length, by rank; blocks.
  [[nodiscard]] virtual std::vector<std::string> gather_bytes(std::string_view own) = 0;
  /// Of rank `from`, at all; blocks.
  [[nodiscard]] virtual std::string share_bytes(std::string_view own, int from) = 0;
  /// Has `told` called once a rank is lost, from another thread: for a rank that waits for something else than the
  /// others. Null: no longer; behind that it is not being called. At once where one is lost already.
  virtual void on_loss(std::function<void(const Error&)> /*told*/) {}
  /// Tells the others why this rank ends early, which they then report in place of "is gone".
  virtual void leave(const std::string& why) = 0;
};

}  // namespace feedline::inline training
