// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/record_origins.h"

#include <string>
#include <utility>

namespace feedline::inline graph {
namespace {

/// True if both are known and differ.
bool merge_origin(std::size_t& mine, std::size_t other) {
  if (mine == Wiring::kNone) mine = other;
  return other != Wiring::kNone && mine != other;
}

}  // namespace

std::vector<Error> RecordOrigins::visit(std::size_t node) {
  std::vector<Error> faults;
  const NodeSpec& spec = *wiring_.spec(node);
  Origin& origin = origins_[node];
  const auto id = [this](std::size_t of) { return wiring_.nodes()[of].id; };
  if (spec.role == Role::Source) origin.source = node;
  if (spec.role == Role::Layer || spec.role == Role::Loss || spec.role == Role::Estimator || spec.role == Role::Trainer)
    return faults;
  for (const std::size_t wire : wiring_.wires_into(node)) {
    const Origin& up = origins_[wiring_.from(wire)];
    if (merge_origin(origin.source, up.source))
      faults.push_back({.reason = "it joins records of two sources, " + id(origin.source) + " and " + id(up.source),
                        .remedy = "Wire all its inputs from one source",
                        .port = wiring_.links()[wire].to.port});
    if (origin.random == Wiring::kNone) origin.random = up.random;
    if (merge_origin(origin.sampler, up.sampler))
      faults.push_back(
          {.reason = "its records are ordered by two nodes, " + id(origin.sampler) + " and " + id(up.sampler),
           .remedy = "Remove one of the two",
           .port = wiring_.links()[wire].to.port});
  }
  if (spec.role == Role::Sampler) {
    if (origin.sampler != Wiring::kNone)
      faults.push_back(
          {.reason = "the records are already ordered by " + id(origin.sampler) + ", and now again by " + id(node),
           .remedy = "Remove one of the two"});
    origin.sampler = node;
  }
  // What is kept of the first epoch would be the same random draw in every epoch.
  if (spec.cache && origin.random != Wiring::kNone)
    faults.push_back({.reason = "it would keep what " + id(origin.random) +
                                " drew at random in the first epoch, and every epoch would see just that",
                      .remedy = "Move it in front of " + id(origin.random) + ", or remove it",
                      .port = spec.inputs.empty() ? "" : spec.inputs.front().name});
  if (spec.random) origin.random = node;
  return faults;
}

}  // namespace feedline::inline graph
