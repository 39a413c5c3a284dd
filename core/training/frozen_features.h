// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "engine/cache_shelf.h"
#include "plan/plan.h"
#include "training/frozen_file.h"
#include "training/frozen_part.h"
#include "training/model.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

namespace feedline::inline training {

/// What the frozen part of a network gives of each record, kept in the caches of a run (engine/cache_shelf.h): the part
/// runs once for a record, and from then on neither it nor what prepares its input does. Training and validation have
/// stores of their own, because random nodes draw in training alone.
///
/// Kept values are those of the pass that worked them out, so a run gives the same with and without, as far as a layer
/// gives the same of a record whichever others are in its batch. Shared by the replicas: fill() may be called by all of
/// their threads at once.
class FrozenFeatures {
 public:
  /// Finds what there is to keep, and makes stores for it on the shelf, with what an earlier run has left in the cache
  /// folder (training/frozen_file.h): of the same weights, nodes, files and size of batch. any() says whether there is
  /// anything.
  FrozenFeatures(const Model& model, const Plan& plan, CacheShelf& shelf, const std::filesystem::path& cache_folder,
                 const std::stop_token& stop);

  [[nodiscard]] bool any() const { return !splits_[0].empty() || !splits_[1].empty(); }
  /// Between two batches: what replicas have worked out is kept from now on. Not before, or a record that comes twice
  /// in a batch would be looked up or not by which replica is first.
  void settle();
  /// Some of the network learns that did not before: what can no longer be kept is no longer looked up. Between two
  /// steps.
  void look_again(const Model& model);

  /// Every record has passed once: leaves what is kept to later runs, on a thread of its own. Again: nothing.
  void leave_to_later_runs();

  /// Puts what frozen layers give of these rows into `outputs`, by layer, running them for rows that are not kept yet.
  /// Returns which layers are still to be run; empty: all, and there is nothing in `outputs`. Throws what
  /// Model::frozen_output() throws, and StepFailed.
  [[nodiscard]] std::vector<bool> fill(Model& model, std::span<const at::Tensor> fields, const BatchRows& rows,
                                       const std::stop_token& stop, std::vector<at::Tensor>& outputs);

  [[nodiscard]] FrozenSample sample() const;

 private:
  /// Worked out in this batch, and not kept yet.
  struct Fresh {
    const std::uint64_t* at = nullptr;  ///< the replica's rows in the batch: in this order they are kept
    std::vector<std::uint64_t> records{};
    at::Tensor values{};  ///< float32 on the host, a row each
  };
  struct Kept {
    FrozenPart::Border border{};
    CacheStore* store = nullptr;
    std::optional<FrozenFile> file{};                         ///< none: nobody knows what the records follow from
    std::int64_t numbers = 1;                                 ///< of one record
    std::atomic<at::ScalarType> type{at::ScalarType::Float};  ///< in which the layer gives them
    std::atomic<std::uint64_t> rows{0};
    std::atomic<std::uint64_t> hits{0};
    std::mutex mutex{};
    std::vector<Fresh> fresh{};
  };
  struct Split {
    const DataPlan* data = nullptr;
    std::vector<std::unique_ptr<Kept>> kept{};
    std::vector<bool> rest{};
    [[nodiscard]] bool empty() const { return kept.empty(); }
  };
  [[nodiscard]] static at::Tensor look_up(Kept& kept, Model& model, std::span<const at::Tensor> fields,
                                          std::span<const std::uint64_t> records, const std::stop_token& stop);

  std::array<Split, 2> splits_{};  ///< of training, of validation
  std::stop_token stop_;           ///< of the run
  bool left_ = false;
  std::jthread leaving_{};  ///< last: it reads the others
};

}  // namespace feedline::inline training
