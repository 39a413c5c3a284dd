// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/check_data.h"
#include "gui/checking/check_pages.h"
#include "gui/session/latest_worker.h"

#include <QObject>

#include <memory>

namespace feedline::gui::inline checking {

/// Looks through the data of a graph on threads of its own, one graph at a time. Its progress is there to be polled;
/// nothing waits for it: one that hangs in a file is left behind.
class DataChecker : public QObject {
  Q_OBJECT

 public:
  explicit DataChecker(QObject* parent = nullptr);

  /// Begins; a check that is going on is stopped, and tells nothing more.
  void start(const Document& document);
  /// The check ends soon, and tells what it has.
  void stop();
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] const CheckProgress& progress() const { return *progress_; }

 Q_SIGNALS:
  void busy_changed(bool busy);
  void finished(const std::shared_ptr<const feedline::gui::CheckPages>& pages);
  void failed(const feedline::Error& error);

 private:
  struct Question {
    Document document{};
    std::shared_ptr<CheckProgress> progress{};
    std::stop_source stop{};
  };
  using Answer = Result<std::shared_ptr<const CheckPages>>;
  static Answer look(const Question& question, const std::stop_token& abandoned);
  void show(const Answer& answer);

  std::shared_ptr<CheckProgress> progress_ = std::make_shared<CheckProgress>();
  std::stop_source stop_{};
  bool busy_ = false;
  LatestWorker<Question, Answer> worker_;
};

}  // namespace feedline::gui::inline checking
