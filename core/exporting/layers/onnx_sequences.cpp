// SPDX-License-Identifier: GPL-3.0-or-later
// Layers on token ids and sequences as operators of ONNX. T is a size that only the values tell.
#include "exporting/onnx_parts.h"
#include "exporting/python_text.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace feedline::inline exporting {
namespace {

using Sizes = OnnxParts::Sizes;

constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kOnnxI32 = 6, kOnnxI64 = 7, kOnnxF32 = 1;  // TensorProto.DataType

/// The tokens that say which places count; empty: all do.
std::string tokens_wired(const LayerToWrite& layer) { return layer.in.size() > 1 ? layer.in[1] : std::string(); }
std::int64_t onnx_width(const LayerToWrite& layer) { return layer.plan.inputs[0].shape[2].most(); }

std::string onnx_embedding(const LayerToWrite& layer, OnnxGraph& graph) {
  return graph.add("Gather", {OnnxParts(layer, graph).tensor("weight"), layer.in[0]}, {{"axis", std::int64_t{0}}});
}

/// Over the places of N×T×F that count: their sum, mean or maximum, zeros where there are none.
std::string onnx_pooled(const OnnxParts& parts, OnnxGraph& graph, const std::string& x, const std::string& mask,
                        const std::string& pooling) {
  const auto sum = [&](const std::string& of) {
    return graph.add("ReduceSum", {of, graph.constant(Sizes{1})}, {{"keepdims", std::int64_t{0}}});
  };
  if (pooling == "max") {
    const std::string hidden = graph.add("Mul", {graph.add("Sub", {parts.number(1), mask}), parts.number(-1e30)});
    const std::string most = graph.add("ReduceMax", {graph.add("Add", {graph.add("Mul", {x, mask}), hidden})},
                                       {{"axes", Sizes{1}}, {"keepdims", std::int64_t{0}}});
    const std::string any = graph.add("ReduceMax", {mask}, {{"axes", Sizes{1}}, {"keepdims", std::int64_t{0}}});
    return graph.add("Mul", {most, any});
  }
  const std::string all = sum(graph.add("Mul", {x, mask}));
  return pooling == "sum" ? all : graph.add("Div", {all, graph.add("Max", {sum(mask), parts.number(1)})});
}

std::string onnx_embedding_bag(const LayerToWrite& layer, OnnxGraph& graph) {
  const OnnxParts parts(layer, graph);
  return onnx_pooled(parts, graph, onnx_embedding(layer, graph), parts.mask(layer.in[0]),
                     ParamReader(layer.plan.params).text("pooling"));
}

std::string onnx_sequence_pool(const LayerToWrite& layer, OnnxGraph& graph) {
  const OnnxParts parts(layer, graph);
  const std::string pooling = ParamReader(layer.plan.params).text("pooling");
  if (const std::string tokens = tokens_wired(layer); !tokens.empty())
    return onnx_pooled(parts, graph, layer.in[0], parts.mask(tokens), pooling);
  return graph.add(pooling == "mean" ? "ReduceMean" : "ReduceMax", {layer.in[0]},
                   {{"axes", Sizes{1}}, {"keepdims", std::int64_t{0}}});
}

/// Zeros behind the last place are as many whatever the stride leaves over: a window that would begin too late is not
/// there, and the others see the same.
std::string onnx_conv1d(const LayerToWrite& layer, OnnxGraph& graph) {
  const OnnxParts parts(layer, graph);
  const ParamReader params(layer.plan.params);
  const std::int64_t kernel = params.integer("kernel");
  const std::int64_t stride = params.integer("stride");
  const bool same = params.text("padding") == "same";
  const std::int64_t before = same ? (kernel - 1) / 2 : 0;
  const std::string tokens = tokens_wired(layer);
  std::vector<std::string> in = {parts.permuted(parts.only_tokens(layer.in[0], tokens), {0, 2, 1}),
                                 parts.tensor("weight")};
  if (std::string bias = parts.tensor("bias"); !bias.empty()) in.push_back(std::move(bias));
  const std::string filtered = graph.add("Conv", in,
                                         {{"kernel_shape", Sizes{kernel}},
                                          {"strides", Sizes{stride}},
                                          {"pads", Sizes{before, same ? kernel - 1 - before : 0}}});
  const std::string y = parts.permuted(filtered, {0, 2, 1});
  if (tokens.empty()) return y;
  // A window counts where the place counts at which it stands; without padding, where its first one does.
  const std::int64_t end = same || kernel == 1 ? kToTheEnd : 1 - kernel;
  return parts.only_tokens(y, parts.slice(tokens, 1, 0, end, stride));
}

std::string onnx_positions(const LayerToWrite& layer, OnnxGraph& graph) {
  const OnnxParts parts(layer, graph);
  std::string table = parts.tensor("weight");
  if (table.empty()) {  // the waves of Vaswani et al., 2017, as positional_encoding.cpp has them
    const std::int64_t places = layer.plan.inputs[0].shape[1].most();
    const std::int64_t width = onnx_width(layer);
    std::vector<float> waves;
    waves.reserve(static_cast<std::size_t>(places * width));
    for (std::int64_t place = 0; place < places; ++place)
      for (std::int64_t i = 0; i < width; ++i) {
        const double rate = std::exp(-std::log(10000.0) * static_cast<double>(i / 2 * 2) / static_cast<double>(width));
        const double angle = static_cast<double>(place) * rate;
        waves.push_back(static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle)));
      }
    table = graph.constant(waves, {places, width});
  }
  const std::string there =
      graph.add("Slice", {table, graph.constant(Sizes{0}), parts.size_of(layer.in[0], 1), graph.constant(Sizes{0})});
  return parts.only_tokens(graph.add("Add", {layer.in[0], there}), tokens_wired(layer));
}

