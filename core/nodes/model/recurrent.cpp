// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/recurrent.h"

#include "nodes/model/layer_shape.h"
#include "nodes/model/sequence_shape.h"

#include <cmath>
#include <string>
#include <tuple>
#include <utility>

namespace feedline::inline nodes {

Result<std::vector<TensorDesc>> infer_recurrent(const RecurrentParams& params, DescInputs in) {
  auto x = sequences_in(in);
  if (!x) return fail(std::move(x.error()));
  const Dim width(params.units * (params.bidirectional ? 2 : 1));
  TensorDesc out{.kind = Kind::Tensor, .dtype = DType::F32, .shape = {x->shape[0], width}};
  if (params.output == "all") out.shape.insert(out.shape.begin() + 1, x->shape[1]);
  return std::vector<TensorDesc>{std::move(out)};
}

LayerCost recurrent_cost(const RecurrentParams& params, std::int64_t gates, const TensorDesc& x) {
  const std::int64_t directions = params.bidirectional ? 2 : 1;
  LayerCost cost;
  double a_place = 0;
  std::int64_t features = x.shape[2].known() ? x.shape[2].size() : 0;
  for (std::int64_t layer = 0; layer < params.layers; ++layer) {
    const std::int64_t products = directions * gates * params.units * (features + params.units);
    cost.parameters += products + directions * 2 * gates * params.units;
    a_place += static_cast<double>(products);
    features = directions * params.units;
  }
  cost.multiply_adds = a_place * static_cast<double>(most_places(x));
  return cost;
}

#ifndef FEEDLINE_DESCRIBED_ONLY

RecurrentModule::RecurrentModule(const RecurrentParams& params, std::int64_t gates, std::int64_t features) {
  const double bound = 1 / std::sqrt(static_cast<double>(params.units));
  const std::int64_t directions = params.bidirectional ? 2 : 1;
  const auto add = [&](const std::string& name, at::IntArrayRef shape) {
    register_parameter(name, at::empty(shape).uniform_(-bound, bound));
  };
  for (std::int64_t layer = 0; layer < params.layers; ++layer) {
    const std::int64_t below = layer == 0 ? features : directions * params.units;
    for (std::int64_t direction = 0; direction < directions; ++direction) {
      const std::string end = "_l" + std::to_string(layer) + (direction == 0 ? "" : "_reverse");
      add("weight_ih" + end, {gates * params.units, below});
      add("weight_hh" + end, {gates * params.units, params.units});
      add("bias_ih" + end, {gates * params.units});
      add("bias_hh" + end, {gates * params.units});
    }
  }
}

RecurrentLayer::RecurrentLayer(RecurrentCell cell, RecurrentParams params, std::int64_t features, double flops)
    : cell_(cell),
      params_(std::move(params)),
      flops_(flops),
      module_(std::make_shared<RecurrentModule>(params_, cell == RecurrentCell::Lstm ? 4 : 3, features)) {}

RecurrentLayer::States RecurrentLayer::read(const at::Tensor& x, const at::Tensor& batch_sizes,
                                            std::int64_t rows) const {
  const std::int64_t directions = params_.bidirectional ? 2 : 1;
  const at::Tensor start = at::zeros({params_.layers * directions, rows, params_.units}, x.options());
  const std::vector<at::Tensor> weights = module_->parameters();  // in the order in which LibTorch takes them
  const bool training = module_->is_training();
  States states;
  if (cell_ == RecurrentCell::Lstm) {
    const std::vector<at::Tensor> starts = {start, start};
    std::tie(states.all, states.last, std::ignore) =
        batch_sizes.defined()
            ? at::lstm(x, batch_sizes, starts, weights, true, params_.layers, 0.0, training, params_.bidirectional)
            : at::lstm(x, starts, weights, true, params_.layers, 0.0, training, params_.bidirectional, true);
  } else {
    std::tie(states.all, states.last) =
        batch_sizes.defined()
            ? at::gru(x, batch_sizes, start, weights, true, params_.layers, 0.0, training, params_.bidirectional)
            : at::gru(x, start, weights, true, params_.layers, 0.0, training, params_.bidirectional, true);
  }
  return states;
}

at::Tensor RecurrentLayer::last_of(const at::Tensor& states) const {
  const std::int64_t count = states.size(0);
  if (!params_.bidirectional) return states[count - 1];
  return at::cat({states[count - 2], states[count - 1]}, 1);
}

at::Tensor RecurrentLayer::read_packed(const at::Tensor& x, const at::Tensor& counts) const {
  // Packing wants the longest record first and none without a place: such a one reads a place, and what that gives is
  // then cancelled.
  const at::Tensor order = std::get<1>(counts.sort(/*stable=*/true, 0, /*descending=*/true));
  const at::Tensor back = std::get<1>(order.sort());
  const at::Tensor lengths = counts.index_select(0, order).clamp_min(1).to(at::kCPU);
  const auto [data, batch_sizes] = at::_pack_padded_sequence(x.index_select(0, order), lengths, /*batch_first=*/true);
  const States states = read(data, batch_sizes, x.size(0));
  const at::Tensor some = counts.gt(0).to(x.scalar_type()).unsqueeze(1);
  if (params_.output != "all") return last_of(states.last).index_select(0, back) * some;
  const at::Tensor all =
      std::get<0>(at::_pad_packed_sequence(states.all, batch_sizes, /*batch_first=*/true, 0.0, x.size(1)));
  return all.index_select(0, back) * some.unsqueeze(2);
}

at::Tensor RecurrentLayer::forward(std::span<const at::Tensor> in) {
  const PlainPrecision precision;
  const at::Tensor tokens = tokens_of(in);
  at::Tensor x = in[0].to(at::kFloat);
  if (x.size(1) == 0) {  // all texts of the batch are empty: zeros, with a gradient, which is zero
    x = at::zeros({x.size(0), 1, x.size(2)}, x.options());
    const at::Tensor y = read_packed(x, at::zeros({x.size(0)}, x.options().dtype(at::kLong)));
    return params_.output == "all" ? y.narrow(1, 0, 0) : y;
  }
  if (tokens.defined()) return read_packed(x, token_counts(tokens));
  const States states = read(x, {}, x.size(0));
  return params_.output == "all" ? states.all : last_of(states.last);
}

#endif

}  // namespace feedline::inline nodes
