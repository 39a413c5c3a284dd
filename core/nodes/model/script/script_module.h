// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/random_layer.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "base/error.h"

#include <torch/csrc/jit/api/module.h>

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace feedline::inline nodes {

/// A module of TorchScript that has been loaded for one model, and whose tensors are those of a module of LibTorch's
/// C++ side, by the same names: optimisers, freezing, checkpoints and replicas know no difference.
///
/// It runs operator by operator, as PyTorch does without its graph optimiser: that one first watches and then rewrites
/// the program while it runs, so that a run which goes on would not come to the same bytes as one that was never
/// stopped. Not for two threads at a time.
class ScriptModule {
 public:
  /// Told of what heavy operators give, and of an undefined tensor in each round of a loop; it may throw.
  using Between = std::function<void(const at::Tensor&)>;

  /// Loads a file, or what comes with Feedline ("example:small"), onto the CPU. Errors name the file and the parameter
  /// `file`: those of check_script_archive(), what LibTorch says of the program, no forward(), an argument of it that
  /// is no tensor, operators that are refused, tensors that are not dense or larger than the file, parameters of
  /// another type than float32.
  [[nodiscard]] static Result<ScriptModule> load(const std::string& file);

  /// One value an input of forward(). Throws std::runtime_error in the module's own words, or what `between` threw.
  [[nodiscard]] c10::IValue run(std::span<const at::Tensor> in, const Between& between);

  /// The program as its file has it, in evaluation, with the present numbers of tensors(): what torch::jit::load()
  /// reads. Throws std::runtime_error where the file is gone or has become another one.
  [[nodiscard]] std::string archive() const;

  /// The tensors; train() reaches the program.
  [[nodiscard]] const std::shared_ptr<torch::nn::Module>& tensors() const { return tensors_; }
  /// Names of the tensors that forward() takes, and how many of them it needs at least.
  [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }
  [[nodiscard]] std::size_t least_arguments() const { return least_arguments_; }
  /// Does it draw random numbers (dropout, torch.rand)?
  [[nodiscard]] bool draws() const { return draws_; }

 private:
  explicit ScriptModule(torch::jit::Module module) : module_(std::move(module)) {}
  Status read_signature();
  Status prepare_programs();
  Status take_tensors(std::uint64_t most_bytes);
  Status check_tensor(const std::string& name, const at::Tensor& tensor, bool learns, std::uint64_t most_bytes);

  torch::jit::Module module_;
  std::string file_{};
  std::shared_ptr<torch::nn::Module> tensors_{};
  std::vector<std::string> arguments_{};
  std::size_t least_arguments_ = 0;
  bool draws_ = false;
  std::uint64_t bytes_ = 0;  ///< of all tensors
};

/// Why a program failed: the last line of what LibTorch's interpreter or compiler says, without the traceback.
[[nodiscard]] std::string script_words(const std::exception& fault);

/// The archive of "example:small": two convolutions with batch norms and the mean of each channel, N×3×H×W to N×32.
/// Made anew in each process, to the same bytes of weights.
[[nodiscard]] const std::string& example_script();
inline constexpr const char* kExampleScript = "example:small";

}  // namespace feedline::inline nodes

#endif
