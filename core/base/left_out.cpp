// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/left_out.h"

#include "base/numbers.h"

namespace feedline {
namespace {

std::string plural_of(std::uint64_t count, const char* one, const char* many) {
  return numbers::count(count) + ' ' + (count == 1 ? one : many);
}

}  // namespace

std::string left_out_text(std::uint64_t records, std::uint64_t times) {
  if (records == 0) return plural_of(times, "time", "times");
  std::string text = plural_of(records, "record", "records");
  if (times <= records) return text;
  if (times % records == 0) return text + " x " + plural_of(times / records, "epoch", "epochs");
  return text + ", " + plural_of(times, "time", "times");
}

}  // namespace feedline
