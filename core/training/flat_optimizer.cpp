// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/flat_optimizer.h"

#include "base/numbers.h"
#include "training/flat_loops.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace feedline::inline training {
namespace {

/// Numbers of a piece on the CPU: weights, gradient and what an optimiser keeps of them lie in the cache of one core.
constexpr std::int64_t kPieceNumbers = 16'384;
/// Keeps PyTorch's clip_grad_norm_ from dividing by 0.
constexpr double kNormFloor = 1e-6;

Result<std::vector<LayerRate>> layer_rates(const ModelPlan& plan, const OptimizerSettings& settings,
                                           const std::vector<FlatOptimizer::Owner>& owners) {
  std::vector<LayerRate> rates;
  for (const std::string& text : settings.rates) {
    auto rate = parse_layer_rate(text);
    if (!rate) return fail(std::move(rate.error()).at_node(plan.optimizer_node).at_parameter("rates"));
    const bool matches = std::any_of(owners.begin(), owners.end(), [&](const FlatOptimizer::Owner& owner) {
      return matches_layer(rate->pattern, owner.node);
    });
    if (!matches) {
      std::vector<std::string> nodes;
      for (const FlatOptimizer::Owner& owner : owners)
        if (nodes.empty() || nodes.back() != owner.node) nodes.push_back(owner.node);
      return fail(Error{.reason = "'" + rate->pattern + "' is the name of no layer that learns",
                        .remedy = "Name one of " + numbers::listed(nodes, 10),
                        .node = plan.optimizer_node,
                        .parameter = "rates"});
    }
    rates.push_back(std::move(*rate));
  }
  return rates;
}

/// A copy of tensors, apart from the model's.
std::vector<at::Tensor> copies(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> all;
  for (const at::Tensor& tensor : tensors) all.push_back(tensor.detach().clone());
  return all;
}

bool is_plain_here(const at::Tensor& tensor) { return tensor.device().is_cpu() && tensor.is_contiguous(); }

bool are_floats_here(const at::Tensor& tensor) { return tensor.scalar_type() == at::kFloat && is_plain_here(tensor); }

/// As copy_ and lerp_, whose way to the loop costs more than the loop over the few numbers of a layer's buffer.
void copy_to(const at::Tensor& to, const at::Tensor& from) {
  if (is_plain_here(to) && is_plain_here(from) && to.scalar_type() == from.scalar_type()) {
    std::memcpy(to.data_ptr(), from.data_ptr(), from.nbytes());
  } else {
    to.copy_(from);
  }
}

void move_to(const at::Tensor& average, const at::Tensor& to, double weight) {
  if (are_floats_here(average) && are_floats_here(to)) {
    move_average(average.data_ptr<float>(), to.data_ptr<float>(), average.numel(), weight);
  } else {
    average.lerp_(to, weight);
  }
}

void exchange(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor kept = a.clone();
  a.copy_(b);
  b.copy_(kept);
}

}  // namespace

Result<std::unique_ptr<FlatOptimizer>> FlatOptimizer::make(const ModelPlan& plan, const FlatParameters& parameters,
                                                           const std::vector<Owner>& owners,
                                                           std::vector<at::Tensor> buffers, Options options) {
  std::unique_ptr<FlatOptimizer> optimizer(new FlatOptimizer);
  optimizer->settings_ = plan.optimizer->optimizer_settings(plan.optimizer_params);
  const OptimizerSettings& settings = optimizer->settings_;
  if (options.total_steps == 0 && !options.rate && needs_total(settings))
    return fail(
        Error{.reason = "this schedule needs to know how long the run is, and the trainer has no number of epochs",
              .remedy = "Set epochs of the trainer, or choose another schedule",
              .node = plan.optimizer_node,
              .parameter = "schedule"});
  auto rates = layer_rates(plan, settings, owners);
  if (!rates) return fail(std::move(rates.error()));
  std::vector<Group> groups;
  for (const Owner& owner : owners) {
    Group group{.penalties = settings.decay_norm_and_bias || owner.dimensions > 1};
    for (const LayerRate& rate : *rates)
      if (matches_layer(rate.pattern, owner.node)) group.factor = rate.factor;
    if (settings.depth_decay != 1) group.factor *= std::pow(settings.depth_decay, static_cast<double>(owner.depth));
    group.part = owner.part;
    if (owner.part >= optimizer->begun_.size()) optimizer->begun_.resize(owner.part + 1, -1);
    groups.push_back(group);
  }

  const torch::NoGradGuard no_gradients;
  optimizer->options_ = std::move(options);
  optimizer->rule_ = plan.optimizer->optimizer(plan.optimizer_params);
  optimizer->model_ = {parameters.values(), std::move(buffers)};
  if (settings.ema > 0) optimizer->other_ = {parameters.values().clone(), copies(optimizer->model_.buffers)};
  optimizer->make_away(parameters);
  optimizer->cut(parameters, groups);
  optimizer->make_slots(parameters);
  return optimizer;
}

