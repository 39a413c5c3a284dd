// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <exception>
#include <type_traits>
#include <utility>

namespace feedline::inline training {

/// Thrown inside a step when a stop was asked for; caught where the step was started.
class StepCancelled : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "cancelled"; }
};

/// Carries an Error out of a step.
class StepFailed : public std::exception {
 public:
  explicit StepFailed(Error error) : error_(std::move(error)) {}
  [[nodiscard]] const Error& error() const { return error_; }
  [[nodiscard]] const char* what() const noexcept override { return error_.reason.c_str(); }

 private:
  Error error_;
};

/// Runs part of a step: what it throws becomes an error, a stop one with the code Cancelled. `work` returns a Status or
/// a Result.
template <class Work>
std::invoke_result_t<Work&> catch_step_faults(Work&& work) {
  try {
    return work();
  } catch (const StepCancelled&) {
    return fail_cancelled();
  } catch (const StepFailed& fault) {
    return fail(fault.error());
  }
}

}  // namespace feedline::inline training
