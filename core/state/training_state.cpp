// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/training_state.h"

#include "base/plain_text.h"
#include "state/fingerprint.h"
#include "state/safetensors.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <set>
#include <span>

namespace feedline::inline state {
namespace {

constexpr std::string_view kStateKey = "feedline_state";
constexpr std::string_view kParametersPrefix = "";
constexpr std::string_view kOptimizerPrefix = "optimizer:";
constexpr std::string_view kFittedPrefix = "fitted:";
constexpr std::string_view kGeneratorPrefix = "generator:";
constexpr std::string_view kTallyPrefix = "tally:";
constexpr std::string_view kBestPrefix = "best:";
constexpr std::string_view kAccumulatedPrefix = "accumulated:";
constexpr std::string_view kChecksumKey = "feedline_checksum";
/// 2: with a checksum, and with tallies.
constexpr int kStateFormat = 2;
constexpr int kFirstWithChecksum = 2;

/// Which of the unmarked tensors are learnt is a fact of the network, and stands in the JSON.
nlohmann::json json_of(const TrainingState& state) {
  nlohmann::json buffers = nlohmann::json::array();
  for (const auto& [name, value] : state.buffers) buffers.push_back(name);
  return {
      {"format", kStateFormat},
      {"program", FEEDLINE_VERSION},
      {"seed", state.seed},
      {"position", {{"epoch", state.position.epoch}, {"batch", state.position.batch}, {"step", state.position.step}}},
      {"buffers", std::move(buffers)},
      {"texts", state.texts}};
}

void add_views(std::vector<TensorView>& all, const NamedTensors& tensors, std::string_view prefix) {
  for (TensorView& view : views_of(tensors)) {
    view.name.insert(0, prefix);
    all.push_back(std::move(view));
  }
}

/// A sum over a state as it lies in a file, tensor by tensor in the order of their names.
class Checksum {
 public:
  explicit Checksum(std::string_view json) { hash_.add(json); }
  void add(std::string_view tensor, ElementType type, const std::vector<std::int64_t>& shape,
           std::span<const std::byte> data) {
    hash_.add(tensor).add(name(type)).add(shape.size());
    for (const std::int64_t size : shape) hash_.add(static_cast<std::uint64_t>(size));
    hash_.add(std::string_view(reinterpret_cast<const char*>(data.data()), data.size()));
  }
  [[nodiscard]] std::string text() const { return hash_.hex(); }

