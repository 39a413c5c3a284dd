// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/queue_walk.h"

namespace feedline::inline diagnosis {
namespace {

/// Of its workers' time: less than this is chance.
constexpr double kNotable = 0.12;

}  // namespace

std::optional<std::size_t> walk_queues(const Profile& profile) {
  for (std::size_t i = 0; i < profile.nodes.size();) {
    const std::size_t segment = profile.nodes[i].segment;
    const NodeCost& first = profile.nodes[i];
    while (i + 1 < profile.nodes.size() && profile.nodes[i + 1].segment == segment) ++i;
    const NodeCost& last = profile.nodes[i++];
    // Input waits stand at a segment's first node, output waits at its last.
    const bool waits_for_room = last.blocked > kNotable && last.blocked > first.starved;
    if (!waits_for_room) return segment;
  }
  return std::nullopt;
}

}  // namespace feedline::inline diagnosis
