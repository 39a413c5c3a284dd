// SPDX-License-Identifier: GPL-3.0-or-later
// Unpacking gzip.
#include "fuzz_input.h"
#include "nodes/source/gzip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace feedline;
  constexpr std::size_t kMostUnpacked = std::size_t{16} << 20;
  const fuzz::InputFile input(fuzz::input_bytes(data, size));
  const File file = input.open();
  std::size_t unpacked = 0;
  const Status done = gunzip(file.get(), input.path(), input.size(), input.context(),
                             [&unpacked](std::span<const std::byte> bytes) -> Status {
                               if (bytes.size() > std::size_t{256} << 10) fuzz::found("a piece of over 256 KiB");
                               unpacked += bytes.size();
                               if (unpacked > kMostUnpacked) return fail("more than this looks at");
                               return {};
                             });
  if (!done) fuzz::expect_told(done.error());
  return 0;
}
