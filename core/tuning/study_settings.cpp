// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/study_settings.h"

#include "base/numbers.h"
#include "graph/override.h"
#include "graph/subgraph.h"
#include "graph/validate.h"
#include "schema/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace feedline::inline tuning {
namespace {

tl::unexpected<Error> no_variation(std::string_view text, std::string reason) {
  return fail(Error{.reason = "'" + std::string(text) + "' " + std::move(reason),
                    .remedy = "Write NODE.PARAM=VALUE,VALUE,... such as batch.size=32,64,128; values with commas in "
                              "them are separated by |",
                    .parameter = "--vary"});
}

}  // namespace

Result<Variation> parse_variation(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
    return no_variation(text, "varies nothing");
  Variation variation{.param = std::string(text.substr(0, equals))};
  std::string_view rest = text.substr(equals + 1);
  const char between = rest.find('|') != std::string_view::npos ? '|' : ',';
  for (bool more = true; more;) {
    const std::size_t end = rest.find(between);
    more = end != std::string_view::npos;
    const std::string value(rest.substr(0, end));
    if (value.empty()) return no_variation(text, "has an empty value");
    if (std::find(variation.values.begin(), variation.values.end(), value) != variation.values.end())
      return no_variation(text, "has the value " + value + " twice");
    variation.values.push_back(value);
    if (more) rest.remove_prefix(end + 1);
  }
  return variation;
}

Status check_setting(const StudySetting& setting) {
  const Analysis analysis = analyse(setting.document);
  for (const Problem& problem : analysis.problems) {
    if (problem.severity != Problem::Severity::Error) continue;
    Error error = problem.error;
    error.reason = fmt::format("with {}: {}", setting.name, error.reason);
    return fail(std::move(error));
  }
  return {};
}

Result<std::vector<StudySetting>> study_grid(const Document& document, const std::vector<Variation>& variations) {
  std::vector<StudySetting> all = {{.name = {}, .document = document}};
  std::vector<std::string> names;
  for (const Variation& variation : variations) {
    if (std::find(names.begin(), names.end(), variation.param) != names.end())
      return no_variation(variation.param, "is varied twice");
    names.push_back(variation.param);
    if (all.size() * variation.values.size() > kMostSettings)
      return fail(Error{.reason = fmt::format("these are more than {} settings", kMostSettings),
                        .remedy = "Vary fewer parameters, or give fewer values",
                        .parameter = "--vary"});
    std::vector<StudySetting> wider;
    for (const StudySetting& setting : all)
      for (const std::string& value : variation.values) {
        StudySetting next = setting;
        const std::string assignment = variation.param + '=' + value;
        next.name += (next.name.empty() ? "" : ", ") + assignment;
        auto edit = parse_override(next.document, assignment);
        if (!edit) return fail(std::move(edit.error()));
        if (auto undo = next.document.apply(*edit); !undo) return fail(std::move(undo.error()));
        wider.push_back(std::move(next));
      }
    all = std::move(wider);
  }
  if (variations.empty()) all.front().name = "as it is";
  for (const StudySetting& setting : all)
    if (Status sound = check_setting(setting); !sound) return fail(std::move(sound.error()));
  return all;
}

std::int64_t trainer_number(const Document& document, std::string_view param) {
  const Node* trainer = document.find(find_role(document, Role::Trainer));
  const NodeSpec* spec = trainer != nullptr ? Registry::instance().find(trainer->type) : nullptr;
  if (spec == nullptr) return 0;
  const ParamMap params = spec->complete(trainer->params);
  const auto found = params.find(std::string(param));
  const auto* value = found != params.end() ? std::get_if<std::int64_t>(&found->second) : nullptr;
  return value != nullptr ? *value : 0;
}

}  // namespace feedline::inline tuning
