// SPDX-License-Identifier: GPL-3.0-or-later
// Arrays of NumPy: .npy, and .npz with one or several of them.
#include "fuzz_input.h"
#include "nodes/source/npy_file.h"

#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace feedline;
  const fuzz::InputFile input(fuzz::input_bytes(data, size));
  for (const NpyFile::Wanted wanted : {NpyFile::Wanted::Items, NpyFile::Wanted::Labels}) {
    const auto file = NpyFile::open(input.path(), "", wanted, input.context());
    if (!file) {
      fuzz::expect_told(file.error());
      continue;
    }
    std::vector<std::byte> item(file->item_bytes());
    for (const std::uint64_t index : {std::uint64_t{0}, file->count() - 1})
      if (const Status read = file->read(index, item); !read) fuzz::found("an item that is not there");
    std::size_t numbers = 1;
    for (const std::int64_t dim : file->item_dims()) numbers *= static_cast<std::size_t>(dim);
    std::vector<float> floats(numbers);
    npy_to_floats(file->dtype(), item.data(), numbers, floats.data());
  }
  return 0;
}
