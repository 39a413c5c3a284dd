// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/ubjson.h"

#include <algorithm>
#include <optional>
#include <string>

namespace feedline::inline nodes {
namespace {

/// XGBoost's models have 6.
constexpr int kDeepestUbjson = 32;

std::size_t ubj_size(char type) {
  switch (type) {
    case 'U':
    case 'i':
      return 1;
    case 'I':
      return 2;
    case 'l':
    case 'd':
      return 4;
    case 'L':
      return 8;
    default:
      return 0;
  }
}

/// Big endian, as they lie.
std::int64_t ubj_whole(char type, const char* at) {
  if (type == 'd') return -1;
  std::uint64_t bits = 0;
  const std::size_t size = ubj_size(type);
  for (std::size_t i = 0; i < size; ++i) bits = bits << 8U | static_cast<unsigned char>(at[i]);
  switch (type) {
    case 'i':
      return static_cast<std::int8_t>(bits);
    case 'I':
      return static_cast<std::int16_t>(bits);
    case 'l':
      return static_cast<std::int32_t>(bits);
    default:
      return static_cast<std::int64_t>(bits);
  }
}

class UbjReader {
 public:
  UbjReader(std::string_view bytes, const UbjStream& stream) : left_(bytes), stream_(stream) {}

  Result<UbjValue> whole_value() {
    auto value = read_value({}, 0);
    if (value && !left_.empty()) return fail("something stands behind its end");
    return value;
  }

 private:
  Result<UbjValue> read_value(std::string_view key, int depth) {
    if (depth > kDeepestUbjson) return fail("it is nested too deeply");
    const auto sign = take(1);
    if (!sign) return fail(sign.error());
    UbjValue value;
    switch (sign->front()) {
      case '{':
        return read_object(depth);
      case '[':
        return read_array(key, depth);
      case 'Z':
        return value;
      case 'T':
      case 'F':
        value.kind = UbjValue::Kind::Flag;
        return value;
      case 'S': {
        const auto text = read_text();
        if (!text) return fail(text.error());
        value.kind = UbjValue::Kind::Text;
        value.text = *text;
        return value;
      }
      default:
        break;
    }
    const char type = sign->front();
    const std::size_t size = ubj_size(type);
    if (size == 0) return fail("a value is of a type that is not read");
    const auto bytes = take(size);
    if (!bytes) return fail(bytes.error());
    value.kind = type == 'd' ? UbjValue::Kind::Real : UbjValue::Kind::Whole;
    value.number = ubj_whole(type, bytes->data());
    return value;
  }

  Result<UbjValue> read_object(int depth) {
    UbjValue value{.kind = UbjValue::Kind::Object};
    while (!skip('}')) {
      const auto key = read_text();
      if (!key) return fail(key.error());
      auto item = read_value(*key, depth + 1);
      if (!item) return item;
      value.keys.push_back(*key);
      value.items.push_back(std::move(*item));
    }
    std::vector<std::string_view> sorted = value.keys;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) return fail("a key is there twice");
    return value;
  }

  Result<UbjValue> read_array(std::string_view key, int depth) {
    if (skip('$')) return read_numbers();
    std::optional<std::size_t> count;
    if (skip('#')) {
      const auto told = read_size();
      if (!told) return fail(told.error());
      count = *told;
    }
    const bool streams = key == stream_.key;
    UbjValue value{.kind = streams ? UbjValue::Kind::Streamed : UbjValue::Kind::List};
    while (count ? value.count < *count : !skip(']')) {
      auto item = read_value({}, depth + 1);
      if (!item) return item;
      ++value.count;
      if (!streams) {
        value.items.push_back(std::move(*item));
      } else if (Status fine = stream_.found(*item); !fine) {
        return fail(std::move(fine.error()));
      }
    }
    return value;
  }

  Result<UbjValue> read_numbers() {
    const auto type = take(1);
    if (!type) return fail(type.error());
    const std::size_t size = ubj_size(type->front());
    if (size == 0 || !skip('#')) return fail("an array is of a type that is not read");
    const auto count = read_size();
    if (!count) return fail(count.error());
    if (*count > left_.size() / size) return fail("an array is longer than all there is");
    const auto bytes = take(*count * size);
    if (!bytes) return fail(bytes.error());
    return UbjValue{.kind = UbjValue::Kind::Numbers, .type = type->front(), .count = *count, .text = *bytes};
  }

  /// As XGBoost writes them: always of 8 bytes.
  Result<std::size_t> read_size() {
    if (!skip('L')) return fail("a size is missing");
    const auto bytes = take(8);
    if (!bytes) return fail(bytes.error());
    const std::int64_t size = ubj_whole('L', bytes->data());
    if (size < 0 || static_cast<std::uint64_t>(size) > left_.size()) return fail("a size is beyond all there is");
    return static_cast<std::size_t>(size);
  }

  Result<std::string_view> read_text() {
    const auto size = read_size();
    if (!size) return fail(size.error());
    return take(*size);
  }

  Result<std::string_view> take(std::size_t count) {
    if (count > left_.size()) return fail("it is cut short");
    const std::string_view taken = left_.substr(0, count);
    left_.remove_prefix(count);
    return taken;
  }
  bool skip(char sign) {
    if (left_.empty() || left_.front() != sign) return false;
    left_.remove_prefix(1);
    return true;
  }

  std::string_view left_;
  const UbjStream& stream_;
};

}  // namespace

const UbjValue* UbjValue::find(std::string_view key) const {
  if (kind != Kind::Object) return nullptr;
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

bool UbjValue::all_numbers() const {
  if (kind == Kind::Numbers) return true;
  return kind == Kind::List &&
         std::all_of(items.begin(), items.end(), [](const UbjValue& item) { return item.kind == Kind::Whole; });
}

std::int64_t UbjValue::whole(std::size_t i) const {
  if (kind != Kind::Numbers) return items[i].number;
  return ubj_whole(type, text.data() + i * ubj_size(type));
}

Result<UbjValue> read_ubjson(std::span<const std::uint8_t> bytes, const UbjStream& stream) {
  return UbjReader({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, stream).whole_value();
}

}  // namespace feedline::inline nodes
