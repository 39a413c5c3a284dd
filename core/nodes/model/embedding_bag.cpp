// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/sequence_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <utility>

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
    if (Status fits = check_token_ids(in, "tokens"); !fits) return fail(std::move(fits.error()));
    if (auto ids = ids_of(in, params.vocabulary); !ids) return fail(std::move(ids.error()));
    return TensorDesc{.kind = Kind::Tensor, .dtype = DType::F32, .shape = {in.shape[0], Dim(params.width)}};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    const std::int64_t ids = ids_of(*in[0], params.vocabulary).value_or(0);
    auto options = torch::nn::EmbeddingBagOptions(ids, params.width).padding_idx(0);
    if (params.pooling == "mean") options.mode(torch::kMean);
    if (params.pooling == "sum") options.mode(torch::kSum);
    if (params.pooling == "max") options.mode(torch::kMax);
    return std::make_unique<Bag>(torch::nn::EmbeddingBag(options));
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    return {.parameters = ids_of(*in[0], params.vocabulary).value_or(0) * params.width};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(EmbeddingBag)
