// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/packed/packed_kernels.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#if defined(__x86_64__) && defined(__GNUC__)
#include "nodes/model/packed/packed_loops.h"
#endif

namespace feedline::inline nodes {

#if defined(__x86_64__) && defined(__GNUC__)
namespace {

using PackedEight [[gnu::vector_size(32)]] = float;
using PackedSixteen [[gnu::vector_size(64)]] = float;

[[gnu::target("avx2,fma")]] void packed_avx2(const PackedJob& job, std::size_t first, std::size_t last) {
  PackedLoops<PackedEight, 6>::multiply(job, first, last);
}
[[gnu::target("avx512f,fma")]] void packed_avx512(const PackedJob& job, std::size_t first, std::size_t last) {
  PackedLoops<PackedSixteen, 12>::multiply(job, first, last);
}

PackedKernel best_packed_kernel() {
  if (__builtin_cpu_supports("avx512f")) return &packed_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &packed_avx2;
  return nullptr;
}

}  // namespace

PackedKernel packed_kernel() {
  static const PackedKernel best = best_packed_kernel();
  return best;
}
#else
PackedKernel packed_kernel() { return nullptr; }
#endif

}  // namespace feedline::inline nodes

#endif
