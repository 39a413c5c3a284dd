// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/left_out.h"

#include "base/numbers.h"

namespace feedline::inline base {

using numbers::plural;

std::string left_out_text(std::uint64_t records, std::uint64_t times) {
  if (records == 0) return plural(times, "time");
  std::string text = plural(records, "record");
  if (times <= records) return text;
  if (times % records == 0) return text + " x " + plural(times / records, "epoch");
  return text + ", " + plural(times, "time");
}

}  // namespace feedline::inline base
