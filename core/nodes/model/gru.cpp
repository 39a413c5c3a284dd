// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/recurrent.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Gru {
  struct Params : RecurrentParams {};

  static NodeSpec spec() {
    return node<Gru>("gru", 1, "GRU", "Reads a sequence place by place and keeps what matters in its state.")
        .help(
            "Gated recurrent unit (Cho et al., 2014): at each place, gates decide what its state takes up and what it "
            "forgets. With output last, a text of any length becomes one vector, to be followed by linear; with all, "
            "layers "
            "such as attention or sequence_pool follow. It has three quarters of the parameters of an lstm. A place "
            "waits "
            "for the one before it, so that long texts take long. As PyTorch's GRU.")
        .with(recurrent_params<Gru>)
        .example({{"units", std::int64_t{5}}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs in) {
    return infer_recurrent(params, in);
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc& out) {
    return std::make_unique<RecurrentLayer>(RecurrentCell::Gru, params, in[0]->shape[2].size(),
                                            2 * cost(params, in, out).multiply_adds);
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    return recurrent_cost(params, 3, *in[0]);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Gru)
