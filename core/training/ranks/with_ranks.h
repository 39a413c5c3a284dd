// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "training/ranks/process_group.h"
#include "training/step_fault.h"

#include <exception>
#include <type_traits>

namespace feedline::inline training {

/// Does a piece of `work` together with other ranks: what goes wrong in it is that of a step.
template <class Work>
std::invoke_result_t<Work&> with_ranks(Work&& work) {
  try {
    return work();
  } catch (const RankLost& lost) {
    throw StepFailed(lost.error());
  } catch (const StepCancelled&) {
    throw;
  } catch (const StepFailed&) {
    throw;
  } catch (const std::exception& fault) {
    throw StepFailed({.code = ErrorCode::Failed,
                      .reason = std::string("the exchange with the other ranks failed: ") + fault.what()});
  }
}

}  // namespace feedline::inline training
