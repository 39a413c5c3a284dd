// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/sequence_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <utility>

namespace feedline::inline nodes {
namespace {

struct Embedding {
  struct Params {
    std::int64_t width = 64;
    std::int64_t vocabulary = 0;
  };

  static NodeSpec spec() {
    return node<Embedding>("embedding", 1, "Embedding", "Learns a vector for each token id.")
        .help(
            "The first layer of a network that reads texts in their order: each token becomes the vector of its id, "
            "and layers such as gru, conv1d or transformer_encoder follow. Id 0 fills records up to one length: its "
            "vector is zero and stays so. Where the order of the tokens does not matter, embedding_bag costs less. It "
            "has vocabulary × width parameters and costs next to no arithmetic. As PyTorch's Embedding with "
            "padding_idx 0.")
        .in("tokens", Kind::Tensor, "Token ids, N×T, whole numbers; T may differ from batch to batch.")
        .out("y", Kind::Tensor, "Sequences, N×T×width; zeros where a record is filled up.")
        .param("width", &Params::width, range(1, 65536).ui(8, 512), "Numbers of each vector.")
        .param("vocabulary", &Params::vocabulary, range(0, 16777216).ui(0, 50000).unit("ids"),
               "How many ids there are, 0 included; 0: as many as the tokens can have.")
        .example({{"width", std::int64_t{6}}, {"vocabulary", std::int64_t{20}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = check_token_ids(in, "tokens"); !fits) return fail(std::move(fits.error()));
    if (auto ids = ids_of(in, params.vocabulary); !ids) return fail(std::move(ids.error()));
    return TensorDesc{
        .kind = Kind::Tensor, .dtype = DType::F32, .shape = {in.shape[0], in.shape[1], Dim(params.width)}};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    const std::int64_t ids = ids_of(*in[0], params.vocabulary).value_or(0);
    return module_layer(torch::nn::Embedding(torch::nn::EmbeddingOptions(ids, params.width).padding_idx(0)));
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    return {.parameters = ids_of(*in[0], params.vocabulary).value_or(0) * params.width};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Embedding)
