// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/fitted.h"

namespace feedline::inline schema {

Error not_fitted() {
  return {.reason = "it has not been fitted to the training records yet",
          .remedy = "Run the graph: it is then fitted first, and what it finds is kept"};
}

}  // namespace feedline::inline schema
