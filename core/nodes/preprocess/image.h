// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Pictures as OpenCV sees them: matrix headers over a Datum's memory, nothing is copied. Include it in node files only.

#include "nodes/preprocess/picture.h"

#include <opencv2/core.hpp>

namespace feedline::inline nodes {

/// Feedline's workers are all the threads that there should be: keeps OpenCV from starting its own. Cheap after the
/// first call; made by whatever uses OpenCV functions that would.
void keep_opencv_single_threaded();

/// The pixels of plane `plane`: for HWC there is one, with all channels; for CHW one a channel.
/// The memory is const for inputs; OpenCV has no const matrices, so do not write through those.
[[nodiscard]] inline cv::Mat plane_of(const Datum& picture, const std::byte* data, int plane) {
  const bool planar = picture.layout() == Layout::CHW;
  const int height = static_cast<int>(picture.dim(planar ? 1 : 0));
  const int width = static_cast<int>(picture.dim(planar ? 2 : 1));
  const int channels = planar ? 1 : static_cast<int>(picture.dim(2));
  const int depth = picture.dtype() == DType::U8 ? CV_8U : CV_32F;
  const std::size_t plane_bytes = picture.bytes() / static_cast<std::size_t>(planar ? picture.dim(0) : 1);
  auto* first = const_cast<std::byte*>(data) + plane_bytes * static_cast<std::size_t>(plane);  // NOLINT
  return {height, width, CV_MAKETYPE(depth, channels), first};
}

/// Makes room in `out` for a picture like `in` but of height x width, and calls work(from, to) for every plane.
/// Call picture_size(in) first: it refuses what OpenCV cannot hold.
template <class Work>
void for_each_plane(const Datum& in, Datum& out, std::int64_t height, std::int64_t width, Work&& work) {
  const std::byte* to_data = allocate_like(in, out, height, width);
  const int planes = in.layout() == Layout::CHW ? static_cast<int>(in.dim(0)) : 1;
  for (int i = 0; i < planes; ++i) {
    cv::Mat to = plane_of(out, to_data, i);
    work(plane_of(in, in.data(), i), to);
  }
}

/// The same for an output of the input's size.
template <class Work>
void for_each_plane(const Datum& in, Datum& out, Work&& work) {
  const bool planar = in.layout() == Layout::CHW;
  for_each_plane(in, out, in.dim(planar ? 1 : 0), in.dim(planar ? 2 : 1), std::forward<Work>(work));
}

}  // namespace feedline::inline nodes
