// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/preparation.h"

#include "exporting/python_text.h"
#include "schema/channel_statistics.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <type_traits>
#include <utility>
#include <variant>

namespace feedline::inline exporting {
namespace {

using StepJson = nlohmann::ordered_json;

StepJson json_of_value(const Value& value) {
  return std::visit(
      [](const auto& given) -> StepJson {
        using T = std::decay_t<decltype(given)>;
        if constexpr (std::is_same_v<T, RawJson>) {
          return StepJson::parse(given.text, nullptr, false);
        } else if constexpr (std::is_same_v<T, ValueList>) {
          StepJson list = StepJson::array();
          for (const ListItem& item : given) std::visit([&](const auto& one) { list.push_back(one); }, item);
          return list;
        } else {
          return StepJson(given);
        }
      },
      value);
}

std::string dumped(const StepJson& json) { return json.dump(-1, ' ', false, StepJson::error_handler_t::replace); }

/// "0.5, 0.4", as the parameter has them; none: those of the preset.
std::vector<double> given_numbers(const std::string& text) {
  std::vector<double> numbers;
  const char* at = text.c_str();
  while (*at != '\0') {
    char* end = nullptr;
    const double number = std::strtod(at, &end);
    if (end == at) {
      ++at;
      continue;
    }
    numbers.push_back(number);
    at = end;
  }
  return numbers;
}

std::vector<double> per_channel(std::vector<double> numbers, const std::array<double, 3>& preset,
                                std::size_t channels) {
  if (numbers.empty()) {
    numbers.assign(preset.begin(), preset.end());
    if (channels != 3) numbers.assign(1, (preset[0] + preset[1] + preset[2]) / 3);
  }
  if (numbers.size() == 1) numbers.resize(channels, numbers.front());
  return numbers;
}

}  // namespace

std::string preparation_json(const ExportedModel& model) {
  StepJson steps = StepJson::array();
  for (const StepToWrite& step : model.judged().steps) {
    StepJson parameters = StepJson::object();
    for (const auto& [name, value] : step.params) parameters[name] = json_of_value(value);
    StepJson one = {{"node", step.node}, {"type", step.spec.type}, {"parameters", std::move(parameters)}};
    const auto write = Writers::instance().find_step(step.spec.type);
    const auto written = write ? (*write)(step) : Result<WrittenStep>(fail(write.error()));
    if (written) {
      one["python"] = written->call;
      if (!written->fitted.empty()) one["fitted"] = StepJson::parse(written->fitted, nullptr, false);
    }
    steps.push_back(std::move(one));
  }
  return dumped(steps);
}

std::string classes_json(const ExportedModel& model) { return dumped(StepJson(model.class_names)); }

ChannelNumbers channel_numbers(const StepToWrite& step) {
  const ParamReader params(step.params);
  const auto channels = static_cast<std::size_t>(step.outputs[0].shape[0].most());
  if (params.text("statistics") != "fitted") {
    const ChannelStatistics& chosen = channel_statistics(params.text("preset"));
    return {.mean = per_channel(given_numbers(params.text("mean")), chosen.mean, channels),
            .stddev = per_channel(given_numbers(params.text("stddev")), chosen.stddev, channels)};
  }
  const auto learnt = [&](const char* name) {
    const auto found = step.learnt == nullptr ? NamedTensors::const_iterator() : step.learnt->find(name);
    if (step.learnt == nullptr || found == step.learnt->end()) return std::vector<double>();
    return found->second.numbers<double>().value_or(std::vector<double>());
  };
  ChannelNumbers numbers{.mean = learnt("mean"), .stddev = learnt("stddev")};
  for (double& deviation : numbers.stddev) deviation = deviation > 0 ? deviation : 1;
  return numbers;
}

std::optional<ChannelScaling> channel_scaling(const StepToWrite& step) {
  if (step.spec.type != "normalise" || step.inputs.empty() || step.inputs[0] == nullptr ||
      step.inputs[0]->dtype != DType::U8 || !step.outputs[0].shape[0].known())
    return std::nullopt;
  const ChannelNumbers numbers = channel_numbers(step);
  const auto channels = static_cast<std::size_t>(step.outputs[0].shape[0].size());
  if (numbers.mean.size() != channels || numbers.stddev.size() != channels) return std::nullopt;
  ChannelScaling scaling;
  for (std::size_t i = 0; i < channels; ++i) {
    scaling.scale.push_back(static_cast<float>(1 / (255 * numbers.stddev[i])));
    scaling.offset.push_back(static_cast<float>(-numbers.mean[i] / numbers.stddev[i]));
  }
  return scaling;
}

std::optional<ChannelScaling> last_scaling(const ExportedModel& model, std::size_t field) {
  const ExportedData& data = model.judged();
  const std::string& name = model.plan->train.fields[field].name;
  const auto in_batch = std::ranges::find_if(data.fields, [&](const auto& one) { return one.name == name; });
  if (in_batch == data.fields.end()) return std::nullopt;
  std::string variable = in_batch->variable;
  for (auto step = data.steps.rbegin(); step != data.steps.rend(); ++step) {
    if (std::ranges::find(step->out, variable) == step->out.end()) continue;
    if (step->spec.type == "normalise") return channel_scaling(*step);
    const auto write = Writers::instance().find_step(step->spec.type);
    const auto written = write ? (*write)(*step) : Result<WrittenStep>(fail(write.error()));
    // What only training records meet hands the others on.
    if (!written || step->in.empty() || written->call != step->in.front()) return std::nullopt;
    variable = step->in.front();
  }
  return std::nullopt;
}

}  // namespace feedline::inline exporting
