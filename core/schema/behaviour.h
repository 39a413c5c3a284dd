// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a node does when it runs. A node file implements one of these; NodeBuilder wraps the plain functions of a node
// struct into them, so most node files never name them.

#include "base/error.h"
#include "base/random.h"
#include "schema/datum.h"
#include "schema/tensor_desc.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

// A tensor is an opaque handle here: only nodes/model and training include LibTorch.
namespace at {
class Tensor;
}
namespace torch::nn {
class Module;
}

namespace feedline::inline schema {

class Pretrained;

/// What opening a source may use. Opening may take long (unpacking, generating): it reports progress and obeys stop.
struct SourceContext {
  std::filesystem::path cache_folder{};
  std::stop_token stop{};
  /// Generate and paint nothing: what has not been made yet is not opened (ErrorCode::Cancelled). Files of the user's
  /// are read as ever.
  bool make_nothing = false;
  /// Not empty: a table is to be read as one of these columns, found by their names whatever their order, as a model
  /// was trained on. It needs no label: that is the number 0. Sources that are no tables know nothing of it.
  std::span<const Column> like{};
  /// (what is being done, fraction done in 0..1). May be empty. Called from the opening thread.
  std::function<void(std::string_view what, double fraction)> progress{};
};

/// A data set that can be read record by record in any order, from many threads at once, without ever being loaded
/// whole.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// One description an output port, as exact as the files allow; labels carry class names.
  [[nodiscard]] virtual const std::vector<TensorDesc>& outputs() const = 0;
  /// Reads record `index` (below size()) into one Datum an output port; a null entry is not wanted. Thread-safe.
  virtual Status read(std::uint64_t index, std::span<Datum* const> out) const = 0;
  /// The file that holds the record, with "#index" where a file holds many. For error messages.
  [[nodiscard]] virtual std::string locate(std::uint64_t index) const = 0;
};

/// The part of a picture that a node will look at, and the size to which it will scale it: in pixels of the whole,
/// upright picture. What lies outside need not be read at all, nor more finely than this.
struct PictureDemand {
  std::int64_t x = 0;
  std::int64_t y = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t scaled_width = 0;
  std::int64_t scaled_height = 0;
};

class NextNode;

/// What a per-record node may use besides its parameters and inputs.
struct OpContext {
  Rng rng;                   ///< keyed by seed, epoch, record and node
  bool training = true;      ///< false on validation records: random nodes take their expected, fixed form
  std::uint64_t record = 0;  ///< index in the source
  /// The only reader of this node's output, where the node can make use of knowing what it wants; else null.
  const NextNode* next = nullptr;
};

/// A per-record node, prepared for one run. Called from many threads at once: const means stateless.
class SampleOp {
 public:
  virtual ~SampleOp() = default;
  /// Reads the inputs (null where an optional port is unconnected), writes every output. Exceptions are caught by the
  /// engine and become record errors.
  virtual Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext& context) const = 0;
  /// Must no two threads be inside run() at the same time? The engine then lets one worker in at a time.
  [[nodiscard]] virtual bool sequential() const { return false; }
  /// May this node read only a part of its picture, if it is told which (OpContext::next)?
  [[nodiscard]] virtual bool partial() const { return false; }
  /// Which part of a picture of this size run() will look at, given the same context; none: all of it. Random numbers
  /// are keyed by record and node, so asking does not change what run() draws later.
  [[nodiscard]] virtual std::optional<PictureDemand> demand(std::int64_t /*width*/, std::int64_t /*height*/,
                                                            OpContext& /*context*/) const {
    return std::nullopt;
  }
};

/// The node that reads another one's output, for one record.
class NextNode {
 public:
  NextNode(const SampleOp& op, const OpContext& context) : op_(op), context_(context) {}
  [[nodiscard]] std::optional<PictureDemand> demand(std::int64_t width, std::int64_t height) const {
    OpContext context = context_;
    return op_.demand(width, height, context);
  }

 private:
  const SampleOp& op_;
  OpContext context_;
};

/// How a layer has mixed the rows of a batch: of each row this share of its own and the rest of its partner's.
struct RowMix {
  double share = 1;                     ///< 0..1
  std::vector<std::int64_t> partner{};  ///< row of the same batch, one a row
};

