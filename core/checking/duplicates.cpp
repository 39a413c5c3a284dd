// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "checking/duplicates.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace feedline::inline checking {
namespace {

struct Item {
  std::uint64_t hash;
  std::uint64_t place;  ///< the source in the upper 16 bits
  bool operator<(const Item& other) const { return hash != other.hash ? hash < other.hash : place < other.place; }
};
constexpr unsigned kSourceShift = 48;

/// One group of equal items, and what is special about it.
DuplicateGroup group_of(const Item* begin, const Item* end, const std::vector<LaneContents>& lanes,
                        const std::vector<std::vector<std::string>>& class_names, std::uint64_t& in_validation) {
  DuplicateGroup group;
  bool trains = false;
  std::uint64_t validates = 0;
  std::set<std::string> classes;
  for (const Item* item = begin; item != end; ++item) {
    const DuplicateGroup::Place place{static_cast<std::size_t>(item->place >> kSourceShift),
                                      item->place & ((std::uint64_t{1} << kSourceShift) - 1)};
    group.places.push_back(place);
    const LaneContents& lane = lanes[place.source];
    const bool held_out = !lane.held_out.empty() && lane.held_out[place.record];
    const bool left_out = !lane.left_out.empty() && lane.left_out[place.record];
    trains |= lane.training && !held_out && !left_out;
    validates += lane.validation || held_out ? 1 : 0;
    if (!lane.label) continue;
    const std::int64_t label = lane.label(place.record);
    const auto& names = class_names[place.source];
    if (label >= 0)
      classes.insert(static_cast<std::size_t>(label) < names.size() ? names[static_cast<std::size_t>(label)]
                                                                    : std::to_string(label));
  }
  group.across = trains && validates > 0;
  group.conflicting = classes.size() > 1;
  if (group.across) in_validation += validates;
  return group;
}

}  // namespace

Duplicates find_duplicates(const std::vector<LaneContents>& lanes,
                           const std::vector<std::vector<std::string>>& class_names) {
  std::vector<Item> items;
  std::size_t all = 0;
  for (const LaneContents& lane : lanes) all += lane.hashes.size();
  items.reserve(all);
  for (std::size_t source = 0; source < lanes.size(); ++source)
    for (std::size_t i = 0; i < lanes[source].hashes.size(); ++i)
      if (lanes[source].hashes[i] != 0)
        items.push_back({lanes[source].hashes[i], std::uint64_t{source} << kSourceShift | i});
  std::sort(items.begin(), items.end());

  Duplicates found;
  std::vector<DuplicateGroup> within;
  for (std::size_t begin = 0; begin < items.size();) {
    std::size_t end = begin + 1;
    while (end < items.size() && items[end].hash == items[begin].hash) ++end;
    if (end - begin > 1) {
      DuplicateGroup group = group_of(&items[begin], items.data() + end, lanes, class_names, found.across);
      found.extra += end - begin - 1;
      found.conflicting += group.conflicting ? 1 : 0;
      auto& list = group.across || group.conflicting ? found.groups : within;
      if (list.size() < Duplicates::kMostGroups) list.push_back(std::move(group));
    }
    begin = end;
  }
  for (DuplicateGroup& group : within)
    if (found.groups.size() < Duplicates::kMostGroups) found.groups.push_back(std::move(group));
  const auto order = [](const DuplicateGroup& group) {
    const DuplicateGroup::Place& first = group.places.front();
    return std::tuple(!group.across, !group.conflicting, first.source, first.record);
  };
  std::sort(found.groups.begin(), found.groups.end(),
            [&](const DuplicateGroup& a, const DuplicateGroup& b) { return order(a) < order(b); });
  return found;
}

}  // namespace feedline::inline checking
