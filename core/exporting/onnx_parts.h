// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/exporting: what several layers are made of, in operators of ONNX.

#include "exporting/onnx_graph.h"
#include "exporting/writers.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline exporting {

/// One layer while it is written. Values are given and returned by their names in the graph; `path` is that of a part
/// of the layer ("self_attn.out_proj"), which has the tensors `path`.weight and perhaps `path`.bias.
class OnnxParts {
 public:
  using Sizes = std::vector<std::int64_t>;

  OnnxParts(const LayerToWrite& layer, OnnxGraph& graph) : layer_(layer), graph_(graph) {}

  /// A tensor of the layer; empty: it has none of that name.
  [[nodiscard]] std::string tensor(std::string_view name) const;
  /// What the layer's first input, "weight" and, if it has one, "bias" are called: inputs of Conv, Gemm and their kin.
  [[nodiscard]] std::vector<std::string> weighted_inputs() const;
  /// Its size; empty: there is none such.
  [[nodiscard]] Sizes shape(std::string_view name) const;
  /// Its numbers; empty: there are none, or they are no floats.
  [[nodiscard]] std::vector<float> numbers(std::string_view name) const;
  [[nodiscard]] std::string number(double value) const;

  /// x · weightᵀ + bias over the last dimension.
  [[nodiscard]] std::string linear(const std::string& x, std::string_view path) const;
  [[nodiscard]] std::string linear(const std::string& x, const std::string& weight, const std::string& bias) const;
  /// (x - mean) / sqrt(variance + epsilon) over these dimensions.
  [[nodiscard]] std::string centred(const std::string& x, const Sizes& axes, double epsilon) const;
  /// The same over the last dimension, scaled and shifted.
  [[nodiscard]] std::string norm(const std::string& x, std::string_view path, double epsilon) const;
  [[nodiscard]] std::string batch_norm(const std::string& x, std::string_view path, double epsilon) const;
  /// Its operator came with set 20: written out.
  [[nodiscard]] std::string gelu(const std::string& x, bool by_tanh = false) const;
  [[nodiscard]] std::string silu(const std::string& x) const;

  /// From `first` on, up to (not with) `end`, which may count from the end if it is negative.
  [[nodiscard]] std::string slice(const std::string& x, std::int64_t axis, std::int64_t first, std::int64_t end,
                                  std::int64_t step = 1) const;
  [[nodiscard]] std::string permuted(const std::string& x, const Sizes& order) const;
  [[nodiscard]] std::string reshaped(const std::string& x, const Sizes& sizes) const;
  /// One size of a value, as a vector of one number.
  [[nodiscard]] std::string size_of(const std::string& x, std::int64_t axis) const;

  /// N×T of bool: where a record is filled up.
  [[nodiscard]] std::string filled(const std::string& tokens) const;
  /// N×T×1 of floats: 1 where a record has a token.
  [[nodiscard]] std::string mask(const std::string& tokens) const;
  /// x, with zeros where records are filled up; x itself where no tokens are wired (empty).
  [[nodiscard]] std::string only_tokens(const std::string& x, const std::string& tokens) const;

  /// N×T×F of queries, keys and values to N×T×F: softmax(q · kᵀ / sqrt(F / heads)) · v, a head at a time. No place
  /// looks at one that is filled up; `tokens` empty: all look at all.
  [[nodiscard]] std::string attended(const std::string& query, const std::string& key, const std::string& value,
                                     std::int64_t width, std::int64_t heads, const std::string& tokens) const;
  /// Self-attention with the tensors of PyTorch's MultiheadAttention below `path` ("self_attn.", or empty).
  [[nodiscard]] std::string self_attention(const std::string& x, const std::string& path, std::int64_t width,
                                           std::int64_t heads, const std::string& tokens) const;

 private:
  const LayerToWrite& layer_;
  OnnxGraph& graph_;
};

}  // namespace feedline::inline exporting
