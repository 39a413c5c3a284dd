// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/winograd/winograd_conv.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "nodes/model/autocasts.h"
#include "nodes/model/winograd/winograd_kernels.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace feedline::inline nodes {
namespace {

constexpr std::int64_t kWinogradSide = 4;
/// Of the numbers at all points that are worked on at a time.
constexpr std::int64_t kWinogradBytes = std::int64_t{3} << 19;
/// Of many channels: the filters are transformed for each block anew, which takes a third of the time at 16 tiles.
constexpr std::int64_t kWinogradTilesOfFilters = 64;
/// With fewer, the transform of the filters takes longer than is saved.
constexpr std::int64_t kWinogradFewestTiles = 4;

/// The tiles of a batch, row by row and picture by picture.
struct WinogradTiles {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t down = 0;  ///< tiles of a picture
  std::int64_t across = 0;
  std::int64_t all = 0;

  explicit WinogradTiles(const at::Tensor& x)
      : height(x.size(2)),
        width(x.size(3)),
        down((height + kWinogradSide - 1) / kWinogradSide),
        across((width + kWinogradSide - 1) / kWinogradSide),
        all(x.size(0) * down * across) {}

  /// In blocks of about the same size, whose `channels` numbers at all points come to kWinogradBytes; of `fewest` tiles
  /// where these take more.
  [[nodiscard]] std::int64_t block(std::int64_t channels, std::int64_t fewest) const {
    const std::int64_t most =
        std::max<std::int64_t>(kWinogradBytes / (std::int64_t{kWinogradPoints * sizeof(float)} * channels), fewest);
    const std::int64_t blocks = (all + most - 1) / most;
    return (all + blocks - 1) / blocks;
  }

  /// Pointers to the pixels of tiles [first, first + count), `side` a row, from `before` in front of each tile's own.
  template <class Number>
  void point(Number* pixels, std::int64_t channels, Number* outside, std::int64_t first, std::int64_t count,
             std::int64_t side, std::int64_t before, std::vector<Number*>& to) const {
    to.clear();
    for (std::int64_t tile = first; tile < first + count; ++tile) {
      const std::int64_t picture = tile / (down * across);
      const std::int64_t top = tile / across % down * kWinogradSide - before;
      const std::int64_t left = tile % across * kWinogradSide - before;
      for (std::int64_t y = top; y < top + side; ++y)
        for (std::int64_t x = left; x < left + side; ++x)
          to.push_back(y < 0 || y >= height || x < 0 || x >= width
                           ? outside
                           : pixels + ((picture * height + y) * width + x) * channels);
    }
  }
};

/// run(index, scratch) of all [0, count), by the threads that LibTorch has for an operation.
template <class Run>
void winograd_parallel(std::int64_t count, std::int64_t tiles, const at::Tensor& like, const Run& run) {
  at::parallel_for(0, count, 1, [&](std::int64_t first, std::int64_t last) {
    const auto size = static_cast<std::int64_t>(WinogradJob::scratch(static_cast<std::size_t>(tiles)));
    const at::Tensor scratch = at::empty({size}, like.options());
    for (std::int64_t i = first; i < last; ++i) run(static_cast<std::size_t>(i), scratch.data_ptr<float>());
  });
}

at::Tensor winograd_planes(std::int64_t tiles, std::int64_t channels, const at::Tensor& like, WinogradPlanes& planes) {
  const auto rows = static_cast<std::size_t>(tiles);
  const auto columns = static_cast<std::size_t>(channels);
  at::Tensor made = at::empty({static_cast<std::int64_t>(WinogradPlanes::size_of(rows, columns))}, like.options());
  planes = WinogradPlanes::at(made.data_ptr<float>(), rows, columns);
  return made;
}

void winograd_see(const WinogradJob& job) {
  at::parallel_for(0, static_cast<std::int64_t>(job.tiles), 8, [&](std::int64_t first, std::int64_t last) {
    winograd_kernels()->see(job, static_cast<std::size_t>(first), static_cast<std::size_t>(last));
  });
}

WinogradJob winograd_job(const at::Tensor& weight) {
  WinogradJob job;
  job.in = static_cast<std::size_t>(weight.size(1));
  job.out = static_cast<std::size_t>(weight.size(0));
  job.filters = weight.data_ptr<float>();
  return job;
}

/// `bias`: empty, or one number a channel.
at::Tensor winograd_forward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, OutputRange range) {
  const std::int64_t in = weight.size(1);
  const std::int64_t out = weight.size(0);
  const WinogradTiles tiles(x);
  const std::int64_t block = tiles.block(in, kWinogradTilesOfFilters);
  at::Tensor y = at::empty({x.size(0), out, tiles.height, tiles.width}, x.options(), at::MemoryFormat::ChannelsLast);
  const at::Tensor zeros = at::zeros({in}, x.options());
  const at::Tensor nowhere = at::empty({out}, x.options());
  WinogradJob job = winograd_job(weight);
  job.range = range;
  if (bias.numel() > 0) job.bias = bias.data_ptr<float>();
  const at::Tensor seen = winograd_planes(block, in, x, job.seen);
  std::vector<const float*> pixels;
  std::vector<float*> results;
  for (std::int64_t first = 0; first < tiles.all; first += block) {
    const std::int64_t count = std::min(block, tiles.all - first);
    tiles.point<const float>(x.data_ptr<float>(), in, zeros.data_ptr<float>(), first, count, kWinogradSide + 2, 1,
                             pixels);
    tiles.point(y.data_ptr<float>(), out, nowhere.data_ptr<float>(), first, count, kWinogradSide, 0, results);
    job.tiles = static_cast<std::size_t>(count);
    job.pixels = pixels.data();
    job.results = results.data();
    winograd_see(job);
    winograd_parallel(out / std::int64_t{kWinogradColumns}, count, x, [&](std::size_t i, float* scratch) {
      winograd_kernels()->convolve(job, i * kWinogradColumns, scratch);
    });
  }
  return y;
}

