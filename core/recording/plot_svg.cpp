// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/plot_svg.h"

#include "base/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace feedline::inline recording {
namespace {

constexpr double kLeft = 56;
constexpr double kRight = 12;
constexpr double kTop = 26;
constexpr double kBottom = 52;
constexpr double kLegendStep = 16;

struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  [[nodiscard]] bool empty() const { return low > high; }
  /// Never of no width.
  void widen() {
    if (high - low > 0) return;
    const double by = low == 0 ? 1 : std::abs(low) * 0.1;
    low -= by;
    high += by;
  }
};

bool drawable(const CurvePoint& p) { return std::isfinite(p.x) && std::isfinite(p.y); }

/// Where numbers stand in the picture.
struct PlotFrame {
  Extent x{}, y{};
  double width = 0, height = 0;
  [[nodiscard]] double px(double v) const { return kLeft + (v - x.low) / (x.high - x.low) * (width - kLeft - kRight); }
  [[nodiscard]] double py(double v) const {
    return height - kBottom - (v - y.low) / (y.high - y.low) * (height - kTop - kBottom);
  }
};

std::string line(double x1, double y1, double x2, double y2, std::string_view kind, std::string_view stroke) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\" stroke=\"{}\"/>\n", x1,
                     y1, x2, y2, kind, stroke);
}

std::string tick_text(double value, double step, bool share) {
  if (share) return numbers::percent(std::abs(value) < 1e-9 ? 0.0 : value);
  if (std::abs(value) >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
  if (std::abs(value) >= 1e4) return fmt::format("{:.4g}k", value / 1e3);
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6);
  return fmt::format("{:.{}f}", std::abs(value) < step * 1e-6 ? 0.0 : value, decimals);
}

std::string axes(const Plot& plot, const PlotFrame& frame) {
  std::string out;
  const std::vector<double> ys = ticks(frame.y.low, frame.y.high);
  for (const double v : ys) {
    out += line(kLeft, frame.py(v), frame.width - kRight, frame.py(v), "faint", markup::kFaint);
    out += markup::text(kLeft - 5, frame.py(v) + 4, tick_text(v, ys.size() > 1 ? ys[1] - ys[0] : 1, plot.share), "end",
                        "muted");
  }
  std::vector<double> xs = ticks(frame.x.low, frame.x.high);
  if (plot.whole) std::erase_if(xs, [](double v) { return std::abs(v - std::round(v)) > 1e-6; });
  for (const double v : xs)
    out += markup::text(frame.px(v), frame.height - kBottom + 14,
                        tick_text(v, plot.whole || xs.size() < 2 ? 1 : xs[1] - xs[0], false), "middle", "muted");
  out += line(kLeft, frame.height - kBottom, frame.width - kRight, frame.height - kBottom, "ink", markup::kMuted);
  out += markup::text(frame.width - kRight, frame.height - kBottom + 28, plot.x, "end", "muted");
  return out;
}

std::string_view dashes(std::size_t i) {
  constexpr std::array<std::string_view, markup::kColors> all = {"none", "7 3", "2 3", "9 3 2 3", "12 4", "4 2"};
  return all[i % all.size()];
}

std::string path(const PlotCurve& curve, const PlotFrame& frame, std::size_t i) {
  std::string d;
  bool open = false;
  for (const CurvePoint& p : curve.points) {
    if (!drawable(p)) {
      open = false;
      continue;
    }
    d += fmt::format("{}{:.1f} {:.1f}", open ? "L" : "M", frame.px(p.x), frame.py(p.y));
    open = true;
  }
  std::string out = fmt::format(
      "<path d=\"{}\" fill=\"none\" class=\"c{}\" stroke=\"{}\" stroke-width=\"1.6\" stroke-dasharray=\"{}\" "
      "stroke-linejoin=\"round\"/>\n",
      d, i + 1, markup::color(i), dashes(i));
  if (!curve.marks) return out;
  for (const CurvePoint& p : curve.points)
    if (drawable(p))
      out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" class=\"f{}\" fill=\"{}\"/>\n", frame.px(p.x),
                         frame.py(p.y), i + 1, markup::color(i));
  return out;
}

