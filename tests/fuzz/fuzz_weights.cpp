// SPDX-License-Identifier: GPL-3.0-or-later
// Files of weights as others publish them: .pth (both forms of torch.save()) and .safetensors.
#include "fuzz_input.h"
#include "state/weights_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace feedline;
  const fuzz::InputFile input(fuzz::input_bytes(data, size));
  const auto file = WeightsFile::open(input.path());
  if (!file) {
    fuzz::expect_told(file.error());
    return 0;
  }
  std::uint64_t taken = 0;
  for (const auto& [name, entry] : file->entries()) {
    const auto tensor = file->read(name);
    if (!tensor) fuzz::found("a tensor that is not there: " + tensor.error().line());
    if (tensor->data.size() != entry.bytes) fuzz::found("a tensor of another size than it declares");
    if ((taken += entry.bytes) > 16 * size + 1024) break;  // many tensors may share a storage
  }
  return 0;
}
