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

constexpr std::string_view kTextsEnding = " texts";

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

void put_texts(NamedTensors& tensors, std::string_view name, std::span<const std::string> texts) {
  std::vector<std::uint8_t> bytes;
  for (const std::string& text : texts) {
    const auto length = static_cast<std::uint32_t>(text.size());
    for (unsigned shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(length >> shift));
    bytes.insert(bytes.end(), text.begin(), text.end());
  }
  tensors.insert_or_assign(std::string(name).append(kTextsEnding), TensorValue::of(bytes));
}

std::optional<std::vector<std::string>> find_texts(const NamedTensors& tensors, std::string_view name) {
  std::vector<std::string> texts;
  if (!each_text(tensors, name, [&](std::string_view text) { texts.emplace_back(text); })) return std::nullopt;
  return texts;
}

std::optional<std::size_t> each_text(const NamedTensors& tensors, std::string_view name,
                                     const std::function<void(std::string_view)>& found) {
  const auto tensor = tensors.find(std::string(name).append(kTextsEnding));
  if (tensor == tensors.end() || tensor->second.type != ElementType::U8) return std::nullopt;
  const std::vector<std::byte>& bytes = tensor->second.data;
  std::size_t count = 0;
  for (std::size_t at = 0; at < bytes.size(); ++count) {
    if (bytes.size() - at < 4) return std::nullopt;
    std::uint32_t length = 0;
    for (unsigned i = 0; i < 4; ++i) length |= std::to_integer<std::uint32_t>(bytes[at + i]) << (8 * i);
    at += 4;
    if (bytes.size() - at < length) return std::nullopt;
    found({reinterpret_cast<const char*>(bytes.data()) + at, length});
    at += length;
  }
  return count;
}

std::optional<std::string_view> texts_name(std::string_view tensor) {
  if (!tensor.ends_with(kTextsEnding)) return std::nullopt;
  return tensor.substr(0, tensor.size() - kTextsEnding.size());
}

}  // namespace feedline::inline schema
