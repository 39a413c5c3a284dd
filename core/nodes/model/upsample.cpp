// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <cstdint>
#include <string>

namespace feedline::inline nodes {
namespace {

struct Upsample {
  struct Params {
    std::int64_t factor = 2;
    std::string method = "nearest";
  };

  static NodeSpec spec() {
    return node<Upsample>("upsample", 1, "Upsample", "Makes pictures larger without learning anything.")
        .help(
            "The way back up in networks that give a picture or join maps of several sizes: pixels are repeated, or "
            "interpolated. Behind it stands a conv2d, which together with it does what conv_transpose2d does without "
            "that one's chequered pattern. As PyTorch's Upsample with align_corners off.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, floating point.")
        .out("y", Kind::Tensor, "N×C×(H·factor)×(W·factor).")
        .param("factor", &Params::factor, range(1, 64).ui(1, 8), "What height and width are multiplied by.")
        .choice("method", &Params::method, {"nearest", "bilinear", "bicubic"}, "Where the new pixels come from.")
        .example({{"factor", std::int64_t{2}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = check_pictures(in, "x"); !fits) return fail(std::move(fits.error()));
    TensorDesc out{.kind = Kind::Tensor, .dtype = DType::F32, .shape = in.shape};
    for (const std::size_t axis : {std::size_t{2}, std::size_t{3}})
      if (params.factor > 1)
        out.shape[axis] = in.shape[axis].known() ? Dim(in.shape[axis].size() * params.factor) : Dim::symbol("?");
    return out;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return function_layer([by = params.factor, method = params.method](std::span<const at::Tensor> in) {
      const std::int64_t height = in[0].size(2) * by;
      const std::int64_t width = in[0].size(3) * by;
      if (method == "bilinear") return at::upsample_bilinear2d(in[0], {height, width}, /*align_corners=*/false);
      if (method == "bicubic") return at::upsample_bicubic2d(in[0], {height, width}, /*align_corners=*/false);
      return at::upsample_nearest2d(in[0], {height, width});
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Upsample)