/// A node of the model: some batch tensors in, one out. A loss is a layer whose output is one number with a gradient,
/// the mean over the batch, so that another layer may add several up.
class Layer {
 public:
  virtual ~Layer() = default;
  virtual at::Tensor forward(std::span<const at::Tensor> in) = 0;
  /// What owns parameters and buffers; null for a stateless layer.
  [[nodiscard]] virtual std::shared_ptr<torch::nn::Module> module() const { return nullptr; }
  /// Arithmetic of one row's forward pass, for layers that are heavy and treat every row of the batch by itself; else
  /// 0. The trainer carries such a layer through a large batch in slices, so that a stop need not wait for all of it.
  [[nodiscard]] virtual double flops_per_row() const { return 0; }
  /// How the last forward pass has mixed rows; null: it has not. What a loss behind it then gives is the mean of its
  /// values for the rows' own targets and for their partners', by these shares (mixup, cutmix).
  [[nodiscard]] virtual const RowMix* mixed() const { return nullptr; }
  /// For layers that draw random numbers while they run: draw them from a generator of your own, started from this.
  /// LibTorch's default generator is shared by all replicas, whose turns at it no seed decides. Called before training.
  virtual void seed(std::uint64_t /*seed*/) {}
  /// Where that generator stands, as bytes for set_random_state(); empty: the layer draws nothing. Between two steps.
  [[nodiscard]] virtual std::vector<std::byte> random_state() const { return {}; }
  /// Goes on from there. What another kind of device has written cannot be gone on from: the seed then stays.
  virtual void set_random_state(std::span<const std::byte> /*state*/) {}
  /// Of a layer that may begin from the weights of a file, and part of which may be frozen (schema/pretrained.h).
  [[nodiscard]] virtual Pretrained* pretrained() { return nullptr; }
  /// Of a layer that is a network by itself, and takes long: forward() calls this with what each of its parts has
  /// given. It may throw, to stop; none is called where it is empty. Set by the thread that calls forward().
  virtual void set_between(std::function<void(const at::Tensor&)> /*between*/) {}
  /// Of a layer that is a program of TorchScript: the archive of that program with the present numbers of module(), in
  /// evaluation; else empty. Throws where its file is no longer there, or has become another one.
  [[nodiscard]] virtual std::string program() const { return {}; }
};

/// How a loss reads its target, which decides what can be measured of its prediction (training/metric.h).
enum class TargetKind : std::uint8_t {
  None,  ///< it has no target: no loss, or one that only joins others
  /// prediction: N×classes, a score for each, or N×1, that of class 1 of two; target: N class indices
  Classes,
  Numbers,  ///< prediction and target: as many numbers for each record
  Labels,   ///< prediction: N×labels, a logit for each; target: N×labels, 1 where a record has the label, else 0
};

/// Settings of the batch node.
struct BatchSettings {
  std::int64_t size = 64;
  bool drop_last = false;
  std::int64_t by_length = 0;  ///< so many batches are sorted by length together (engine/length_sorter.h); 0, 1: none
};

/// Settings of a node that keeps what passes it, so that nothing upstream need run again for that record.
struct CacheSettings {
  std::int64_t ram_megabytes = 0;   ///< kept in memory up to this; 0: half of what is free
  bool disk = true;                 ///< what is over goes to a memory-mapped file in the cache folder
  std::int64_t disk_megabytes = 0;  ///< up to this; 0: while a tenth of the disk stays free
  bool fill_first = false;          ///< everything is kept before training begins, not as it passes
};

/// Settings of a sampler node (shuffle): how the records of its source are ordered.
struct SamplerSettings {
  bool shuffle = true;
  std::string balance = "none";  ///< none, classes: each class is drawn equally often (plan/balanced_draw.h)
  [[nodiscard]] bool draws_by_class() const { return shuffle && balance == "classes"; }
};

