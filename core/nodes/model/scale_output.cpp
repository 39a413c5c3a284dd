// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct ScaleOutput {
  struct Params {
    double mean = 0;
    double deviation = 1;
  };

  static NodeSpec spec() {
    return node<ScaleOutput>("scale_output", 1, "Scale output", "Predicted numbers in the unit of what is predicted.")
        .help(
            "x times deviation plus mean. A network begins with outputs of about 0 ± 1 and learns prices or "
            "populations slowly: first it has to grow weights of that size. With this node between the last linear "
            "and the loss, and mean and deviation near those of the target, it learns a target of mean 0 and deviation "
            "1, while predictions, metrics, loss and exported models are in the target's own unit. Roughly right is "
            "right enough: the last linear learns the rest.\n\nGraphs that Feedline builds for a table or array whose "
            "label is a number have it, with what up to 10,000 records tell. Set both anew when the label becomes "
            "another one: the table view of the source shows its mean and its deviation. As the inverse of "
            "scikit-learn's TransformedTargetRegressor with a StandardScaler.")
        .in("x", Kind::Tensor, "The output of the last linear node.")
        .out("y", Kind::Tensor, "The same shape, 32-bit floats: connect it to the prediction of the loss.")
        .param("mean", &Params::mean, range(-1e12, 1e12).ui(-1000, 1000), "The mean of the target, about.")
        .param("deviation", &Params::deviation, range(1e-12, 1e12).ui(0.01, 1000),
               "The standard deviation of the target, about.")
        .example({{"mean", 3.0}, {"deviation", 0.5}});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = check_float(in, "x"); !status) return fail(std::move(status.error()));
    TensorDesc out = in;
    out.dtype = DType::F32;
    return out;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  /// In single precision whatever the layers in front compute in: half of it has 3 digits.
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return function_layer([mean = params.mean, deviation = params.deviation](std::span<const at::Tensor> in) {
      return in[0].to(at::kFloat).mul(deviation).add(mean);
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(ScaleOutput)
