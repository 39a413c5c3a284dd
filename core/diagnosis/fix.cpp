// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"

#include "graph/path.h"
#include "graph/validate.h"

#include <algorithm>
#include <cmath>

namespace feedline::inline diagnosis {
namespace {

bool is_sound(const FixContext& context, const Edit& edit) {
  Document changed = context.document;
  return changed.apply(edit) && analyse(changed, {}, context.registry).ok();
}

}  // namespace

double FixContext::ratio(const CostModel& after) const {
  const double before = diagnosis.expected.samples_per_s;
  return before > 0 ? after.expected().samples_per_s / before : 1;
}

double FixContext::ratio_of_faster_kernels(double times) const {
  const StepCost& step = diagnosis.profile.step;
  if (step.busy() <= 0) return 1;
  const double kernels = (step[Phase::Forward] + step[Phase::Backward]) / step.busy();
  CostModel after = diagnosis.model;
  after.speed_up(after.trainer, 1 / (1 - kernels + kernels / times));
  return ratio(after);
}

Value FixContext::setting(std::string_view node, std::string_view param) const {
  const Node* found = document.find(drawn_path(node));
  if (found == nullptr) return {};
  if (const auto set = found->params.find(param); set != found->params.end()) return set->second;
  const NodeSpec* spec = registry.find(found->type);
  const ParamSpec* known = spec == nullptr ? nullptr : spec->param(param);
  return known == nullptr ? Value{} : known->default_value;
}

Edit FixContext::set(const std::string& node, const std::string& param, Value value) const {
  const std::string drawn = drawn_path(node);
  return within(std::string(scope_of(drawn)),
                {SetParam{.node = std::string(leaf_of(drawn)), .param = param, .value = std::move(value)}});
}

const FixRules& FixRules::instance() {
  static const FixRules rules = [] {
    FixRules all;
    register_all_fixes(all);
    return all;
  }();
  return rules;
}

std::vector<Fix> find_fixes(const FixContext& context) {
  std::vector<Fix> fixes;
  if (context.diagnosis.verdict.kind == VerdictKind::NotYet) return fixes;
  for (const FixRule rule : FixRules::instance().all()) {
    for (Fix& fix : rule(context)) {
      if (!std::isfinite(fix.predicted_ratio)) continue;
      if (!fix.needed && fix.predicted_ratio < kWorthwhile) continue;
      if (is_sound(context, fix.edit)) fixes.push_back(std::move(fix));
    }
  }
  std::stable_sort(fixes.begin(), fixes.end(), [](const Fix& a, const Fix& b) {
    return a.needed != b.needed ? a.needed : a.predicted_ratio > b.predicted_ratio;
  });
  return fixes;
}

}  // namespace feedline::inline diagnosis
