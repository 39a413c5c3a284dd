// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/contrast.h"

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline base {
namespace {

/// WCAG's relative luminance.
double luminance_of(const QColor& color) {
  const auto linear = [](double part) {
    return part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

}  // namespace

double contrast_ratio(const QColor& a, const QColor& b) {
  const double one = luminance_of(a);
  const double other = luminance_of(b);
  return (std::max(one, other) + 0.05) / (std::min(one, other) + 0.05);
}

}  // namespace feedline::gui::inline base