/// From what a run learns, and for how long.
struct LearningSettings {
  std::int64_t epochs = 5;  ///< 0: until it is stopped
  double validation_split = 0.0;
  std::string split_by = "random";               ///< random, stratified, group, column (plan/record_split.h)
  std::string split_column{};                    ///< whose values divide records; of stratified, empty: their classes
  std::vector<std::string> validation_values{};  ///< of split_by column: the values that mean validation ...
  std::vector<std::string> training_values{};    ///< ... and those that mean training; none: all others
  std::int64_t folds = 0;                        ///< 2 or more: one of so many parts validates, not validation_split
  std::int64_t fold = 1;                         ///< which one, from 1
  std::int64_t seed = 1;
  std::int64_t accumulate = 1;  ///< batches whose gradients make one step of the optimiser

  /// Are records of the training source to be set aside for validation?
  [[nodiscard]] bool sets_aside() const { return folds > 1 || split_by == "column" || validation_split > 0; }
};

/// What of a network does not learn, besides what its backbones say of themselves (schema/pretrained.h).
struct FreezingSettings {
  std::vector<std::string> freeze{};  ///< paths of layers, with * and ?
  bool freeze_statistics = true;      ///< their norms use and keep their running statistics
};

/// When a run ends before its last epoch, because it no longer gets better (see training/early_stop.h).
struct StoppingSettings {
  std::string stop_early{"off"};  ///< off, or the key of a metric: metric_key() of base/results.h
  std::int64_t patience = 5;      ///< epochs without improvement that it bears
  double least_change = 0;        ///< what counts as one
  bool restore_best = true;       ///< the run ends with the weights of its best epoch
};

/// What is measured of the model besides its loss.
struct MeasuringSettings {
  /// By key (schema/metric_keys.h), the one that says most first; none: the usual ones for what is predicted.
  std::vector<std::string> metrics{};
};

/// How records are read and prepared.
struct LoadingSettings {
  std::int64_t workers = 0;   ///< 0: what the split of the cores gives
  std::int64_t prefetch = 4;  ///< 0: a batch is begun only when it is asked for
  bool staged = false;        ///< every node with its own workers and queue
};

/// Where the step computes, and how it uses the cores (see plan/core_split.h).
struct ExecutionSettings {
  std::string device = "auto";
  std::int64_t replicas = 0;           ///< copies of the model, each learning from a part of every batch; 0: auto
  std::int64_t intra_op_threads = 0;   ///< threads within one operation of one replica; 0: auto
  std::string channels_last = "auto";  ///< auto, on, off
  std::string precision = "auto";      ///< auto (float32), float32, bfloat16, float16
  bool sync_batch_norm = false;        ///< norms measure the rows of all replicas of all ranks, not of each its own
};

/// How processes that learn together exchange gradients.
struct RankSettings {
  double bucket_mib = 4;             ///< gradients that are exchanged at once
  std::string gradients{"float32"};  ///< float32, bfloat16
};

/// How a network is cut into parts that work at the same time, each on cores of its own (training/stages).
struct StagingSettings {
  std::vector<std::string> stages{};  ///< layers at which the next part begins: paths, with * and ?; none: one part
  std::int64_t micro_batches = 4;     ///< parts of a batch that follow each other through the stages
  std::string schedule = "1f1b";      ///< 1f1b, gpipe (plan/stage_schedule.h)
};

/// What takes less memory for more time (see resources/help/memory.md).
struct MemorySettings {
  std::vector<std::string> recompute{};  ///< layers and sub-graphs that backward computes again: paths, with * and ?
  bool shard_optimizer = false;          ///< each rank keeps what the optimiser has of its part of the weights alone
};

/// What becomes of records that are bad or slow (see engine/watchdog.h).
struct FaultSettings {
  double max_bad_fraction = 0.5;  ///< above it the run stops and shows the list
  double slow_seconds = 10;       ///< a record is slow when it takes longer than this ...
  double slow_factor = 100;       ///< ... and than this many medians of its node
  std::string on_slow = "skip";   ///< wait, skip, retry, stop
};

/// What the trainer node is asked for. What a run makes of it, on its machine, is an Execution (plan/execution.h).
struct TrainerSettings : LearningSettings,
                         FreezingSettings,
                         MeasuringSettings,
                         StoppingSettings,
                         LoadingSettings,
                         ExecutionSettings,
                         RankSettings,
                         StagingSettings,
                         MemorySettings,
                         FaultSettings {};

}  // namespace feedline::inline schema