/// Behind the cut, which says what is this one's own.
void FlatOptimizer::make_slots(const FlatParameters& parameters) {
  kept_ = is_sharded() ? range_of(options_.first_own, options_.own_shards)
                       : FlatParameters::Range{0, parameters.values().numel()};
  for (const OptimizerSlot& slot : rule_->slots()) {
    slots_.push_back({std::string(slot.name), at::full({kept_.count}, slot.start, parameters.values().options())});
    starts_.push_back(slot.start);
    for (AwayBlock& away : away_) away.slots.push_back(at::full_like(away.weights, slot.start));
  }
  for (std::size_t shard = 0; shard < pieces_.size(); ++shard) {
    if (!owns(shard)) continue;
    for (Piece& piece : pieces_[shard]) {
      const AwayBlock* const away = away_at(piece.place.first);
      for (std::size_t i = 0; i < slots_.size(); ++i)
        piece.slots.push_back(away != nullptr
                                  ? away->part(away->slots[i], piece.place)
                                  : slots_[i].tensor.narrow(0, piece.place.first - kept_.first, piece.place.count));
    }
  }
}

FlatParameters::Range FlatOptimizer::range_of(std::size_t first, std::size_t count) const {
  FlatParameters::Range range;
  for (std::size_t shard = first; shard < std::min(first + count, pieces_.size()); ++shard)
    for (const Piece& piece : pieces_[shard]) {
      if (range.count == 0) range.first = piece.place.first;
      range.count = piece.place.first + piece.place.count - range.first;
    }
  return range;
}

/// Shards are even; where the rule must see whole tensors, each belongs to the shard in which its middle lies.
void FlatOptimizer::cut(const FlatParameters& parameters, const std::vector<Group>& groups) {
  const std::vector<std::int64_t>& borders = parameters.borders();
  const std::size_t shards = options_.shards;
  pieces_.resize(shards);
  const std::int64_t all = borders.back();
  std::vector<FlatParameters::Range> ranges;
  for (std::size_t shard = 0; shard < shards; ++shard) ranges.push_back(parameters.range(shard, shards));
  std::size_t shard = 0;
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t end = i + 1;
    if (rule_->by_tensor()) {
      const auto middle = static_cast<double>(borders[i] + borders[end]) / 2;
      const auto owner = static_cast<std::size_t>(middle * static_cast<double>(shards) / static_cast<double>(all));
      add_piece(parameters, std::min(owner, shards - 1), borders[i], borders[end] - borders[i], groups[i]);
    } else {
      while (end < groups.size() && groups[end] == groups[i]) ++end;
      for (std::int64_t at = borders[i]; at < borders[end];) {
        while (at >= ranges[shard].first + ranges[shard].count) ++shard;
        std::int64_t until = std::min(borders[end], ranges[shard].first + ranges[shard].count);
        const AwayBlock* const away = away_at(at);
        if (away != nullptr) until = std::min(until, away->place.first + away->place.count);
        const at::Tensor& lies_in = away != nullptr ? away->weights : parameters.values();
        const std::int64_t most = lies_in.device().is_cpu() ? kPieceNumbers : all;
        for (; at < until; at += std::min(most, until - at))
          add_piece(parameters, shard, at, std::min(most, until - at), groups[i]);
      }
    }
    i = end;
  }
  const auto count = static_cast<std::int64_t>(std::max<std::size_t>(count_, 1));
  const at::TensorOptions options = parameters.values().options();
  if (clips_norm()) squares_ = at::zeros({count}, options.dtype(at::kDouble));
  if (options_.checks_finite) finite_ = at::ones({count}, options.dtype(at::kBool));
  std::int64_t next = 0;
  for (Pieces& pieces : pieces_)
    for (Piece& piece : pieces) {
      if (squares_.defined()) piece.square = squares_.select(0, next);
      if (finite_.defined()) piece.finite = finite_.select(0, next);
      ++next;
    }
}

void FlatOptimizer::add_piece(const FlatParameters& parameters, std::size_t shard, std::int64_t first,
                              std::int64_t count, const Group& group) {
  if (count == 0) return;
  Piece piece{.place = {first, count}, .weights = parameters.values().narrow(0, first, count), .group = group};
  if (const AwayBlock* const away = away_at(first)) {
    piece.weights = away->part(away->weights, piece.place);
    piece.gradients.push_back(away->part(parameters.away_at(first)->gradients, piece.place));
    if (away->average.defined()) piece.average = away->part(away->average, piece.place);
  } else {
    for (std::size_t i = 0; i < parameters.replicas(); ++i)
      piece.gradients.push_back(parameters.gradients(i).narrow(0, first, count));
    if (other_.parameters.defined()) piece.average = other_.parameters.narrow(0, first, count);
  }
  if (are_floats_here(piece.gradients.front()))
    for (const at::Tensor& gradient : piece.gradients) piece.numbers.push_back(gradient.data_ptr<float>());
  pieces_[shard].push_back(std::move(piece));
  ++count_;
}

