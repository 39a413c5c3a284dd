// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/script/script_module.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "base/numbers.h"
#include "base/plain_text.h"
#include "nodes/model/backbone/tensor_tree.h"
#include "nodes/model/script/script_archive.h"

#include <fmt/format.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/custom_operator.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr const char* kPartOperator = "feedline::part";
constexpr const char* kRoundOperator = "feedline::round";

/// Behind which the trainer may stop: the operators that take time.
constexpr std::array<std::string_view, 15> kHeavyOperators = {
    "aten::conv", "aten::_convolution", "aten::linear",    "aten::matmul",     "aten::mm",
    "aten::bmm",  "aten::addmm",        "aten::einsum",    "aten::baddbmm",    "aten::lstm",
    "aten::gru",  "aten::rnn_",         "aten::embedding", "aten::batch_norm", "aten::scaled_dot_product_attention"};
constexpr std::array<std::string_view, 6> kDrawingOperators = {
    "aten::uniform_", "aten::normal_", "aten::random_", "aten::exponential_", "aten::bernoulli_", "aten::rrelu_"};

/// Of the pass that this thread is in.
struct ScriptPass {
  const ScriptModule::Between* between = nullptr;
  std::exception_ptr thrown{};
};
thread_local ScriptPass* script_pass = nullptr;

/// What `between` throws goes through the interpreter, which makes a text of it: so it is kept.
void tell_script_pass(const at::Tensor& part) {
  if (script_pass == nullptr || !*script_pass->between) return;
  try {
    (*script_pass->between)(part);
  } catch (...) {
    script_pass->thrown = std::current_exception();
    throw;
  }
}

/// Two operators without a result that programs are given before they run. They count as having effects, so that no
/// pass of the compiler leaves them out.
void register_script_operators() {
  using torch::jit::Operator;
  using torch::jit::Stack;
  static const torch::jit::RegisterOperators registered({
      Operator(
          std::string(kPartOperator) + "(Tensor part) -> ()",
          [](Stack& stack) { tell_script_pass(torch::jit::pop(stack).toTensor()); },
          c10::AliasAnalysisKind::CONSERVATIVE),
      Operator(
          std::string(kRoundOperator) + "() -> ()", [](Stack&) { tell_script_pass(at::Tensor()); },
          c10::AliasAnalysisKind::CONSERVATIVE),
  });
}

/// A constant that an operator is given by name; anything but 0 may draw.
bool drops_units(const torch::jit::Node& node, const char* argument) {
  const auto share = node.get(c10::Symbol::attr(argument));
  return !share || !share->isDouble() || share->toDouble() != 0;
}

bool draws_numbers(const torch::jit::Node& node, std::string_view name) {
  if (name == "aten::lstm" || name == "aten::gru" || name.starts_with("aten::rnn_"))
    return drops_units(node, "dropout");
  if (name == "aten::scaled_dot_product_attention") return drops_units(node, "dropout_p");
  return node.isNondeterministic() ||
         std::find(kDrawingOperators.begin(), kDrawingOperators.end(), name) != kDrawingOperators.end() ||
         (name.find("dropout") != std::string_view::npos && name != "aten::dropout");
}

/// Goes through a program before anything of it has run.
class ScriptProgram {
 public:
  explicit ScriptProgram(torch::jit::Graph& graph) : graph_(graph) {}

  Status prepare() {
    look(*graph_.block());
    if (!refused_.empty()) return fail(refused_, "Save a module that is made of PyTorch's own operators alone");
    for (torch::jit::Node* node : heavy_)
      graph_.create(c10::Symbol::fromQualString(kPartOperator), {node->outputs()[0]}, 0)->insertAfter(node);
    for (torch::jit::Node* loop : loops_)
      loop->blocks()[0]->prependNode(graph_.create(c10::Symbol::fromQualString(kRoundOperator), 0));
    return {};
  }
  [[nodiscard]] bool draws() const { return draws_; }

 private:
  void look(torch::jit::Block& block) {
    for (torch::jit::Node* node : block.nodes()) {
      const std::string_view name = node->kind().toQualString();
      if (const std::string_view why = refused_operator(name); !why.empty() && refused_.empty())
        refused_ = fmt::format("it uses the operator {}, which {}", name, why);
      draws_ = draws_ || (name.starts_with("aten::") && draws_numbers(*node, name));
      const bool heavy = std::any_of(kHeavyOperators.begin(), kHeavyOperators.end(),
                                     [&](std::string_view one) { return name.starts_with(one); });
      if (heavy && !node->outputs().empty() && node->outputs()[0]->type()->kind() == c10::TypeKind::TensorType)
        heavy_.push_back(node);
      if (name == "prim::Loop") loops_.push_back(node);
      for (torch::jit::Block* inner : node->blocks()) look(*inner);
    }
  }

