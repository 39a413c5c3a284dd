// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A trained model as it is written in other formats: its layers, and what prepares its data, with names that Python
// takes. Everything in it follows from the checkpoint; the data themselves are not opened.

#include "exporting/writers.h"
#include "graph/document.h"
#include "plan/plan.h"
#include "schema/named_tensors.h"
#include "state/training_state.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline exporting {

/// What leads from a record of the source to the fields of a batch.
struct ExportedData {
  std::string source_node{};
  std::string source_type{};
  ParamMap source_params{};              ///< complete
  std::vector<PortSpec> ports{};         ///< of the source
  std::vector<TensorDesc> records{};     ///< what leaves them
  std::vector<std::string> variables{};  ///< one a port; empty: nothing reads it
  std::vector<StepToWrite> steps{};      ///< in running order
  struct Field {
    std::string name{};      ///< of the batch
    std::string variable{};  ///< what holds it
    TensorDesc record{};
    bool ragged = false;  ///< its first dimension differs from record to record
  };
  std::vector<Field> fields{};
  std::shared_ptr<const void> kept{};  ///< what the steps point to
};

struct ExportedModel {
  Document drawn{};
  Document flat{};
  std::shared_ptr<const Plan> plan{};
  std::string title{};
  std::vector<std::string> class_names{};
  TrainingPosition position{};
  TrainerSettings trainer{};  ///< as they were drawn: the plan is of any records, none of which are set aside
  BatchSettings batch{};      ///< likewise: the plan leaves no record over
  std::vector<std::string> layer_names{};  ///< of Python, one a layer of the network, or that of the estimator
  std::vector<std::string> field_names{};  ///< the same of the fields of a batch
  std::vector<std::size_t> inputs{};       ///< fields that layers or the estimator predict from, in order
  std::vector<std::size_t> outputs{};      ///< layers whose values losses compare, in order: what the model gives
  NamedTensors weights{};                  ///< parameters and buffers: "conv1.weight"
  ExportedData train{};
  std::optional<ExportedData> validation{};  ///< none: validation records go the way of training

  /// Of a model that has one: estimator() is null.
  [[nodiscard]] const ModelPlan& network() const { return *plan->network(); }
  /// Null: a network learnt.
  [[nodiscard]] const EstimatorPlan* estimator() const { return plan->estimator(); }
  /// The data of records that are not trained on.
  [[nodiscard]] const ExportedData& evaluated() const { return validation ? *validation : train; }
  /// Expressions for the inputs of a layer or loss, by `field` (from the index of one) and `layer_names`.
  template <class FieldText>
  [[nodiscard]] std::vector<std::string> expressions(const LayerPlan& layer, const FieldText& field) const {
    std::vector<std::string> all;
    for (const LayerPlan::Input& from : layer.from)
      all.push_back(from.layer >= 0   ? layer_names[static_cast<std::size_t>(from.layer)]
                    : from.field >= 0 ? field(static_cast<std::size_t>(from.field))
                                      : std::string());
    return all;
  }
};

/// Errors: a state that is no checkpoint or does not fit its graph.
[[nodiscard]] Result<ExportedModel> exported_model(const TrainingState& state);
/// Error: the model is an estimator, which this format cannot hold.
[[nodiscard]] Status check_network(const ExportedModel& model, std::string_view format);

}  // namespace feedline::inline exporting
