// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/loss_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <string>

namespace feedline::inline nodes {
namespace {

struct Hinge {
  struct Params {
    double margin = 1;
    std::string power = "1";
  };

  static NodeSpec spec() {
    return node<Hinge>("hinge", 1, "Hinge loss", "Asks that the true class scores higher than any other by a margin.")
        .help(
            "The loss of support vector machines, for any number of classes (Crammer and Singer, 2001, in the form of "
            "Weston and Watkins, 1999): the mean over the other classes of max(0, margin − score of the true class + "
            "score of the other). Once a record is right by the margin it teaches no more, so that training works on "
            "those at the border. Scores are no probabilities. As PyTorch's MultiMarginLoss.")
        .in("prediction", Kind::Tensor, "Scores, N×classes, floating point.")
        .in("target", Kind::Target, "The true classes.")
        .out("loss", Kind::Loss, "The mean over the batch.")
        .compares(TargetKind::Classes)
        .param("margin", &Params::margin, range(1e-6, 1e6).ui(0.1, 10), "By how much the true class must be ahead.")
        .choice("power", &Params::power, {"1", "2"},
                "2 squares what is missing: smoother, and harder on records that are far off.")
        .example({{"power", "2"}});
  }

  static LossShape infer(const Params&, DescInputs in) { return infer_class_loss(in); }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Loss;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return function_layer(
        [power = params.power == "2" ? 2 : 1, margin = params.margin](std::span<const at::Tensor> in) {
          return at::multi_margin_loss(in[0], in[1].to(at::kLong), power, margin);
        });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Hinge)