  torch::jit::Graph& graph_;
  std::vector<torch::jit::Node*> heavy_{};
  std::vector<torch::jit::Node*> loops_{};
  std::string refused_{};
  bool draws_ = false;
};

/// The module's tensors by their names; training and evaluation are told to the program.
class ScriptTensors final : public TensorTree {
 public:
  explicit ScriptTensors(torch::jit::Module module) : module_(std::move(module)) {}
  void train(bool on = true) override {
    torch::nn::Module::train(on);
    module_.train(on);
  }

 private:
  torch::jit::Module module_;
};

/// Has the attribute of this path hold the same tensor as another one: torch.jit.save() keeps no ties.
void tie_tensor(torch::jit::Module module, std::string_view path, const at::Tensor& to) {
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    module = module.attr(std::string(path.substr(0, dot))).toModule();
    path.remove_prefix(dot + 1);
  }
  module.setattr(std::string(path), to);
}

bool same_numbers(const at::Tensor& a, const at::Tensor& b) {
  return a.storage_offset() == b.storage_offset() && a.sizes() == b.sizes() && a.strides() == b.strides();
}

bool kept_by_checkpoints(at::ScalarType type) {
  return type == at::kFloat || type == at::kLong || type == at::kInt || type == at::kByte || type == at::kBool;
}

torch::jit::Module loaded_script(const std::string& file) {
  if (file != kExampleScript) return torch::jit::load(file, c10::Device(at::kCPU));
  std::istringstream archive(example_script());
  return torch::jit::load(archive, c10::Device(at::kCPU));
}

constexpr const char* kFloatRemedy = "Save the module with its numbers as float32: model.float()";

}  // namespace

std::string script_words(const std::exception& fault) {
  const auto* torch_fault = dynamic_cast<const c10::Error*>(&fault);
  std::string_view text = torch_fault != nullptr ? torch_fault->what_without_backtrace() : fault.what();
  constexpr std::string_view kInterpreter = "RuntimeError: ";
  if (const std::size_t at = text.rfind(kInterpreter); at != std::string_view::npos) {
    text.remove_prefix(at + kInterpreter.size());
    text = text.substr(0, text.find('\n'));
  } else if (text.find("TorchScript interpreter") != std::string_view::npos) {  // it raised an exception of its own
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    if (const std::size_t line = text.rfind('\n'); line != std::string_view::npos) text.remove_prefix(line + 1);
  } else {
    text.remove_prefix(std::min(text.find_first_not_of("\n "), text.size()));
    text = text.substr(0, text.find('\n'));
  }
  return plain_line(text.substr(0, 300));
}

Result<ScriptModule> ScriptModule::load(const std::string& file) {
  const auto refused = [&](Error error) {
    return fail(std::move(error).at_parameter("file").in_file(escape_name(file)));
  };
  const bool example = file == kExampleScript;
  if (!example)
    if (Status sound = check_script_archive(file); !sound) return fail(std::move(sound.error()));
  register_script_operators();
  try {
    const std::uint64_t bytes =
        example ? std::numeric_limits<std::uint64_t>::max() : std::uint64_t{std::filesystem::file_size(file)};
    ScriptModule module(loaded_script(file));
    module.file_ = file;
    if (Status fine = module.read_signature(); !fine) return refused(std::move(fine.error()));
    if (Status fine = module.prepare_programs(); !fine) return refused(std::move(fine.error()));
    if (Status fine = module.take_tensors(bytes); !fine) return refused(std::move(fine.error()));
    return module;
  } catch (const std::exception& fault) {
    return refused(Error{.reason = "LibTorch cannot load it: " + script_words(fault),
                         .remedy = "Save it again with the PyTorch that Feedline was built with, or an older one"});
  }
}

Status ScriptModule::read_signature() {
  const auto method = module_.find_method("forward");
  if (!method) return fail("it has no forward()", "Save a module with a forward() that takes tensors");
  const std::vector<c10::Argument>& arguments = method->function().getSchema().arguments();
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const bool optional = arguments[i].default_value().has_value();
    if (arguments[i].type()->kind() != c10::TypeKind::TensorType) {
      if (optional) break;
      return fail(fmt::format("its forward() takes {}, a {}, and only tensors can be wired to it", arguments[i].name(),
                              arguments[i].type()->str()),
                  "Save a module whose forward() takes tensors alone");
    }
    arguments_.push_back(arguments[i].name());
    if (!optional) least_arguments_ = arguments_.size();
  }
  if (arguments_.empty()) return fail("its forward() takes no tensor", "Save a module whose forward() takes one");
  return {};
}

