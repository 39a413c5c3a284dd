// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
/// LibTorch's module, which cannot pool a batch whose texts are all empty: their vectors are zeros.
class Bag final : public Layer {
 public:
  explicit Bag(torch::nn::EmbeddingBag module) : module_(std::move(module)) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    if (in[0].size(1) > 0) return module_->forward(in[0]);
    return module_->weight.narrow(0, 0, 1).mul(0).expand({in[0].size(0), -1});  // with a gradient, which is zero
  }
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return module_.ptr(); }

 private:
  torch::nn::EmbeddingBag module_;
};
#endif

struct EmbeddingBag {
  struct Params {
    std::int64_t width = 64;
    std::int64_t vocabulary = 0;
    std::string pooling = "mean";
  };

  static NodeSpec spec() {
    return node<EmbeddingBag>("embedding_bag", 1, "Embedding bag",
                              "Learns a vector for each token id, and pools those of a record.")
        .help(
            "The first layer for texts: each id has a vector of its own, and a record is the mean, the sum or the "
            "maximum of the vectors of its tokens, whatever their number. Id 0 fills records up to one length "
            "and does not count. The order of tokens is not seen. It has vocabulary × width "
            "parameters and costs next to no arithmetic.")
        .in("tokens", Kind::Tensor, "Token ids, N×T, whole numbers; T may differ from batch to batch.")
        .out("y", Kind::Tensor, "Features, N×width.")
        .param("width", &Params::width, range(1, 65536).ui(8, 512), "Numbers of each vector.")
        .param("vocabulary", &Params::vocabulary, range(0, 16777216).ui(0, 50000).unit("ids"),
               "How many ids there are, 0 included; 0: as many as the tokens can have.")
        .choice("pooling", &Params::pooling, {"mean", "sum", "max"}, "What becomes of the vectors of one record.")
        .example({{"width", std::int64_t{6}}, {"vocabulary", std::int64_t{20}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if ((in.dtype != DType::I32 && in.dtype != DType::I64) || in.shape.size() != 2)
      return fail(Error{.reason = fmt::format("it needs token ids (N×T), but {} arrives", in.text()),
                        .remedy = "Connect the tokens of a batch",
                        .port = "tokens"});
    const std::int64_t known = in.classes.known() ? in.classes.size() : 0;
    if (params.vocabulary == 0 && in.classes.known() && known == 0)
      return fail(Error{.reason = "how many ids there are is not known",
                        .remedy = "Set the size of the vocabulary",
                        .parameter = "vocabulary"});
    if (params.vocabulary > 0 && params.vocabulary < known)
      return fail(Error{.reason = fmt::format("the tokens have {} ids", known),
                        .remedy = "Set it to 0, or to as many at least",
                        .parameter = "vocabulary"});
    return TensorDesc{.kind = Kind::Tensor, .dtype = DType::F32, .shape = {in.shape[0], Dim(params.width)}};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    auto options = torch::nn::EmbeddingBagOptions(ids(params, in), params.width).padding_idx(0);
    if (params.pooling == "mean") options.mode(torch::kMean);
    if (params.pooling == "sum") options.mode(torch::kSum);
    if (params.pooling == "max") options.mode(torch::kMax);
    return std::make_unique<Bag>(torch::nn::EmbeddingBag(options));
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    return {.parameters = ids(params, in) * params.width};
  }

 private:
  static std::int64_t ids(const Params& params, DescInputs in) {
    return params.vocabulary > 0 ? params.vocabulary : in[0]->classes.size();
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(EmbeddingBag)
