// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "graph/validate.h"
#include "plan/execution.h"
#include "schema/behaviour.h"
#include "schema/named_tensors.h"
#include "schema/node_spec.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

namespace feedline::inline plan {

class BalancedDraw;
class RecordSelection;

/// A value of one record: the output of a source or of a per-record node.
using SlotIndex = std::size_t;

/// A step that is fitted to the training records before it can run (schema/fitted.h). fit_plan() binds it.
struct FittedStep {
  std::string key{};  ///< of the node: names what it has learnt in a TrainingState
  const NodeSpec* spec = nullptr;
  ParamMap params{};                                ///< complete
  std::vector<std::optional<TensorDesc>> inputs{};  ///< none: an unconnected optional port
  std::string upstream{};                           ///< see upstream_hash()
  std::shared_ptr<const NamedTensors> learnt{};     ///< null: not fitted yet
};

/// One per-record node, ready to run unless it is `fitted` and nothing has been learnt yet: its op then only says so.
struct PlanStep {
  std::string node{};
  std::string type{};
  std::uint32_t stream = 0;  ///< keys the node's random numbers: follows from its key
  bool random = false;
  std::shared_ptr<const SampleOp> op{};
  std::vector<std::optional<SlotIndex>> inputs{};  ///< none: an unconnected optional port
  std::vector<SlotIndex> outputs{};
  /// The step that alone reads this one's output, where this one can make use of knowing (SampleOp::partial).
  std::optional<std::size_t> next{};
  /// This step keeps what it is given: from the second epoch on nothing upstream of it need run (engine/cache_route.h).
  std::optional<CacheSettings> cache{};
  std::shared_ptr<const FittedStep> fitted{};  ///< null: the node is not fitted
};

/// One tensor of a batch: `slot` of every record, stacked.
struct BatchField {
  std::string name{};  ///< port of the batch node: image, label, caption
  SlotIndex slot = 0;
  TensorDesc record{};  ///< static shape of one record's value, or ragged
  TensorDesc batch{};   ///< the same with N first
  /// 0: all records have one size. Else their first dimension differs up to this; BatchBuffer::lengths has it.
  std::int64_t capacity = 0;
  /// Of a row, as it lies in the batch's buffer: for the longest record that there can be.
  /// 0 while nobody knows: see Plan::relower.
  [[nodiscard]] std::size_t record_bytes() const {
    return record.bounded_shape() ? static_cast<std::size_t>(record.elements()) * size_of(record.dtype) : 0;
  }
};

/// Which records a pipeline draws and in which order: a window [first, first + count) of a split permutation, shuffled
/// anew each epoch if asked. A window that leaves the end goes on from the beginning. Needs no memory whatever the
/// size, or a bit a record where labels or columns decide which are `chosen`: then it is a window of these.
struct SamplerPlan {
  std::uint64_t source_size = 0;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  bool split = false;    ///< take the window of a seeded permutation of the source, not of the source itself
  bool shuffle = false;  ///< a new order each epoch
  std::uint64_t seed = 0;
  std::shared_ptr<const RecordSelection> chosen{};  ///< null: all records of the source (plan/record_split.h)
  /// Draws class by class, `count` times an epoch; null: each record comes once (plan/balanced_draw.h).
  std::shared_ptr<const BalancedDraw> balanced{};

  /// Source index of the `position`-th record (below count) of an epoch.
  [[nodiscard]] std::uint64_t record(std::uint32_t epoch, std::uint64_t position) const;
  /// Those from there on, one behind the other.
  void records(std::uint32_t epoch, std::uint64_t position, std::span<std::uint64_t> into) const;
  /// What keys the random numbers of the record that stands there: the record, unless it comes again in that epoch.
  [[nodiscard]] std::uint64_t key(std::uint32_t epoch, std::uint64_t position, std::uint64_t record) const;
  /// The same records, each once and in an order that is the same in each epoch.
  [[nodiscard]] SamplerPlan each_once() const;
};

/// The data side of one pipeline: a source, per-record nodes in an order in which every input comes first, a batch.
/// Later steps widen it: several sources, fitted nodes, caches between steps.
struct DataPlan {
  std::string source_node{};
  std::string source_type{};
  std::shared_ptr<const Source> source{};
  std::vector<std::optional<SlotIndex>> source_outputs{};  ///< none: nobody wants this port
  std::vector<bool> read_columns{};  ///< of the source's row, one a column; empty: all (plan/used_columns.h)
  SamplerPlan sampler{};
  std::vector<PlanStep> steps{};
  std::size_t slots = 0;
  std::string batch_node{};
  BatchSettings batch{};
  std::vector<BatchField> fields{};
  bool training = true;  ///< random nodes draw; false: they take their fixed form
  std::uint64_t seed = 0;
  std::vector<std::uint64_t> class_counts{};  ///< records of each class of the source in the window; empty: not known
  std::string upstream{};  ///< of the batch node and all in front of it: see upstream_hash(); empty: not known

