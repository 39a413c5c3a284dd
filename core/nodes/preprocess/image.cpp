// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/image.h"

namespace feedline::inline nodes {

void keep_opencv_single_threaded() {
  [[maybe_unused]] static const bool done = [] {
    cv::setNumThreads(0);
    return true;
  }();
}

}  // namespace feedline::inline nodes
