// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/run_length_finder.h"

#include <chrono>
#include <stop_token>
#include <string_view>
#include <utility>

namespace feedline::gui::inline session {

namespace {
constexpr std::chrono::milliseconds kBetweenLengths{100};
}

RunLengthFinder::RunLengthFinder(QObject* parent)
    : QObject(parent),
      worker_(
          [](const Question& question, const std::stop_token&) {
            return run_length(question.document, [&question](std::string_view source) {
              const auto count = question.records.find(source);
              return count == question.records.end() ? 0 : count->second;
            });
          },
          [this](const RunLength& length) { deliver(length); }) {
  pause_.setSingleShot(true);
  pause_.setInterval(kBetweenLengths);
  connect(&pause_, &QTimer::timeout, this, &RunLengthFinder::look);
}

void RunLengthFinder::ask(DocumentController& controller) {
  if (asked_ != &controller) {
    worker_.cancel();
    known_ = {};
    asked_ = &controller;
  } else if (analysis_ == controller.analyses()) {
    return;
  }
  analysis_ = controller.analyses();
  if (!pause_.isActive()) pause_.start();
}

const RunLength& RunLengthFinder::known(const DocumentController& controller) const {
  static const RunLength unknown{};
  return asked_ == &controller ? known_ : unknown;
}

void RunLengthFinder::look() {
  if (asked_ == nullptr) return;
  Question question{.document = asked_->document(), .records = {}};
  for (const auto& [source, facts] : asked_->source_facts())
    if (!facts.counting) question.records.emplace(source, facts.records);
  worker_.ask(std::move(question));
}

void RunLengthFinder::deliver(const RunLength& length) {
  if (length == known_) return;
  known_ = length;
  Q_EMIT found();
}

}  // namespace feedline::gui::inline session
