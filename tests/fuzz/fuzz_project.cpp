// SPDX-License-Identifier: GPL-3.0-or-later
// Project files (.feedline). What can be read is written to the same document again, and can be flattened and checked.
#include "fuzz_input.h"
#include "graph/flatten.h"
#include "graph/json.h"

#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace feedline;
  const auto loaded = from_json({reinterpret_cast<const char*>(data), size});
  if (!loaded) {
    fuzz::expect_told(loaded.error());
    return 0;
  }
  const std::string written = to_json(loaded->document);
  const auto again = from_json(written);
  if (!again) fuzz::found("what was written cannot be read: " + again.error().line() + "\n" + written);
  if (to_json(again->document) != written) fuzz::found("written and read, it is another document:\n" + written);
  static_cast<void>(flatten(loaded->document));
  static_cast<void>(analyse(loaded->document));
  return 0;
}
