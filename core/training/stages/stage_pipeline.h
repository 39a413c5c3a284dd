// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "plan/stage_schedule.h"
#include "telemetry/model_stage.h"
#include "telemetry/trace.h"
#include "training/model.h"
#include "training/stages/stage_mail.h"
#include "training/trainer_meter.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

namespace feedline::inline training {

/// A network that is cut into stages (LayerPlan::stage), each of which has a thread. A batch goes through in
/// micro-batches, so that the stages work at the same time; what one gives is a leaf of the next one's graph, and its
/// gradient goes back the same way. Gradients are weighted by rows and added up in the order of the micro-batches: they
/// are those of the whole batch, to rounding, and the same bytes for every schedule and timing.
///
/// As with PyTorch's pipelines, layers see one micro-batch at a time: batch norm normalises over it.
///
/// Stages may have devices of their own (Model::is_placed()): what passes between two of them is copied, and the thread
/// of a stage waits for its device behind each piece of work, so that the times are those of the device.
class StagePipeline {
 public:
  /// The model must outlive it. Writes a lane a stage into the timeline, where there is one.
  StagePipeline(Model& model, Trace* trace);

  [[nodiscard]] std::size_t stages() const { return stages_.size(); }

  /// A step begins, from the thread that will call finish(). `weight`: of the loss in the gradients; none: a forward
  /// pass alone, without gradients.
  void begin(const std::vector<at::Tensor>& fields, std::optional<double> weight);
  /// A stage's part of it; all stages at the same time, each on a thread of its own. The meter, if any, is told of
  /// phases. Throws StepCancelled, StepFailed.
  void work(std::size_t stage, const std::stop_token& stop, TrainerMeter* meter);
  /// What a micro-batch came to.
  struct Micro {
    Model::Outcome outcome{};
    std::int64_t rows = 0;
  };
  /// In their order, once all stages are done.
  [[nodiscard]] std::vector<Micro> finish();

  /// What training has taken so far. Between two steps.
  [[nodiscard]] std::vector<ModelStageSample> samples() const;

 private:
  /// The output of a layer that a later stage reads.
  struct Wire {
    std::size_t layer = 0;
    std::size_t from = 0;  ///< stage
    std::size_t to = 0;
    std::size_t out = 0;  ///< its place among what leaves `from`
    std::size_t in = 0;   ///< its place among what enters `to`
  };
  /// What a stage keeps of a micro-batch until its backward pass.
  struct Kept {
    std::vector<at::Tensor> entered{};  ///< leaves, by wire
    std::vector<at::Tensor> left{};     ///< by wire
    at::Tensor loss{};                  ///< of the last stage
  };
  struct Stage {
    std::vector<Wire> in{};
    std::vector<Wire> out{};
    StageMail forward{};                            ///< what earlier stages give
    StageMail backward{};                           ///< gradients of what this one gave
    std::vector<Kept> kept{};                       ///< by micro-batch
    std::vector<std::vector<Compared>> compared{};  ///< the same
    /// By micro-batch, of the fields that its layers read, where it has a device of its own; else empty.
    std::vector<std::vector<at::Tensor>> fields{};
    ModelStageSample spent{};  ///< without layers
    Nanos busy = 0;            ///< in this step
    TraceLane* lane = nullptr;
  };

  void add_wires();
  void note_fields();
  void place_fields(const std::vector<at::Tensor>& fields);
  void forward(std::size_t stage, std::size_t micro, const std::stop_token& stop);
  void backward(std::size_t stage, std::size_t micro, const std::stop_token& stop);
  void count(Stage& stage, bool backward, Nanos started);

  Model& model_;
  std::vector<Stage> stages_;
  std::vector<std::vector<bool>> reads_{};         ///< by stage and field, where stages have devices of their own
  std::vector<Model::LayerMeter> layers_{};        ///< each written by its stage's thread
  std::vector<std::vector<at::Tensor>> fields_{};  ///< by micro-batch
  std::vector<std::int64_t> rows_{};
  std::vector<at::Tensor> losses_{};
  std::int64_t all_rows_ = 0;
  Nanos begun_ = 0;
  std::optional<double> weight_{};
  std::uint16_t forward_label_ = 0;
  std::uint16_t backward_label_ = 0;
};

}  // namespace feedline::inline training
