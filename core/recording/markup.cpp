// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/markup.h"

#include <fmt/format.h>

#include <array>

namespace feedline::inline recording::markup {

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows,
                  std::size_t left) {
  const auto line = [&](const std::vector<std::string>& cells, const char* tag) {
    std::string out = "<tr>";
    for (std::size_t c = 0; c < cells.size(); ++c)
      out += fmt::format("<{0}{1}>{2}</{0}>", tag, c < left ? "" : " class=\"n\" align=\"right\"", escape(cells[c]));
    return out + "</tr>\n";
  };
  std::string out = "<table cellpadding=\"3\">\n";
  if (!head.empty()) out += "<thead>" + line(head, "th") + "</thead>\n";
  out += "<tbody>\n";
  for (const auto& row : rows) out += line(row, "td");
  return out + "</tbody>\n</table>\n";
}

std::string_view color(std::size_t i) {
  constexpr std::array<std::string_view, kHues> colors = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00",
                                                          "#56b4e9", "#4d8fd6", "#e69f00", "#a3acb8"};
  return colors[i % kHues];
}

std::string text(double x, double y, std::string_view content, std::string_view anchor, std::string_view kind,
                 double size) {
  const std::string_view fill = kind == "ink" ? kInk : kMuted;
  return fmt::format(
      "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" class=\"{}\" fill=\"{}\" font-size=\"{:.3g}\" "
      "font-family=\"sans-serif\">{}</text>\n",
      x, y, anchor, kind, fill, size, escape(content));
}

Picture picture(double width, double height, std::string_view title, const std::string& body) {
  return {.svg = fmt::format(
              "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
              "width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\" aria-label=\"{2}\">\n<title>{2}</title>\n{3}</svg>\n",
              width, height, escape(title), body),
          .width = width,
          .height = height};
}

}  // namespace feedline::inline recording::markup
