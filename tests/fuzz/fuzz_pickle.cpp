// SPDX-License-Identifier: GPL-3.0-or-later
// Pickles by themselves: what stands in a state dict of PyTorch, without the zip file around it.
#include "fuzz_input.h"
#include "state/pickle_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace feedline;
  const auto pickle = read_pickle(fuzz::input_bytes(data, size));
  if (!pickle) {
    fuzz::expect_told(pickle.error());
    return 0;
  }
  if (pickle->bytes > size || pickle->top >= pickle->values.size()) fuzz::found("a pickle that ends behind its end");
  const auto inside = [&](PickledValue::Place place) {
    if (place >= pickle->values.size()) fuzz::found("a value that is not there");
  };
  for (const PickledValue& value : pickle->values) {
    if (const auto* sequence = std::get_if<PickledValue::Sequence>(&value.what))
      for (const PickledValue::Place place : sequence->items) inside(place);
    if (const auto* dict = std::get_if<PickledValue::Dict>(&value.what))
      for (const auto& [key, item] : dict->items) inside(key), inside(item);
  }
  return 0;
}