Status ScriptModule::prepare_programs() {
  const auto unit = module_._ivalue()->compilation_unit();
  // Defining one function may bring in those that it calls.
  for (std::size_t i = 0; i < unit->get_functions().size(); ++i) {
    torch::jit::Function* function = unit->get_functions()[i];
    function->ensure_defined();
    auto* with_graph = torch::jit::tryToGraphFunction(*function);
    if (with_graph == nullptr) continue;
    ScriptProgram program(*with_graph->graph());
    if (Status fine = program.prepare(); !fine) return fine;
    draws_ = draws_ || program.draws();
  }
  return {};
}

Status ScriptModule::check_tensor(const std::string& name, const at::Tensor& tensor, bool learns,
                                  std::uint64_t most_bytes) {
  if (tensor.layout() != at::kStrided || tensor.is_quantized() || !tensor.is_cpu())
    return fail(fmt::format("its tensor {} is not dense", plain_line(name)), kFloatRemedy);
  const at::ScalarType type = tensor.scalar_type();
  if (learns ? type != at::kFloat : !kept_by_checkpoints(type))
    return fail(fmt::format("its tensor {} has numbers of type {}", plain_line(name), c10::toString(type)),
                kFloatRemedy);
  bytes_ += static_cast<std::uint64_t>(tensor.numel()) * tensor.element_size();
  const bool inside = tensor.numel() == 0 || tensor.is_non_overlapping_and_dense();
  if (!inside || bytes_ > most_bytes)
    return fail(fmt::format("its tensor {} is larger than what the file holds", plain_line(name)),
                "Save or download it again");
  return {};
}

Status ScriptModule::take_tensors(std::uint64_t most_bytes) {
  const auto tree = std::make_shared<ScriptTensors>(module_);
  std::map<const void*, std::pair<std::string, at::Tensor>> learning;  // by where their numbers lie
  for (const auto& item : module_.named_parameters()) {
    const at::Tensor& tensor = item.value;
    if (!tensor.defined()) continue;
    if (tensor.numel() > 0) {
      const auto [known, fresh] = learning.try_emplace(tensor.storage().data(), item.name, tensor);
      if (!fresh) {
        if (!same_numbers(known->second.second, tensor))
          return fail(fmt::format("its parameters {} and {} overlap in memory", plain_line(known->second.first),
                                  plain_line(item.name)),
                      "Save a module whose parameters are tensors of their own");
        tie_tensor(module_, item.name, known->second.second);
        continue;
      }
    }
    if (Status fine = check_tensor(item.name, tensor, true, most_bytes); !fine) return fine;
    const bool learns = tensor.requires_grad();
    tree->parameter(item.name, tensor).set_requires_grad(learns);
  }
  for (const auto& item : module_.named_buffers()) {
    const at::Tensor& tensor = item.value;
    if (!tensor.defined()) continue;
    if (tensor.numel() > 0 && learning.count(tensor.storage().data()) > 0)
      return fail(fmt::format("its tensor {} lies in the memory of a parameter", plain_line(item.name)),
                  "Save a module that makes such a tensor in forward()");
    if (Status fine = check_tensor(item.name, tensor, false, most_bytes); !fine) return fine;
    tree->buffer(item.name, tensor);
  }
  tensors_ = tree;
  return {};
}

std::string ScriptModule::archive() const {
  // That of module_ has operators in it that other programs do not know.
  if (file_ != kExampleScript)
    if (const Status sound = check_script_archive(file_); !sound) throw std::runtime_error(sound.error().line());
  torch::jit::Module plain = loaded_script(file_);
  const at::NoGradGuard no_gradients;
  const auto put = [](const std::string& name, const at::Tensor& to, const at::Tensor* from) {
    if (!to.defined() || from == nullptr) return;  // a parameter that is another one besides
    if (to.sizes() != from->sizes() || to.scalar_type() != from->scalar_type())
      throw std::runtime_error("its file has become another one: " + plain_line(name) + " is of another shape");
    to.copy_(*from);
  };
  const auto parameters = tensors_->named_parameters();
  const auto buffers = tensors_->named_buffers();
  for (const auto& item : plain.named_parameters()) put(item.name, item.value, parameters.find(item.name));
  for (const auto& item : plain.named_buffers()) put(item.name, item.value, buffers.find(item.name));
  plain.eval();
  std::ostringstream bytes;
  plain.save(bytes);
  return bytes.str();
}

c10::IValue ScriptModule::run(std::span<const at::Tensor> in, const Between& between) {
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  ScriptPass pass{.between = &between};
  ScriptPass* const outer = std::exchange(script_pass, &pass);
  try {
    c10::IValue out = module_.forward(std::vector<c10::IValue>(in.begin(), in.end()));
    script_pass = outer;
    return out;
  } catch (const std::exception& fault) {
    script_pass = outer;
    if (pass.thrown) std::rethrow_exception(pass.thrown);
    throw std::runtime_error(script_words(fault));
  }
}

}  // namespace feedline::inline nodes

#endif
