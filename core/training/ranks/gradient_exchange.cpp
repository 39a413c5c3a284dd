// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/gradient_exchange.h"

#include "training/ranks/with_ranks.h"

#include <utility>

namespace feedline::inline training {

GradientExchange::GradientExchange(ProcessGroup& group, const FlatParameters& parameters, Options options)
    : group_(group),
      parameters_(parameters),
      options_(options),
      buckets_(parameters, parameters.replicas(), options.bucket_bytes,
               {.leave = [this](std::size_t bucket) { with_ranks([&] { send(bucket); }); }}),
      sent_(buckets_.count()) {
  if (options_.trace == nullptr) return;
  lane_ = &options_.trace->lane("gradients");
  label_ = options_.trace->label("exchange");
}

/// On whatever thread the last gradient came.
void GradientExchange::send(std::size_t bucket) {
  const torch::NoGradGuard no_gradients;
  const auto [first, count] = buckets_.range(bucket);
  const at::Tensor sum = parameters_.gradients(0).narrow(0, first, count);
  for (std::size_t i = 1; i < parameters_.replicas(); ++i) {
    const at::Tensor more = parameters_.gradients(i).narrow(0, first, count);
    sum.add_(more);
    more.zero_();
  }
  Sent& sent = sent_[bucket];
  if (options_.in_bfloat16) sent.short_numbers = sum.to(at::kBFloat16);
  const at::Tensor& given = options_.in_bfloat16 ? sent.short_numbers : sum;
  sent.bytes = given.nbytes();
  sent.sum = group_.sum_in_order(given);
}

void GradientExchange::finish() {
  buckets_.leave_rest();
  const torch::NoGradGuard no_gradients;
  Nanos asked = Clock::system().now();
  for (std::size_t bucket = 0; bucket < sent_.size(); ++bucket) {
    Sent& sent = sent_[bucket];
    const auto sum = std::exchange(sent.sum, nullptr);
    sum->wait();
    if (options_.in_bfloat16) {
      const auto [first, count] = buckets_.range(bucket);
      parameters_.gradients(0).narrow(0, first, count).copy_(sent.short_numbers);
    }
    const Nanos now = Clock::system().now();
    sample_.add(sent.bytes, sum->lasted(), now - std::exchange(asked, now));
    if (lane_ == nullptr) continue;
    const Nanos ended = sum->ended() > 0 ? sum->ended() : now;
    lane_->add({.start = ended - sum->lasted(), .duration = sum->lasted(), .kind = TraceKind::Phase, .label = label_});
  }
}

}  // namespace feedline::inline training
