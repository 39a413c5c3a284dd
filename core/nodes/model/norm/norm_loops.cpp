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

  /// work.operator()<Count>(channel) of all channels.
  template <class Work>
  [[gnu::always_inline]] static inline void over_channels(std::size_t channels, const Work& work) {
    std::size_t channel = 0;
    for (; channel + 4 * kLanes <= channels; channel += 4 * kLanes) work.template operator()<4>(channel);
    for (; channel < channels; channel += kLanes) work.template operator()<1>(channel);
  }

  [[gnu::always_inline]] static inline void more(double* sums, const Vec& vec) {
    float numbers[kLanes];
    std::memcpy(numbers, &vec, sizeof vec);
    for (std::size_t i = 0; i < kLanes; ++i) sums[i] += static_cast<double>(numbers[i]);
  }

  [[gnu::always_inline]] static inline void sum(const NormJob& job, std::size_t first, std::size_t last, double* sums) {
    for (; first < last; first += kNormRows) {
      const std::size_t end = std::min(first + kNormRows, last);
      over_channels(
          job.channels, [&]<std::size_t Count>(std::size_t channel) __attribute__((always_inline)) {
            Vec mean[Count];
            Vec once[Count] = {};
            Vec square[Count] = {};
#pragma GCC unroll 4
            for (std::size_t i = 0; i < Count; ++i) load(mean[i], job.mean + channel + i * kLanes);
            const float* x = job.x + first * job.channels + channel;
            for (std::size_t row = first; row < end; ++row, x += job.channels)
#pragma GCC unroll 4
              for (std::size_t i = 0; i < Count; ++i) {
                Vec apart;
                load(apart, x + i * kLanes);
                apart -= mean[i];
                once[i] += apart;
                square[i] += apart * apart;
              }
            for (std::size_t i = 0; i < Count; ++i) {
              more(sums + channel + i * kLanes, once[i]);
              more(sums + job.channels + channel + i * kLanes, square[i]);
            }
          });
    }
  }

  [[gnu::always_inline]] static inline void normalise(const NormJob& job, std::size_t first, std::size_t last) {
    for (; first < last; first += kNormRows) {
      const std::size_t end = std::min(first + kNormRows, last);
      over_channels(
          job.channels, [&]<std::size_t Count>(std::size_t channel) __attribute__((always_inline)) {
            Vec slope[Count];
            Vec shift[Count];
#pragma GCC unroll 4
            for (std::size_t i = 0; i < Count; ++i) {
              load(slope[i], job.slope + channel + i * kLanes);
              load(shift[i], job.shift + channel + i * kLanes);
            }
            const Vec zero = {};
            std::size_t at = first * job.channels + channel;
            for (std::size_t row = first; row < end; ++row, at += job.channels)
#pragma GCC unroll 4
              for (std::size_t i = 0; i < Count; ++i) {
                Vec x;
                load(x, job.x + at + i * kLanes);
                Vec y = x * slope[i] + shift[i];
                if (job.other != nullptr) {
                  Vec other;
                  load(other, job.other + at + i * kLanes);
                  y += other;
                }
                if (job.relu) y = y < zero ? zero : y;  // not a number stays so
                store(job.y + at + i * kLanes, y);
              }
          });
    }
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
    for (; first < last; first += kNormRows) {
      const std::size_t end = std::min(first + kNormRows, last);
      over_channels(
          job.channels, [&]<std::size_t Count>(std::size_t channel) __attribute__((always_inline)) {
            Vec mean[Count];
            Vec slope[Count];
            Vec shift[Count];
            Vec once[Count] = {};
            Vec product[Count] = {};
#pragma GCC unroll 4
            for (std::size_t i = 0; i < Count; ++i) {
              load(mean[i], job.mean + channel + i * kLanes);
              load(slope[i], job.slope + channel + i * kLanes);
              load(shift[i], job.shift + channel + i * kLanes);
            }
            std::size_t at = first * job.channels + channel;
            for (std::size_t row = first; row < end; ++row, at += job.channels)
#pragma GCC unroll 4
              for (std::size_t i = 0; i < Count; ++i) {
                Vec x;
                Vec gradient;
                load(x, job.x + at + i * kLanes);
                masked.get(at + i * kLanes, x, slope[i], shift[i], gradient);
                once[i] += gradient;
                product[i] += gradient * (x - mean[i]);
              }
            for (std::size_t i = 0; i < Count; ++i) {
              more(sums + channel + i * kLanes, once[i]);
              more(sums + job.channels + channel + i * kLanes, product[i]);
            }
          });
    }
  }

  [[gnu::always_inline]] static inline void back(const NormJob& job, std::size_t first, std::size_t last) {
    const Masked masked{job};
    for (; first < last; first += kNormRows) {
      const std::size_t end = std::min(first + kNormRows, last);
      over_channels(
          job.channels, [&]<std::size_t Count>(std::size_t channel) __attribute__((always_inline)) {
            Vec mean[Count];
            Vec slope[Count];
            Vec shift[Count];
            Vec by_x[Count];
            Vec constant[Count];
#pragma GCC unroll 4
            for (std::size_t i = 0; i < Count; ++i) {
              load(mean[i], job.mean + channel + i * kLanes);
              load(slope[i], job.slope + channel + i * kLanes);
              load(shift[i], job.shift + channel + i * kLanes);
              load(by_x[i], job.by_x + channel + i * kLanes);
              load(constant[i], job.constant + channel + i * kLanes);
            }
            std::size_t at = first * job.channels + channel;
            for (std::size_t row = first; row < end; ++row, at += job.channels)
#pragma GCC unroll 4
              for (std::size_t i = 0; i < Count; ++i) {
                Vec x;
                Vec gradient;
                load(x, job.x + at + i * kLanes);
                masked.get(at + i * kLanes, x, slope[i], shift[i], gradient);
                if (job.to_other != nullptr) store(job.to_other + at + i * kLanes, gradient);
                if (job.to_x == nullptr) continue;
                const Vec to_x = gradient * slope[i] + ((x - mean[i]) * by_x[i] + constant[i]);
                store(job.to_x + at + i * kLanes, to_x);
              }
          });
    }
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
