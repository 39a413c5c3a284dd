// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/graph_svg.h"

#include "graph/rewire.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>

namespace feedline::inline recording {
namespace {

// In the canvas's own units, in which nodes are at least as wide and high.
constexpr double kWidth = 176;
constexpr double kHead = 40;
constexpr double kPort = 18;
constexpr double kMargin = 24;
constexpr std::size_t kLetters = 24;
constexpr std::size_t kValues = 2;

std::string cut(const std::string& text, std::size_t letters = kLetters) {
  if (text.size() <= letters) return text;
  std::size_t end = letters - 1;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not within a letter
  return text.substr(0, end) + "…";
}

std::string_view stripe(Category category) {
  constexpr std::array<std::string_view, 8> colors = {"#008a64", "#2a8fcb", "#566273", "#0059b2",
                                                      "#bb2d1b", "#00776c", "#b87500", "#6b4fb3"};
  return colors[static_cast<std::size_t>(category)];
}

/// A node as it is drawn.
struct Box {
  const Node* node = nullptr;
  NodeSpec spec{};
  std::vector<std::string> values{};
  double height = 0;

  [[nodiscard]] double port_y(std::size_t i) const {
    return node->position.y + kHead + kPort * (static_cast<double>(i) + 0.5);
  }
};

Box box_of(const Node& node, const Registry& registry) {
  Box box{.node = &node};
  box.spec = spec_of(node, registry).value_or(NodeSpec{.type = node.type, .title = node.type});
  for (const auto& [name, value] : node.params)
    if (box.values.size() < kValues) box.values.push_back(cut(name + " " + to_text(value)));
  const std::size_t ports = std::max<std::size_t>(std::max(box.spec.inputs.size(), box.spec.outputs.size()), 1);
  box.height = kHead + kPort * static_cast<double>(ports) + 14 * static_cast<double>(box.values.size()) + 6;
  return box;
}

std::string rect(double x, double y, double width, double height, std::string_view rest) {
  return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" {}/>\n", x, y, width, height,
                     rest);
}

std::string draw(const Box& box) {
  const auto [x, y] = box.node->position;
  std::string out =
      rect(x, y, kWidth, box.height,
           fmt::format("rx=\"6\" class=\"node\" fill=\"#ffffff\" stroke=\"#9aa5b1\" stroke-dasharray=\"{}\"",
                       box.node->muted ? "5 4" : "none"));
  out += rect(x, y + 6, 4, box.height - 12, fmt::format("fill=\"{}\"", stripe(box.spec.category)));
  out += markup::text(x + 12, y + 17, cut(box.spec.title), "start", "ink", 12);
  out += markup::text(x + 12, y + 32, cut(box.node->id + (box.node->muted ? " (muted)" : "")), "start", "muted", 10);
  const auto port = [&](double px, std::size_t i, const PortSpec& spec, const char* anchor, double inside) {
    out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" class=\"port\" fill=\"#5c6773\"/>\n", px,
                       box.port_y(i));
    out += markup::text(px + inside, box.port_y(i) + 3.5, cut(spec.name, 12), anchor, "muted", 10);
  };
  for (std::size_t i = 0; i < box.spec.inputs.size(); ++i) port(x, i, box.spec.inputs[i], "start", 8);
  for (std::size_t i = 0; i < box.spec.outputs.size(); ++i) port(x + kWidth, i, box.spec.outputs[i], "end", -8);
  double line = y + box.height - 14 * static_cast<double>(box.values.size()) + 6;
  for (const std::string& value : box.values) {
    out += markup::text(x + 12, line, value, "start", "muted", 10);
    line += 14;
  }
  return out;
}

std::string wire(const Link& link, const Box& from, const Box& to) {
  const auto at = [](int port) { return static_cast<std::size_t>(std::max(port, 0)); };
  std::vector<Position> points = {{from.node->position.x + kWidth, from.port_y(at(from.spec.output(link.from.port)))}};
  points.insert(points.end(), link.via.begin(), link.via.end());
  points.push_back({to.node->position.x, to.port_y(at(to.spec.input(link.to.port)))});
  std::string d = fmt::format("M{:.1f} {:.1f}", points[0].x, points[0].y);
  for (std::size_t i = 1; i < points.size(); ++i) {
    const Position& a = points[i - 1];
    const Position& b = points[i];
    const double bend = std::max(30.0, std::abs(b.x - a.x) / 2);
    d += fmt::format("C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", a.x + bend, a.y, b.x - bend, b.y, b.x, b.y);
  }
  return fmt::format("<path d=\"{}\" fill=\"none\" class=\"wire\" stroke=\"#5c6773\" stroke-width=\"1.6\"/>\n", d);
}

struct Bounds {
  double left = std::numeric_limits<double>::infinity();
  double top = left;
  double right = -left;
  double bottom = -left;
  void add(const Position& at, double width, double height) {
    left = std::min(left, at.x);
    top = std::min(top, at.y);
    right = std::max(right, at.x + width);
    bottom = std::max(bottom, at.y + height);
  }
};

}  // namespace

markup::Picture graph_svg(const Document& document, const Registry& registry) {
  if (document.empty()) return {};
  Bounds bounds;
  std::string body;
  for (const Frame& frame : document.frames()) {
    bounds.add(frame.position, frame.width, frame.height);
    body += rect(frame.position.x, frame.position.y, frame.width, frame.height,
                 "rx=\"8\" class=\"frame\" fill=\"none\" stroke=\"#9aa5b1\" stroke-dasharray=\"6 4\"");
    body += markup::text(frame.position.x + 10, frame.position.y + 18, frame.title, "start", "muted", 12);
  }
  std::map<std::string, Box> boxes;
  for (const Node& node : document.nodes()) boxes.emplace(node.id, box_of(node, registry));
  for (const Link& link : document.links()) {
    const auto from = boxes.find(link.from.node);
    const auto to = boxes.find(link.to.node);
    if (from != boxes.end() && to != boxes.end()) body += wire(link, from->second, to->second);
    for (const Position& point : link.via) bounds.add(point, 0, 0);
  }
  for (const auto& [id, box] : boxes) {
    bounds.add(box.node->position, kWidth, box.height);
    body += draw(box);
  }
  for (const Comment& comment : document.comments()) {
    bounds.add(comment.position, comment.width, comment.height);
    body += markup::text(comment.position.x + 8, comment.position.y + 18, cut(comment.text, 80), "start", "muted", 11);
  }
  const double width = bounds.right - bounds.left + 2 * kMargin;
  const double height = bounds.bottom - bounds.top + 2 * kMargin;
  return markup::picture(width, height, document.title().empty() ? "The graph" : document.title(),
                         fmt::format("<g transform=\"translate({:.1f} {:.1f})\">\n{}</g>\n", kMargin - bounds.left,
                                     kMargin - bounds.top, body));
}

}  // namespace feedline::inline recording
