// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include <cstdint>

namespace feedline::inline training {

/// Dynamic loss scaling (Micikevicius et al. 2018), by the arithmetic of torch.cuda.amp.GradScaler: float16 has no
/// numbers below 6e-8, so the loss, and with it each gradient on its way back, is multiplied by a scale that is as
/// large as may be. Where a gradient then is no finite number, the step is left out and the scale halved; after so many
/// good steps in a row it is doubled. It begins high, so that the first steps of a run are often left out.
class LossScaler {
 public:
  static constexpr float kStart = 65'536;
  static constexpr float kGrowth = 2;
  static constexpr float kBackoff = 0.5F;
  static constexpr std::int64_t kGrowthInterval = 2000;  ///< good steps in a row

  /// What a run goes on from.
  struct State {
    double scale = kStart;
    std::int64_t good_steps = 0;  ///< since the scale last changed
    bool operator==(const State&) const = default;
  };

  /// By what the loss is multiplied: the same between two steps of the optimiser.
  [[nodiscard]] double scale() const { return scale_; }
  /// By what gradients are multiplied before they are clipped and used.
  [[nodiscard]] double unscale() const { return static_cast<float>(1 / static_cast<double>(scale_)); }
  /// The optimiser has stepped, or has left the step out because a gradient was infinite or NaN.
  void update(bool finite);

  [[nodiscard]] State state() const { return {scale_, good_steps_}; }
  void restore(const State& state);
  /// Can restore() go on from there? A scale is positive and finite, and the counter stands before the interval's end.
  [[nodiscard]] static bool is_sound(const State& state);

 private:
  float scale_ = kStart;  // as GradScaler's
  std::int64_t good_steps_ = 0;
};

}  // namespace feedline::inline training
