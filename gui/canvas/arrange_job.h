// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/auto_layout.h"

#include <QFrame>
#include <QProgressBar>
#include <QTimer>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace feedline::gui::inline session {
class LatestWorker;
}  // namespace feedline::gui::inline session

namespace feedline::gui::inline canvas {

template <class Question, class Answer>

/// Lays a large graph out on a thread of its own. While it does, it stands on the canvas and shows how far it is, with
/// a button to give up.
class ArrangeJob : public QFrame {
  Q_OBJECT

 public:
  using Places = std::map<std::string, Position>;
  /// `deliver` is called on this thread with the places, unless the job was given up.
  ArrangeJob(QWidget* parent, std::function<void(const Places&)> deliver);
  ~ArrangeJob() override;

  void start(std::vector<LayoutNode> nodes, std::vector<Link> links, double aspect);
  [[nodiscard]] bool active() const { return active_; }
  /// No places come then.
  void cancel();

 Q_SIGNALS:
  void cancelled();

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  struct Task {
    std::vector<LayoutNode> nodes{};
    std::vector<Link> links{};
    double aspect = 1;
  };
  void end();

  std::function<void(const Places&)> deliver_;
  std::shared_ptr<std::atomic<int>> percent_ = std::make_shared<std::atomic<int>>(0);
  std::unique_ptr<LatestWorker<Task, Places>> worker_{};
  QProgressBar bar_{this};
  QTimer timer_{};
  bool active_ = false;
};

}  // namespace feedline::gui::inline canvas
