// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/verdict.h"
#include "graph/edit.h"

#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline diagnosis {

/// A change that a diagnosis offers: one undoable edit with what it is expected to bring.
struct Fix {
  std::string id{};     ///< "workers", "cache:resize": stable, for --fix
  std::string title{};  ///< "Use 4 workers"
  std::string why{};    ///< a sentence or two
  Edit edit{};
  double predicted_ratio = 1;    ///< rate with it beside the rate without
  bool changes_results = false;  ///< what is learnt changes, not only how fast
  bool in_fits = false;          ///< it gains in fits of an estimator: a proof, which compares steps, does not see it
  bool needed = false;           ///< the run does not fit into memory without one such: offered whatever its ratio
};

/// What a rule may look at.
struct FixContext {
  const Document& document;
  const RunFacts& facts;
  const Diagnosis& diagnosis;
  const Registry& registry = Registry::instance();

  /// The rate of a changed model beside that of the model as it is.
  [[nodiscard]] double ratio(const CostModel& after) const;
  /// The same for a step whose forward and backward pass take 1/`times` as long. 1: nothing is known of the step.
  [[nodiscard]] double ratio_of_faster_kernels(double times) const;
  /// A parameter as it stands in the document, its default included. Nodes are named as in the facts.
  [[nodiscard]] Value setting(std::string_view node, std::string_view param) const;
  [[nodiscard]] Edit set(const std::string& node, const std::string& param, Value value) const;
};

/// A rule looks at a diagnosis and offers what would help, or nothing. It need not check that its edit makes a sound
/// graph or that its gain is worth naming: find_fixes() does.
using FixRule = std::vector<Fix> (*)(const FixContext&);

/// All rules. One file in diagnosis/fixes each, found by CMake, like nodes: adding one touches its own file only.
class FixRules {
 public:
  [[nodiscard]] static const FixRules& instance();
  void add(FixRule rule) { rules_.push_back(rule); }
  [[nodiscard]] const std::vector<FixRule>& all() const { return rules_; }

 private:
  std::vector<FixRule> rules_{};
};

/// Gains below this are not worth a change.
inline constexpr double kWorthwhile = 1.02;

/// What the rules offer, best first: edits that leave a sound graph and are predicted to bring kWorthwhile or more.
[[nodiscard]] std::vector<Fix> find_fixes(const FixContext& context);

/// Defined in the generated all_fixes.cpp.
void register_all_fixes(FixRules& rules);

}  // namespace feedline::inline diagnosis

/// Ends a fix's file: registers its rule.
#define FEEDLINE_FIX(rule)                                       \
  namespace feedline::inline diagnosis {                         \
  void register_fix_##rule(FixRules& rules);                     \
  void register_fix_##rule(FixRules& rules) { rules.add(rule); } \
  }
