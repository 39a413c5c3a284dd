// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/scale_shift.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <cstdint>
#include <memory>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
/// Scale and shift are those of each channel.
class GroupNormLayer final : public Layer {
 public:
  GroupNormLayer(std::int64_t groups, std::int64_t channels, double epsilon)
      : groups_(groups), epsilon_(epsilon), module_(std::make_shared<ScaleShift>(at::IntArrayRef(channels))) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    return at::group_norm(in[0], groups_, module_->weight, module_->bias, epsilon_);
  }
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return module_; }

 private:
  std::int64_t groups_;
  double epsilon_;
  std::shared_ptr<ScaleShift> module_;
};
#endif

struct GroupNorm {
  struct Params {
    std::int64_t groups = 32;
    double epsilon = 1e-5;
  };

  static NodeSpec spec() {
    return node<GroupNorm>("group_norm", 1, "Group norm",
                           "Normalises groups of channels of each record to mean 0 and variance 1.")
        .help(
            "Normalises each record over the pixels of some channels at a time, then applies a learnt scale and shift "
            "to each channel (Wu and He, 2018). It does not look at other records, so that it is as good with a batch "
            "of two as with one of 256: use it in place of batch_norm where memory allows only small batches. One "
            "group normalises over all of a record, as many as channels over each channel alone (instance norm). As "
            "PyTorch's GroupNorm.")
        .in("x", Kind::Tensor, "Pictures (N×C×H×W) or features (N×F), floating point.")
        .out("y", Kind::Tensor, "The same shape.")
        .param("groups", &Params::groups, range(1, 65536).ui(1, 64), "Into how many groups the channels are divided.")
        .param("epsilon", &Params::epsilon, range(1e-12, 1).ui(1e-6, 1e-2),
               "Added to the variance, against division by zero.")
        .example({{"groups", std::int64_t{1}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (auto status = in.shape.size() == 2 ? check_features(in, "x") : check_pictures(in, "x"); !status)
      return fail(std::move(status.error()));
    const Dim& channels = in.shape[1];
    if (channels.known() && channels.size() % params.groups != 0)
      return fail(
          Error{.reason = fmt::format("{} channels cannot be divided into {} groups", channels.size(), params.groups),
                .remedy = fmt::format("Choose a number of groups that divides {}", channels.size()),
                .parameter = "groups"});
    return in;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    return std::make_unique<GroupNormLayer>(params.groups, in[0]->shape[1].size(), params.epsilon);
  }
#endif

  static LayerCost cost(const Params&, DescInputs in, const TensorDesc&) {
    return {.parameters = 2 * in[0]->shape[1].size()};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(GroupNorm)
