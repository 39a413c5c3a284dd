// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/default_generator.h"
#include "base/user_path.h"
#include "nodes/model/layer_shape.h"
#include "nodes/model/script/script_module.h"
#include "nodes/model/script/script_shapes.h"
#include "schema/input_names.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kMostScriptInputs = 8;
constexpr std::string_view kScriptOutput = "y";

#ifndef FEEDLINE_DESCRIBED_ONLY

class ScriptLayer final : public RandomLayer {
 public:
  explicit ScriptLayer(ScriptModule module) : module_(std::move(module)) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    const c10::IValue out = module_.draws() ? drawn(in) : module_.run(in, between_);
    if (!out.isTensor()) throw std::runtime_error("its forward() gives a " + out.tagKind() + " and no tensor");
    return out.toTensor();
  }
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return module_.tensors(); }
  [[nodiscard]] std::vector<std::byte> random_state() const override {
    return module_.draws() ? RandomLayer::random_state() : std::vector<std::byte>{};
  }
  void set_between(std::function<void(const at::Tensor&)> between) override { between_ = std::move(between); }
  [[nodiscard]] std::string program() const override { return module_.archive(); }

 private:
  /// The program draws from the generator of the whole process, and cannot be given another one: for the length of a
  /// pass that one continues the layer's own, so that replicas draw the same whoever comes first.
  c10::IValue drawn(std::span<const at::Tensor> in) {
    const std::lock_guard one_at_a_time(default_generator_lock());
    at::Generator own = generator(in[0].device());
    at::Generator shared = at::globalContext().defaultGenerator(in[0].device());
    const at::Tensor before = shared.get_state();
    shared.set_state(own.get_state());
    const auto give_back = [&] {
      own.set_state(shared.get_state());
      shared.set_state(before);
    };
    try {
      c10::IValue out = module_.run(in, between_);
      give_back();
      return out;
    } catch (...) {
      give_back();
      throw;
    }
  }

  ScriptModule module_;
  std::function<void(const at::Tensor&)> between_{};
};

#endif

struct TorchScript {
  struct Params {
    std::string file{};
    std::vector<std::string> inputs = {"x"};
  };

  static constexpr bool kAsksFile = true;

  static NodeSpec spec() {
    return node<TorchScript>("torchscript", 1, "TorchScript", "Your own PyTorch module, from a file, as a layer.")
        .help(
            "Write the module in Python, save it by torch.jit.script(model).save(\"model.pt\") or torch.jit.trace(), "
            "and "
            "it learns here like any other layer: its parameters take part in the optimiser, freezing, checkpoints "
            "and replicas, under the names that they have in Python. It may be a whole network, a backbone in front "
            "of a linear layer, or a block. Feedline asks the module for the shape of its output, with two records of "
            "zeros. All numbers must be float32, and forward() must give one tensor with a row a record. Operators "
            "that do not come with LibTorch, and those that touch files, are refused by name, and no Python is run. "
            "A module that draws random numbers is run by one replica at a time.")
        .list("inputs", &Params::inputs,
              {.least = 1,
               .most = kMostScriptInputs,
               .longest = 64,
               .unique = true,
               .item_text = "input",
               .form = "a name of letters, digits and _",
               .check_item = [](std::string_view text) { return check_input_name(text, kScriptOutput); }},
              "The tensors that forward() takes, in its order: an input of the node for each.")
        .file("file", &Params::file,
              "A file that torch.jit.save() has written (.pt), or example:small, two convolutions that come with "
              "Feedline: pictures of three channels to 32 features.")
        .example({{"file", std::string("example:small")}});
  }

  static NodePorts ports(const Params& params) {
    NodePorts ports;
    for (const std::string& name : input_names(params.inputs, kScriptOutput))
      ports.inputs.push_back(
          {.name = name, .kind = Kind::Tensor, .doc = "An argument of forward(), with a row a record."});
    ports.outputs.push_back({.name = std::string(kScriptOutput),
                             .kind = Kind::Tensor,
                             .doc = "What forward() gives, with a row a record."});
    return ports;
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs in) {
    const std::vector<std::string> names = input_names(params.inputs, kScriptOutput);
    std::vector<TensorDesc> given;
    bool known = !names.empty();
    for (std::size_t i = 0; i < names.size(); ++i) {
      auto desc = input_desc(in, i, names[i]);
      if (!desc) return fail(std::move(desc.error()));
      known = known && !desc->shape.empty() &&
              std::all_of(desc->shape.begin() + 1, desc->shape.end(), [](const Dim& dim) { return dim.bounded(); });
      given.push_back(std::move(*desc));
    }
    if (params.file.empty()) return fail("no file is chosen", "Choose a file of TorchScript, or example:small");
    if (!known) return std::vector<TensorDesc>{TensorDesc{.kind = Kind::Tensor}};
    const auto facts = script_facts(user_path(params.file), names, given);
    if (!facts) return std::vector<TensorDesc>{TensorDesc{.kind = Kind::Tensor}};
    if (!*facts) return fail(Error(facts->error()));
    return std::vector<TensorDesc>{(*facts)->out};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    auto module = ScriptModule::load(user_path(params.file));
    if (!module) throw std::runtime_error(module.error().line());
    return std::make_unique<ScriptLayer>(std::move(*module));
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    std::vector<TensorDesc> given;
    for (const TensorDesc* desc : in)
      if (desc != nullptr) given.push_back(*desc);
    const auto facts = script_facts(user_path(params.file), input_names(params.inputs, kScriptOutput), given);
    if (!facts || !*facts) return {};
    return {.parameters = (*facts)->parameters, .buffers = (*facts)->buffers};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(TorchScript)
