// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <cstring>
#include <span>
#include <vector>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
/// LibTorch's own dropout draws from the generator that the whole process shares, so what replicas draw would depend on
/// whose turn it is. Each of these has its own.
class DropoutLayer final : public Layer {
 public:
  explicit DropoutLayer(double probability) : keep_(1 - probability), mode_(probability) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    const at::Tensor& x = in[0];
    if (!mode_->is_training() || keep_ == 1) return x;
    return x * at::empty_like(x).bernoulli_(keep_, generator(x.device())).div_(keep_);
  }
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return mode_.ptr(); }
  void seed(std::uint64_t seed) override {
    seed_ = seed;
    generator_ = {};
    left_at_.clear();
  }
  /// The generator's own bytes, or those of the seed as long as nothing has been drawn.
  [[nodiscard]] std::vector<std::byte> random_state() const override {
    if (!generator_.defined() && !left_at_.empty()) return left_at_;
    const at::Tensor state = generator_.defined() ? generator_.get_state() : at::Tensor();
    const auto bytes = state.defined() ? std::as_bytes(std::span(state.data_ptr<std::uint8_t>(), state.nbytes()))
                                       : std::as_bytes(std::span(&seed_, 1));
    return {bytes.begin(), bytes.end()};
  }
  void set_random_state(std::span<const std::byte> state) override {
    generator_ = {};
    left_at_.clear();
    if (state.size() == sizeof seed_) {
      std::memcpy(&seed_, state.data(), sizeof seed_);
    } else {
      left_at_.assign(state.begin(), state.end());
    }
  }

 private:
  const at::Generator& generator(const at::Device& device) {
    if (!generator_.defined()) {
      generator_ = at::globalContext().defaultGenerator(device).clone();
      generator_.set_current_seed(seed_);
      go_on();
    }
    return generator_;
  }

  void go_on() {
    const at::Tensor state = generator_.get_state().clone();
    if (left_at_.size() != state.nbytes()) return;  // nothing, or of another kind of device
    std::memcpy(state.data_ptr<std::uint8_t>(), left_at_.data(), left_at_.size());
    generator_.set_state(state);
  }

  double keep_;
  torch::nn::Dropout mode_;  ///< tells training from evaluation
  std::uint64_t seed_ = 0;
  std::vector<std::byte> left_at_{};  ///< where a generator that is still to be made goes on
  at::Generator generator_{};
};
#endif

struct Dropout {
  struct Params {
    double probability = 0.5;
  };

  static NodeSpec spec() {
    return node<Dropout>("dropout", 1, "Dropout", "Sets activations to zero at random, against overfitting.")
        .help(
            "In training, each activation is zeroed with this probability and the others are scaled up to compensate, "
            "so that the network cannot rely on single features. In validation it does nothing. Use it "
            "before the last linear layers when training accuracy runs far ahead of validation accuracy.")
        .in("x", Kind::Tensor, "Any floating-point tensor.")
        .out("y", Kind::Tensor, "The same shape.")
        .param("probability", &Params::probability, range(0, 0.99).ui(0, 0.8),
               "Probability that an activation is zeroed.")
        .example({{"probability", 0.25}});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = check_float(in, "x"); !status) return fail(std::move(status.error()));
    return in;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return std::make_unique<DropoutLayer>(params.probability);
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Dropout)
