// SPDX-License-Identifier: GPL-3.0-or-later
// Zip files: the directory at their end, local headers, members.
#include "fuzz_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  feedline::fuzz::read_archive(feedline::fuzz::input_bytes(data, size), &feedline::list_zip);
  return 0;
}
