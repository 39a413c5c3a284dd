// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/row_mixer.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
class CutmixLayer final : public RowMixer {
 public:
  using RowMixer::RowMixer;

 private:
  /// A box of the share (1 - share) of the area, cut off at the borders: what is left of it decides the share.
  [[nodiscard]] at::Tensor mix(const at::Tensor& x, const at::Tensor& partners, double& share) override {
    const double side = std::sqrt(1 - share);
    const Span rows = span(x.size(2), side);
    const Span columns = span(x.size(3), side);
    share = 1 - static_cast<double>(rows.size * columns.size) / static_cast<double>(x.size(2) * x.size(3));
    at::Tensor out = x.clone();
    box(out, rows, columns).copy_(box(partners, rows, columns));
    return out;
  }

  struct Span {
    std::int64_t first = 0;
    std::int64_t size = 0;
  };
  Span span(std::int64_t whole, double part) {
    const auto length = static_cast<std::int64_t>(static_cast<double>(whole) * part);
    const auto centre = static_cast<std::int64_t>(uniform() * static_cast<double>(whole));
    const std::int64_t first = std::clamp<std::int64_t>(centre - length / 2, 0, whole);
    return {first, std::clamp<std::int64_t>(centre - length / 2 + length, 0, whole) - first};
  }
  static at::Tensor box(const at::Tensor& x, const Span& rows, const Span& columns) {
    return x.narrow(2, rows.first, rows.size).narrow(3, columns.first, columns.size);
  }
};
#endif

struct Cutmix {
  struct Params {
    double alpha = 1;
    double probability = 1;
  };

  static NodeSpec spec() {
    return node<Cutmix>("cutmix", 1, "CutMix", "Pastes a box of another record's picture into each one, in training.")
        .help(
            "Put it between the batch and the first layer (Yun et al., 2019): in each batch one box is drawn, each "
            "picture gets what another one of the batch has there, and every loss behind it takes the mean over both "
            "targets by their share of the area, so that nothing else need be wired. Pictures stay natural in every "
            "part, which often serves better than mixup. It wants more epochs. Training loss and accuracy become worse "
            "than without it, because targets are mixed (accuracy counts the target of which there is more); "
            "validation sees records as they are. A model can mix rows at one place. Each replica mixes its own rows.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, floating point.")
        .out("y", Kind::Tensor, "The same shape.")
        .mixes_rows()
        .param("alpha", &Params::alpha, range(0.01, 100).ui(0.1, 2),
               "Of the beta distribution (alpha, alpha) of the share that stays: 1 makes all sizes equally likely.")
        .param("probability", &Params::probability, range(0, 1), "Probability that a batch is mixed.")
        .example({{"alpha", 0.5}});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = check_pictures(in, "x"); !status) return fail(std::move(status.error()));
    return in;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return std::make_unique<CutmixLayer>(params.alpha, params.probability);
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Cutmix)
