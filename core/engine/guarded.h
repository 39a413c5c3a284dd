// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "base/machine_fault.h"

#include <cerrno>
#include <exception>
#include <new>
#include <string>
#include <utility>

namespace feedline::inline engine {

/// Runs a node's own code; whatever it throws becomes an error of the record, want of memory one of the machine's.
template <class Work>
Status guarded(Work&& work) {
  std::string reason;
  try {
    return std::forward<Work>(work)();
  } catch (const std::bad_alloc&) {
    return fail(machine_error(ENOMEM, "the record cannot be held"));
  } catch (const std::exception& error) {
    reason = error.what();
  } catch (...) {
    reason = "an exception of unknown type";
  }
  while (!reason.empty() && (reason.back() == '\n' || reason.back() == ' ')) reason.pop_back();
  return fail_record(std::move(reason));
}

}  // namespace feedline::inline engine
