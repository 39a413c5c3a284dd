// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <array>

namespace feedline::inline nodes {
namespace {

struct WeightedSum {
  struct Params {
    double weight_a = 1;
    double weight_b = 1;
    double weight_c = 1;
  };

  static NodeSpec spec() {
    return node<WeightedSum>("weighted_sum", 1, "Weighted sum", "One loss of several, each with its weight.")
        .help(
            "Trains one model towards several aims at once: the trainer minimises the sum. Weights say how much each "
            "counts; begin with such that all terms are of one size. Each loss is measured beside the sum, by what "
            "its target allows.")
        .in("a", Kind::Loss, "The first loss.")
        .in("b", Kind::Loss, "The second loss.")
        .optional_in("c", Kind::Loss, "A third one.")
        .out("loss", Kind::Loss, "The sum.")
        .param("weight_a", &Params::weight_a, range(0, 1e6).ui(0, 10), "How much the first counts.")
        .param("weight_b", &Params::weight_b, range(0, 1e6).ui(0, 10), "How much the second counts.")
        .param("weight_c", &Params::weight_c, range(0, 1e6).ui(0, 10), "How much the third counts.")
        .example({{"weight_b", 0.5}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    return std::vector<TensorDesc>{TensorDesc{.kind = Kind::Loss, .dtype = DType::F32}};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Loss;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return function_layer(
        [weights = std::array{params.weight_a, params.weight_b, params.weight_c}](std::span<const at::Tensor> in) {
          at::Tensor sum = in[0] * weights[0];
          for (std::size_t i = 1; i < in.size(); ++i)
            if (in[i].defined()) sum = sum + in[i] * weights[i];
          return sum;
        });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(WeightedSum)
