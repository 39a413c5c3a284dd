// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/collect_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace feedline::inline training {
namespace {

constexpr std::string_view kCounts = "counts";
constexpr std::string_view kStepSlot = "step";
constexpr std::string_view kPlateauSlot = "plateau";
constexpr std::string_view kLossScaleSlot = "loss_scale";
constexpr std::string_view kBegunSlot = "begun";
/// Behind a tensor's name: what is trained, where the tensor itself is the average of it.
constexpr std::string_view kTrainedSlot = "trained";

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

tl::unexpected<Error> other_kind() {
  return fail("what it holds of the optimiser is of another kind of optimiser",
              "Use the optimiser that it was saved with");
}

std::vector<Model::Named> joined(std::vector<Model::Named> tensors, const std::vector<Model::Named>& more) {
  tensors.insert(tensors.end(), more.begin(), more.end());
  return tensors;
}

/// The model's tensors by the same names, but in other memory of their layout.
std::vector<Model::Named> elsewhere(const Replicas& replicas, const FlatOptimizer::Averaged& where) {
  std::vector<Model::Named> all = replicas.model().named_parameters();
  const auto parts = FlatParameters::parts(where.parameters, tensors_of(all));
  for (std::size_t i = 0; i < all.size(); ++i) all[i].tensor = parts[i];
  std::vector<Model::Named> buffers = replicas.model().named_buffers();
  for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].tensor = where.buffers[i];
  return joined(std::move(all), buffers);
}

/// Nothing but the loss scale before the first step. Slots are a block like that of the parameters.
NamedTensors collect_optimizer(Replicas& replicas) {
  NamedTensors all;
  if (const LossScaler* scaler = replicas.scaler()) {
    const auto [scale, good_steps] = scaler->state();
    all.emplace(kLossScaleSlot, TensorValue::of(std::vector<double>{scale, static_cast<double>(good_steps)}));
  }
  const FlatOptimizer& optimizer = replicas.optimizer();
  const std::int64_t step = optimizer.steps();
  if (step == 0) return all;
  all.emplace(kStepSlot, TensorValue::of(std::span<const std::int64_t>(&step, 1), {}));
  if (optimizer.settings().schedule == "plateau") {
    const PlateauState& plateau = optimizer.plateau();
    all.emplace(kPlateauSlot, TensorValue::of(std::vector<double>{plateau.best, static_cast<double>(plateau.waited),
                                                                  static_cast<double>(plateau.drops)}));
  }
  if (optimizer.begun().size() > 1) all.emplace(kBegunSlot, TensorValue::of(optimizer.begun()));
  const auto parameters = replicas.model().named_parameters();
  for (const auto& [slot, block] : replicas.whole_slots()) {
    const auto parts = FlatParameters::parts(block, tensors_of(parameters));
    for (std::size_t i = 0; i < parameters.size(); ++i)
      all.emplace(parameters[i].name + "." + slot, kept_value(parts[i]));
  }
  if (optimizer.averages())
    for (const auto& [name, tensor] : elsewhere(replicas, optimizer.trained()))
      all.emplace(fmt::format("{}.{}", name, kTrainedSlot), kept_value(tensor));
  return all;
}

/// What a state holds of an optimiser, taken apart and found to fit.
struct OptimizerState {
  std::int64_t step = 0;
  PlateauState plateau{};
  LossScaler::State loss_scale{};
  std::vector<std::int64_t> begun{};  ///< empty: all of the network learns from the start
  std::map<std::string, NamedTensors> by_slot{};
};

Status read_numbers(const std::string& name, const TensorValue& value, OptimizerState& state) {
  if (name == kStepSlot) {
    const auto step = value.numbers<std::int64_t>();
    if (!step || step->size() != 1 || step->front() < 1) return fail("the optimiser's count of steps is damaged");
    state.step = step->front();
    return {};
  }
  if (name == kLossScaleSlot) {
    const auto scale = value.numbers<double>();
    if (!scale || scale->size() != 2 || !((*scale)[1] >= 0) || (*scale)[1] > 1e9)
      return fail("the scale of the loss is damaged");
    state.loss_scale = {(*scale)[0], static_cast<std::int64_t>((*scale)[1])};
    if (!LossScaler::is_sound(state.loss_scale)) return fail("the scale of the loss is damaged");
    return {};
  }
  if (name == kBegunSlot) {
    const auto begun = value.numbers<std::int64_t>();
    if (!begun || begun->size() < 2 || begun->front() != 0 || *std::min_element(begun->begin(), begun->end()) < -1)
      return fail("since when parts of the network learn is damaged");
    state.begun = *begun;
    return {};
  }
  const auto plateau = value.numbers<double>();
  if (!plateau || plateau->size() != 3 || !((*plateau)[1] >= 0) || !((*plateau)[2] >= 0) || (*plateau)[1] > 1e9 ||
      (*plateau)[2] > 1e9)
    return fail("where the schedule of the learning rate stands is damaged");
  state.plateau = {(*plateau)[0], static_cast<std::int64_t>((*plateau)[1]), static_cast<std::uint32_t>((*plateau)[2])};
  return {};
}

