// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/step_back.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace feedline::gui::inline session {

namespace {
constexpr int kRunNiceness = 5;
}  // namespace

void step_back() {
#ifdef __linux__
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kRunNiceness);
#endif
}

}  // namespace feedline::gui::inline session
