// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline {
namespace {

struct Dropout {
  struct Params {
    double probability = 0.5;
  };

  static NodeSpec spec() {
    return node<Dropout>("dropout", 1, "Dropout", "Sets some numbers to zero at random, against overfitting.")
        .help(
            "While training, each number is zeroed with the given chance and the others are scaled up to make good "
            "for it, so that the network cannot lean on single features. Validation passes everything. Use it "
            "before the last linear layers when training accuracy runs far ahead of validation accuracy.")
        .in("x", Kind::Tensor, "Any floating-point tensor.")
        .out("y", Kind::Tensor, "The same shape.")
        .param("probability", &Params::probability, range(0, 0.99).ui(0, 0.8), "Chance that a number is zeroed.")
        .example({{"probability", 0.25}});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = check_float(in, "x"); !status) return fail(std::move(status.error()));
    return in;
  }

  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return module_layer(torch::nn::Dropout(torch::nn::DropoutOptions(params.probability)));
  }
};

}  // namespace
}  // namespace feedline

FEEDLINE_NODE(Dropout)