std::string legend(const Plot& plot, const PlotFrame& frame) {
  std::string out;
  double x = kLeft;
  for (std::size_t i = 0; i < std::min(plot.curves.size(), markup::kColors); ++i) {
    const double y = frame.height - 8;
    out += fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"c{}\" stroke=\"{}\" "
        "stroke-width=\"2\" stroke-dasharray=\"{}\"/>\n",
        x, y - 4, x + kLegendStep + 4, y - 4, i + 1, markup::color(i), dashes(i));
    out += markup::text(x + kLegendStep + 8, y, plot.curves[i].name);
    x += kLegendStep + 22 + 6.2 * static_cast<double>(plot.curves[i].name.size());
  }
  return out;
}

}  // namespace

std::vector<double> ticks(double low, double high) {
  if (!(high > low) || !std::isfinite(high - low)) return {low};
  const double rough = (high - low) / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough) {
      step = factor * power;
      break;
    }
  std::vector<double> all;
  const double first = std::ceil(low / step - 1e-9);
  for (double k = first; k * step <= high + step * 1e-9 && all.size() < 12; ++k) all.push_back(k * step);
  return all;
}

markup::Picture plot_svg(const Plot& plot, double width, double height) {
  PlotFrame frame{.width = width, .height = height};
  const std::size_t shown = std::min(plot.curves.size(), markup::kColors);
  for (std::size_t i = 0; i < shown; ++i)
    for (const CurvePoint& p : plot.curves[i].points) {
      if (!drawable(p)) continue;
      frame.x.add(p.x);
      frame.y.add(p.y);
    }
  if (frame.x.empty()) return {};
  if (plot.from_zero) frame.y.add(0);
  if (plot.share) frame.y.add(1);
  frame.x.widen();
  frame.y.widen();
  std::string body = markup::text(kLeft, 15, plot.title + (plot.y.empty() ? "" : ", " + plot.y), "start", "ink", 13);
  body += axes(plot, frame);
  for (std::size_t i = 0; i < shown; ++i) body += path(plot.curves[i], frame, i);
  if (plot.curves.size() > 1) body += legend(plot, frame);
  return markup::picture(width, height, plot.title, body);
}

markup::Picture bars_svg(const std::string& title, const std::vector<BarPart>& parts, const std::vector<BarRow>& rows,
                         double width) {
  if (rows.empty()) return {};
  constexpr double kRow = 20;
  constexpr double kLeastName = 110;
  constexpr double kLetter = 6.6;
  double names = kLeastName;
  for (const BarRow& row : rows) names = std::max(names, kLetter * static_cast<double>(row.name.size()) + 12);
  const double room = width - kLeastName - kRight;
  width += names - kLeastName;
  const double height = kTop + kRow * static_cast<double>(rows.size()) + 26;
  std::string body = markup::text(0, 15, title, "start", "ink", 13);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double y = kTop + kRow * static_cast<double>(r);
    body += markup::text(names - 6, y + 13, rows[r].name, "end");
    double x = names;
    for (std::size_t i = 0; i < rows[r].parts.size(); ++i) {
      const double part = std::isfinite(rows[r].parts[i]) ? std::clamp(rows[r].parts[i], 0.0, 1.0) * room : 0;
      body += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"f{}\" fill=\"{}\"/>\n", x, y + 2,
          part, kRow - 4, parts.at(i).hue + 1, markup::color(parts.at(i).hue));
      if (part > 34)
        body += fmt::format(
            "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" class=\"onbar\" fill=\"{}\" font-size=\"11\" "
            "font-family=\"sans-serif\">{}</text>\n",
            x + part / 2, y + 14, markup::kOnFill, numbers::percent(rows[r].parts[i]));
      x += part;
    }
  }
  double x = names;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    body += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"10\" height=\"10\" class=\"f{}\" fill=\"{}\"/>\n", x,
                        height - 16, parts[i].hue + 1, markup::color(parts[i].hue));
    body += markup::text(x + 14, height - 7, parts[i].name);
    x += 26 + 6.2 * static_cast<double>(parts[i].name.size());
  }
  return markup::picture(width, height, title, body);
}

}  // namespace feedline::inline recording
