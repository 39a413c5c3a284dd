// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/sequence_mask.h"
#include "schema/node_builder.h"

#include <cstdint>
#include <string>
#include <vector>

// What lstm and gru share: they differ in the number of gates and in the function of LibTorch that runs them.

namespace feedline::inline nodes {

struct RecurrentParams {
  std::int64_t units = 64;
  std::int64_t layers = 1;
  bool bidirectional = false;
  std::string output = "last";
};

/// Declares the ports and the parameters of both.
template <class T>
void recurrent_params(NodeBuilder<T>& builder) {
  std::move(builder)
      .in("x", Kind::Tensor, "Sequences, N×T×F, floating point; T may differ from batch to batch.")
      .optional_in(
          "tokens", Kind::Tensor,
          "The token ids that the sequences come from, N×T, wired from the batch: reading ends at a record's last one. "
          "Without it all places count.")
      .out("y", Kind::Tensor, "N×units, or N×T×units; twice as many units where it reads in both directions.")
      .param("units", &RecurrentParams::units, range(1, 65536).ui(8, 512), "Numbers of its state.")
      .param("layers", &RecurrentParams::layers, range(1, 8), "How many are stacked, each reading the states below it.")
      .param("bidirectional", &RecurrentParams::bidirectional,
             "A second one reads from the end; the two states stand side by side.")
      .choice("output", &RecurrentParams::output, {"last", "all"},
              "last: the state behind a record's last token. all: the states at all its places.");
}

/// What comes out; `x` at input 0 and the tokens at input 1. Errors name the port.
[[nodiscard]] Result<std::vector<TensorDesc>> infer_recurrent(const RecurrentParams& params, DescInputs in);
/// Parameters, and MACs of the longest record. `gates`: 4 of an LSTM, 3 of a GRU.
[[nodiscard]] LayerCost recurrent_cost(const RecurrentParams& params, std::int64_t gates, const TensorDesc& x);

#ifndef FEEDLINE_DESCRIBED_ONLY

enum class RecurrentCell { Lstm, Gru };

/// Parameters as PyTorch names, shapes and starts them: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, then those
/// of the other direction (..._reverse) and of the layers above.
struct RecurrentModule final : torch::nn::Module {
  RecurrentModule(const RecurrentParams& params, std::int64_t gates, std::int64_t features);
};

/// N×T×F to N×units or N×T×units. Records are packed, so that each is read as if it were alone; one without tokens
/// gives zeros.
class RecurrentLayer final : public Layer {
 public:
  RecurrentLayer(RecurrentCell cell, RecurrentParams params, std::int64_t features, double flops);

  at::Tensor forward(std::span<const at::Tensor> in) override;
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return module_; }
  [[nodiscard]] double flops_per_row() const override { return flops_; }

 private:
  struct States {
    at::Tensor all{};   ///< packed, or N×T×units
    at::Tensor last{};  ///< layers·directions × N × units
  };
  /// `batch_sizes` undefined: x is N×T×F.
  [[nodiscard]] States read(const at::Tensor& x, const at::Tensor& batch_sizes, std::int64_t rows) const;
  [[nodiscard]] at::Tensor last_of(const at::Tensor& states) const;
  [[nodiscard]] at::Tensor read_packed(const at::Tensor& x, const at::Tensor& counts) const;

  RecurrentCell cell_;
  RecurrentParams params_;
  double flops_;
  std::shared_ptr<RecurrentModule> module_;
};

#endif

}  // namespace feedline::inline nodes
