// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/plan.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline checking {

/// A source of the graph with all per-record nodes that can be reached from it alone: what a check carries records
/// through. It needs no finished graph.
struct CheckLane {
  std::string node{};  ///< as it was drawn
  std::string type{};
  ParamMap params{};                       ///< of the source, complete
  std::shared_ptr<const Source> source{};  ///< null: `failure` says why
  std::optional<Error> failure{};
  /// Of a node behind it that has a problem: it and what follows are not looked at.
  std::optional<Error> unchecked{};

  bool training = false;        ///< the trainer learns from it
  bool validation = false;      ///< it is wired to the trainer's validation
  bool shuffled = false;        ///< a shuffle node stands between it and the trainer
  LearningSettings learning{};  ///< of the trainer that learns from it: which records it sets aside
  double max_bad_fraction = 1;  ///< of the trainer
  std::uint64_t seed = 1;

  std::size_t ports = 0;
  std::optional<std::size_t> label_port{};
  std::optional<std::size_t> picture_port{};  ///< of encoded bytes or pixels
  bool encoded = false;                       ///< that port gives encoded bytes
  std::vector<std::string> class_names{};
  std::size_t classes = 0;
  std::size_t slots = 0;          ///< the source's ports come first
  std::vector<PlanStep> steps{};  ///< named as they were drawn; those that read the bytes of files come first
  std::size_t decoders = 0;
  std::string key{};   ///< names the source and its decoders with all parameters
  std::string rest{};  ///< the same of the nodes behind them
};

/// Opens all sources of the graph that run, whether a trainer reads them or not. One that cannot be opened is a lane
/// with a failure. Errors: stopped; the machine is at fault.
[[nodiscard]] Result<std::vector<CheckLane>> open_lanes(const Document& document, const SourceContext& context,
                                                        const Registry& registry = Registry::instance());

}  // namespace feedline::inline checking
