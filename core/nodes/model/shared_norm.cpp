// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/shared_norm.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "nodes/model/norm/fused_norm.h"
#include "schema/replica_exchange.h"

#include <cstdint>
#include <vector>

namespace feedline::inline nodes {
namespace {

/// All but the channels.
std::vector<std::int64_t> dims_of_rows(const at::Tensor& x) {
  std::vector<std::int64_t> dims = {0};
  for (std::int64_t dim = 2; dim < x.dim(); ++dim) dims.push_back(dim);
  return dims;
}

/// A number a channel, to be combined with x.
at::Tensor by_channel(const at::Tensor& numbers, const at::Tensor& x) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
  shape[1] = numbers.numel();
  return numbers.view(shape);
}

at::Tensor doubles_on_host(const at::Tensor& numbers) { return numbers.to(at::kCPU, at::kDouble); }

/// Of the rows of all replicas.
struct BatchMoments {
  double count = 0;       ///< numbers a channel
  at::Tensor mean{};      ///< one a channel, f64 on the host
  at::Tensor variance{};  ///< of the batch as a whole, not of what it was drawn from
};

BatchMoments moments_over_replicas(const at::Tensor& x, ReplicaExchange& exchange) {
  const std::int64_t channels = x.size(1);
  at::Tensor own = at::zeros({2 * channels + 1}, at::kDouble);
  if (exchange.has_rows()) {
    const std::vector<std::int64_t> dims = dims_of_rows(x);
    const auto count = static_cast<double>(x.numel() / channels);
    const auto [variance, mean] = at::var_mean(x, at::IntArrayRef(dims), /*unbiased=*/false, /*keepdim=*/false);
    own[0] = count;
    own.narrow(0, 1, channels).copy_(mean);
    own.narrow(0, 1 + channels, channels).copy_(doubles_on_host(variance).mul_(count));
  }
  const at::Tensor all = exchange.gather(own);
  const at::Tensor counts = all.narrow(1, 0, 1);
  const at::Tensor means = all.narrow(1, 1, channels);
  BatchMoments moments;
  moments.count = counts.sum().item<double>();
  if (moments.count < 2) return moments;
  moments.mean = (counts * means).sum(0).div_(moments.count);
  const at::Tensor apart = means - moments.mean;
  moments.variance = (all.narrow(1, 1 + channels, channels) + counts * apart * apart).sum(0).div_(moments.count);
  return moments;
}

/// Normalises by the moments of all replicas. Its gradient hangs on the rows of all of them too, since the moments do:
/// Ioffe and Szegedy 2015, section 3, with the two sums over all rows.
class SharedNorm : public torch::autograd::Function<SharedNorm> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& scale,
                            const at::Tensor& shift, const at::Tensor& mean, const at::Tensor& variance, double epsilon,
                            double count, std::int64_t exchange) {
    context->save_for_backward({x, scale, mean, (variance + epsilon).rsqrt()});
    context->saved_data["count"] = count;
    context->saved_data["exchange"] = exchange;
    return at::batch_norm(x, scale, shift, mean, variance, /*training=*/false, 0, epsilon, /*cudnn_enabled=*/false);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& scale = saved[1];
    const at::Tensor& inverse = saved[3];
    const at::Tensor& gradient = gradients[0];
    const std::int64_t channels = x.size(1);
    const std::vector<std::int64_t> dims = dims_of_rows(x);
    const at::Tensor apart = x - by_channel(saved[2], x);
    const at::Tensor sum = gradient.sum(dims);
    const at::Tensor product = (gradient * apart).sum(dims);
    at::Tensor to_x;
    // The forward pass's, which lasts until backward is through: LibTorch goes backward on threads of its own on a GPU.
    if (auto* const exchange = reinterpret_cast<ReplicaExchange*>(context->saved_data["exchange"].toInt())) {
      at::Tensor own = at::zeros({2 * channels}, at::kDouble);
      if (exchange->has_rows()) {
        own.narrow(0, 0, channels).copy_(sum);
        own.narrow(0, channels, channels).copy_(product);
      }
      const at::Tensor all = exchange->gather(own).sum(0).div_(context->saved_data["count"].toDouble()).to(x.options());
      const at::Tensor slope = all.narrow(0, channels, channels) * inverse * inverse;
      // A row that stands in for none has no part in the moments, and so gets nothing back through them.
      if (!exchange->has_rows())
        return {at::zeros_like(x), at::zeros_like(sum), at::zeros_like(sum), {}, {}, {}, {}, {}};
      to_x = at::addcmul(gradient - by_channel(all.narrow(0, 0, channels), x), apart, by_channel(slope, x), -1)
                 .mul_(by_channel(inverse * scale, x));
    }
    return {to_x, product * inverse, sum, {}, {}, {}, {}, {}};
  }
};

void remember(const BatchMoments& moments, const NormTensors& norm, double momentum) {
  const torch::NoGradGuard no_gradients;
  norm.mean.mul_(1 - momentum).add_(moments.mean.to(norm.mean.options()), momentum);
  // Of what the batch was drawn from, as LibTorch keeps it.
  norm.variance.mul_(1 - momentum)
      .add_((moments.variance * (moments.count / (moments.count - 1))).to(norm.variance.options()), momentum);
}

at::Tensor normalised_over_replicas(const at::Tensor& x, const NormTensors& norm, double momentum, double epsilon,
                                    ReplicaExchange& exchange) {
  const at::Tensor numbers = x.to(norm.mean.scalar_type());
  BatchMoments moments;
  {
    const torch::NoGradGuard no_gradients;
    moments = moments_over_replicas(numbers, exchange);
  }
  if (moments.count < 2)
    return at::batch_norm(x, norm.scale, norm.shift, norm.mean, norm.variance, /*training=*/false, momentum, epsilon,
                          /*cudnn_enabled=*/true);
  remember(moments, norm, momentum);
  const auto options = norm.mean.options();
  const bool asks = at::GradMode::is_enabled() && x.requires_grad();  // so on every replica
  return SharedNorm::apply(numbers, norm.scale, norm.shift, moments.mean.to(options), moments.variance.to(options),
                           epsilon, moments.count, asks ? reinterpret_cast<std::int64_t>(&exchange) : std::int64_t{0})
      .to(x.scalar_type());
}

/// In place: nothing of `y` is needed for the backward pass.
at::Tensor with_what_follows(at::Tensor y, const BehindNorm& behind) {
  if (behind.other.defined()) y = y.add_(behind.other);
  return behind.relu ? at::relu_(y) : y;
}

}  // namespace

at::Tensor batch_normalised(const at::Tensor& x, const NormTensors& norm, bool measures, double momentum,
                            double epsilon, const BehindNorm& behind) {
  ReplicaExchange* const exchange = measures ? ReplicaExchange::current() : nullptr;
  if (exchange != nullptr)
    return with_what_follows(normalised_over_replicas(x, norm, momentum, epsilon, *exchange), behind);
  const bool too_few = x.numel() == x.size(1);
  if (measures && !too_few && fused_norm_fits(x))
    return fused_norm(x, norm, behind.other, behind.relu, momentum, epsilon);
  return with_what_follows(at::batch_norm(x, norm.scale, norm.shift, norm.mean, norm.variance, measures && !too_few,
                                          momentum, epsilon, /*cudnn_enabled=*/true),
                           behind);
}

}  // namespace feedline::inline nodes

#endif
