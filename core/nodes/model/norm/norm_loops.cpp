// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/norm/norm_loops.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include <algorithm>
#include <cstring>

namespace feedline::inline nodes {

#if defined(__x86_64__) && defined(__GNUC__)
namespace {

using NormEight [[gnu::vector_size(32)]] = float;
using NormSixteen [[gnu::vector_size(64)]] = float;

/// Rows that are summed up in float32 before they go on in a double.
constexpr std::size_t kNormRows = 64;

/// Each loop takes `Count` vectors of a row at a time down its rows, so that what belongs to channels stays in
/// registers.
template <class Vec>
struct NormVectors {
  static constexpr std::size_t kLanes = sizeof(Vec) / sizeof(float);

  [[gnu::always_inline]] static inline void load(Vec& vec, const float* from) { std::memcpy(&vec, from, sizeof vec); }
  [[gnu::always_inline]] static inline void store(float* to, const Vec& vec) { std::memcpy(to, &vec, sizeof vec); }

  template <std::size_t Count>
  [[gnu::always_inline]] static inline void load_all(Vec (&vecs)[Count], const float* from) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < Count; ++i) load(vecs[i], from + i * kLanes);
  }

  /// work.operator()<Count>(channel, first, end) of all channels, kNormRows rows at a time.
  template <class Work>
  [[gnu::always_inline]] static inline void over_blocks(const NormJob& job, std::size_t first, std::size_t last,
                                                        const Work& work) {
    for (; first < last; first += kNormRows) {
      const std::size_t end = std::min(first + kNormRows, last);
      std::size_t channel = 0;
      for (; channel + 4 * kLanes <= job.channels; channel += 4 * kLanes)
        work.template operator()<4>(channel, first, end);
      for (; channel < job.channels; channel += kLanes) work.template operator()<1>(channel, first, end);
    }
  }

  /// each(i, at) of the numbers of these rows, vector i of a row's `Count` at a time.
  template <std::size_t Count, class Each>
  [[gnu::always_inline]] static inline void over_rows(const NormJob& job, std::size_t channel, std::size_t first,
                                                      std::size_t end, const Each& each) {
    std::size_t at = first * job.channels + channel;
    for (std::size_t row = first; row < end; ++row, at += job.channels)
#pragma GCC unroll 4
      for (std::size_t i = 0; i < Count; ++i) each(i, at + i * kLanes);
  }

  [[gnu::always_inline]] static inline void more(double* sums, const Vec& vec) {
    float numbers[kLanes];
    std::memcpy(numbers, &vec, sizeof vec);
    for (std::size_t i = 0; i < kLanes; ++i) sums[i] += static_cast<double>(numbers[i]);
  }

  [[gnu::always_inline]] static inline void sum(const NormJob& job, std::size_t first, std::size_t last, double* sums) {
    over_blocks(
        job, first, last,
        [&]<std::size_t Count>(std::size_t channel, std::size_t from, std::size_t end) __attribute__((always_inline)) {
          Vec mean[Count];
          Vec once[Count] = {};
          Vec square[Count] = {};
          load_all(mean, job.mean + channel);
          over_rows<Count>(
              job, channel, from, end, [&](std::size_t i, std::size_t at) __attribute__((always_inline)) {
                Vec apart;
                load(apart, job.x + at);
                apart -= mean[i];
                once[i] += apart;
                square[i] += apart * apart;
              });
          for (std::size_t i = 0; i < Count; ++i) {
            more(sums + channel + i * kLanes, once[i]);
            more(sums + job.channels + channel + i * kLanes, square[i]);
          }
        });
  }

  [[gnu::always_inline]] static inline void normalise(const NormJob& job, std::size_t first, std::size_t last) {
    over_blocks(
        job, first, last,
        [&]<std::size_t Count>(std::size_t channel, std::size_t from, std::size_t end) __attribute__((always_inline)) {
          Vec slope[Count];
          Vec shift[Count];
          load_all(slope, job.slope + channel);
          load_all(shift, job.shift + channel);
          over_rows<Count>(
              job, channel, from, end, [&](std::size_t i, std::size_t at) __attribute__((always_inline)) {
                const Vec zero = {};
                Vec x;
                load(x, job.x + at);
                Vec y = x * slope[i] + shift[i];
                if (job.other != nullptr) {
                  Vec other;
                  load(other, job.other + at);
                  y += other;
                }
                if (job.relu) y = y < zero ? zero : y;  // not a number stays so
                store(job.y + at, y);
              });
        });
  }