/// `bias`: empty, or one number a channel.
class WinogradConv : public torch::autograd::Function<WinogradConv> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias) {
    context->save_for_backward({x, weight});
    context->saved_data["to_x"] = x.requires_grad();
    context->saved_data["to_weight"] = weight.requires_grad();
    context->saved_data["to_bias"] = bias.requires_grad();
    return winograd_forward(x, weight, bias, {});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& weight = saved[1];
    const at::Tensor gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const bool to_x = context->saved_data["to_x"].toBool();
    const bool to_weight = context->saved_data["to_weight"].toBool();
    const std::int64_t in = weight.size(1);
    const std::int64_t out = weight.size(0);
    const WinogradTiles tiles(x);
    const std::int64_t block = tiles.block(to_weight ? in + out : out, 8);
    at::Tensor back;
    at::Tensor filters_back;
    if (to_x) back = at::empty(x.sizes(), x.options(), at::MemoryFormat::ChannelsLast).zero_();
    if (to_weight) filters_back = at::empty(weight.sizes(), weight.options(), at::MemoryFormat::ChannelsLast);
    const at::Tensor zeros = at::zeros({std::max(in, out)}, x.options());
    const at::Tensor nowhere = at::zeros({in}, x.options());
    WinogradJob job = winograd_job(weight);
    const at::Tensor given = winograd_planes(block, out, x, job.given);
    at::Tensor seen;
    if (to_weight) {
      seen = winograd_planes(block, in, x, job.seen);
      job.filters_back = filters_back.data_ptr<float>();
    }
    std::vector<const float*> pixels;
    std::vector<const float*> from;
    std::vector<float*> results;
    for (std::int64_t first = 0; first < tiles.all; first += block) {
      const std::int64_t count = std::min(block, tiles.all - first);
      job.tiles = static_cast<std::size_t>(count);
      tiles.point<const float>(gradient.data_ptr<float>(), out, zeros.data_ptr<float>(), first, count, kWinogradSide, 0,
                               from);
      job.gradients = from.data();
      at::parallel_for(0, count, 8, [&](std::int64_t begin, std::int64_t end) {
        winograd_kernels()->take(job, static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
      });
      if (to_x) {
        tiles.point(back.data_ptr<float>(), in, nowhere.data_ptr<float>(), first, count, kWinogradSide + 2, 1, results);
        job.results_back = results.data();
        winograd_parallel(in / std::int64_t{kWinogradColumns}, count, x, [&](std::size_t i, float* scratch) {
          winograd_kernels()->convolve_back(job, i * kWinogradColumns, scratch);
        });
      }
      if (!to_weight) continue;
      tiles.point<const float>(x.data_ptr<float>(), in, zeros.data_ptr<float>(), first, count, kWinogradSide + 2, 1,
                               pixels);
      job.pixels = pixels.data();
      winograd_see(job);
      const std::int64_t across = in / std::int64_t{kWinogradColumns};
      const std::int64_t down = (out + std::int64_t{kWinogradDepth} - 1) / std::int64_t{kWinogradDepth};
      winograd_parallel(across * down, 1, x, [&](std::size_t i, float* scratch) {
        const auto columns = static_cast<std::size_t>(across);
        winograd_kernels()->learn(job, i / columns * kWinogradDepth, i % columns * kWinogradColumns, scratch);
      });
      job.adds = true;
    }
    at::Tensor to_bias;
    if (context->saved_data["to_bias"].toBool()) to_bias = gradient.sum({0, 2, 3});
    return {back, filters_back, to_bias};
  }
};

}  // namespace

bool winograd_fits(const at::Tensor& x, const at::Tensor& weight) {
  constexpr std::int64_t columns = kWinogradColumns;
  if (!x.is_cpu() || x.dim() != 4 || x.scalar_type() != at::kFloat || weight.scalar_type() != at::kFloat ||
      weight.dim() != 4 || weight.size(2) != 3 || weight.size(3) != 3 || weight.size(1) != x.size(1) ||
      weight.size(0) % columns != 0 || weight.size(1) % columns != 0)
    return false;
  if (!x.is_contiguous(at::MemoryFormat::ChannelsLast) || !weight.is_contiguous(at::MemoryFormat::ChannelsLast))
    return false;
  const WinogradTiles tiles(x);
  return tiles.all >= kWinogradFewestTiles && tiles.height * tiles.width >= 8 * tiles.down * tiles.across &&
         !autocasts_on_cpu() && winograd_kernels() != nullptr;
}

at::Tensor winograd_conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  // LibTorch 1.13 takes no undefined tensor here.
  return WinogradConv::apply(x, weight, bias.defined() ? bias : at::empty({0}, x.options()));
}

at::Tensor winograd_conv_within(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                OutputRange range) {
  const at::NoGradGuard no_gradients;
  return winograd_forward(x, weight, bias, range);
}

}  // namespace feedline::inline nodes

#endif