std::string onnx_attention(const LayerToWrite& layer, OnnxGraph& graph) {
  const OnnxParts parts(layer, graph);
  const std::string tokens = tokens_wired(layer);
  const std::int64_t heads = ParamReader(layer.plan.params).integer("heads");
  return parts.only_tokens(parts.self_attention(layer.in[0], "", onnx_width(layer), heads, tokens), tokens);
}

std::string onnx_encoder(const LayerToWrite& layer, OnnxGraph& graph) {
  constexpr double kEpsilon = 1e-5;
  const OnnxParts parts(layer, graph);
  const ParamReader params(layer.plan.params);
  const std::string tokens = tokens_wired(layer);
  const auto look = [&](const std::string& x) {
    return parts.self_attention(x, "self_attn.", onnx_width(layer), params.integer("heads"), tokens);
  };
  const auto think = [&](const std::string& x) {
    const std::string hidden = parts.linear(x, "linear1");
    return parts.linear(params.text("activation") == "gelu" ? parts.gelu(hidden) : graph.add("Relu", {hidden}),
                        "linear2");
  };
  std::string x = layer.in[0];
  if (params.text("norm") == "before") {
    x = graph.add("Add", {x, look(parts.norm(x, "norm1", kEpsilon))});
    x = graph.add("Add", {x, think(parts.norm(x, "norm2", kEpsilon))});
  } else {
    x = parts.norm(graph.add("Add", {x, look(x)}), "norm1", kEpsilon);
    x = parts.norm(graph.add("Add", {x, think(x)}), "norm2", kEpsilon);
  }
  return parts.only_tokens(x, tokens);
}

/// Gates in the order of ONNX: blocks of `units` rows each, of which PyTorch's number gates[i] comes at place i.
std::vector<float> gates_in_order(const std::vector<float>& rows, const std::vector<std::size_t>& gates) {
  std::vector<float> ordered;
  ordered.reserve(rows.size());
  const std::size_t block = rows.size() / gates.size();
  for (const std::size_t gate : gates) {
    const auto first = rows.begin() + static_cast<std::ptrdiff_t>(gate * block);
    ordered.insert(ordered.end(), first, first + static_cast<std::ptrdiff_t>(block));
  }
  return ordered;
}

/// W, R and B of one of the stacked layers, both directions one behind the other.
std::vector<std::string> onnx_gates(const OnnxParts& parts, OnnxGraph& graph, std::int64_t number,
                                    const std::vector<std::size_t>& gates, bool both) {
  std::vector<float> below, own, shifts;
  const auto put = [](std::vector<float>& to, const std::vector<float>& more) {
    to.insert(to.end(), more.begin(), more.end());
  };
  const Sizes of_below = parts.shape(fmt::format("weight_ih_l{}", number));
  const Sizes of_own = parts.shape(fmt::format("weight_hh_l{}", number));
  for (const char* end : {"", "_reverse"}) {
    if (*end != '\0' && !both) continue;
    const auto ordered = [&](std::string_view name) {
      return gates_in_order(parts.numbers(fmt::format("{}_l{}{}", name, number, end)), gates);
    };
    put(below, ordered("weight_ih"));
    put(own, ordered("weight_hh"));
    put(shifts, ordered("bias_ih"));
    put(shifts, ordered("bias_hh"));
  }
  const std::int64_t directions = both ? 2 : 1;
  return {graph.constant(below, {directions, of_below[0], of_below[1]}),
          graph.constant(own, {directions, of_own[0], of_own[1]}), graph.constant(shifts, {directions, 2 * of_own[0]})};
}