void FlatOptimizer::begin(double scale) {
  TORCH_CHECK(!swapped_, "a step while the model has the average of its weights");
  rate_ = options_.rate ? options_.rate(static_cast<std::uint64_t>(step_))
                        : rate_at(settings_, static_cast<std::uint64_t>(step_), options_.total_steps, plateau_.drops);
  ++step_;
  scale_ = scale;
  clip_.reset();
  clip_by_ = 1;
}

double FlatOptimizer::learning_rate() const {
  if (step_ > 0 && rate_ > 0) return rate_;
  const auto last = static_cast<std::uint64_t>(std::max<std::int64_t>(step_ - 1, 0));
  return options_.rate ? options_.rate(last) : rate_at(settings_, last, options_.total_steps, plateau_.drops);
}

bool FlatOptimizer::observe(double value, bool higher_is_better) {
  return settings_.schedule == "plateau" && plateau_.observe(settings_, value, higher_is_better);
}

/// On the CPU the threads within one operation share the pieces: each is too small to be shared itself.
template <class Work>
void FlatOptimizer::on_pieces(std::size_t shard, Way way, const Work& work) {
  const Pieces& pieces = pieces_[shard];
  const auto count = static_cast<std::int64_t>(pieces.size());
  const auto some = [&](std::int64_t first, std::int64_t end) {
    const torch::NoGradGuard no_gradients;
    for (std::int64_t i = first; i < end; ++i)
      work(pieces[static_cast<std::size_t>(way == Way::Forwards ? i : end - 1 - (i - first))]);
  };
  if (model_.parameters.device().is_cpu() && at::get_num_threads() > 1 && count > 1) {
    at::parallel_for(0, count, 1, some);
  } else {
    some(0, count);
  }
}

void FlatOptimizer::sum(const Piece& piece) const {
  if (loops_over(piece)) return sum_gradients(piece.numbers, piece.place.count, how_summed());
  const at::Tensor& gradient = piece.gradients.front();
  for (std::size_t i = 1; i < piece.gradients.size(); ++i) gradient.add_(piece.gradients[i]);
  if (piece.finite.defined()) {
    const auto [least, most] = at::aminmax(gradient);  // either is NaN where a number is
    piece.finite.copy_(at::isfinite(least).logical_and(at::isfinite(most)));
  }
  if (scale_ != 1) gradient.mul_(scale_);
  if (settings_.clip_value > 0) gradient.clamp_(-settings_.clip_value, settings_.clip_value);
}

/// at::dot() asks the BLAS, whose threads wait for each other over so few numbers.
void FlatOptimizer::measure(std::size_t shard) {
  on_pieces(shard, Way::Forwards, [&](const Piece& piece) {
    if (loops_over(piece)) {
      *piece.square.data_ptr<double>() = sum_and_measure(piece.numbers, piece.place.count, how_summed());
      return;
    }
    sum(piece);
    const at::Tensor& gradient = piece.gradients.front();
    if (piece.square.defined()) piece.square.copy_(at::dot(gradient, gradient));
  });
}

/// On a GPU a tensor of one number, so that nobody waits for it. On the CPU plain arithmetic, since all threads wait
/// for it, and it is known at once whether anything is too large.
void FlatOptimizer::limit() {
  if (!clips_norm()) return;
  if (squares_.device().is_cpu()) {
    double all = 0;
    const auto* const squares = squares_.data_ptr<double>();
    for (std::int64_t i = 0; i < squares_.numel(); ++i) all += squares[i];
    const double by = settings_.clip_norm / (std::sqrt(all) + kNormFloor);
    clip_by_ = static_cast<float>(by > 1 ? 1 : by);  // what is no number stays none
    return;
  }
  const torch::NoGradGuard no_gradients;
  clip_ = at::reciprocal(squares_.sum().sqrt().add(kNormFloor)).mul(settings_.clip_norm).clamp_max(1);
  clip_ = clip_.to(model_.parameters.scalar_type());
}

void FlatOptimizer::clip(const Piece& piece) const {
  const at::Tensor& gradient = piece.gradients.front();
  if (clip_.defined()) gradient.mul_(clip_);
  if (clip_by_ == 1) return;
  if (piece.numbers.empty()) {
    gradient.mul_(clip_by_);
  } else {
    scale_numbers(piece.numbers.front(), piece.place.count, clip_by_);
  }
}

bool FlatOptimizer::all_finite() const { return finite_.all().item<bool>(); }

