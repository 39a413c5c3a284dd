// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/winograd/winograd_kernels.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#if defined(__x86_64__) && defined(__GNUC__)
#include "nodes/model/winograd/winograd_loops.h"

// The loops, for a target: an attribute cannot be the argument of a template.
#define FEEDLINE_WINOGRAD_KERNELS(NAME, TARGET, ...)                                                                 \
  struct NAME {                                                                                                      \
    using Loops = __VA_ARGS__;                                                                                       \
    [[gnu::target(TARGET)]] static void see(const WinogradJob& job, std::size_t first, std::size_t last) {           \
      Loops::see(job, first, last);                                                                                  \
    }                                                                                                                \
    [[gnu::target(TARGET)]] static void take(const WinogradJob& job, std::size_t first, std::size_t last) {          \
      Loops::take(job, first, last);                                                                                 \
    }                                                                                                                \
    [[gnu::target(TARGET)]] static void convolve(const WinogradJob& job, std::size_t channel, float* scratch) {      \
      Loops::convolve(job, channel, scratch);                                                                        \
    }                                                                                                                \
    [[gnu::target(TARGET)]] static void convolve_back(const WinogradJob& job, std::size_t channel, float* scratch) { \
      Loops::convolve_back(job, channel, scratch);                                                                   \
    }                                                                                                                \
    [[gnu::target(TARGET)]] static void learn(const WinogradJob& job, std::size_t to, std::size_t channel,           \
                                              float* scratch) {                                                      \
      Loops::learn(job, to, channel, scratch);                                                                       \
    }                                                                                                                \
    static constexpr WinogradKernels kTable = {&see, &take, &convolve, &convolve_back, &learn};                      \
  }
#endif

namespace feedline::inline nodes {

#ifdef FEEDLINE_WINOGRAD_KERNELS
namespace {

using WinogradEight [[gnu::vector_size(32)]] = float;
using WinogradSixteen [[gnu::vector_size(64)]] = float;

FEEDLINE_WINOGRAD_KERNELS(WinogradAvx2, "avx2,fma", WinogradLoops<WinogradEight, 6>);
FEEDLINE_WINOGRAD_KERNELS(WinogradAvx512, "avx512f,fma", WinogradLoops<WinogradSixteen, 12>);

const WinogradKernels* best_winograd_kernels() {
  if (__builtin_cpu_supports("avx512f")) return &WinogradAvx512::kTable;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &WinogradAvx2::kTable;
  return nullptr;
}

}  // namespace

const WinogradKernels* winograd_kernels() {
  static const WinogradKernels* const best = best_winograd_kernels();
  return best;
}
#else
const WinogradKernels* winograd_kernels() { return nullptr; }
#endif

}  // namespace feedline::inline nodes

#endif
