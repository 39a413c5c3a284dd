// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/byte_picture.h"
#include "nodes/preprocess/image.h"
#include "schema/node_builder.h"

#include <opencv2/imgproc.hpp>

namespace feedline::inline nodes {
namespace {

/// OpenCV's object keeps memory between pictures and serves one thread.
cv::CLAHE& clahe_of_thread(double limit, int tiles) {
  thread_local const cv::Ptr<cv::CLAHE> clahe = cv::createCLAHE();
  clahe->setClipLimit(limit);
  clahe->setTilesGridSize({tiles, tiles});
  return *clahe;
}

struct LocalContrast {
  struct Params {
    double limit = 2;
    std::int64_t tiles = 8;
  };

  static NodeSpec spec() {
    return node<LocalContrast>("clahe", 1, "CLAHE", "Evens out the contrast of a picture, place by place.")
        .help(
            "Contrast limited adaptive histogram equalisation (Zuiderveld, 1994), by OpenCV: usual for X-rays, "
            "microscopy and pictures that are part in the shade. Each tile is equalised by itself, and tiles fade into "
            "each other; the limit keeps noise in even areas from being blown up. Of colour pictures only the "
            "lightness "
            "changes (L of CIE Lab). It draws no random numbers, so validation pictures are treated alike.")
        .in("image", Kind::Image, "An 8-bit picture, grey or in colour.")
        .out("image", Kind::Image, "The picture with even contrast.")
        .param("limit", &Params::limit, range(0, 1000).ui(1, 10),
               "How much steeper than an even histogram contrast may become; 0 sets no limit.")
        .param("tiles", &Params::tiles, range(1, 64).ui(2, 16), "Tiles in each direction.")
        .example({{"limit", 3.0}, {"tiles", std::int64_t{4}}}, {.mean = 131.5263, .stddev = 72.3213, .tolerance = 0.5});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) { return infer_bytes(in); }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext&) {
    const auto picture = byte_picture_size(in);
    if (!picture) return fail(picture.error());
    keep_opencv_single_threaded();
    cv::CLAHE& clahe = clahe_of_thread(params.limit, static_cast<int>(params.tiles));
    for_each_plane(in, out, [&](const cv::Mat& from, cv::Mat& to) {
      if (from.channels() == 1) {
        clahe.apply(from, to);
        return;
      }
      thread_local cv::Mat lab;
      thread_local cv::Mat lightness;
      thread_local cv::Mat even;
      cv::cvtColor(from, lab, cv::COLOR_RGB2Lab);
      cv::extractChannel(lab, lightness, 0);
      clahe.apply(lightness, even);
      cv::insertChannel(even, lab, 0);
      cv::cvtColor(lab, to, cv::COLOR_Lab2RGB);
    });
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(LocalContrast)