Result<OptimizerState> read_optimizer(const NamedTensors& kept, Replicas& replicas) {
  OptimizerState state;
  for (const auto& [name, value] : kept) {
    if (name == kStepSlot || name == kPlateauSlot || name == kLossScaleSlot || name == kBegunSlot) {
      if (Status read = read_numbers(name, value, state); !read) return fail(std::move(read.error()));
      continue;
    }
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos) return fail(fmt::format("the optimiser's '{}' belongs to no parameter", name));
    state.by_slot[name.substr(dot + 1)].emplace(name.substr(0, dot), value);
  }
  if (kept.empty() || (kept.size() == 1 && kept.contains(kLossScaleSlot))) return state;  // it starts afresh
  if (state.step == 0) return other_kind();

  const FlatOptimizer& optimizer = replicas.optimizer();
  if (!state.begun.empty() && *std::max_element(state.begun.begin(), state.begun.end()) > state.step)
    return fail("since when parts of the network learn is damaged");
  if (std::max<std::size_t>(state.begun.size(), 1) != optimizer.begun().size())
    return fail("which parts of the network learn later differs from the graph that the state was saved from",
                "Use that graph");
  const auto parameters = replicas.model().named_parameters();
  std::set<std::string, std::less<>> wanted;
  for (const auto& slot : optimizer.slots()) wanted.insert(slot.name);
  if (optimizer.settings().ema > 0) wanted.insert(std::string(kTrainedSlot));
  for (const auto& [slot, values] : state.by_slot) {
    if (wanted.erase(slot) == 0) return other_kind();
    const bool buffers_too = slot == kTrainedSlot;
    if (Status fits =
            check_fit(values, buffers_too ? joined(parameters, replicas.model().named_buffers()) : parameters);
        !fits)
      return fail(std::move(fits.error()));
  }
  if (!wanted.empty()) return other_kind();
  return state;
}

/// `state` fits; behind parameters and buffers, which may be those of an average.
void write_optimizer(const OptimizerState& state, Replicas& replicas) {
  FlatOptimizer& optimizer = replicas.optimizer();
  const auto parameters = replicas.model().named_parameters();
  for (const auto& slot : optimizer.slots()) {
    const auto values = state.by_slot.find(slot.name);
    if (values == state.by_slot.end()) continue;
    std::vector<Model::Named> parts = parameters;
    const at::Tensor& all = replicas.parameters().values();
    const bool is_whole = !optimizer.is_sharded();
    const at::Tensor whole = is_whole ? slot.tensor : at::zeros_like(all);
    const auto tensors = FlatParameters::parts(whole, tensors_of(parameters));
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i].tensor = tensors[i];
    copy_in(values->second, parts);
    if (!is_whole) slot.tensor.copy_(whole.narrow(0, optimizer.kept().first, optimizer.kept().count));
  }
  optimizer.restart(state.step, state.plateau);
  if (!state.begun.empty()) (void)optimizer.restore_begun(state.begun);  // it fits
  if (LossScaler* scaler = replicas.scaler()) scaler->restore(state.loss_scale);
  if (const auto trained = state.by_slot.find(std::string(kTrainedSlot)); trained != state.by_slot.end()) {
    const auto average = elsewhere(replicas, optimizer.average());
    const auto now = elsewhere(replicas, optimizer.trained());
    for (std::size_t i = 0; i < now.size(); ++i) average[i].tensor.copy_(now[i].tensor);
    copy_in(trained->second, now);
  }
}

/// Nothing between two steps of the optimiser.
NamedTensors collect_accumulated(Replicas& replicas) {
  NamedTensors all;
  const Replicas::Accumulated counts = replicas.accumulated();
  if (counts.batches == 0) return all;
  all.emplace(kCounts, TensorValue::of(std::vector<std::int64_t>{counts.batches, counts.first_rows, counts.rows}));
  for (std::size_t i = 0; i < replicas.count(); ++i) all.emplace(std::to_string(i), kept_value(replicas.gradients(i)));
  return all;
}

