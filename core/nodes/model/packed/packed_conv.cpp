// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/packed/packed_conv.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "nodes/model/autocasts.h"
#include "nodes/model/packed/packed_kernels.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

namespace feedline::inline nodes {
namespace {

constexpr auto kPackedWide = static_cast<std::int64_t>(kPackedColumns);
/// Of the rows that are multiplied with all panels while they stay in the second cache.
constexpr std::int64_t kPackedBytes = std::int64_t{11} << 16;
constexpr std::int64_t kPackedMostRows = 96;
/// A multiple of what all kernels sum in registers.
constexpr std::int64_t kPackedStep = 12;
/// From so many channels on, rows side by side fall into few places of the first cache: they are gathered too.
constexpr std::int64_t kPackedAliases = 512;
constexpr std::int64_t kPackedApart = 16;

/// With so few channels a row of outputs reads its pixels where they overlap: only edges are put around them.
constexpr std::int64_t kPackedFewChannels = 16;

/// The pixels that outputs see.
struct PackedPixels {
  const float* pixels = nullptr;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;
  std::int64_t kernel = 0;
  std::int64_t stride = 0;
  std::int64_t down = 0;  ///< outputs
  std::int64_t across = 0;

  [[nodiscard]] std::int64_t padding() const { return (kernel - 1) / 2; }

