// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline schema {

/// What the numbers of a kept tensor are. These are the types of the safetensors format, of which wires carry only some
/// (see DType). Numbers lie in little-endian order.
enum class ElementType : std::uint8_t { Bool, U8, I8, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64 };

/// As the safetensors format has it: "F32".
[[nodiscard]] std::string_view name(ElementType type);
[[nodiscard]] std::size_t size_of(ElementType type);
/// None: there is no such type, or Feedline does not know it.
[[nodiscard]] std::optional<ElementType> element_type(std::string_view name);
/// Bytes of so many numbers; none: the shape has a negative size, or there are more than fit into 2^63.
[[nodiscard]] std::optional<std::uint64_t> bytes_of(ElementType type, std::span<const std::int64_t> shape);

/// Which type holds numbers of a C++ type.
template <class T>
inline constexpr std::optional<ElementType> kElementType = std::nullopt;
template <>
inline constexpr std::optional<ElementType> kElementType<std::uint8_t> = ElementType::U8;
template <>
inline constexpr std::optional<ElementType> kElementType<std::int64_t> = ElementType::I64;
template <>
inline constexpr std::optional<ElementType> kElementType<float> = ElementType::F32;
template <>
inline constexpr std::optional<ElementType> kElementType<double> = ElementType::F64;

/// A tensor by value: dense, the last dimension innermost.
struct TensorValue {
  ElementType type = ElementType::F32;
  std::vector<std::int64_t> shape{};  ///< empty: a scalar
  std::vector<std::byte> data{};

  /// A vector of these numbers, or `shape` where it is given.
  template <class T>
  [[nodiscard]] static TensorValue of(std::span<const T> numbers, std::vector<std::int64_t> shape) {
    static_assert(kElementType<T>.has_value() && std::endian::native == std::endian::little);
    TensorValue value{.type = *kElementType<T>, .shape = std::move(shape)};
    value.data.resize(numbers.size_bytes());
    if (!numbers.empty()) std::memcpy(value.data.data(), numbers.data(), numbers.size_bytes());
    return value;
  }
  template <class T>
  [[nodiscard]] static TensorValue of(const std::vector<T>& numbers) {
    return of(std::span<const T>(numbers), {static_cast<std::int64_t>(numbers.size())});
  }

  /// Its numbers, in order; none: they are of another type.
  template <class T>
  [[nodiscard]] std::optional<std::vector<T>> numbers() const {
    static_assert(kElementType<T>.has_value());
    if (type != *kElementType<T> || data.size() % sizeof(T) != 0) return std::nullopt;
    std::vector<T> all(data.size() / sizeof(T));
    if (!all.empty()) std::memcpy(all.data(), data.data(), data.size());
    return all;
  }
  bool operator==(const TensorValue&) const = default;
};

/// Tensors by name, such as what a fitted node has learnt: "mean", "stddev".
using NamedTensors = std::map<std::string, TensorValue, std::less<>>;

/// Texts by name, such as the words of a vocabulary: kept as the tensor "NAME texts" of bytes, in which the bytes of
/// each text follow its length (four bytes, little-endian).
void put_texts(NamedTensors& tensors, std::string_view name, std::span<const std::string> texts);
/// None: there are no texts of this name, or the tensor is damaged.
[[nodiscard]] std::optional<std::vector<std::string>> find_texts(const NamedTensors& tensors, std::string_view name);
/// Calls found(text) for each of them, in order, without copying any; how many there are. None: as above, and texts in
/// front of the damage have been shown.
std::optional<std::size_t> each_text(const NamedTensors& tensors, std::string_view name,
                                     const std::function<void(std::string_view)>& found);
/// Of a tensor of texts its name without that ending, which `find_texts` takes; none: it holds numbers.
[[nodiscard]] std::optional<std::string_view> texts_name(std::string_view tensor);

}  // namespace feedline::inline schema
