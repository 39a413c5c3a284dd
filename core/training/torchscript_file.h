// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Files of TorchScript, made of its source text. Free of LibTorch.

#include "base/error.h"
#include "plan/plan.h"
#include "schema/named_tensors.h"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline training {

/// A module that is to be: functions in TorchScript's Python, tensors and modules as attributes of `self`. It has
/// `self.training`, which is False. Or one that there is already, by its archive.
struct ScriptedModule {
  struct Tensor {
    std::string name{};                  ///< an attribute
    const TensorValue* value = nullptr;  ///< never null
    bool learns = true;                  ///< a parameter, else a buffer
  };
  std::string name{};                    ///< of the attribute in its parent
  std::vector<std::string> functions{};  ///< "def forward(self, x): ...", each before those that call it
  std::vector<Tensor> tensors{};
  std::vector<ScriptedModule> children{};
  std::string archive{};  ///< what torch.jit.save() writes; all of the above but the name is then empty
};

/// The program of a layer that is one (Layer::program()), as it goes out.
struct TrainedProgram {
  std::string archive{};  ///< with the numbers that it was given
  NamedTensors start{};   ///< what a run begins with: the tensors of its file, by the layer's own names
  /// Parameters that are one: the names that are not among `start`, and the one that is.
  std::map<std::string, std::string, std::less<>> ties{};
};

/// `weights` has the layer's tensors, their names behind `prefix`.
/// Errors (node, file): its file is gone, or has become another one since the run; LibTorch's own words.
[[nodiscard]] Result<TrainedProgram> trained_program(const LayerPlan& layer, const NamedTensors& weights,
                                                     std::string_view prefix);

/// Compiles the functions and writes one file, beside its place and renamed. `extra`: other files in it, by name.
/// Errors: LibTorch refuses the text (its own words); it cannot be written (file, remedy).
Status save_torchscript(const ScriptedModule& module, const std::map<std::string, std::string>& extra,
                        const std::filesystem::path& path);

}  // namespace feedline::inline training
