// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/sequence_mask.h"
#include "nodes/model/sequence_shape.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace feedline::inline nodes {
namespace {

/// How the filters go over the places.
struct PlaceWindow {
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  bool same = true;
  /// Zeros in front of the first place, whatever the length: so the windows of a record do not hang on others.
  [[nodiscard]] std::int64_t before() const { return same ? (kernel - 1) / 2 : 0; }
  [[nodiscard]] std::int64_t places(std::int64_t in) const {
    return same ? (in + stride - 1) / stride : (in - kernel) / stride + 1;
  }
};

#ifndef FEEDLINE_DESCRIBED_ONLY
class Conv1dLayer final : public Layer {
 public:
  Conv1dLayer(torch::nn::Conv1d conv, PlaceWindow window, double flops)
      : conv_(std::move(conv)), window_(window), flops_(flops) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    const at::Tensor tokens = tokens_of(in);
    const std::int64_t places = in[0].size(1);
    const std::int64_t out = window_.places(places);
    at::Tensor x = only_tokens(in[0], tokens).transpose(1, 2);
    if (window_.same) {
      const std::int64_t wanted = (std::max<std::int64_t>(out, 1) - 1) * window_.stride + window_.kernel;
      x = at::constant_pad_nd(x, {window_.before(), std::max<std::int64_t>(0, wanted - window_.before() - places)});
    }
    const at::Tensor y = conv_->forward(x).transpose(1, 2).narrow(1, 0, out);
    if (!tokens.defined()) return y;
    // A window counts where the place counts at which it stands; without padding, where its first one does.
    const std::int64_t read = window_.same ? places : (out - 1) * window_.stride + 1;
    return only_tokens(y, tokens.slice(1, 0, read, window_.stride));
  }
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return conv_.ptr(); }
  [[nodiscard]] double flops_per_row() const override { return flops_; }

 private:
  torch::nn::Conv1d conv_;
  PlaceWindow window_;
  double flops_;
};
#endif

struct Conv1d {
  struct Params {
    std::int64_t filters = 64;
    std::int64_t kernel = 3;
    std::int64_t stride = 1;
    std::string padding = "same";
    bool bias = true;
  };

  static NodeSpec spec() {
    return node<Conv1d>("conv1d", 1, "Convolution 1-D", "Learnt filters, applied at every place of a sequence.")
        .help(
            "Each filter finds a pattern of a few places that follow each other: of word vectors, phrases of as many "
            "words as the kernel has. Followed by relu and a sequence_pool of maximum it makes a small and quick "
            "classifier of texts (Kim, 2014). All places are computed at once, unlike in lstm and gru. With a kernel "
            "of 1 it is a linear layer at each place. Sequences have the places in the middle (N×T×F), where PyTorch's "
            "Conv1d has them last.")
        .in("x", Kind::Tensor, "Sequences, N×T×F, floating point.")
        .optional_in("tokens", Kind::Tensor, kTokensDoc)
        .out("y", Kind::Tensor, "N×T'×filters.")
        .param("filters", &Params::filters, range(1, 65536).ui(1, 512), "Number of filters: the output's features.")
        .param("kernel", &Params::kernel, range(1, 1023).ui(1, 15).unit("places"), "Kernel size.")
        .param("stride", &Params::stride, range(1, 1023).ui(1, 4).unit("places"), "Step between windows; 2 halves T.")
        .choice("padding", &Params::padding, {"same", "valid"},
                "same: zeros around; the output has as many places as the input, divided by the stride. valid: none; "
                "the output has kernel - 1 places less.")
        .param("bias", &Params::bias, "Adds a learnt bias to each filter.")
        .example({{"filters", std::int64_t{5}}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs in) {
    auto x = sequences_in(in);
    if (!x) return fail(std::move(x.error()));
    const PlaceWindow window = window_of(params);
    const Dim places = x->shape[1];
    if (!window.same && !places.known() && places.bounded())
      return fail(
          Error{.reason = fmt::format("records of differing length ({}) can be shorter than its kernel", places.text()),
                .remedy = "Set padding to same, or bring the tokens to one length by pad_truncate",
                .parameter = "padding"});
    if (places.known()) {
      auto out = slide(places, {window.kernel, window.stride, window.same});
      if (!out)
        return fail(Error{
            .reason = fmt::format("its kernel of {} is longer than its input, {} places", window.kernel, places.text()),
            .remedy = fmt::format("Choose a kernel of at most {}, or longer sequences", places.text()),
            .port = "x",
            .parameter = "kernel"});
      x->shape[1] = *out;
    } else if (places.bounded()) {
      x->shape[1] = Dim::up_to(window.places(places.most()));
    } else if (auto out = slide(places, {window.kernel, window.stride, window.same})) {
      x->shape[1] = *out;
    }
    x->shape[2] = params.filters;
    return std::vector<TensorDesc>{std::move(*x)};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc& out) {
    auto options = torch::nn::Conv1dOptions(in[0]->shape[2].size(), params.filters, params.kernel)
                       .stride(params.stride)
                       .bias(params.bias);
    return std::make_unique<Conv1dLayer>(torch::nn::Conv1d(options), window_of(params),
                                         2 * cost(params, in, out).multiply_adds);
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc& out) {
    const std::int64_t window = (in[0]->shape[2].known() ? in[0]->shape[2].size() : 0) * params.kernel;
    return {.parameters = params.filters * (window + (params.bias ? 1 : 0)),
            .multiply_adds = static_cast<double>(window) * static_cast<double>(params.filters) *
                             static_cast<double>(most_places(out))};
  }

 private:
  static PlaceWindow window_of(const Params& params) {
    return {params.kernel, params.stride, params.padding == "same"};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Conv1d)
