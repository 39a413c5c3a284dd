// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/durations.h"

#include <QFrame>
#include <QTimer>

#include <functional>
#include <string>

class QLabel;

namespace feedline::gui::inline plots {

/// A histogram of how long records took, on a logarithmic axis: one bar a bucket, from the first that holds any to the
/// last, with the median and the time that one in a hundred exceeds.
class DurationsView : public QWidget {
  Q_OBJECT

 public:
  using QWidget::QWidget;

  void set_durations(const Durations& durations);
  [[nodiscard]] const Durations& durations() const { return durations_; }
  /// Where the bar of a bucket is drawn; empty where it is not.
  [[nodiscard]] QRectF bar(std::size_t bucket) const;
  [[nodiscard]] QSize sizeHint() const override { return {340, 120}; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  [[nodiscard]] std::pair<std::size_t, std::size_t> span() const;  ///< first bucket in use, one past the last
  [[nodiscard]] QRectF area() const;

  Durations durations_{};
};

/// What a node's time per record is made of: the histogram, and the slowest records with their files. It closes with
/// Escape or a click elsewhere, and asks for newer numbers while it is open.
class DurationsPopup : public QFrame {
  Q_OBJECT

 public:
  using Locate = std::function<std::string(std::uint64_t record)>;

  DurationsPopup(const QString& node, QWidget* parent);

  /// `locate`: the file of a record, or nothing.
  void show_durations(const Durations& durations, const Locate& locate);
  [[nodiscard]] const QString& node() const { return node_; }
  [[nodiscard]] DurationsView& histogram() { return *histogram_; }
  [[nodiscard]] QString summary() const;
  [[nodiscard]] QString slowest() const;

 Q_SIGNALS:
  void refresh_wanted();

 private:
  QString node_;
  QLabel* summary_;
  DurationsView* histogram_;
  QLabel* slowest_;
  QTimer refresh_{};
};

/// "850 ns", "1.2 ms", "3.4 s"
[[nodiscard]] QString span_text(Nanos time);

}  // namespace feedline::gui::inline plots