/// N of 64 bits: the place behind the last token of each record.
std::string onnx_token_counts(const OnnxParts& parts, OnnxGraph& graph, const std::string& tokens,
                              const std::string& places) {
  const std::string there = graph.add("Cast", {graph.add("Not", {parts.filled(tokens)})}, {{"to", kOnnxI64}});
  return graph.add("ReduceMax", {graph.add("Mul", {there, places})},
                   {{"axes", Sizes{1}}, {"keepdims", std::int64_t{0}}});
}

/// LSTM and GRU. ONNX has time in front, the directions behind it, and the gates in another order: input, output,
/// forget, cell for PyTorch's input, forget, cell, output; update, reset, new for reset, update, new.
std::string onnx_recurrent(const LayerToWrite& layer, OnnxGraph& graph) {
  const OnnxParts parts(layer, graph);
  const ParamReader params(layer.plan.params);
  const bool lstm = layer.plan.type == "lstm";
  const bool both = params.flag("bidirectional");
  const std::vector<std::size_t> gates =
      lstm ? std::vector<std::size_t>{0, 3, 1, 2} : std::vector<std::size_t>{1, 0, 2};
  std::vector<OnnxGraph::Attribute> attributes = {{"hidden_size", params.integer("units")},
                                                  {"direction", std::string(both ? "bidirectional" : "forward")}};
  if (!lstm) attributes.push_back({"linear_before_reset", std::int64_t{1}});

  const std::string tokens = tokens_wired(layer);
  std::string lengths, some, seen;
  if (!tokens.empty()) {
    const std::string one = graph.scalar(1);
    const std::string end = graph.add("Add", {graph.add("Squeeze", {parts.size_of(tokens, 1)}), one});
    const std::string places = graph.add("Range", {one, end, one});  // 1 to T
    const std::string counts = onnx_token_counts(parts, graph, tokens, places);
    lengths = graph.add("Cast", {graph.add("Max", {counts, one})}, {{"to", kOnnxI32}});
    const std::string column = graph.add("Unsqueeze", {counts, graph.constant(Sizes{1})});
    some = graph.add("Cast", {graph.add("Greater", {column, graph.scalar(0)})}, {{"to", kOnnxF32}});  // N×1
    const std::string read = graph.add("Cast", {graph.add("LessOrEqual", {places, column})}, {{"to", kOnnxF32}});
    seen = graph.add("Unsqueeze", {read, graph.constant(Sizes{2})});  // N×T×1
  }
  std::string x = parts.permuted(layer.in[0], {1, 0, 2});
  std::string last;
  for (std::int64_t i = 0; i < params.integer("layers"); ++i) {
    std::vector<std::string> in = onnx_gates(parts, graph, i, gates, both);
    in.insert(in.begin(), x);
    in.push_back(lengths);
    const auto out = graph.add_with(2, lstm ? "LSTM" : "GRU", in, attributes);
    x = parts.reshaped(parts.permuted(out[0], {0, 2, 1, 3}), {0, 0, -1});  // T × N × directions·units
    last = out[1];
  }
  if (params.text("output") == "last") {
    const std::string y = parts.reshaped(parts.permuted(last, {1, 0, 2}), {0, -1});
    return tokens.empty() ? y : graph.add("Mul", {y, some});
  }
  const std::string y = parts.permuted(x, {1, 0, 2});
  return tokens.empty() ? y : graph.add("Mul", {y, seen});
}

void add_onnx_sequences(Writers& writers) {
  writers.onnx("embedding", onnx_embedding);
  writers.onnx("embedding_bag", onnx_embedding_bag);
  writers.onnx("sequence_pool", onnx_sequence_pool);
  writers.onnx("conv1d", onnx_conv1d);
  writers.onnx("positional_encoding", onnx_positions);
  writers.onnx("attention", onnx_attention);
  writers.onnx("transformer_encoder", onnx_encoder);
  writers.onnx("lstm", onnx_recurrent);
  writers.onnx("gru", onnx_recurrent);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_onnx_sequences)
