// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/learnt_figure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

namespace feedline::inline state {
namespace {

template <class T>
std::optional<std::vector<T>> numbers_named(const NamedTensors& state, std::string_view name) {
  const auto found = state.find(name);
  return found == state.end() ? std::nullopt : found->second.numbers<T>();
}

/// Takes "y12" off the front of a name; false: it begins otherwise.
bool take_place(std::string_view& name, std::string_view mark, std::size_t& place) {
  if (!name.starts_with(mark)) return false;
  name.remove_prefix(mark.size());
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), place);
  if (error != std::errc{}) return false;
  name.remove_prefix(static_cast<std::size_t>(end - name.data()));
  return true;
}

struct PixelGrid {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t channels = 1;
};

/// The grid that the last name ends; none: the others are not all of its places, in order.
std::optional<PixelGrid> pixel_grid(const std::vector<std::string>& names) {
  const auto place_of = [](std::string_view name) -> std::optional<std::array<std::size_t, 3>> {
    std::array<std::size_t, 3> place{};
    if (!take_place(name, "y", place[0]) || !take_place(name, "_x", place[1])) return std::nullopt;
    if (!name.empty() && !take_place(name, "_c", place[2])) return std::nullopt;
    return name.empty() ? std::optional(place) : std::nullopt;
  };
  const auto last = names.empty() ? std::nullopt : place_of(names.back());
  if (!last || std::max({(*last)[0], (*last)[1], (*last)[2]}) >= names.size()) return std::nullopt;
  const PixelGrid grid{.width = (*last)[1] + 1, .height = (*last)[0] + 1, .channels = (*last)[2] + 1};
  if (grid.width * grid.height * grid.channels != names.size()) return std::nullopt;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::size_t pixel = i / grid.channels;
    if (place_of(names[i]) != std::array{pixel / grid.width, pixel % grid.width, i % grid.channels})
      return std::nullopt;
  }
  return grid;
}

/// A weight that is no number counts as none.
float finite_or_none(float weight) { return std::isfinite(weight) ? weight : 0.0F; }

std::vector<float> signed_picture(std::span<const float> row, std::size_t channels) {
  std::vector<float> sums(row.size() / channels, 0.0F);
  for (std::size_t i = 0; i < row.size(); ++i) sums[i / channels] += finite_or_none(row[i]);
  float largest = 0;
  for (const float sum : sums) largest = std::max(largest, std::abs(sum));
  if (largest > 0)
    for (float& sum : sums) sum /= largest;
  return sums;
}

std::vector<LearntComponents::Weight> heaviest(std::span<const float> row, const std::vector<std::string>& names,
                                               std::size_t most) {
  std::vector<std::size_t> order(row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(most, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [row](std::size_t a, std::size_t b) {
    const float one = std::abs(finite_or_none(row[a]));
    const float other = std::abs(finite_or_none(row[b]));
    return one != other ? one > other : a < b;
  });
  std::vector<LearntComponents::Weight> found;
  for (auto place = order.begin(); place != end; ++place)
    found.push_back({.feature = names[*place], .value = static_cast<double>(finite_or_none(row[*place]))});
  return found;
}

}  // namespace

std::optional<LearntBars> learnt_bars(const NamedTensors& state, std::size_t most) {
  if (const auto shares = numbers_named<double>(state, "explained_variance_ratio")) {
    LearntBars found{.tensor = "explained_variance_ratio"};
    for (std::size_t i = 0; i < std::min(most, shares->size()); ++i)
      found.bars.push_back({.name = "pc" + std::to_string(i + 1), .value = (*shares)[i]});
    return found;
  }
  const auto names = find_texts(state, "features");
  const auto kept = numbers_named<std::int64_t>(state, "kept_places");
  if (!names || !kept) return std::nullopt;
  for (const char* tensor : {"score", "importance", "variance"}) {
    const auto values = numbers_named<double>(state, tensor);
    if (!values || values->size() != names->size()) continue;
    LearntBars found{.tensor = tensor};
    for (std::size_t i = 0; i < values->size(); ++i)
      found.bars.push_back(
          {(*names)[i], (*values)[i], std::binary_search(kept->begin(), kept->end(), static_cast<std::int64_t>(i))});
    std::stable_sort(found.bars.begin(), found.bars.end(),
                     [](const LearntBars::Bar& a, const LearntBars::Bar& b) { return a.value > b.value; });
    if (found.bars.size() > most) found.bars.resize(most);
    return found;
  }
  return std::nullopt;
}

std::optional<LearntComponents> learnt_components(const NamedTensors& state, const ComponentLimits& limits) {
  const auto names = find_texts(state, "features");
  const auto weights = numbers_named<float>(state, "components");
  if (!names || names->empty() || !weights || weights->empty() || weights->size() % names->size() != 0)
    return std::nullopt;
  const std::size_t width = names->size();
  const auto shares = numbers_named<double>(state, "explained_variance_ratio");
  const auto grid = pixel_grid(*names);
  LearntComponents found{.all = weights->size() / width};
  if (grid) {
    found.width = grid->width;
    found.height = grid->height;
  }
  for (std::size_t k = 0; k < std::min(grid ? limits.pictures : limits.lists, found.all); ++k) {
    const std::span<const float> row(weights->data() + k * width, width);
    LearntComponents::Component& component = found.components.emplace_back();
    if (shares && shares->size() == found.all) component.share = (*shares)[k];
    if (grid)
      component.pixels = signed_picture(row, grid->channels);
    else
      component.weights = heaviest(row, *names, limits.features);
  }
  return found;
}

}  // namespace feedline::inline state
