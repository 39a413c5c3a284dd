// SPDX-License-Identifier: GPL-3.0-or-later
// Kept models of XGBoost, which takes their indices as they come: what may not reach it is found here.
#include "fuzz_input.h"
#include "nodes/estimator/boosted_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace feedline;
  if (const Status sound = check_boosted_bytes({data, size}, 4); !sound) fuzz::expect_told(sound.error());
  return 0;
}
