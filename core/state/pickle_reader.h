// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Reads the pickles of PyTorch's state dicts. A pickle is a program that may call anything of Python; here it is read
// by an interpreter of the few opcodes that torch.save() writes for named tensors, in which a "call" of one of the few
// functions that rebuild tensors just notes what it was given. Everything else is refused by its name. Source of the
// opcodes: CPython, Lib/pickletools.py; of what state dicts hold: torch/_utils.py, torch/serialization.py.

#include "base/error.h"
#include "schema/named_tensors.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace feedline::inline state {

/// A block of numbers that tensors are parts of: torch.FloatStorage and the like.
struct PickledStorage {
  std::string key{};
  ElementType type = ElementType::F32;
  std::uint64_t count = 0;  ///< of numbers
};

/// A tensor as a pickle describes it. Nothing of it is checked but its kind.
struct PickledTensor {
  PickledStorage storage{};
  std::int64_t offset = 0;  ///< of its first number in the storage
  std::vector<std::int64_t> shape{};
  std::vector<std::int64_t> strides{};
};

/// One value of a pickle. Others are named by their place in Pickle::values, so that a value that holds itself is no
/// more than that.
struct PickledValue {
  using Place = std::uint32_t;
  struct Nothing {};  ///< None, and what nobody asks about
  struct Sequence {   ///< a list or a tuple
    std::vector<Place> items{};
  };
  struct Dict {
    std::vector<std::pair<Place, Place>> items{};
  };
  struct Global {
    std::string name{};  ///< "torch._utils._rebuild_tensor_v2"
  };
  std::variant<Nothing, bool, std::int64_t, double, std::string, Sequence, Dict, Global, PickledStorage, PickledTensor>
      what{};
};

/// A pickle that has been read.
struct Pickle {
  std::vector<PickledValue> values{};
  PickledValue::Place top = 0;
  std::size_t bytes = 0;  ///< how long it was

  [[nodiscard]] const PickledValue& result() const { return values[top]; }
  template <class T>
  [[nodiscard]] const T* get(PickledValue::Place place) const {
    return std::get_if<T>(&values[place].what);
  }
};

/// Reads the pickle at the beginning of `bytes`, in linear time, with memory in proportion to its length whatever it
/// says. Errors name what it wanted and must not have ("os.system"), or say that it is damaged; they name no file.
[[nodiscard]] Result<Pickle> read_pickle(std::span<const std::byte> bytes);

}  // namespace feedline::inline state
