// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/torchscript_file.h"

#include "base/plain_text.h"
#include "base/torch.h"
#include "training/collect_state.h"
#include "training/model.h"

#include <torch/csrc/jit/api/module.h>

#include <system_error>
#include <unistd.h>
#include <unordered_map>

namespace feedline::inline training {
namespace {

torch::jit::Module script_module(const ScriptedModule& from) {
  torch::jit::Module module(from.name);
  module.register_attribute("training", c10::BoolType::get(), false);
  for (const ScriptedModule::Tensor& tensor : from.tensors) {
    if (tensor.learns)
      module.register_parameter(tensor.name, tensor_of(*tensor.value).requires_grad_(true), /*is_buffer=*/false);
    else
      module.register_buffer(tensor.name, tensor_of(*tensor.value));
  }
  for (const ScriptedModule& child : from.children) module.register_module(child.name, script_module(child));
  for (const std::string& function : from.functions) module.define(function);
  return module;
}

}  // namespace

Status save_torchscript(const ScriptedModule& module, const std::map<std::string, std::string>& extra,
                        const std::filesystem::path& path) {
  const std::filesystem::path part =
      path.parent_path() / ("." + path.filename().string() + "." + std::to_string(::getpid()) + ".part");
  std::error_code error;
  try {
    const torch::jit::Module made = script_module(module);
    made.save(part.string(), torch::jit::ExtraFilesMap(extra.begin(), extra.end()));
    std::filesystem::rename(part, path, error);
  } catch (const std::exception& fault) {
    std::error_code ignored;
    const bool begun = std::filesystem::exists(part, ignored);
    std::filesystem::remove(part, ignored);
    Error refused = library_error(fault, "");
    refused.file = escape_name(path.string());
    if (!begun && refused.remedy.empty())
      refused.remedy = "Choose a place that may be written, or export with --pytorch";
    return fail(std::move(refused));
  }
  if (!error) return {};
  std::error_code ignored;
  std::filesystem::remove(part, ignored);
  return fail(Error{.reason = "it cannot be written: " + error.message(),
                    .remedy = "Choose a place that may be written and has room",
                    .file = escape_name(path.string())});
}

}  // namespace feedline::inline training
