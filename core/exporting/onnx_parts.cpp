// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/onnx_parts.h"

#include <fmt/format.h>

#include <cmath>

namespace feedline::inline exporting {
namespace {

constexpr std::int64_t kOnnxFloat = 1;  // TensorProto.DataType

std::string part_name(const LayerToWrite& layer, std::string_view tensor) {
  return fmt::format("{}.{}", layer.self, tensor);
}

}  // namespace

std::string OnnxParts::tensor(std::string_view name) const { return graph_.weight(part_name(layer_, name)); }

std::vector<std::string> OnnxParts::weighted_inputs() const {
  std::vector<std::string> in = {layer_.in[0], tensor("weight")};
  if (std::string bias = tensor("bias"); !bias.empty()) in.push_back(std::move(bias));
  return in;
}

OnnxParts::Sizes OnnxParts::shape(std::string_view name) const {
  const TensorValue* found = graph_.find_weight(part_name(layer_, name));
  return found == nullptr ? Sizes{} : found->shape;
}

std::vector<float> OnnxParts::numbers(std::string_view name) const {
  const TensorValue* found = graph_.find_weight(part_name(layer_, name));
  return found == nullptr ? std::vector<float>{} : found->numbers<float>().value_or(std::vector<float>{});
}

std::string OnnxParts::number(double value) const {
  return graph_.constant(std::vector<float>{static_cast<float>(value)}, {});
}

std::string OnnxParts::linear(const std::string& x, std::string_view path) const {
  return linear(x, tensor(fmt::format("{}.weight", path)), tensor(fmt::format("{}.bias", path)));
}

std::string OnnxParts::linear(const std::string& x, const std::string& weight, const std::string& bias) const {
  const std::string product = graph_.add("MatMul", {x, permuted(weight, {1, 0})});
  return bias.empty() ? product : graph_.add("Add", {product, bias});
}

std::string OnnxParts::centred(const std::string& x, const Sizes& axes, double epsilon) const {
  const auto mean_of = [&](const std::string& of) {
    return graph_.add("ReduceMean", {of}, {{"axes", axes}, {"keepdims", std::int64_t{1}}});
  };
  const std::string around = graph_.add("Sub", {x, mean_of(x)});
  const std::string variance = mean_of(graph_.add("Mul", {around, around}));
  return graph_.add("Div", {around, graph_.add("Sqrt", {graph_.add("Add", {variance, number(epsilon)})})});
}

std::string OnnxParts::norm(const std::string& x, std::string_view path, double epsilon) const {
  const std::string scaled = graph_.add("Mul", {centred(x, {-1}, epsilon), tensor(fmt::format("{}.weight", path))});
  return graph_.add("Add", {scaled, tensor(fmt::format("{}.bias", path))});
}

std::string OnnxParts::batch_norm(const std::string& x, std::string_view path, double epsilon) const {
  const auto part = [&](std::string_view name) { return tensor(fmt::format("{}{}", path, name)); };
  return graph_.add("BatchNormalization", {x, part("weight"), part("bias"), part("running_mean"), part("running_var")},
                    {{"epsilon", static_cast<float>(epsilon)}});
}

std::string OnnxParts::gelu(const std::string& x, bool by_tanh) const {
  const std::string half = graph_.add("Mul", {x, number(0.5)});
  std::string share;
  if (by_tanh) {
    const std::string cubed = graph_.add("Mul", {graph_.add("Mul", {x, x}), x});
    const std::string inner = graph_.add("Add", {x, graph_.add("Mul", {cubed, number(0.044715)})});
    share = graph_.add("Tanh", {graph_.add("Mul", {inner, number(0.7978845608028654)})});  // sqrt(2 / pi)
  } else {
    share = graph_.add("Erf", {graph_.add("Mul", {x, number(0.7071067811865476)})});
  }
  return graph_.add("Mul", {half, graph_.add("Add", {share, number(1)})});
}

std::string OnnxParts::silu(const std::string& x) const { return graph_.add("Mul", {x, graph_.add("Sigmoid", {x})}); }

std::string OnnxParts::slice(const std::string& x, std::int64_t axis, std::int64_t first, std::int64_t end,
                             std::int64_t step) const {
  return graph_.add("Slice", {x, graph_.constant(Sizes{first}), graph_.constant(Sizes{end}),
                              graph_.constant(Sizes{axis}), graph_.constant(Sizes{step})});
}

std::string OnnxParts::permuted(const std::string& x, const Sizes& order) const {
  return graph_.add("Transpose", {x}, {{"perm", order}});
}

std::string OnnxParts::reshaped(const std::string& x, const Sizes& sizes) const {
  return graph_.add("Reshape", {x, graph_.constant(sizes)});
}

std::string OnnxParts::size_of(const std::string& x, std::int64_t axis) const {
  return slice(graph_.add("Shape", {x}), 0, axis, axis + 1);
}

std::string OnnxParts::filled(const std::string& tokens) const {
  return graph_.add("Equal", {tokens, graph_.constant(Sizes{0})});
}

std::string OnnxParts::mask(const std::string& tokens) const {
  const std::string counts = graph_.add("Cast", {graph_.add("Not", {filled(tokens)})}, {{"to", kOnnxFloat}});
  return graph_.add("Unsqueeze", {counts, graph_.constant(Sizes{2})});
}

std::string OnnxParts::only_tokens(const std::string& x, const std::string& tokens) const {
  return tokens.empty() ? x : graph_.add("Mul", {x, mask(tokens)});
}

std::string OnnxParts::attended(const std::string& query, const std::string& key, const std::string& value,
                                std::int64_t width, std::int64_t heads, const std::string& tokens) const {
  const std::int64_t part = width / heads;
  const auto by_head = [&](const std::string& x, const Sizes& order) {
    return permuted(reshaped(x, {0, 0, heads, part}), order);
  };
  const std::string scaled = graph_.add("Mul", {query, number(1 / std::sqrt(static_cast<double>(part)))});
  std::string scores = graph_.add("MatMul", {by_head(scaled, {0, 2, 1, 3}), by_head(key, {0, 2, 3, 1})});
  if (!tokens.empty()) {
    const std::string hidden = graph_.add("Unsqueeze", {filled(tokens), graph_.constant(Sizes{1, 2})});  // N×1×1×T
    scores = graph_.add("Where", {hidden, number(-1e30), scores});
  }
  const std::string shares = graph_.add("Softmax", {scores}, {{"axis", std::int64_t{3}}});
  const std::string seen = graph_.add("MatMul", {shares, by_head(value, {0, 2, 1, 3})});
  return reshaped(permuted(seen, {0, 2, 1, 3}), {0, 0, width});
}

std::string OnnxParts::self_attention(const std::string& x, const std::string& path, std::int64_t width,
                                      std::int64_t heads, const std::string& tokens) const {
  const std::string joint = linear(x, tensor(path + "in_proj_weight"), tensor(path + "in_proj_bias"));
  const auto third = [&](std::int64_t i) { return slice(joint, 2, i * width, (i + 1) * width); };
  return linear(attended(third(0), third(1), third(2), width, heads, tokens), path + "out_proj");
}

}  // namespace feedline::inline exporting
