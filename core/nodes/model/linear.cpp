// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Linear {
  struct Params {
    std::int64_t units = 0;
    bool bias = true;
  };

  static NodeSpec spec() {
    return node<Linear>("linear", 1, "Linear", "Fully connected layer: y = xWᵀ + b.")
        .help(
            "Also called dense. With units 0 it has one output per class of the data set, which makes "
            "it the right last layer before a cross-entropy for any data set. Put a flatten or a global "
            "average pool before it when pictures arrive. It has features × units parameters, and a bias for each "
            "unit.")
        .in("x", Kind::Tensor, "Features, N×F, floating point.")
        .out("y", Kind::Tensor, "N×units.")
        .param("units", &Params::units, range(0, 1048576).ui(0, 1024),
               "Output features; 0: as many as the data set has classes.")
        .param("bias", &Params::bias, "Adds a learnt bias to each unit.")
        .example({{"units", std::int64_t{5}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (auto status = check_features(in, "x"); !status) return fail(std::move(status.error()));
    TensorDesc out = in;
    out.shape[1] = params.units == 0 ? Dim::symbol("classes") : Dim(params.units);
    return out;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc& out) {
    const std::int64_t features = in[0]->shape[1].size();
    const std::int64_t units = out.shape[1].size();
    return module_layer(torch::nn::Linear(torch::nn::LinearOptions(features, units).bias(params.bias)),
                        2.0 * static_cast<double>(features) * static_cast<double>(units));
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc& out) {
    const std::int64_t features = in[0]->shape[1].size();
    const std::int64_t units = out.shape[1].size();
    return {.parameters = units * (features + (params.bias ? 1 : 0)),
            .multiply_adds = static_cast<double>(features) * static_cast<double>(units)};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Linear)
