// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace feedline::inline diagnosis {

/// How long a consumer waits for an element, on average, at a buffer of `buffer` elements between it and a producer
/// that takes `producer` for each, if it asks again `consumer` after it was served: W = P y, where P is the probability
/// that the buffer is empty (an M/M/1/n queue). All times in one unit. Source: tf.data AUTOTUNE,
/// tensorflow/core/framework/model.cc (ComputeWaitTime), with x the measured step time, which tf.data leaves at 0.
[[nodiscard]] double expected_wait(double consumer, double producer, std::size_t buffer);

}  // namespace feedline::inline diagnosis