  [[nodiscard]] std::uint64_t batches_per_epoch() const;
};

/// One node of the model, to be built by the trainer.
struct LayerPlan {
  std::string node{};
  std::string type{};
  std::string key{};         ///< its identity: names its tensors in a TrainingState
  std::uint32_t stream = 0;  ///< keys its starting weights and what it draws in training: follows from its key
  const NodeSpec* spec = nullptr;
  ParamMap params{};  ///< complete
  std::vector<TensorDesc> inputs{};
  TensorDesc output{};
  /// Where each input comes from: a field of the batch (field >= 0) or an earlier layer (layer >= 0); both -1 if
  /// unconnected.
  struct Input {
    int field = -1;
    int layer = -1;
  };
  std::vector<Input> from{};
  std::size_t stage = 0;  ///< in which it runs (StagingSettings::stages)
};

/// A network that is trained by gradient descent.
struct ModelPlan {
  /// Every input comes first, and so do earlier stages; losses that are added up are among them.
  std::vector<LayerPlan> layers{};
  LayerPlan loss{};  ///< what the trainer minimises
  const NodeSpec* optimizer = nullptr;
  ParamMap optimizer_params{};
  std::string optimizer_node{};
  std::vector<std::string> class_names{};  ///< of the first loss that compares classes or labels
  std::vector<std::string> metrics{};      ///< MeasuringSettings::metrics
  std::vector<double> class_weights{};     ///< of its losses with the parameter `balanced`; empty: there are none
  FreezingSettings freezing{};
  StagingSettings staging{};
  MemorySettings memory{};
  std::size_t stages = 1;  ///< parts that work at the same time; the loss belongs to the last
};

/// What a layer takes and gives must have a size, or a most, in each dimension but the first. Error: it has none (node,
/// remedy).
Status check_known(const TensorDesc& desc, const std::string& node);

/// An estimator, to be made by the run. It reads the batch as it is.
struct EstimatorPlan {
  std::string node{};
  std::string key{};  ///< of the node: names what it has learnt in a TrainingState
  std::string type{};
  std::uint32_t stream = 0;  ///< keys what it draws: follows from its key
  const NodeSpec* spec = nullptr;
  ParamMap params{};                                 ///< complete
  std::vector<std::optional<std::size_t>> fields{};  ///< of the batch, one an input port; none: unconnected
  std::size_t target = 0;                            ///< the input that is to be predicted
  std::int64_t classes = 0;                          ///< of the target; 0: it is a number
  std::vector<std::string> class_names{};
  std::optional<std::uint32_t> passes{};  ///< that one fit takes; none: as many as there are epochs
};

/// What learns from the batches. A run cares only when it makes the learner (training/learner.h).
using LearnerPlan = std::variant<ModelPlan, EstimatorPlan>;

/// An immutable, checked lowering of a Document: sources opened, every shape known, nodes in running order, the model
/// ready to be built. A run holds a Plan, so the Document may be edited meanwhile.
/// Where nodes must learn first, it may be so only once they have: see `relower`.
struct Plan {
  DataPlan train{};
  std::optional<DataPlan> validation{};
  LearnerPlan learner{};
  std::string trainer_node{};
  TrainerSettings trainer{};
  std::string document{};  ///< the graph's JSON, for the run record
  /// Set while shapes hang on what fitted nodes have not learnt yet, such as the size of a vocabulary: such a plan has
  /// fields, layers and steps of unknown size, and cannot run. It is lowered anew by this, with the sources that are
  /// open, as far as these states tell. fit_plan() does so. Errors: those of make_plan(), which come to light only
  /// then.
  std::function<Result<std::shared_ptr<const Plan>>(const LearntStates& learnt)> relower{};

  /// The network, or null where an estimator learns.
  [[nodiscard]] const ModelPlan* network() const { return std::get_if<ModelPlan>(&learner); }
  /// The estimator, or null where a network learns.
  [[nodiscard]] const EstimatorPlan* estimator() const { return std::get_if<EstimatorPlan>(&learner); }
  /// Of the target, whatever learns; none where the data name none.
  [[nodiscard]] const std::vector<std::string>& class_names() const;
  /// What the settings ask for; the run resolves the rest.
  [[nodiscard]] Execution asked_for() const;
};

struct PlanOptions {
  SourceContext sources{};  ///< cache folder, progress, stop
  /// Gives what stands in place of a source of the graph, which is not opened then: for records that no graph names.
  /// Unset: every source is opened.
  std::function<Result<std::shared_ptr<const Source>>(const NodeSpec& spec, const ParamMap& params)> open{};
  /// Of losses with the parameter `balanced`, a weight a class, in place of those that follow from the data: what a
  /// model was trained with. Empty: they are counted.
  std::vector<double> class_weights{};
};

/// Opens the sources and lowers the graph. May take long (unpacking, generating): call it off the GUI thread.
/// Errors: every problem of analyse() that forbids a run (the first is returned, all are in `problems` when given),
/// sources that cannot be opened (missing, empty, malformed: node, parameter, file, remedy), records of unknown size at
/// a batch, a validation batch whose tensors differ from the training batch's.
[[nodiscard]] Result<std::shared_ptr<const Plan>> make_plan(const Document& document, const PlanOptions& options,
                                                            std::vector<Problem>* problems = nullptr,
                                                            const Registry& registry = Registry::instance());

/// Where Feedline caches generated and unpacked data: $FEEDLINE_CACHE, else $XDG_CACHE_HOME/feedline, else
/// ~/.cache/feedline, else a folder of this user's in the temporary folder.
[[nodiscard]] std::filesystem::path default_cache_folder();

/// Of so many records, those that a validation split sets aside; `share` is validation_split, 0 to 1.
[[nodiscard]] std::uint64_t held_out_count(std::uint64_t records, double share);

}  // namespace feedline::inline plan
