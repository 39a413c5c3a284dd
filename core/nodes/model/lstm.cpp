// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/recurrent.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Lstm {
  struct Params : RecurrentParams {};

  static NodeSpec spec() {
    return node<Lstm>("lstm", 1, "LSTM", "Reads a sequence place by place and keeps a long and a short memory.")
        .help(
            "Long short-term memory (Hochreiter and Schmidhuber, 1997): at each place, gates decide what its state "
            "takes up "
            "of the place, keeps and shows. With output last, a text of any length becomes one vector, to be followed "
            "by "
            "linear; with all, layers such as attention or sequence_pool follow. A gru has a quarter fewer parameters "
            "and "
            "often does as well; a transformer_encoder sees all places at once. A place waits for the one before it, "
            "so "
            "that long texts take long. As PyTorch's LSTM.")
        .with(recurrent_params<Lstm>)
        .example({{"units", std::int64_t{5}}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs in) {
    return infer_recurrent(params, in);
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc& out) {
    return std::make_unique<RecurrentLayer>(RecurrentCell::Lstm, params, in[0]->shape[2].size(),
                                            2 * cost(params, in, out).multiply_adds);
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    return recurrent_cost(params, 4, *in[0]);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Lstm)
