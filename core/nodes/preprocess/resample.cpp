// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/resample.h"

#include "nodes/preprocess/image.h"

#include <opencv2/imgproc.hpp>

namespace feedline::inline nodes {
namespace {

int interpolation(std::string_view filter) {
  if (filter == "area") return cv::INTER_AREA;
  if (filter == "cubic") return cv::INTER_CUBIC;
  return cv::INTER_LINEAR;
}

}  // namespace

std::vector<std::string> filter_choices() { return {"linear", "area", "cubic"}; }

Status resample(const Datum& in, const CropWindow& window, std::int64_t width, std::int64_t height,
                std::string_view filter, Datum& out) {
  keep_opencv_single_threaded();
  const CropWindow held = window_in(in, window);
  const cv::Rect rect(static_cast<int>(held.x), static_cast<int>(held.y), static_cast<int>(held.width),
                      static_cast<int>(held.height));
  for_each_plane(in, out, height, width, [&](const cv::Mat& from, cv::Mat& to) {
    const cv::Mat part = from(rect);
    if (part.size() == to.size())
      part.copyTo(to);
    else
      cv::resize(part, to, to.size(), 0, 0, interpolation(filter));
  });
  return {};
}

}  // namespace feedline::inline nodes