  /// The gradient in front of the function: 0 where that was 0.
  struct Masked {
    const NormJob& job;
    [[gnu::always_inline]] inline void get(std::size_t at, const Vec& x, const Vec& slope, const Vec& shift,
                                           Vec& gradient) const {
      load(gradient, job.gradient + at);
      if (!job.relu) return;
      const Vec zero = {};
      Vec y;
      if (job.result != nullptr) {
        load(y, job.result + at);
      } else {
        y = x * slope + shift;
      }
      gradient = y <= zero ? zero : gradient;
    }
  };

  [[gnu::always_inline]] static inline void sum_back(const NormJob& job, std::size_t first, std::size_t last,
                                                     double* sums) {
    const Masked masked{job};
    over_blocks(
        job, first, last,
        [&]<std::size_t Count>(std::size_t channel, std::size_t from, std::size_t end) __attribute__((always_inline)) {
          Vec mean[Count];
          Vec slope[Count];
          Vec shift[Count];
          Vec once[Count] = {};
          Vec product[Count] = {};
          load_all(mean, job.mean + channel);
          load_all(slope, job.slope + channel);
          load_all(shift, job.shift + channel);
          over_rows<Count>(
              job, channel, from, end, [&](std::size_t i, std::size_t at) __attribute__((always_inline)) {
                Vec x;
                Vec gradient;
                load(x, job.x + at);
                masked.get(at, x, slope[i], shift[i], gradient);
                once[i] += gradient;
                product[i] += gradient * (x - mean[i]);
              });
          for (std::size_t i = 0; i < Count; ++i) {
            more(sums + channel + i * kLanes, once[i]);
            more(sums + job.channels + channel + i * kLanes, product[i]);
          }
        });
  }

  [[gnu::always_inline]] static inline void back(const NormJob& job, std::size_t first, std::size_t last) {
    const Masked masked{job};
    over_blocks(
        job, first, last,
        [&]<std::size_t Count>(std::size_t channel, std::size_t from, std::size_t end) __attribute__((always_inline)) {
          Vec mean[Count];
          Vec slope[Count];
          Vec shift[Count];
          Vec by_x[Count];
          Vec constant[Count];
          load_all(mean, job.mean + channel);
          load_all(slope, job.slope + channel);
          load_all(shift, job.shift + channel);
          load_all(by_x, job.by_x + channel);
          load_all(constant, job.constant + channel);
          over_rows<Count>(
              job, channel, from, end, [&](std::size_t i, std::size_t at) __attribute__((always_inline)) {
                Vec x;
                Vec gradient;
                load(x, job.x + at);
                masked.get(at, x, slope[i], shift[i], gradient);
                if (job.to_other != nullptr) store(job.to_other + at, gradient);
                if (job.to_x == nullptr) return;
                const Vec to_x = gradient * slope[i] + ((x - mean[i]) * by_x[i] + constant[i]);
                store(job.to_x + at, to_x);
              });
        });
  }
};

// The loops, for a target: an attribute cannot be the argument of a template.
#define FEEDLINE_NORM_LOOPS(NAME, TARGET, VEC)                                                                       \
  struct NAME {                                                                                                      \
    [[gnu::target(TARGET)]] static void sum(const NormJob& job, std::size_t first, std::size_t last, double* sums) { \
      NormVectors<VEC>::sum(job, first, last, sums);                                                                 \
    }                                                                                                                \
    [[gnu::target(TARGET)]] static void normalise(const NormJob& job, std::size_t first, std::size_t last) {         \
      NormVectors<VEC>::normalise(job, first, last);                                                                 \
    }                                                                                                                \
    [[gnu::target(TARGET)]] static void sum_back(const NormJob& job, std::size_t first, std::size_t last,            \
                                                 double* sums) {                                                     \
      NormVectors<VEC>::sum_back(job, first, last, sums);                                                            \
    }                                                                                                                \
    [[gnu::target(TARGET)]] static void back(const NormJob& job, std::size_t first, std::size_t last) {              \
      NormVectors<VEC>::back(job, first, last);                                                                      \
    }                                                                                                                \
    static constexpr NormLoops kTable = {&sum, &normalise, &sum_back, &back};                                        \
  }

FEEDLINE_NORM_LOOPS(NormAvx2, "avx2,fma", NormEight);
FEEDLINE_NORM_LOOPS(NormAvx512, "avx512f,fma", NormSixteen);

const NormLoops* best_norm_loops() {
  if (__builtin_cpu_supports("avx512f")) return &NormAvx512::kTable;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &NormAvx2::kTable;
  return nullptr;
}

}  // namespace

const NormLoops* norm_loops() {
  static const NormLoops* const best = best_norm_loops();
  return best;
}
#else
const NormLoops* norm_loops() { return nullptr; }
#endif

}  // namespace feedline::inline nodes

#endif