void FlatOptimizer::skip() {
  const torch::NoGradGuard no_gradients;
  --step_;
  for (const Pieces& pieces : pieces_)
    for (const Piece& piece : pieces)
      for (const at::Tensor& gradient : piece.gradients) gradient.zero_();
}

void FlatOptimizer::learn(std::size_t part) {
  if (part < begun_.size() && begun_[part] < 0) begun_[part] = step_;
}

Status FlatOptimizer::restore_begun(const std::vector<std::int64_t>& begun) {
  if (begun.size() != begun_.size()) return fail("which parts of the network learn does not fit this one");
  begun_ = begun;
  return {};
}

void FlatOptimizer::update(const Piece& piece) const {
  const std::int64_t begun = begun_[piece.group.part];
  if (begun < 0) return;  // frozen: its gradients are 0
  const at::Tensor& gradient = piece.gradients.front();
  if (!measures()) sum(piece);
  clip(piece);
  double decay = 0;
  if (piece.group.penalties) {
    if (settings_.l1 > 0) gradient.add_(piece.weights.sign(), settings_.l1);
    if (settings_.decouples_decay) {
      decay = settings_.weight_decay;
    } else if (settings_.weight_decay != 0) {
      gradient.add_(piece.weights, settings_.weight_decay);
    }
  }
  rule_->update({.weights = piece.weights,
                 .gradient = gradient,
                 .slots = piece.slots,
                 .step = step_ - begun,
                 .learning_rate = rate_ * piece.group.factor,
                 .weight_decay = decay});
}

void FlatOptimizer::average(const Piece& piece) const {
  if (step_ == 1) {
    piece.average.copy_(piece.weights);
  } else {
    move_to(piece.average, piece.weights, 1 - settings_.ema);
  }
}

/// Those of other replicas are 0 already where a loop has summed them.
void FlatOptimizer::clear(const Piece& piece, bool summed) const {
  const std::size_t count = summed && loops_over(piece) ? 1 : piece.gradients.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (piece.numbers.empty()) {
      piece.gradients[i].zero_();
    } else {
      std::fill_n(piece.numbers[i], piece.place.count, 0.0F);
    }
  }
}

/// Backwards: what measure() came to last is still in the cache.
void FlatOptimizer::apply(std::size_t shard) {
  const bool own = owns(shard);
  on_pieces(shard, Way::Backwards, [&](const Piece& piece) {
    if (own) update(piece);
    if (piece.average.defined() && !is_sharded()) average(piece);
    clear(piece, measures() || (own && learns(piece)));
  });
}

void FlatOptimizer::follow(std::size_t shard) {
  if (settings_.ema <= 0) return;
  on_pieces(shard, Way::Forwards, [&](const Piece& piece) { average(piece); });
}

void FlatOptimizer::finish() {
  if (settings_.ema <= 0) return;
  const torch::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < model_.buffers.size(); ++i) {
    if (step_ == 1 || !model_.buffers[i].is_floating_point()) {
      copy_to(other_.buffers[i], model_.buffers[i]);
    } else {
      move_to(other_.buffers[i], model_.buffers[i], 1 - settings_.ema);
    }
  }
}

bool FlatOptimizer::use_average(bool on) {
  if (on == swapped_ || !averages()) return false;
  const torch::NoGradGuard no_gradients;
  exchange(model_.parameters, other_.parameters);
  for (const AwayBlock& away : away_) exchange(away.weights, away.average);
  for (std::size_t i = 0; i < model_.buffers.size(); ++i) exchange(model_.buffers[i], other_.buffers[i]);
  swapped_ = on;
  return true;
}

void FlatOptimizer::copy_measured(Averaged& to) const {
  const torch::NoGradGuard no_gradients;
  const Averaged from = averages() ? average() : model_;
  to.parameters = from.parameters.to(at::kCPU, from.parameters.scalar_type(), false, true);
  to.buffers.clear();
  for (const at::Tensor& buffer : from.buffers)
    to.buffers.push_back(buffer.to(at::kCPU, buffer.scalar_type(), false, true));
}

void FlatOptimizer::restore_measured(const Averaged& from) {
  const torch::NoGradGuard no_gradients;
  for (const Averaged* to : {&model_, &other_}) {
    if (!to->parameters.defined()) continue;
    to->parameters.copy_(from.parameters);
    for (std::size_t i = 0; i < from.buffers.size(); ++i) to->buffers[i].copy_(from.buffers[i]);
  }
}

void FlatOptimizer::restart(std::int64_t steps, const PlateauState& plateau) {
  step_ = steps;
  rate_ = 0;
  plateau_ = plateau;
  swapped_ = false;
  if (steps > 0) return;
  const torch::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].tensor.fill_(starts_[i]);
    for (const AwayBlock& away : away_) away.slots[i].fill_(starts_[i]);
  }
}

}  // namespace feedline::inline training
