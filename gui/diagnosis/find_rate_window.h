// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "tuning/find_rate.h"

#include <QDialog>
#include <QString>

#include <optional>

class QCPGraph;
class QCPItemStraightLine;
class QCustomPlot;
class QProgressBar;
class QPushButton;

namespace feedline::gui::inline base {
class Caption;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline diagnosis {

/// A learning-rate range test of one graph: first that it is going on, then the loss over the rates with the proposal
/// marked, and a button that takes it.
class FindRateWindow : public QDialog {
  Q_OBJECT

 public:
  explicit FindRateWindow(QWidget* parent = nullptr);

  /// A test of this graph begins.
  void begin(const QString& graph);
  void show_found(const FoundRate& found);
  /// The test has ended without a proposal.
  void show_failure(const Error& error);
  /// What Use did, or why it did nothing.
  void show_used(const QString& text);

  [[nodiscard]] QString text() const;
  [[nodiscard]] QCPGraph* smooth_curve() const { return smooth_; }
  [[nodiscard]] QCPItemStraightLine* proposal_mark() const { return proposed_; }
  [[nodiscard]] QPushButton* use_button() const { return use_; }
  /// Tries again with more steps; hidden where the proposal is sure.
  [[nodiscard]] QPushButton* more_button() const { return more_; }
  /// So many times as many.
  static constexpr std::uint64_t kMoreSteps = 4;

 Q_SIGNALS:
  void use_wanted(const QString& node, double rate);
  void more_wanted();
  void stop_wanted();  ///< the window has been closed while the test goes on

 protected:
  void done(int result) override;

 private:
  void make_plot();
  void restyle();
  void mark(QCPItemStraightLine* line, double rate) const;

  Caption* title_;
  Caption* text_;
  QProgressBar* busy_;
  QCustomPlot* plot_;
  QPushButton* use_;
  QPushButton* more_;
  QCPGraph* raw_ = nullptr;
  QCPGraph* smooth_ = nullptr;
  QCPItemStraightLine* proposed_ = nullptr;
  QCPItemStraightLine* before_ = nullptr;
  std::optional<FoundRate> found_{};
  bool going_on_ = false;
};

}  // namespace feedline::gui::inline diagnosis
