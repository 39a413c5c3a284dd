// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/random.h"
#include "schema/registry.h"

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace feedline::bench {

/// Every part of the benchmarks draws with this seed.
inline constexpr std::uint64_t kSeed = 7;

/// One per-record node, prepared for values like `in`, run on a new record each time. Throws where it cannot be made.
class OneNode {
 public:
  OneNode(const std::string& type, const ParamMap& params, TensorDesc in) : in_(std::move(in)) {
    const NodeSpec* spec = Registry::instance().find(type);
    if (spec == nullptr) throw std::invalid_argument("there is no node " + type);
    const std::array<const TensorDesc*, 1> descs = {&in_};
    auto op = spec->sample_op(spec->complete(params), descs);
    if (!op) throw std::invalid_argument(op.error().line());
    op_ = std::move(*op);
  }

  [[nodiscard]] const SampleOp& op() const { return *op_; }

  /// Random numbers of record `record`. `next`: see OpContext.
  void run(const Datum& in, Datum& out, std::uint64_t record, const NextNode* next = nullptr) const {
    OpContext context{.rng = Rng(kSeed, 1, record, 1), .record = record, .next = next};
    const std::array<const Datum*, 1> from = {&in};
    const std::array<Datum*, 1> to = {&out};
    if (auto status = op_->run(from, to, context); !status) throw std::runtime_error(status.error().line());
  }

 private:
  TensorDesc in_;
  std::unique_ptr<SampleOp> op_{};
};

/// Pixels of any size.
[[nodiscard]] inline TensorDesc picture_desc(std::int64_t height, std::int64_t width, std::int64_t channels) {
  return {.kind = Kind::Image, .dtype = DType::U8, .shape = {height, width, channels}, .layout = Layout::HWC};
}

[[nodiscard]] inline Datum noise_picture(std::int64_t height, std::int64_t width, std::int64_t channels) {
  Datum picture;
  std::byte* to = picture.allocate(DType::U8, {height, width, channels}, Layout::HWC);
  Rng rng(kSeed, 0, 0, 0);
  for (std::size_t i = 0; i < picture.bytes(); ++i) to[i] = static_cast<std::byte>(rng.bits() & 0xFFU);
  return picture;
}

}  // namespace feedline::bench
