// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For recording and exporting: pieces of HTML and SVG.

#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline recording::markup {

/// Safe between tags and in quoted attributes, whatever it holds: control characters go, the five that mean something
/// are written out.
[[nodiscard]] std::string escape(std::string_view text);

/// A table; the first `left` columns to the left, numbers to the right. Cells are escaped here.
[[nodiscard]] std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows,
                                std::size_t left = 1);

/// A picture with its size in CSS pixels; it grows to the width of the page.
struct Picture {
  std::string svg{};
  double width = 0;
  double height = 0;
  [[nodiscard]] bool empty() const { return svg.empty(); }
};

/// Colours are given twice: as attributes, for readers of SVG that know no style sheets, and as classes (`ink`,
/// `faint`, `c1` to `c6`, `f1` to `f9`), so that a page can change them for a dark screen. They are those of the
/// window's light theme.
inline constexpr std::string_view kInk = "#1a1f26";
inline constexpr std::string_view kFaint = "#d3d8df";
inline constexpr std::string_view kMuted = "#576170";
/// On any of the fills, in both themes.
inline constexpr std::string_view kOnFill = "#101418";
/// Told apart by the colour-blind (Okabe and Ito, 2008), and by dashes too.
[[nodiscard]] std::string_view color(std::size_t i);
inline constexpr std::size_t kColors = 6;
/// What the window shows in these colours, as indices of color().
enum Hue : std::size_t {
  kTrain,
  kValidation,
  kBusy,
  kToDevice,
  kBlocked,
  kStarved,
  kForward,
  kOptimiser,
  kOther,
  kHues
};

/// `<text>`, escaped. `anchor`: start, middle, end.
[[nodiscard]] std::string text(double x, double y, std::string_view content, std::string_view anchor = "start",
                               std::string_view kind = "ink", double size = 11);
/// The whole `<svg>` around a body. `title` is what a screen reader says.
[[nodiscard]] Picture picture(double width, double height, std::string_view title, const std::string& body);

}  // namespace feedline::inline recording::markup
