// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/picture_shapes.h"

#include <array>
#include <cmath>
#include <numbers>

namespace feedline::inline nodes {
namespace {

constexpr double kPi = std::numbers::pi;

cv::Point2f polar(double radius, double angle) {
  return {static_cast<float>(radius * std::cos(angle)), static_cast<float>(radius * std::sin(angle))};
}

/// Points on an ellipse from angle `from` to `to`, clockwise on the screen.
Outline arc(cv::Point2f centre, double radius, double from, double to, int steps = 48) {
  Outline points;
  for (int i = 0; i <= steps; ++i) points.push_back(centre + polar(radius, from + (to - from) * i / steps));
  return points;
}

Outline circle(cv::Point2f centre, double radius) { return arc(centre, radius, 0, 2 * kPi * 47 / 48, 47); }

Outline polygon(int corners, double radius = 1, double turn = -kPi / 2) {
  Outline points;
  for (int i = 0; i < corners; ++i) points.push_back(polar(radius, turn + 2 * kPi * i / corners));
  return points;
}

Outline star(int tips, double inner) {
  Outline points;
  for (int i = 0; i < 2 * tips; ++i) points.push_back(polar(i % 2 == 0 ? 1 : inner, -kPi / 2 + kPi * i / tips));
  return points;
}

Outline heart() {
  Outline points;  // the well-known curve, scaled to fit
  for (int i = 0; i < 64; ++i) {
    const double t = 2 * kPi * i / 64;
    const double x = 16 * std::pow(std::sin(t), 3);
    const double y = 13 * std::cos(t) - 5 * std::cos(2 * t) - 2 * std::cos(3 * t) - std::cos(4 * t);
    points.emplace_back(static_cast<float>(x / 17), static_cast<float>(-(y + 2.5) / 17));
  }
  return points;
}

Outline crescent() {
  Outline points = arc({0, 0}, 1, kPi / 4, 2 * kPi - kPi / 4);
  const Outline inner = arc({0.45F, 0}, 0.755, 2 * kPi - 1.212, 1.212);
  points.insert(points.end(), inner.begin(), inner.end());
  return points;
}

Outline drop() {
  Outline points = arc({0, 0.35F}, 0.65, -kPi / 6, kPi + kPi / 6);
  points.emplace_back(0.F, -1.F);
  return points;
}

/// A pen's line of the given width: a box along each segment and a disc at each joint.
Shape pen(const std::vector<Outline>& lines, float width = 0.36F) {
  Shape parts;
  for (const Outline& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) {
      parts.push_back({circle(line[i], width / 2)});
      if (i + 1 == line.size()) break;
      const cv::Point2f along = line[i + 1] - line[i];
      const float length = std::hypot(along.x, along.y);
      const cv::Point2f side = cv::Point2f(-along.y, along.x) * (width / 2 / length);
      parts.push_back({{line[i] + side, line[i + 1] + side, line[i + 1] - side, line[i] - side}});
    }
  return parts;
}

struct Entry {
  std::string_view name;
  Shape shape;
};

std::array<Entry, kShapeCount> make_shapes() {
  const Outline square = {{-0.8F, -0.8F}, {0.8F, -0.8F}, {0.8F, 0.8F}, {-0.8F, 0.8F}};
  const Outline cross = {{-0.3F, -1}, {0.3F, -1}, {0.3F, -0.3F}, {1, -0.3F}, {1, 0.3F},   {0.3F, 0.3F},
                         {0.3F, 1},   {-0.3F, 1}, {-0.3F, 0.3F}, {-1, 0.3F}, {-1, -0.3F}, {-0.3F, -0.3F}};
  const Outline arrow = {{-1, -0.28F}, {0.1F, -0.28F}, {0.1F, -0.8F}, {1, 0}, {0.1F, 0.8F}, {0.1F, 0.28F}, {-1, 0.28F}};
  const Outline house = {{0, -1},       {0.95F, -0.1F}, {0.7F, -0.1F},  {0.7F, 0.9F},
                         {-0.7F, 0.9F}, {-0.7F, -0.1F}, {-0.95F, -0.1F}};
  const Outline door = {{-0.2F, 0.3F}, {0.2F, 0.3F}, {0.2F, 0.9F}, {-0.2F, 0.9F}};
  const Outline bolt = {{0.25F, -1}, {-0.6F, 0.15F}, {-0.05F, 0.15F}, {-0.3F, 1}, {0.6F, -0.25F}, {0.05F, -0.25F}};
  const Outline hourglass = {{-0.8F, -1}, {0.8F, -1}, {0.12F, 0}, {0.8F, 1}, {-0.8F, 1}, {-0.12F, 0}};
  const Outline frame_hole = {{-0.42F, -0.42F}, {0.42F, -0.42F}, {0.42F, 0.42F}, {-0.42F, 0.42F}};
  Outline bow = arc({0.05F, -0.4F}, 0.42, -kPi / 2, kPi / 2, 10);
  bow.insert(bow.begin(), {-0.55F, -0.82F});
  bow.push_back({-0.55F, 0.02F});

  return {{
      {"circle", {{circle({0, 0}, 0.92)}}},
      {"triangle", {{polygon(3)}}},
      {"star", {{star(5, 0.42)}}},
      {"ring", {{circle({0, 0}, 0.95), circle({0, 0}, 0.52)}}},
      {"cross", {{cross}}},
      {"heart", {{heart()}}},
      {"arrow", {{arrow}}},
      {"letter A", pen({{{-0.65F, 0.8F}, {0, -0.8F}, {0.65F, 0.8F}}, {{-0.38F, 0.25F}, {0.38F, 0.25F}}}, 0.3F)},
      {"square", {{square}}},
      {"crescent", {{crescent()}}},
      {"house", {{house, door}}},
      {"lightning", {{bolt}}},
      {"letter E", pen({{{0.5F, -0.8F}, {-0.5F, -0.8F}, {-0.5F, 0.8F}, {0.5F, 0.8F}}, {{-0.5F, 0}, {0.4F, 0}}}, 0.3F)},
      {"hexagon", {{polygon(6)}}},
      {"drop", {{drop()}}},
      {"letter R", pen({bow, {{-0.55F, -0.82F}, {-0.55F, 0.82F}}, {{0, 0.05F}, {0.55F, 0.82F}}}, 0.3F)},
      {"hourglass", {{hourglass}}},
      {"frame", {{square, frame_hole}}},
      {"digit 4", pen({{{0.35F, 0.82F}, {0.35F, -0.8F}, {-0.62F, 0.35F}, {0.7F, 0.35F}}}, 0.3F)},
      {"burst", {{star(9, 0.62)}}},
  }};
}

const std::array<Entry, kShapeCount>& shapes() {
  static const std::array<Entry, kShapeCount> all = make_shapes();
  return all;
}

}  // namespace

std::string_view shape_name(std::size_t index) { return shapes()[index].name; }
const Shape& shape_outline(std::size_t index) { return shapes()[index].shape; }

}  // namespace feedline::inline nodes