  /// `count` pixels of a picture's row `y` from `left` on, with zeros for what lies outside.
  void copy(std::int64_t picture, std::int64_t y, std::int64_t left, std::int64_t count, float* to) const {
    const std::int64_t from = std::clamp<std::int64_t>(left, 0, width);
    const std::int64_t end = std::clamp<std::int64_t>(left + count, 0, width);
    if (y < 0 || y >= height || from >= end) {
      std::fill_n(to, count * channels, 0.0F);
      return;
    }
    const std::int64_t before = (from - left) * channels;
    const std::int64_t inside = (end - from) * channels;
    std::fill_n(to, before, 0.0F);
    std::copy_n(pixels + ((picture * height + y) * width + from) * channels, inside, to + before);
    std::fill_n(to + before + inside, count * channels - before - inside, 0.0F);
  }
  /// All that outputs [first, first + count) see, output by output, `row` numbers apart.
  void gather(std::int64_t first, std::int64_t count, std::int64_t row, float* to) const {
    for (std::int64_t at = first; at < first + count; ++at, to += row) {
      const std::int64_t top = at / across % down * stride - padding();
      for (std::int64_t y = 0; y < kernel; ++y)
        copy(at / (down * across), top + y, at % across * stride - padding(), kernel, to + y * kernel * channels);
    }
  }
  [[nodiscard]] std::int64_t edged_line() const { return (width + 2 * padding()) * channels; }
  /// All that a row of outputs sees, row by row of the picture.
  void edge(std::int64_t output_row, float* to) const {
    const std::int64_t top = output_row % down * stride - padding();
    for (std::int64_t y = 0; y < kernel; ++y)
      copy(output_row / down, top + y, -padding(), width + 2 * padding(), to + y * edged_line());
  }
};

}  // namespace

PackedFilters PackedFilters::of(const at::Tensor& weight, const at::Tensor& bias) {
  const at::NoGradGuard no_gradients;
  PackedFilters made{.in = weight.size(1), .out = weight.size(0), .kernel = weight.size(2)};
  const std::int64_t depth = made.kernel * made.kernel * made.in;
  const std::int64_t panels = (made.out + kPackedWide - 1) / kPackedWide;
  at::Tensor wide = at::zeros({depth, panels * kPackedWide}, weight.options());
  wide.narrow(1, 0, made.out).copy_(weight.permute({2, 3, 1, 0}).reshape({depth, made.out}));
  made.panels = wide.view({depth, panels, kPackedWide}).permute({1, 0, 2}).contiguous();
  made.bias = at::zeros({panels * kPackedWide}, bias.options());
  made.bias.narrow(0, 0, made.out).copy_(bias);
  return made;
}

bool packed_fits(const at::Tensor& x, const at::Tensor& weight) {
  if (!x.is_cpu() || x.dim() != 4 || x.scalar_type() != at::kFloat || weight.scalar_type() != at::kFloat ||
      weight.dim() != 4 || weight.size(2) != weight.size(3) || weight.size(2) % 2 == 0 || weight.size(1) != x.size(1) ||
      x.numel() == 0 || !x.is_contiguous(at::MemoryFormat::ChannelsLast))
    return false;
  const std::int64_t out = weight.size(0);
  const std::int64_t columns = (out + kPackedWide - 1) / kPackedWide * kPackedWide;
  return 4 * out >= 3 * columns && !(at::GradMode::is_enabled() && x.requires_grad()) && !autocasts_on_cpu() &&
         packed_kernel() != nullptr;
}

at::Tensor packed_conv(const at::Tensor& x, const PackedFilters& filters, std::int64_t stride, OutputRange range,
                       const at::Tensor& other, const at::Tensor& into) {
  const at::NoGradGuard no_gradients;
  PackedPixels from{.pixels = x.data_ptr<float>(),
                    .height = x.size(2),
                    .width = x.size(3),
                    .channels = filters.in,
                    .kernel = filters.kernel,
                    .stride = stride,
                    .down = (x.size(2) - 1) / stride + 1,
                    .across = (x.size(3) - 1) / stride + 1};
  at::Tensor y = into;
  if (!y.defined())
    y = at::empty({x.size(0), filters.out, from.down, from.across}, x.options(), at::MemoryFormat::ChannelsLast);
  const at::Tensor added = other.defined() ? other.contiguous(at::MemoryFormat::ChannelsLast) : other;

  const std::int64_t depth = filters.kernel * filters.kernel * filters.in;
  const bool edges = filters.kernel > 1 && filters.in <= kPackedFewChannels;
  const bool gathers = !edges && (filters.kernel > 1 || stride > 1 || depth >= kPackedAliases);
  std::int64_t row = depth;
  if (gathers) row = (depth + kPackedApart - 1) / kPackedApart * kPackedApart + kPackedApart;
  const std::int64_t fitting = kPackedBytes / (std::int64_t{sizeof(float)} * row) / kPackedStep * kPackedStep;
  const std::int64_t block = edges ? from.across : std::clamp(fitting, kPackedStep, kPackedMostRows);
  const std::int64_t count = x.size(0) * from.down * from.across;
  const std::int64_t blocks = (count + block - 1) / block;
  const std::int64_t panels = filters.panels.size(0);
  // Few rows are shared by columns too.
  const std::int64_t threads = at::get_num_threads();
  const std::int64_t parts = threads == 1 || blocks >= 2 * threads ? 1 : std::min(panels, threads);
  PackedJob whole{.line = static_cast<std::size_t>(depth),
                  .out = static_cast<std::size_t>(filters.out),
                  .filters = filters.panels.data_ptr<float>(),
                  .bias = filters.bias.data_ptr<float>(),
                  .row = static_cast<std::size_t>(row),
                  .range = range};
  if (edges) {
    whole.lines = static_cast<std::size_t>(filters.kernel);
    whole.line = static_cast<std::size_t>(filters.kernel * filters.in);
    whole.apart = static_cast<std::size_t>(from.edged_line());
    whole.row = static_cast<std::size_t>(stride * filters.in);
  }
  const std::int64_t numbers = edges ? filters.kernel * from.edged_line() : gathers ? block * row : 0;
  at::parallel_for(0, blocks * parts, 1, [&](std::int64_t begin, std::int64_t end) {
    const at::Tensor scratch = at::empty({numbers}, x.options());
    PackedJob job = whole;
    for (std::int64_t at = begin; at < end; ++at) {
      const std::int64_t first = at / parts * block;
      const std::int64_t rows = std::min(block, count - first);
      job.count = static_cast<std::size_t>(rows);
      job.rows = numbers > 0 ? scratch.data_ptr<float>() : from.pixels + first * depth;
      if (edges) from.edge(at / parts, scratch.data_ptr<float>());
      if (gathers) from.gather(first, rows, row, scratch.data_ptr<float>());
      if (added.defined()) job.other = added.data_ptr<float>() + first * filters.out;
      job.results = y.data_ptr<float>() + first * filters.out;
      const std::int64_t part = at % parts;
      packed_kernel()(job, static_cast<std::size_t>(panels * part / parts),
                      static_cast<std::size_t>(panels * (part + 1) / parts));
    }
  });
  return y;
}

}  // namespace feedline::inline nodes

#endif