Status check_accumulated(const NamedTensors& kept, Replicas& replicas) {
  if (kept.empty()) return {};
  const auto found = kept.find(kCounts);
  std::optional<std::vector<std::int64_t>> counts;
  if (found != kept.end()) counts = found->second.numbers<std::int64_t>();
  bool fine = counts && counts->size() == 3 && *std::min_element(counts->begin(), counts->end()) > 0;
  const auto is_number = [](const std::string& name) {
    return !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
  };
  for (const auto& [name, value] : kept)
    fine = fine && (name == kCounts || (is_number(name) && fits(value, replicas.parameters().values())));
  if (!fine) return fail("what was accumulated since the last step is damaged");
  return {};
}

/// The sum over replicas counts: what more of them had goes to the first.
void write_accumulated(const NamedTensors& kept, Replicas& replicas) {
  for (std::size_t i = 0; i < replicas.count(); ++i) replicas.gradients(i).zero_();
  replicas.go_on_with({});
  if (kept.empty()) return;
  for (const auto& [name, value] : kept) {
    if (name == kCounts) continue;
    const std::size_t replica = std::stoul(name);
    const at::Tensor& to = replicas.gradients(replica < replicas.count() ? replica : 0);
    to.add_(tensor_over(value, to.scalar_type()).to(to.device()));
  }
  const auto counts = *kept.find(kCounts)->second.numbers<std::int64_t>();
  replicas.go_on_with({.batches = counts[0], .first_rows = counts[1], .rows = counts[2]});
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

NamedTensors collect_averaged(Replicas& replicas, const FlatOptimizer::Averaged& from) {
  return values_of(elsewhere(replicas, from));
}

Status restore_averaged(const NamedTensors& values, Replicas& replicas, const FlatOptimizer::Averaged& to) {
  const auto tensors = elsewhere(replicas, to);
  if (Status same = check_fit(values, tensors); !same) return same;
  copy_in(values, tensors);
  return {};
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
    take(state.parameters, joined(replicas.model().named_parameters(), replicas.model().named_frozen()));
    take(state.buffers, replicas.model().named_buffers());
    replicas.share_again();
    return all;
  } catch (const std::exception& fault) {
    return fail(library_error(fault, ""));
  }
}

Result<TrainingState> collect_state(Replicas& replicas) {
  const torch::NoGradGuard no_gradients;
  try {
    replicas.fetch();
    const FlatOptimizer& optimizer = replicas.optimizer();
    TrainingState state{.optimizer = collect_optimizer(replicas), .generators = collect_generators(replicas)};
    state.accumulated = collect_accumulated(replicas);
    std::vector<Model::Named> parameters = replicas.model().named_parameters();
    std::vector<Model::Named> buffers = replicas.model().named_buffers();
    if (optimizer.averages()) {
      const auto average = elsewhere(replicas, optimizer.average());
      const auto border = average.begin() + static_cast<std::ptrdiff_t>(parameters.size());
      parameters.assign(average.begin(), border);
      buffers.assign(border, average.end());
    }
    state.parameters = values_of(joined(std::move(parameters), replicas.model().named_frozen()));
    state.buffers = values_of(buffers);
    return state;
  } catch (const std::exception& fault) {
    return fail(library_error(fault, ""));
  }
}

Status restore_state(const TrainingState& state, Replicas& replicas) {
  const torch::NoGradGuard no_gradients;
  try {
    const auto parameters = joined(replicas.model().named_parameters(), replicas.model().named_frozen());
    const auto buffers = replicas.model().named_buffers();
    if (Status fits = check_fit(state.parameters, parameters); !fits) return fits;
    if (Status fits = check_fit(state.buffers, buffers); !fits) return fits;
    auto generators = generators_of(state.generators, replicas.count());
    if (!generators) return fail(std::move(generators.error()));
    auto optimizer = read_optimizer(state.optimizer, replicas);
    if (!optimizer) return fail(std::move(optimizer.error()));
    if (Status fine = check_accumulated(state.accumulated, replicas); !fine) return fine;
    // From here on nothing is refused.
    replicas.use_average(false);
    copy_in(state.parameters, parameters);
    copy_in(state.buffers, buffers);
    replicas.share_again();
    replicas.fetch();  // the weights that it has now
    write_optimizer(*optimizer, replicas);
    write_accumulated(state.accumulated, replicas);
    replicas.send();
    for (std::size_t i = 0; i < replicas.count(); ++i) replicas.model(i).set_random_states((*generators)[i]);
    return {};
  } catch (const std::exception& fault) {
    return fail(library_error(fault, ""));
  }
}

}  // namespace feedline::inline training
