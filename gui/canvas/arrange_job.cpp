// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/arrange_job.h"

#include "gui/base/theme.h"
#include "gui/session/latest_worker.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

namespace feedline::gui::inline canvas {

namespace {
constexpr int kShowMs = 50;
}

ArrangeJob::ArrangeJob(QWidget* parent, std::function<void(const Places&)> deliver)
    : QFrame(parent), deliver_(std::move(deliver)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(12, 6, 6, 6);
  row->addWidget(new QLabel(tr("Arranging…"), this));
  row->addWidget(&bar_);
  bar_.setRange(0, 100);
  bar_.setFixedWidth(20 * Theme::kUnit);
  bar_.setAccessibleName(tr("How far arranging the graph is"));
  auto* give_up = new QPushButton(tr("Cancel"), this);
  give_up->setToolTip(tr("Leave the graph as it is (Esc)"));
  give_up->setFocusPolicy(Qt::NoFocus);
  connect(give_up, &QPushButton::clicked, this, &ArrangeJob::cancel);
  row->addWidget(give_up);
  connect(&timer_, &QTimer::timeout, this, [this] { bar_.setValue(percent_->load(std::memory_order_relaxed)); });
  hide();
}

ArrangeJob::~ArrangeJob() = default;

void ArrangeJob::start(std::vector<LayoutNode> nodes, std::vector<Link> links, double aspect) {
  if (worker_ == nullptr) {
    const auto work = [percent = percent_](const Task& task, const std::stop_token& stop) {
      const auto tell = [&](double done) { percent->store(static_cast<int>(100 * done), std::memory_order_relaxed); };
      return lay_out_in_layers(task.nodes, task.links, {.aspect = task.aspect, .stop = stop, .progress = tell});
    };
    worker_ = std::make_unique<LatestWorker<Task, Places>>(work, [this](const Places& places) {
      end();
      deliver_(places);
    });
  }
  active_ = true;
  percent_->store(0, std::memory_order_relaxed);
  bar_.setValue(0);
  timer_.start(kShowMs);
  adjustSize();
  show();
  raise();
  worker_->ask({std::move(nodes), std::move(links), aspect});
}

void ArrangeJob::cancel() {
  if (!active_) return;
  worker_->cancel();
  end();
  Q_EMIT cancelled();
}

void ArrangeJob::end() {
  active_ = false;
  timer_.stop();
  hide();
}

void ArrangeJob::paintEvent(QPaintEvent*) {
  const Theme::Colors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(c.node_border, 1));
  painter.setBrush(c.raised);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

}  // namespace feedline::gui::inline canvas
