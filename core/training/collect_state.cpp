// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/collect_state.h"

#include "training/optimizer_slots.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace feedline::inline training {
namespace {

constexpr std::string_view kStepSlot = "step";

constexpr std::array<std::pair<at::ScalarType, ElementType>, 9> kScalarTypes = {{{at::kBool, ElementType::Bool},
                                                                                 {at::kByte, ElementType::U8},
                                                                                 {at::kChar, ElementType::I8},
                                                                                 {at::kShort, ElementType::I16},
                                                                                 {at::kHalf, ElementType::F16},
                                                                                 {at::kBFloat16, ElementType::BF16},
                                                                                 {at::kInt, ElementType::I32},
                                                                                 {at::kFloat, ElementType::F32},
                                                                                 {at::kDouble, ElementType::F64}}};

std::optional<ElementType> element_type_of(at::ScalarType type) {
  if (type == at::kLong) return ElementType::I64;
  for (const auto& [scalar, element] : kScalarTypes)
    if (scalar == type) return element;
  return std::nullopt;
}

/// Shows a value's memory, which is only read.
at::Tensor tensor_over(const TensorValue& value, at::ScalarType type) {
  return at::from_blob(const_cast<std::byte*>(value.data.data()), value.shape, at::TensorOptions(type));  // NOLINT
}

NamedTensors values_of(const std::vector<Model::Named>& tensors) {
  NamedTensors values;
  for (const auto& [name, tensor] : tensors) values.emplace(name, kept_value(tensor));
  return values;
}

std::vector<at::Tensor> tensors_of(const std::vector<Model::Named>& named) {
  std::vector<at::Tensor> tensors;
  for (const Model::Named& one : named) tensors.push_back(one.tensor);
  return tensors;
}

bool fits(const TensorValue& value, const at::Tensor& tensor) {
  return value.type == element_type_of(tensor.scalar_type()) && value.shape == tensor.sizes().vec();
}

/// Do the values fit these tensors, one for one?
Status check_fit(const NamedTensors& values, const std::vector<Model::Named>& tensors) {
  std::set<std::string_view> wanted;
  for (const auto& [name, tensor] : tensors) {
    wanted.insert(name);
    const auto found = values.find(name);
    const std::string node(split_tensor_name(name).first);
    if (found == values.end())
      return fail(Error{.reason = fmt::format("the state lacks '{}'", name),
                        .remedy = "Use the graph that it was saved from",
                        .node = node});
    if (!fits(found->second, tensor))
      return fail(
          Error{.reason = fmt::format("'{}' has shape {} in the state, {} here", name,
                                      fmt::join(found->second.shape, "x"), fmt::join(tensor.sizes().vec(), "x")),
                .remedy = "Use the graph that it was saved from",
                .node = node});
  }
  for (const auto& [name, value] : values)
    if (!wanted.contains(name))
      return fail(Error{.reason = fmt::format("the state has '{}', which is not in this graph", name),
                        .remedy = "Use the graph that it was saved from"});
  return {};
}

void copy_in(const NamedTensors& values, const std::vector<Model::Named>& tensors) {
  const torch::NoGradGuard no_gradients;
  for (const auto& [name, tensor] : tensors) tensor.copy_(tensor_over(values.at(name), tensor.scalar_type()));
}

/// Each replica's optimiser keeps its part of every slot: together they are a block like that of the parameters.
Status collect_slots(Replicas& replicas, NamedTensors& all) {
  std::map<std::string, std::vector<at::Tensor>> parts;
  for (std::size_t i = 0; i < replicas.count(); ++i) {
    auto slots = slots_of(replicas.optimizer(i));
    if (!slots) return fail(std::move(slots.error()));
    for (auto& [name, tensor] : slots->tensors) parts[name].push_back(tensor);
    if (slots->step)
      all.insert_or_assign(std::string(kStepSlot),
                           TensorValue::of(std::span<const std::int64_t>(&*slots->step, 1), {}));
  }
  const auto parameters = replicas.model().named_parameters();
  for (const auto& [slot, tensors] : parts) {
    const auto whole = FlatParameters::parts(at::cat(tensors), tensors_of(parameters));
    for (std::size_t i = 0; i < parameters.size(); ++i)
      all.emplace(parameters[i].name + "." + slot, kept_value(whole[i]));
  }
  return {};
}

/// The slots of the whole network: block by block, as the parameters lie.
Result<OptimizerSlots> gather_slots(const NamedTensors& kept, Replicas& replicas) {
  OptimizerSlots slots;
  const auto parameters = replicas.model().named_parameters();
  std::map<std::string, NamedTensors> by_slot;
  for (const auto& [name, value] : kept) {
    if (name == kStepSlot) {
      const auto step = value.numbers<std::int64_t>();
      if (!step || step->size() != 1) return fail("the optimiser's count of steps is damaged");
      slots.step = step->front();
      continue;
    }
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos) return fail(fmt::format("the optimiser's '{}' belongs to no parameter", name));
    by_slot[name.substr(dot + 1)].emplace(name.substr(0, dot), value);
  }
  for (const auto& [slot, values] : by_slot) {
    if (Status fits = check_fit(values, parameters); !fits) return fail(std::move(fits.error()));
    const at::Tensor block = at::zeros_like(replicas.parameters().values());
    const auto parts = FlatParameters::parts(block, tensors_of(parameters));
    for (std::size_t i = 0; i < parameters.size(); ++i)
      parts[i].copy_(tensor_over(values.at(parameters[i].name), parts[i].scalar_type()));
    slots.tensors.emplace(slot, block);
  }
  return slots;
}

