// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/norm/fused_norm.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "nodes/model/norm/norm_loops.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace feedline::inline nodes {
namespace {

struct NormShape {
  std::size_t channels = 0;
  std::size_t rows = 0;

  explicit NormShape(const at::Tensor& x)
      : channels(static_cast<std::size_t>(x.size(1))), rows(static_cast<std::size_t>(x.numel()) / channels) {}
  [[nodiscard]] std::int64_t pieces() const { return static_cast<std::int64_t>((rows + kNormPiece - 1) / kNormPiece); }
  [[nodiscard]] std::size_t end(std::size_t piece) const { return std::min(rows, (piece + 1) * kNormPiece); }
};

/// run(piece) of all, by the threads that LibTorch has for an operation.
template <class Run>
void norm_pieces(const NormShape& shape, const Run& run) {
  at::parallel_for(0, shape.pieces(), 1, [&run](std::int64_t first, std::int64_t last) {
    for (std::int64_t piece = first; piece < last; ++piece) run(static_cast<std::size_t>(piece));
  });
}

/// Two sums a channel, of all rows.
std::vector<double> norm_sums(const NormShape& shape, const NormJob& job, decltype(NormLoops::sum) sum) {
  const std::size_t width = 2 * shape.channels;
  std::vector<double> parts(static_cast<std::size_t>(shape.pieces()) * width);
  norm_pieces(shape,
              [&](std::size_t piece) { sum(job, piece * kNormPiece, shape.end(piece), parts.data() + piece * width); });
  for (std::size_t at = width; at < parts.size(); ++at) parts[at % width] += parts[at];
  parts.resize(width);
  return parts;
}

at::Tensor norm_like(const at::Tensor& x) { return at::empty(x.sizes(), x.options(), at::MemoryFormat::ChannelsLast); }

/// The rows of `numbers`, one number a channel each.
enum NormRow : std::int64_t { kNormMean, kNormInverse, kNormSlope, kNormShift, kNormNumbers };

/// `other`: empty, or of x's shape.
class FusedNorm : public torch::autograd::Function<FusedNorm> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& scale,
                            const at::Tensor& shift, const at::Tensor& other, const at::Tensor& running_mean,
                            const at::Tensor& running_variance, bool relu, double momentum, double epsilon) {
    const NormShape shape(x);
    const auto channels = static_cast<std::int64_t>(shape.channels);
    const auto count = static_cast<double>(shape.rows);
    const at::Tensor numbers = at::empty({kNormNumbers, channels}, x.options());
    const at::Tensor y = norm_like(x);
    const auto row = [&](NormRow which) { return numbers.data_ptr<float>() + which * channels; };
    NormJob job{.channels = shape.channels, .x = x.data_ptr<float>(), .y = y.data_ptr<float>(), .relu = relu};
    const bool adds = other.numel() > 0;
    if (adds) job.other = other.data_ptr<float>();
    job.slope = row(kNormSlope);
    job.shift = row(kNormShift);
    job.mean = job.x;  // those of the first row: near enough to the mean that nothing cancels
    const std::vector<double> sums = norm_sums(shape, job, norm_loops()->sum);
    for (std::size_t i = 0; i < shape.channels; ++i) {
      const double apart = sums[i] / count;
      const double mean = static_cast<double>(job.x[i]) + apart;
      const double variance = std::max(sums[shape.channels + i] / count - apart * apart, 0.0);
      const double inverse = 1 / std::sqrt(variance + epsilon);
      const double slope = inverse * static_cast<double>(scale.data_ptr<float>()[i]);
      row(kNormMean)[i] = static_cast<float>(mean);
      row(kNormInverse)[i] = static_cast<float>(inverse);
      row(kNormSlope)[i] = static_cast<float>(slope);
      row(kNormShift)[i] = static_cast<float>(static_cast<double>(shift.data_ptr<float>()[i]) - mean * slope);
      const auto remember = [&](const at::Tensor& running, double value) {
        float& kept = running.data_ptr<float>()[i];
        kept = static_cast<float>((1 - momentum) * static_cast<double>(kept) + momentum * value);
      };
      remember(running_mean, mean);
      remember(running_variance, variance * count / (count - 1));  // of what the batch was drawn from
    }
    norm_pieces(shape, [&](std::size_t piece) { norm_loops()->normalise(job, piece * kNormPiece, shape.end(piece)); });
    const bool hidden = relu && adds;
    context->save_for_backward({x, numbers, hidden ? y : at::Tensor()});
    context->saved_data["relu"] = relu;
    context->saved_data["to_x"] = x.requires_grad();
    context->saved_data["to_other"] = other.requires_grad();
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& numbers = saved[1];
    const at::Tensor gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const NormShape shape(x);
    const auto channels = static_cast<std::int64_t>(shape.channels);
    const auto row = [&](NormRow which) { return numbers.data_ptr<float>() + which * channels; };
    NormJob job{.channels = shape.channels, .x = x.data_ptr<float>(), .relu = context->saved_data["relu"].toBool()};
    job.slope = row(kNormSlope);
    job.shift = row(kNormShift);
    job.mean = row(kNormMean);
    job.gradient = gradient.data_ptr<float>();
    if (saved[2].defined()) job.result = saved[2].data_ptr<float>();
    const std::vector<double> sums = norm_sums(shape, job, norm_loops()->sum_back);
    const at::Tensor to_scale = at::empty({channels}, x.options());
    const at::Tensor to_shift = at::empty({channels}, x.options());
    const at::Tensor factors = at::empty({2, channels}, x.options());
    const auto count = static_cast<double>(shape.rows);
    for (std::size_t i = 0; i < shape.channels; ++i) {
      const auto inverse = static_cast<double>(row(kNormInverse)[i]);
      const auto slope = static_cast<double>(row(kNormSlope)[i]);
      const double sum = sums[i];
      const double product = sums[shape.channels + i];
      to_scale.data_ptr<float>()[i] = static_cast<float>(product * inverse);
      to_shift.data_ptr<float>()[i] = static_cast<float>(sum);
      factors.data_ptr<float>()[i] = static_cast<float>(-slope * inverse * inverse * product / count);
      factors.data_ptr<float>()[shape.channels + i] = static_cast<float>(-slope * sum / count);
    }
    job.by_x = factors.data_ptr<float>();
    job.constant = job.by_x + channels;
    at::Tensor to_x;
    at::Tensor to_other;
    if (context->saved_data["to_x"].toBool()) {
      to_x = norm_like(x);
      job.to_x = to_x.data_ptr<float>();
    }
    if (context->saved_data["to_other"].toBool()) {
      to_other = job.relu ? norm_like(x) : gradient;
      if (job.relu) job.to_other = to_other.data_ptr<float>();
    }
    if (job.to_x != nullptr || job.to_other != nullptr)
      norm_pieces(shape, [&](std::size_t piece) { norm_loops()->back(job, piece * kNormPiece, shape.end(piece)); });
    return {to_x, to_scale, to_shift, to_other, {}, {}, {}, {}, {}};
  }
};

}  // namespace

bool fused_norm_fits(const at::Tensor& x) {
  return x.is_cpu() && x.dim() == 4 && x.scalar_type() == at::kFloat &&
         x.size(1) % static_cast<std::int64_t>(kNormLanes) == 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
         norm_loops() != nullptr;
}

at::Tensor fused_norm(const at::Tensor& x, const NormTensors& norm, const at::Tensor& other, bool relu, double momentum,
                      double epsilon) {
  // LibTorch 1.13 takes no undefined tensor here.
  const at::Tensor added =
      other.defined() ? other.contiguous(at::MemoryFormat::ChannelsLast) : at::empty({0}, x.options());
  return FusedNorm::apply(x, norm.scale, norm.shift, added, norm.mean, norm.variance, relu, momentum, epsilon);
}

}  // namespace feedline::inline nodes

#endif
