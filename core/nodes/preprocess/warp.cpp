// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/warp.h"

#include "nodes/preprocess/image.h"

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include <cmath>
#include <numbers>

namespace feedline::inline nodes {
namespace {

constexpr std::int64_t kMostWarped = 4;  ///< channels of one OpenCV matrix that can be filled

double radians_of(double degrees) { return degrees * std::numbers::pi / 180; }

int warp_flags(const WarpStyle& style) {
  return (style.filter == "nearest" ? cv::INTER_NEAREST : cv::INTER_LINEAR) | cv::WARP_INVERSE_MAP;
}

Status check_warped(const Datum& in) {
  const auto size = picture_size(in);
  if (!size) return fail(size.error());
  if (in.layout() != Layout::CHW && size->channels > kMostWarped)
    return fail_record(fmt::format("its {} channels cannot be warped", size->channels));
  keep_opencv_single_threaded();
  return {};
}

}  // namespace

AffineMap inverse_of(const AffineChange& change, double centre_x, double centre_y) {
  const double turn = radians_of(change.degrees);
  const double sx = radians_of(change.shear_x);
  const double sy = radians_of(change.shear_y);
  const double a = std::cos(turn - sy) / std::cos(sy);
  const double b = -std::cos(turn - sy) * std::tan(sx) / std::cos(sy) - std::sin(turn);
  const double c = std::sin(turn - sy) / std::cos(sy);
  const double d = -std::sin(turn - sy) * std::tan(sx) / std::cos(sy) + std::cos(turn);
  AffineMap map = {d / change.scale, -b / change.scale, 0, -c / change.scale, a / change.scale, 0};
  const double x = -centre_x - change.shift_x;
  const double y = -centre_y - change.shift_y;
  map[2] = map[0] * x + map[1] * y + centre_x;
  map[5] = map[3] * x + map[4] * y + centre_y;
  return map;
}

std::vector<std::string> warp_filters() { return {"linear", "nearest"}; }

Result<TensorDesc> infer_warp(const TensorDesc& in, double fill) {
  const auto shape = picture_shape(in);
  if (!shape) return fail(shape.error());
  if (in.layout != Layout::CHW && shape->channels.known() && shape->channels.size() > kMostWarped)
    return fail(Error{.reason = fmt::format("its pictures have {} channels", shape->channels.size()),
                      .remedy = "Put it behind normalise, which gives each channel a plane of its own",
                      .port = "image"});
  if (in.dtype == DType::U8 && (fill < 0 || fill > 255))
    return fail(Error{.reason = "its pictures hold whole numbers from 0 to 255, and fill is outside",
                      .remedy = "Choose one of 0 to 255, or move it behind normalise",
                      .parameter = "fill"});
  return in;
}

Status warp(const Datum& in, const AffineMap& map, const WarpStyle& style, Datum& out) {
  if (Status fits = check_warped(in); !fits) return fits;
  // OpenCV counts from the middle of the first pixel.
  AffineMap middles = map;
  middles[2] += 0.5 * (map[0] + map[1] - 1);
  middles[5] += 0.5 * (map[3] + map[4] - 1);
  const cv::Mat matrix(2, 3, CV_64F, middles.data());
  for_each_plane(in, out, [&](const cv::Mat& from, cv::Mat& to) {
    cv::warpAffine(from, to, matrix, to.size(), warp_flags(style), cv::BORDER_CONSTANT, cv::Scalar::all(style.fill));
  });
  return {};
}

Status warp(const Datum& in, const PerspectiveMap& map, const WarpStyle& style, Datum& out) {
  if (Status fits = check_warped(in); !fits) return fits;
  PerspectiveMap numbers = map;
  const cv::Mat matrix(3, 3, CV_64F, numbers.data());
  for_each_plane(in, out, [&](const cv::Mat& from, cv::Mat& to) {
    cv::warpPerspective(from, to, matrix, to.size(), warp_flags(style), cv::BORDER_CONSTANT,
                        cv::Scalar::all(style.fill));
  });
  return {};
}

}  // namespace feedline::inline nodes
