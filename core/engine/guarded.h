// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <exception>
#include <new>
#include <string>
#include <utility>

namespace feedline {

/// Runs a node's own code; whatever it throws becomes an error of the record.
template <class Work>
Status guarded(Work&& work) {
  std::string reason;
  try {
    return std::forward<Work>(work)();
  } catch (const std::bad_alloc&) {
    return fail_record("not enough memory for this record");
  } catch (const std::exception& error) {
    reason = error.what();
  } catch (...) {
    reason = "an exception of unknown type";
  }
  while (!reason.empty() && (reason.back() == '\n' || reason.back() == ' ')) reason.pop_back();
  return fail_record(std::move(reason));
}

}  // namespace feedline
