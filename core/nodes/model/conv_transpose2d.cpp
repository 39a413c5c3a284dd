// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
class ConvTransposeLayer final : public Layer {
 public:
  /// `front`: pixels that are cut off at the top and left; `by`: what H and W are multiplied by, 0: nothing is cut off.
  ConvTransposeLayer(const torch::nn::ConvTranspose2dOptions& options, std::int64_t front, std::int64_t by,
                     double flops)
      : conv_(options), front_(front), by_(by), flops_(flops) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    const at::Tensor y = conv_->forward(in[0]);
    if (by_ == 0) return y;
    return y.narrow(2, front_, in[0].size(2) * by_).narrow(3, front_, in[0].size(3) * by_);
  }
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return conv_.ptr(); }
  [[nodiscard]] double flops_per_row() const override { return flops_; }

 private:
  torch::nn::ConvTranspose2d conv_;
  std::int64_t front_;
  std::int64_t by_;
  double flops_;
};
#endif

struct ConvTranspose2d {
  struct Params {
    std::int64_t filters = 32;
    std::int64_t kernel = 4;
    std::int64_t stride = 2;
    std::string padding = "same";
    bool bias = true;
  };

  static NodeSpec spec() {
    return node<ConvTranspose2d>("conv_transpose2d", 1, "Transposed conv",
                                 "Makes pictures larger by learnt filters: a convolution backwards.")
        .help(
            "Each pixel writes its filter into the output, stride pixels apart, and what overlaps is added up. It is "
            "the way back up in autoencoders and in networks that give a picture. A kernel that is a multiple of the "
            "stride, as 4 with 2, avoids a chequered pattern (Odena et al., 2016); upsample followed by a conv2d has "
            "none at all. As PyTorch's ConvTranspose2d, with padding (kernel - stride) / 2 where that is whole.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, floating point.")
        .out("y", Kind::Tensor, "N×filters×(H·stride)×(W·stride).")
        .param("filters", &Params::filters, range(1, 65536).ui(1, 512), "Number of filters: the output's channels.")
        .param("kernel", &Params::kernel, range(1, 63).ui(1, 11).unit("px"), "Kernel size: side of the square filter.")
        .param("stride", &Params::stride, range(1, 63).ui(1, 4).unit("px"),
               "Step between pixels in the output; 2 doubles height and width.")
        .choice("padding", &Params::padding, {"same", "valid"},
                "same: the output has the input's size times the stride. valid: all that the filters write, kernel - "
                "stride more.")
        .param("bias", &Params::bias, "Adds a learnt bias to each output channel.")
        .example({{"filters", std::int64_t{4}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = check_pictures(in, "x"); !fits) return fail(std::move(fits.error()));
    if (params.kernel < params.stride)
      return fail(Error{
          .reason = fmt::format("filters of {} pixels that stand {} apart leave gaps", params.kernel, params.stride),
          .remedy = "Choose a kernel that is at least the stride",
          .parameter = "kernel"});
    TensorDesc out{.kind = Kind::Tensor, .dtype = DType::F32, .shape = in.shape};
    out.shape[1] = params.filters;
    for (const std::size_t axis : {std::size_t{2}, std::size_t{3}}) {
      const Dim& size = in.shape[axis];
      const std::int64_t more = params.padding == "same" ? 0 : params.kernel - params.stride;
      out.shape[axis] = size.known()                      ? Dim(size.size() * params.stride + more)
                        : params.stride == 1 && more == 0 ? size
                                                          : Dim::symbol("?");
    }
    return out;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc& out) {
    const bool same = params.padding == "same";
    const std::int64_t over = same ? params.kernel - params.stride : 0;
    const bool even = over % 2 == 0;  // else what is too much is cut off afterwards
    const auto options = torch::nn::ConvTranspose2dOptions(in[0]->shape[1].size(), params.filters, params.kernel)
                             .stride(params.stride)
                             .padding(even ? over / 2 : 0)
                             .bias(params.bias);
    return std::make_unique<ConvTransposeLayer>(options, over / 2, even ? 0 : params.stride,
                                                2 * cost(params, in, out).multiply_adds);
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    const std::int64_t weights = in[0]->shape[1].size() * params.filters * params.kernel * params.kernel;
    return {.parameters = weights + (params.bias ? params.filters : 0),
            .multiply_adds =
                static_cast<double>(weights) * static_cast<double>(in[0]->shape[2].size() * in[0]->shape[3].size())};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(ConvTranspose2d)
