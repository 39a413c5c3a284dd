// SPDX-License-Identifier: GPL-3.0-or-later
// IDX files, packed or not.
#include "fuzz_input.h"
#include "nodes/source/idx_file.h"

#include <algorithm>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace feedline;
  const fuzz::InputFile input(fuzz::input_bytes(data, size));
  const auto file = IdxFile::open(input.path(), input.context());
  if (!file) {
    fuzz::expect_told(file.error());
    return 0;
  }
  std::vector<std::byte> item(file->item_bytes());
  for (const std::uint64_t index : {std::uint64_t{0}, file->count() - 1}) {
    if (const Status read = file->read(index, item); !read) fuzz::found("an item that is not there");
    const auto mapped = file->mapped(index);
    if (!mapped.empty() && !std::equal(mapped.begin(), mapped.end(), item.begin(), item.end()))
      fuzz::found("an item that is mapped differently");
  }
  return 0;
}
