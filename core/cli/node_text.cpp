// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/node_text.h"

#include "cli/format.h"
#include "cli/json_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace feedline::cli {
namespace {

/// A hanging paragraph: `head` in a column of its own, text wrapped beside it.
std::string entry(const std::string& head, std::size_t column, const std::string& text, std::size_t width) {
  std::string line = "  " + head;
  const std::size_t used = columns(line);
  line += std::string(used + 2 <= column ? column - used : 2, ' ');
  return line + wrap(text, width, column, columns(line)) + '\n';
}

std::size_t column_for(std::size_t longest, std::size_t width) { return std::min(longest + 4, width / 2); }

std::string ports(const std::string& title, const std::vector<PortSpec>& specs, std::size_t width) {
  if (specs.empty()) return {};
  std::size_t longest = 0;
  for (const PortSpec& port : specs) longest = std::max(longest, port.name.size());
  std::string text = '\n' + title + ":\n";
  for (const PortSpec& port : specs) {
    std::string doc = "(" + std::string(name(port.kind)) +
                      (port.optional         ? ", optional)"
                       : port.unless.empty() ? ")"
                                             : ", unless " + port.unless + ")");
    if (!port.doc.empty()) doc += " " + port.doc;
    text += entry(port.name, column_for(longest, width), doc, width);
  }
  return text;
}

std::string default_text(const ParamSpec& param) {
  const double* real = std::get_if<double>(&param.default_value);
  const std::string text = real != nullptr ? fmt::format("{:.6g}", *real) : to_text(param.default_value);
  return text.empty() ? (param.required ? "must be set" : "empty") : "default " + text;
}

Json to_json(const Value& value) {
  return std::visit(
      [](const auto& v) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, RawJson>)
          return Json::parse(v.text, nullptr, false);
        else if constexpr (std::is_same_v<std::decay_t<decltype(v)>, ValueList>) {
          Json items = Json::array();
          for (const ListItem& item : v) std::visit([&](const auto& held) { items.push_back(held); }, item);
          return items;
        } else
          return v;
      },
      value);
}

Json limit(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json to_json(const std::vector<PortSpec>& specs) {
  Json all = Json::array();
  for (const PortSpec& port : specs) {
    Json json = {{"name", port.name}, {"kind", name(port.kind)}, {"optional", port.optional}, {"doc", port.doc}};
    if (!port.unless.empty()) json["unless"] = port.unless;
    all.push_back(std::move(json));
  }
  return all;
}

/// Of a list: what its items are and how many there may be; null for other kinds.
Json items_json(const ParamSpec& param) {
  if (param.kind != ParamKind::List) return nullptr;
  constexpr std::array<const char*, 4> kKinds = {"text", "pattern", "integer", "real"};
  return {{"kind", kKinds[static_cast<std::size_t>(param.list.items)]},
          {"least", param.list.least},
          {"most", param.list.most},
          {"unique", param.list.unique},
          {"form", param.list.form}};
}

Json to_json(const ParamSpec& param) {
  return {{"name", param.name},
          {"kind", name(param.kind)},
          {"default", to_json(param.default_value)},
          {"required", param.required},
          {"min", limit(param.hard_min)},
          {"max", limit(param.hard_max)},
          {"ui_min", limit(param.ui_min)},
          {"ui_max", limit(param.ui_max)},
          {"choices", param.choices},
          {"items", items_json(param)},
          {"unit", param.unit},
          {"doc", param.doc},
          {"only_if", param.only_if.param.empty()
                          ? Json(nullptr)
                          : Json{{"param", param.only_if.param}, {"values", param.only_if.values}}}};
}

/// "; with schedule step, plateau"
std::string condition_text(const ParamSpec::Condition& condition) {
  return condition.param.empty() ? "" : fmt::format("; with {} {}", condition.param, fmt::join(condition.values, ", "));
}

}  // namespace

std::string node_list(const std::vector<const NodeSpec*>& specs, std::size_t width) {
  std::size_t longest = 0;
  for (const NodeSpec* spec : specs) longest = std::max(longest, spec->type.size());
  std::string text;
  std::string_view heading;
  for (const NodeSpec* spec : specs) {
    if (heading != heading_of(*spec)) text += fmt::format("{}{}\n", text.empty() ? "" : "\n", heading_of(*spec));
    heading = heading_of(*spec);
    text += entry(spec->type, column_for(longest, width), spec->summary, width);
  }
  return text + "\nMore on one of them: feedline-cli nodes TYPE\n";
}

std::string node_page(const NodeSpec& spec, std::size_t width) {
  std::string text =
      fmt::format("{} - {} ({})\n\n{}\n", spec.type, spec.title, heading_of(spec), wrap(spec.summary, width));
  if (!spec.help.empty()) text += '\n' + wrap(spec.help, width) + '\n';
  text += ports("Inputs", spec.inputs, width) + ports("Outputs", spec.outputs, width);
  if (spec.ports) text += "\nThese are the ports by default; they follow from its parameters.\n";
  if (spec.params.empty()) return text + "\nIt has no parameters.\n";
  std::size_t longest = 0;
  for (const ParamSpec& param : spec.params) longest = std::max(longest, param.name.size());
  text += "\nParameters (--set NODE.PARAM=VALUE):\n";
  for (const ParamSpec& param : spec.params)
    text += entry(
        param.name, column_for(longest, width),
        fmt::format("{} ({}; {}{})", param.doc, param.constraint(), default_text(param), condition_text(param.only_if)),
        width);
  return text;
}

std::string node_json(const std::vector<const NodeSpec*>& specs) {
  Json all = Json::array();
  for (const NodeSpec* spec : specs) {
    Json params = Json::array();
    for (const ParamSpec& param : spec->params) params.push_back(to_json(param));
    all.push_back({{"type", spec->type},
                   {"version", spec->version},
                   {"title", spec->title},
                   {"summary", spec->summary},
                   {"help", spec->help},
                   {"category", name(spec->category)},
                   {"heading", heading_of(*spec)},
                   {"random", spec->random},
                   {"ports_from_params", static_cast<bool>(spec->ports)},
                   {"inputs", to_json(spec->inputs)},
                   {"outputs", to_json(spec->outputs)},
                   {"params", std::move(params)}});
  }
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace feedline::cli
