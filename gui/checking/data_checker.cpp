// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/checking/data_checker.h"

namespace feedline::gui::inline checking {

DataChecker::DataChecker(QObject* parent)
    : QObject(parent), worker_(&DataChecker::look, [this](const Answer& answer) { show(answer); }) {}

DataChecker::Answer DataChecker::look(const Question& question, const std::stop_token& abandoned) {
  std::stop_source stop = question.stop;
  const std::stop_callback follow(abandoned, [&stop] { stop.request_stop(); });
  CheckOptions options;
  options.stop = stop.get_token();
  auto report = check_data(question.document, options, *question.progress);
  if (!report) return fail(std::move(report.error()));
  return pages_of(std::move(*report));
}

void DataChecker::start(const Document& document) {
  progress_ = std::make_shared<CheckProgress>();
  stop_ = std::stop_source();
  worker_.ask({document, progress_, stop_});
  busy_ = true;
  Q_EMIT busy_changed(true);
}

void DataChecker::stop() { stop_.request_stop(); }

void DataChecker::show(const Answer& answer) {
  busy_ = false;
  if (answer) {
    Q_EMIT finished(*answer);
  } else {
    Q_EMIT failed(answer.error());
  }
  Q_EMIT busy_changed(false);
}

}  // namespace feedline::gui::inline checking
