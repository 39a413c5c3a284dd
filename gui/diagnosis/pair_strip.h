// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/prove.h"

#include <QWidget>

namespace feedline::gui::inline diagnosis {

/// A proof as it comes in: a dot for each pair, with the fix beside without it, on one scale of "times as fast"; behind
/// them the interval in which the truth lies, a line where nothing changes, and a mark for what was predicted.
class PairStrip : public QWidget {
  Q_OBJECT

 public:
  explicit PairStrip(QWidget* parent = nullptr);
  void show_proof(const Proof& proof, double predicted);
  [[nodiscard]] const Proof& proof() const { return proof_; }
  /// Where a ratio stands, in pixels.
  [[nodiscard]] double place(double ratio) const;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Proof proof_{};
  double predicted_ = 1;
  double low_ = 0.8;  ///< ends of the scale
  double high_ = 1.25;
};

}  // namespace feedline::gui::inline diagnosis
