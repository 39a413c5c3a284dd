// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Files of TorchScript, made of its source text. Free of LibTorch.

#include "base/error.h"
#include "schema/named_tensors.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace feedline::inline training {

/// A module that is to be: functions in TorchScript's Python, tensors and modules as attributes of `self`. It has
/// `self.training`, which is False.
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
};

/// Compiles the functions and writes one file, beside its place and renamed. `extra`: other files in it, by name.
/// Errors: LibTorch refuses the text (its own words); it cannot be written (file, remedy).
Status save_torchscript(const ScriptedModule& module, const std::map<std::string, std::string>& extra,
                        const std::filesystem::path& path);

}  // namespace feedline::inline training
