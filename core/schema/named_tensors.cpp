// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/named_tensors.h"

#include <algorithm>
#include <array>
#include <limits>

namespace feedline::inline schema {
namespace {

struct ElementTypeFacts {
  ElementType type;
  std::string_view name;
  std::size_t size;
};

constexpr std::array<ElementTypeFacts, 13> kElementTypes = {{{ElementType::Bool, "BOOL", 1},
                                                             {ElementType::U8, "U8", 1},
                                                             {ElementType::I8, "I8", 1},
                                                             {ElementType::I16, "I16", 2},
                                                             {ElementType::U16, "U16", 2},
                                                             {ElementType::F16, "F16", 2},
                                                             {ElementType::BF16, "BF16", 2},
                                                             {ElementType::I32, "I32", 4},
                                                             {ElementType::U32, "U32", 4},
                                                             {ElementType::F32, "F32", 4},
                                                             {ElementType::F64, "F64", 8},
                                                             {ElementType::I64, "I64", 8},
                                                             {ElementType::U64, "U64", 8}}};

const ElementTypeFacts& facts_of(ElementType type) { return kElementTypes[static_cast<std::size_t>(type)]; }

}  // namespace

std::string_view name(ElementType type) { return facts_of(type).name; }
std::size_t size_of(ElementType type) { return facts_of(type).size; }

std::optional<ElementType> element_type(std::string_view name) {
  const auto found = std::find_if(kElementTypes.begin(), kElementTypes.end(),
                                  [&](const ElementTypeFacts& facts) { return facts.name == name; });
  return found == kElementTypes.end() ? std::nullopt : std::optional(found->type);
}

std::optional<std::uint64_t> bytes_of(ElementType type, std::span<const std::int64_t> shape) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t bytes = size_of(type);
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    empty |= size == 0;
    if (size > 0 && bytes > kMost / static_cast<std::uint64_t>(size)) return std::nullopt;
    bytes *= std::max<std::uint64_t>(static_cast<std::uint64_t>(size), 1);
  }
  return empty ? 0 : bytes;
}

}  // namespace feedline::inline schema
