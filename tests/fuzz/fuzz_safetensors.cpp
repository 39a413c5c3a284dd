// SPDX-License-Identifier: GPL-3.0-or-later
// Files of tensors as checkpoints are made of.
#include "fuzz_input.h"
#include "state/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace feedline;
  const fuzz::InputFile input(fuzz::input_bytes(data, size));
  const auto file = SafetensorsFile::open(input.path());
  if (!file) {
    fuzz::expect_told(file.error());
    return 0;
  }
  const auto tensors = file->read_all();
  if (!tensors) fuzz::found("tensors that are not there: " + tensors.error().line());
  for (const auto& [name, tensor] : *tensors)
    if (bytes_of(tensor.type, tensor.shape) != tensor.data.size()) fuzz::found("a tensor that its bytes do not fill");
  return 0;
}
