// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/estimator.h"

#include <atomic>
#include <cstddef>
#include <functional>
#include <limits>

namespace feedline::inline nodes {

/// Takes a fit along on the threads that it may use, while its own thread keeps telling how far it is and asks whether
/// to go on.
class FitPace {
 public:
  FitPace(FitControl& control, int threads) : control_(control), threads_(threads) {}

  /// Where the fit is, for all that follows; from any thread. See FitControl::go_on().
  void at(double fraction, double loss = std::numeric_limits<double>::quiet_NaN()) {
    fraction_ = fraction;
    loss_ = loss;
  }
  /// False: a stop was asked for. Costs nothing.
  [[nodiscard]] bool go_on() { return control_.go_on(fraction_, loss_); }

  /// Pieces of a fit, [0, count), each by one thread. `stop` is set in the middle of it where the fit is to end: a
  /// piece that takes over 50 ms looks at it.
  using Work = std::function<void(std::size_t piece, const std::atomic<bool>& stop)>;
  /// All pieces; `cost`: about how many operations they take together, by which small work is done at once, without
  /// threads. What a piece throws is thrown here. False: a stop was asked for, and not all is done.
  [[nodiscard]] bool each(std::size_t count, double cost, const Work& work);

 private:
  FitControl& control_;
  int threads_;
  std::atomic<double> fraction_ = 0;
  std::atomic<double> loss_ = std::numeric_limits<double>::quiet_NaN();
};

/// Pieces of a prediction, each by one thread, among them the caller's. What a piece throws is thrown here.
void predict_pieces(int threads, std::size_t count, double cost, const std::function<void(std::size_t piece)>& work);

}  // namespace feedline::inline nodes
