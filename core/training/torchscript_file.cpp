// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/torchscript_file.h"

#include "base/plain_text.h"
#include "base/torch.h"
#include "training/collect_state.h"
#include "training/model.h"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <memory>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <unordered_map>
#include <utility>

namespace feedline::inline training {
namespace {

torch::jit::Module script_of(const std::string& archive) {
  std::istringstream bytes(archive);
  return torch::jit::load(bytes, c10::Device(at::kCPU));
}

torch::jit::Module script_module(const ScriptedModule& from) {
  if (!from.archive.empty()) return script_of(from.archive);
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

/// Parameters that share their memory, each told by the first of them.
std::map<std::string, std::string, std::less<>> tied_parameters(const torch::jit::Module& module) {
  std::map<const void*, std::string> known;
  std::map<std::string, std::string, std::less<>> ties;
  for (const auto& item : module.named_parameters()) {
    if (!item.value.defined() || item.value.numel() == 0) continue;
    const auto [first, fresh] = known.try_emplace(item.value.storage().data(), item.name);
    if (!fresh) ties.emplace(item.name, first->second);
  }
  return ties;
}

}  // namespace

Result<TrainedProgram> trained_program(const LayerPlan& layer, const NamedTensors& weights, std::string_view prefix) {
  std::vector<const TensorDesc*> inputs;
  for (const TensorDesc& in : layer.inputs) inputs.push_back(&in);
  try {
    const std::unique_ptr<Layer> made = layer.spec->layer(layer.params, inputs, layer.output);
    const std::shared_ptr<torch::nn::Module> module = made->module();
    TrainedProgram program;
    const at::NoGradGuard no_gradients;
    const auto put = [&](const std::string& name, const at::Tensor& tensor) {
      program.start.emplace(name, kept_value(tensor));
      const auto learnt = weights.find(std::string(prefix) + name);
      if (learnt == weights.end()) throw std::runtime_error("its file has become another one: " + name + " is new");
      const at::Tensor value = tensor_of(learnt->second);
      if (value.sizes() != tensor.sizes() || value.scalar_type() != tensor.scalar_type())
        throw std::runtime_error("its file has become another one: " + name + " is of another shape");
      tensor.copy_(value);
    };
    if (module != nullptr) {
      for (const auto& item : module->named_parameters()) put(item.key(), item.value());
      for (const auto& item : module->named_buffers()) put(item.key(), item.value());
    }
    program.archive = made->program();
    program.ties = tied_parameters(script_of(program.archive));
    return program;
  } catch (const std::runtime_error& fault) {
    return fail(Error{.reason = fault.what(),
                      .remedy = "Put back the file with which the run was made",
                      .node = layer.node,
                      .parameter = "file"});
  } catch (const std::exception& fault) {
    return fail(library_error(fault, layer.node));
  }
}

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