 private:
  Fingerprint hash_{};
};

std::string checksum_of(std::vector<TensorView>& views, std::string_view json) {
  std::sort(views.begin(), views.end(), [](const TensorView& a, const TensorView& b) { return a.name < b.name; });
  Checksum sum(json);
  for (const TensorView& view : views) sum.add(view.name, view.type, view.shape, view.data);
  return sum.text();
}

}  // namespace

std::pair<std::string_view, std::string_view> split_tensor_name(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return {{}, name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

TensorValue pack_generators(const std::vector<std::vector<std::byte>>& states) {
  TensorValue packed{.type = ElementType::U8};
  for (const auto& state : states) {
    const std::uint64_t size = state.size();
    const auto* first = reinterpret_cast<const std::byte*>(&size);
    packed.data.insert(packed.data.end(), first, first + sizeof size);
    packed.data.insert(packed.data.end(), state.begin(), state.end());
  }
  packed.shape = {static_cast<std::int64_t>(packed.data.size())};
  return packed;
}

Result<std::vector<std::vector<std::byte>>> unpack_generators(const TensorValue& packed) {
  std::vector<std::vector<std::byte>> states;
  std::span<const std::byte> left = packed.data;
  while (!left.empty()) {
    std::uint64_t size = 0;
    if (left.size() < sizeof size) return fail("the state of a generator is damaged");
    std::memcpy(&size, left.data(), sizeof size);
    left = left.subspan(sizeof size);
    if (size > left.size()) return fail("the state of a generator is damaged");
    states.emplace_back(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(size));
    left = left.subspan(size);
  }
  return states;
}

Status save_training_state(const TrainingState& state, const std::filesystem::path& path) {
  std::vector<TensorView> views;
  add_views(views, state.parameters, kParametersPrefix);
  add_views(views, state.buffers, kParametersPrefix);
  add_views(views, state.optimizer, kOptimizerPrefix);
  add_views(views, state.fitted, kFittedPrefix);
  add_views(views, state.generators, kGeneratorPrefix);
  add_views(views, state.tallies, kTallyPrefix);
  add_views(views, state.best, kBestPrefix);
  add_views(views, state.accumulated, kAccumulatedPrefix);
  try {
    const std::string json = json_of(state).dump();
    const std::string checksum = checksum_of(views, json);
    return write_safetensors(path, views, {{std::string(kStateKey), json}, {std::string(kChecksumKey), checksum}});
  } catch (const nlohmann::json::exception&) {
    return fail("a name or text of the state is not valid UTF-8");
  }
}

Result<TrainingState> load_training_state(const std::filesystem::path& path) {
  const auto foreign = [&](std::string reason) {
    return fail(Error{.reason = std::move(reason),
                      .remedy = "Choose a state that Feedline has saved",
                      .file = escape_name(path.string())});
  };
  const auto damaged = [&] {
    return fail(Error{.reason = "it is damaged: what it holds does not fit its checksum",
                      .remedy = "Use an earlier one, or one from a backup",
                      .file = escape_name(path.string())});
  };
  const auto file = SafetensorsFile::open(path);
  if (!file) return fail(file.error());
  const auto text = file->metadata().find(kStateKey);
  if (text == file->metadata().end()) return foreign("it holds tensors, but no state of a run");

  TrainingState state;
  std::set<std::string, std::less<>> buffers;
  int format = 0;
  try {
    const auto json = nlohmann::json::parse(text->second);
    format = json.at("format").get<int>();
    if (format > kStateFormat)
      return foreign(fmt::format("a newer program wrote it (format {}, this one reads {})", format, kStateFormat));
    state.seed = json.at("seed").get<std::int64_t>();
    const auto& position = json.at("position");
    state.position = {.epoch = position.at("epoch").get<std::uint32_t>(),
                      .batch = position.at("batch").get<std::uint64_t>(),
                      .step = position.at("step").get<std::uint64_t>()};
    buffers = json.at("buffers").get<decltype(buffers)>();
    state.texts = json.at("texts").get<decltype(state.texts)>();
  } catch (const nlohmann::json::exception&) {
    return foreign("what it says of the run is damaged");
  }
  Checksum sum(text->second);
  for (const auto& tensor : file->entries()) {
    const std::string& name = tensor.first;
    auto value = file->read(name);
    if (!value) return fail(std::move(value.error()));
    sum.add(name, value->type, value->shape, value->data);
    const auto into = [&](NamedTensors& part, std::string_view prefix) {
      part.emplace(name.substr(prefix.size()), std::move(*value));
    };
    if (name.starts_with(kOptimizerPrefix)) {
      into(state.optimizer, kOptimizerPrefix);
    } else if (name.starts_with(kFittedPrefix)) {
      into(state.fitted, kFittedPrefix);
    } else if (name.starts_with(kGeneratorPrefix)) {
      into(state.generators, kGeneratorPrefix);
    } else if (name.starts_with(kTallyPrefix)) {
      into(state.tallies, kTallyPrefix);
    } else if (name.starts_with(kBestPrefix)) {
      into(state.best, kBestPrefix);
    } else if (name.starts_with(kAccumulatedPrefix)) {
      into(state.accumulated, kAccumulatedPrefix);
    } else {
      into(buffers.contains(name) ? state.buffers : state.parameters, kParametersPrefix);
    }
  }
  if (format < kFirstWithChecksum) return state;
  const auto said = file->metadata().find(kChecksumKey);
  if (said == file->metadata().end() || said->second != sum.text()) return damaged();
  return state;
}

}  // namespace feedline::inline state
