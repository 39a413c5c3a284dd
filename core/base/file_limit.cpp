// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file_limit.h"

#include <algorithm>
#include <sys/resource.h>

namespace feedline::inline base {

void raise_file_limit() {
  constexpr rlim_t kEnough =
      65'536;  // some systems allow a thousand million, and programs that we start may count them
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= std::min(kEnough, limit.rlim_max)) return;
  limit.rlim_cur = std::min(kEnough, limit.rlim_max);
  (void)::setrlimit(RLIMIT_NOFILE, &limit);  // where it is refused, all goes on as ever
}

}  // namespace feedline::inline base