Status distribute_slots(const OptimizerSlots& slots, Replicas& replicas) {
  std::int64_t first = 0;
  for (std::size_t i = 0; i < replicas.count(); ++i) {
    torch::optim::Optimizer& optimizer = replicas.optimizer(i);
    const std::int64_t count = optimizer.param_groups().front().params().front().numel();
    OptimizerSlots part{.step = slots.step};
    for (const auto& [name, block] : slots.tensors) part.tensors.emplace(name, block.narrow(0, first, count).clone());
    if (Status set = set_slots(optimizer, part); !set) return set;
    first += count;
  }
  return {};
}

NamedTensors collect_generators(Replicas& replicas) {
  std::map<std::string, std::vector<std::vector<std::byte>>> by_key;
  for (std::size_t i = 0; i < replicas.count(); ++i)
    for (auto& [key, state] : replicas.model(i).random_states()) by_key[key].push_back(std::move(state));
  NamedTensors packed;
  for (const auto& [key, states] : by_key) packed.emplace(key, pack_generators(states));
  return packed;
}

using RandomStates = std::vector<std::map<std::string, std::vector<std::byte>>>;

Result<RandomStates> generators_of(const NamedTensors& packed, std::size_t replicas) {
  RandomStates all(replicas);
  for (const auto& [key, value] : packed) {
    auto states = unpack_generators(value);
    if (!states) return fail(std::move(states.error()).at_node(key));
    for (std::size_t i = 0; i < std::min(replicas, states->size()); ++i) all[i].emplace(key, std::move((*states)[i]));
  }
  return all;
}

}  // namespace

TensorValue kept_value(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().to(at::kCPU).contiguous();
  const auto* first = static_cast<const std::byte*>(plain.data_ptr());
  TensorValue value{.type = *element_type_of(plain.scalar_type()), .shape = plain.sizes().vec()};
  value.data.assign(first, first + plain.nbytes());
  return value;
}

at::Tensor tensor_of(const TensorValue& value) {
  at::ScalarType type = at::kLong;
  for (const auto& [scalar, element] : kScalarTypes)
    if (element == value.type) type = scalar;
  return tensor_over(value, type).clone();
}

Result<WeightsTaken> take_weights(const TrainingState& state, Replicas& replicas) {
  const torch::NoGradGuard no_gradients;
  WeightsTaken all;
  const auto take = [&all](const NamedTensors& values, const std::vector<Model::Named>& tensors) {
    std::set<std::string_view> here;
    for (const auto& [name, tensor] : tensors) {
      here.insert(name);
      const auto found = values.find(name);
      if (found == values.end()) {
        all.missing.push_back(name);
      } else if (!fits(found->second, tensor)) {
        all.unfit.push_back(name);
      } else {
        tensor.copy_(tensor_over(found->second, tensor.scalar_type()));
        all.taken.push_back(name);
      }
    }
    for (const auto& [name, value] : values)
      if (!here.contains(name)) all.unused.push_back(name);
  };
  try {
    take(state.parameters, replicas.model().named_parameters());
    take(state.buffers, replicas.model().named_buffers());
    return all;
  } catch (const std::exception& fault) {
    return fail(library_error(fault, ""));
  }
}

Result<TrainingState> collect_state(Replicas& replicas) {
  const torch::NoGradGuard no_gradients;
  try {
    TrainingState state{.parameters = values_of(replicas.model().named_parameters()),
                        .buffers = values_of(replicas.model().named_buffers()),
                        .generators = collect_generators(replicas)};
    if (Status collected = collect_slots(replicas, state.optimizer); !collected)
      return fail(std::move(collected.error()));
    return state;
  } catch (const std::exception& fault) {
    return fail(library_error(fault, ""));
  }
}

Status restore_state(const TrainingState& state, Replicas& replicas) {
  const torch::NoGradGuard no_gradients;
  try {
    const auto parameters = replicas.model().named_parameters();
    const auto buffers = replicas.model().named_buffers();
    if (Status fits = check_fit(state.parameters, parameters); !fits) return fits;
    if (Status fits = check_fit(state.buffers, buffers); !fits) return fits;
    auto generators = generators_of(state.generators, replicas.count());
    if (!generators) return fail(std::move(generators.error()));
    auto slots = gather_slots(state.optimizer, replicas);
    if (!slots) return fail(std::move(slots.error()));
    // What may still be refused comes first, and is refused by the first replica's optimiser.
    if (Status set = distribute_slots(*slots, replicas); !set) return set;
    copy_in(state.parameters, parameters);
    copy_in(state.buffers, buffers);
    for (std::size_t i = 0; i < replicas.count(); ++i) replicas.model(i).set_random_states((*generators)[i]);
    return {};
  } catch (const std::exception& fault) {
    return fail(library_error(fault, ""));
  }
}

}  // namespace feedline::inline training
