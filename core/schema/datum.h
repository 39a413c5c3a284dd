// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/tensor_desc.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace feedline::inline schema {

/// Which part of a picture a Datum holds, where a node read only what the next one will look at. All in pixels of the
/// whole picture as it would stand at this scale, upright.
struct PicturePart {
  std::int64_t whole_width = 0;  ///< of the picture in its full size
  std::int64_t whole_height = 0;
  std::int64_t x = 0;  ///< left column of what is held, at this scale
  std::int64_t y = 0;
  std::int32_t eighths = 8;  ///< scale: 8 full size, 4 half, 1 an eighth
  bool operator==(const PicturePart&) const = default;
};

/// One value of one record while it streams: an image, encoded bytes, a text, token ids, features or a label.
///
/// It holds a dense block of `dtype` with up to four dimensions. The memory is its own (kept and reused from record to
/// record, so the steady state allocates nothing), borrowed (view), or a bound slot of a batch buffer, into which the
/// last node of a branch writes directly.
class alignas(64) Datum {
 public:
  static constexpr std::size_t kMaxDims = 4;

  Datum() = default;
  Datum(const Datum&) = delete;
  Datum& operator=(const Datum&) = delete;
  Datum(Datum&&) noexcept = default;
  Datum& operator=(Datum&&) noexcept = default;

  /// Makes room for the given shape and returns its first byte, 64-byte aligned unless bound. The content is undefined.
  /// Writes into the bound slot if its size fits exactly.
  std::byte* allocate(DType dtype, std::span<const std::int64_t> dims, Layout layout = Layout::None) {
    set_shape(dtype, dims, layout);
    if (slot_.size() == bytes_ && !slot_.empty()) {
      data_ = slot_.data();
      return slot_.data();
    }
    if (bytes_ + kSpare > capacity_) grow();
    data_ = own_.get();
    is_changeable_ = true;
    return own_.get();
  }
  std::byte* allocate(DType dtype, std::initializer_list<std::int64_t> dims, Layout layout = Layout::None) {
    return allocate(dtype, std::span(dims.begin(), dims.size()), layout);
  }
  /// Bytes that may be written from the first one on, after allocate(): at least as many as were asked for, and in
  /// memory of its own kSpare more, so that the end of a value can be written in one piece with what follows.
  [[nodiscard]] std::size_t room() const { return data_ == own_.get() ? capacity_ : bytes_; }
  static constexpr std::size_t kSpare = 16;
  /// Shows memory that someone else keeps alive for as long as this record is processed.
  void view(const std::byte* data, DType dtype, std::span<const std::int64_t> dims, Layout layout = Layout::None) {
    set_shape(dtype, dims, layout);
    data_ = data;
  }
  /// Shows what `other` shows.
  void view(const Datum& other) {
    view(other.data_, other.dtype_, other.dims(), other.layout_);
    if (other.is_part_) set_part(other.part_);
  }
  /// Where the only reader of this value may change it: in memory of a Datum's own, here or where it was handed on
  /// from. Null: it is not known whose that memory is.
  [[nodiscard]] std::byte* changeable() { return is_changeable_ ? const_cast<std::byte*>(data_) : nullptr; }
  /// Shows the first `bytes` of what `other` shows, which may then be changed here.
  void hand_on(const Datum& other, std::size_t bytes) {
    const std::int64_t dims[] = {static_cast<std::int64_t>(bytes)};
    view(other.data_, DType::U8, dims);
    is_changeable_ = other.is_changeable_;
  }
  /// The next allocate() of exactly this many bytes lands in `slot`; an empty span unbinds.
  void bind(std::span<std::byte> slot) { slot_ = slot; }
  /// Does the value lie in the bound slot?
  [[nodiscard]] bool in_slot() const { return !slot_.empty() && data_ == slot_.data(); }

  /// Says that the value is only a part of a picture; allocate() and view() of memory forget it, view(Datum) keeps it.
  void set_part(const PicturePart& part) {
    part_ = part;
    is_part_ = true;
  }
  /// Null: the whole picture.
  [[nodiscard]] const PicturePart* part() const { return is_part_ ? &part_ : nullptr; }

  void set_label(std::int64_t label) { std::memcpy(allocate(DType::I64, {}), &label, sizeof label); }
  [[nodiscard]] std::int64_t label() const;
  void set_bytes(std::string_view bytes);

  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] Layout layout() const { return layout_; }
  [[nodiscard]] std::span<const std::int64_t> dims() const { return {dims_.data(), dim_count_}; }
  [[nodiscard]] std::int64_t dim(std::size_t i) const { return dims_[i]; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] const std::byte* data() const { return data_; }
  template <class T>
  [[nodiscard]] const T* as() const {
    return reinterpret_cast<const T*>(data_);
  }
  [[nodiscard]] std::span<const std::byte> span() const { return {data_, bytes_}; }
  /// "u8 32×32×3 HWC"
  [[nodiscard]] std::string text() const;

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  void set_shape(DType dtype, std::span<const std::int64_t> dims, Layout layout) {
    is_part_ = false;
    is_changeable_ = false;
    dtype_ = dtype;
    layout_ = layout;
    const std::size_t count = dims.size() < kMaxDims ? dims.size() : kMaxDims;
    dim_count_ = static_cast<std::uint8_t>(count);
    bytes_ = size_of(dtype);
    for (std::size_t i = 0; i < count; ++i) {
      dims_[i] = dims[i];
      bytes_ *= static_cast<std::size_t>(dims[i]);
    }
  }
  /// Makes room for bytes_ in memory of its own.
  void grow();

  // What a value of one number or one dimension is read and written by stands in one cache line: of a row of a table
  // that is counted.
  const std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  std::span<std::byte> slot_{};
  std::unique_ptr<std::byte[], Free> own_{};
  std::size_t capacity_ = 0;
  DType dtype_ = DType::U8;
  Layout layout_ = Layout::None;
  std::uint8_t dim_count_ = 0;
  bool is_part_ = false;
  bool is_changeable_ = false;
  std::array<std::int64_t, kMaxDims> dims_{};
  PicturePart part_{};
};
static_assert(sizeof(Datum) <= 128);

}  // namespace feedline::inline schema
