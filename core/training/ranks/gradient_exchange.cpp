// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/gradient_exchange.h"

#include "training/ranks/with_ranks.h"

#include <algorithm>
#include <utility>

namespace feedline::inline training {
namespace {

/// The first bucket is small, so that something is on its way early.
constexpr std::size_t kFirstBucketBytes = std::size_t{1} << 20;

}  // namespace

/// Stands behind the accumulation of a parameter's gradient.
class GradientExchange::Hook final : public torch::autograd::FunctionPostHook {
 public:
  Hook(GradientExchange& exchange, std::size_t bucket) : exchange_(exchange), bucket_(bucket) {}
  torch::autograd::variable_list operator()(const torch::autograd::variable_list& outputs,
                                            const torch::autograd::variable_list& /*inputs*/) override {
    with_ranks([this] { exchange_.ready(bucket_); });
    return outputs;
  }

 private:
  GradientExchange& exchange_;
  std::size_t bucket_;
};

GradientExchange::GradientExchange(ProcessGroup& group, const FlatParameters& parameters, Options options)
    : group_(group),
      parameters_(parameters),
      options_(options),
      bucket_of_(parameters.borders().size() - 1),
      told_by_(parameters.replicas()) {
  const std::vector<std::int64_t>& borders = parameters.borders();
  const std::size_t number = parameters.values().element_size();
  std::size_t room = 0;
  for (std::size_t i = bucket_of_.size(); i-- > 0;) {
    const std::int64_t count = borders[i + 1] - borders[i];
    if (room == 0) {
      buckets_.push_back(std::make_unique<Bucket>());
      room = buckets_.size() == 1 ? std::min(kFirstBucketBytes, options_.bucket_bytes) : options_.bucket_bytes;
      room = std::max<std::size_t>(room, 1);
    }
    Bucket& bucket = *buckets_.back();
    bucket.first = borders[i];
    bucket.count += count;
    bucket_of_[i] = buckets_.size() - 1;
    room -= std::min(room, static_cast<std::size_t>(count) * number);
  }
  for (auto& told : told_by_) told.resize(bucket_of_.size());
  if (options_.trace == nullptr) return;
  lane_ = &options_.trace->lane("gradients");
  label_ = options_.trace->label("exchange");
}

void GradientExchange::watch(const std::vector<at::Tensor>& parameters, std::size_t replica) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    auto& told_by = told_by_[replica][i];
    if (told_by != nullptr || !parameters[i].requires_grad()) continue;
    told_by = torch::autograd::impl::grad_accumulator(parameters[i]);
    told_by->add_post_hook(std::make_unique<Hook>(*this, bucket_of_[i]));
    ++buckets_[bucket_of_[i]]->watched;
  }
}

void GradientExchange::begin() {
  for (const auto& bucket : buckets_) bucket->missing = bucket->watched;
  next_ = 0;
  under_way_ = true;
}

/// On whatever thread the gradient came.
void GradientExchange::ready(std::size_t bucket) {
  if (!under_way_.load(std::memory_order_acquire)) return;
  if (buckets_[bucket]->missing.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::lock_guard lock(mutex_);
  while (next_ < buckets_.size() && buckets_[next_]->missing.load(std::memory_order_acquire) == 0) send_next();
}

void GradientExchange::send_next() { send(*buckets_[next_++]); }

void GradientExchange::send(Bucket& bucket) {
  const torch::NoGradGuard no_gradients;
  const at::Tensor sum = parameters_.gradients(0).narrow(0, bucket.first, bucket.count);
  for (std::size_t i = 1; i < parameters_.replicas(); ++i) {
    const at::Tensor more = parameters_.gradients(i).narrow(0, bucket.first, bucket.count);
    sum.add_(more);
    more.zero_();
  }
  if (options_.in_bfloat16) bucket.short_numbers = sum.to(at::kBFloat16);
  const at::Tensor& given = options_.in_bfloat16 ? bucket.short_numbers : sum;
  bucket.bytes = given.nbytes();
  bucket.sum = group_.sum_in_order(given);
}

void GradientExchange::finish() {
  if (!under_way_.exchange(false)) next_ = 0;
  while (next_ < buckets_.size()) send_next();
  const torch::NoGradGuard no_gradients;
  Nanos asked = Clock::system().now();
  for (const auto& bucket : buckets_) {
    const auto sum = std::exchange(bucket->sum, nullptr);
    sum->wait();
    if (options_.in_bfloat16)
      parameters_.gradients(0).narrow(0, bucket->first, bucket->count).copy_(bucket->short_numbers);
    const Nanos now = Clock::system().now();
    sample_.add(bucket->bytes, sum->lasted(), now - std::exchange(asked, now));
    if (lane_ == nullptr) continue;
    const Nanos ended = sum->ended() > 0 ? sum->ended() : now;
    lane_->add({.start = ended - sum->lasted(),
                .duration = sum->lasted(),
                .kind = TraceKind::Phase,
                .label = label_});
  }
}

}  // namespace feedline::inline training
