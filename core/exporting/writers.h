// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/exporting: how each type of node is written in PyTorch, TorchScript and ONNX. A group of types has a
// file in layers/ or steps/, which CMake finds as it finds nodes; a type that cannot be written says why.

#include "base/error.h"
#include "plan/plan.h"
#include "schema/named_tensors.h"
#include "schema/node_spec.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline exporting {

class OnnxGraph;

/// Is the layer a program of TorchScript, which goes out as it is?
[[nodiscard]] inline bool is_program(const LayerPlan& layer) { return layer.type == "torchscript"; }
/// Its file beside model.py, by its name there; none is called as what train.py saves.
[[nodiscard]] inline std::string program_file(std::string_view name) { return std::string(name) + ".script.pt"; }

/// A layer or a loss that is to be written.
struct LayerToWrite {
  const LayerPlan& plan;
  std::string self{};                     ///< "self.conv1": the module, where it has one
  std::vector<std::string> in{};          ///< expressions, one an input port; empty: not wired
  const NamedTensors* weights = nullptr;  ///< of the model, by "conv1.weight"; null: only what Python runs is written
};

/// A layer in Python. TorchScript's `forward` takes the same inputs under the names of ports, and has the layer's
/// tensors as attributes whose dots are underscores ("self.out_proj_weight").
struct WrittenLayer {
  std::string module{};                   ///< "nn.Linear(64, 10)"; empty: it keeps nothing
  std::string call{};                     ///< of forward(); empty: the module, called with all inputs
  std::vector<std::string> helpers{};     ///< names of definitions that it uses: Writers::helper()
  std::string script{};                   ///< body of TorchScript's forward(), a statement a line
  std::vector<std::string> pre_script{};  ///< other TorchScript functions of its module
};

/// A per-record node that is to be written.
struct StepToWrite {
  const NodeSpec& spec;  ///< with the node's own ports
  ParamMap params{};     ///< complete
  std::vector<const TensorDesc*> inputs{};
  std::vector<TensorDesc> outputs{};
  const NamedTensors* learnt = nullptr;  ///< null: it learns nothing
  std::string name{};                    ///< of the node, as a name of Python
  std::string node{};                    ///< as it is drawn
  std::vector<std::string> in{};         ///< variables
  std::vector<std::string> out{};
};

/// A per-record node in Python: `OUT = call`.
struct WrittenStep {
  std::string call{};
  /// Of a node that draws: what it does to training records; `call` is then its fixed form.
  std::string training{};
  std::vector<std::string> helpers{};
  /// What it has learnt or was told, too long for a line: a JSON value, which the call reads as FITTED["name"].
  std::string fitted{};
  std::map<std::string, std::string> files{};  ///< what lies beside data.py for it: names and contents
};

/// An estimator that is to be written.
struct EstimatorToWrite {
  const EstimatorPlan& plan;
  [[nodiscard]] std::int64_t outputs() const { return plan.classes > 0 ? plan.classes : 1; }
};

/// An estimator in Python: a module whose buffers are called as its tensors in a checkpoint, and a way to fit it anew.
struct WrittenEstimator {
  std::string module{};                ///< "LogisticRegression(3)"
  std::vector<std::string> helpers{};  ///< as those of a layer
  std::vector<std::string> tensors{};  ///< those that the module keeps
  std::string fit{};                   ///< body of fit(features, targets), which gives these tensors by name
};

/// An optimiser: "torch.optim.Adam(groups, lr=..., betas=(0.9, 0.999))", of the variable `groups`.
struct WrittenOptimizer {
  std::string make{};
  std::vector<std::string> helpers{};
};

using WriteLayer = Result<WrittenLayer> (*)(const LayerToWrite& layer);
using WriteStep = Result<WrittenStep> (*)(const StepToWrite& step);
using WriteEstimator = Result<WrittenEstimator> (*)(const EstimatorToWrite& estimator);
using WriteOptimizer = WrittenOptimizer (*)(const ParamMap& params);
/// `layer.in` are names of values, `layer.self` that of the layer; returns the name of what it gives.
using WriteOnnx = std::string (*)(const LayerToWrite& layer, OnnxGraph& graph);

/// Filled once from a generated list of the files in layers/ and steps/.
class Writers {
 public:
  [[nodiscard]] static const Writers& instance();

  void layer(std::string_view type, WriteLayer write) { layers_.emplace(type, write); }
  void onnx(std::string_view type, WriteOnnx write) { onnx_.emplace(type, write); }
  void step(std::string_view type, WriteStep write) { steps_.emplace(type, write); }
  void estimator(std::string_view type, WriteEstimator write) { estimators_.emplace(type, write); }
  void optimizer(std::string_view type, WriteOptimizer write) { optimizers_.emplace(type, write); }
  /// Nodes of this type are not written, for this reason.
  void leave_out(std::string_view type, std::string_view reason) { reasons_.emplace(type, reason); }
  /// A definition in Python that stands once in a file where something uses it.
  void helper(std::string_view name, std::string_view text) { helpers_.emplace(name, text); }

  // Errors: nodes of the type cannot be written, with the reason. They name no node.
  [[nodiscard]] Result<WriteLayer> find_layer(std::string_view type) const;
  [[nodiscard]] Result<WriteOnnx> find_onnx(std::string_view type) const;
  [[nodiscard]] Result<WriteStep> find_step(std::string_view type) const;
  [[nodiscard]] Result<WriteEstimator> find_estimator(std::string_view type) const;
  [[nodiscard]] Result<WriteOptimizer> find_optimizer(std::string_view type) const;
  /// The text of a definition. Empty: there is none such.
  [[nodiscard]] std::string_view find_helper(std::string_view name) const;
  /// Functions and classes that the definitions define.
  [[nodiscard]] std::set<std::string, std::less<>> defined_names() const;
  /// Is there a writer for the type, or a reason why not?
  [[nodiscard]] bool knows(std::string_view type) const;
  /// Why nodes of this type are not written; empty: they are, or nobody has said.
  [[nodiscard]] std::string_view reason(std::string_view type) const;

 private:
  template <class Write>
  using ByType = std::map<std::string, Write, std::less<>>;
  template <class Write>
  [[nodiscard]] Result<Write> find(const ByType<Write>& writers, std::string_view type, std::string_view as) const;

  ByType<WriteLayer> layers_{};
  ByType<WriteOnnx> onnx_{};
  ByType<WriteStep> steps_{};
  ByType<WriteEstimator> estimators_{};
  ByType<WriteOptimizer> optimizers_{};
  ByType<std::string> reasons_{};
  ByType<std::string> helpers_{};
};

/// Defined in the generated all_writers.cpp.
void register_all_writers(Writers& writers);

}  // namespace feedline::inline exporting

/// Ends a file of writers: `add` puts them into the table.
#define FEEDLINE_WRITER(add)                                     \
  namespace feedline::inline exporting {                         \
  void register_writer_##add(Writers& writers);                  \
  void register_writer_##add(Writers& writers) { add(writers); } \
  }
