// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/stages/stage_mail.h"

#include "training/step_fault.h"

#include <utility>

namespace feedline::inline training {

void StageMail::open(std::size_t micros, std::size_t wires) {
  const std::lock_guard lock(mutex_);
  letters_.assign(micros, Letter{.values = std::vector<at::Tensor>(wires), .missing = wires});
}

void StageMail::put(std::size_t micro, std::size_t wire, at::Tensor value) {
  const std::lock_guard lock(mutex_);
  Letter& letter = letters_[micro];
  letter.values[wire] = std::move(value);
  if (--letter.missing == 0) arrived_.notify_all();
}

std::vector<at::Tensor> StageMail::take(std::size_t micro, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  Letter& letter = letters_[micro];
  if (!arrived_.wait(lock, stop, [&] { return letter.missing == 0; })) throw StepCancelled();
  return std::move(letter.values);
}

}  // namespace feedline::inline training
