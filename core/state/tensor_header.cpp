// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/tensor_header.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <utility>

namespace feedline::inline state {
namespace {

constexpr std::string_view kMetadataName = "__metadata__";
/// More dimensions than any tensor has.
constexpr std::size_t kMostTensorDims = 64;

/// Takes in the parser's events one by one, and ends it at the first that a header cannot have: no tree is built.
class TensorHeaderEvents final : public nlohmann::json_sax<nlohmann::json> {
 public:
  TensorHeader header{};
  std::string reason{};

  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("true or false"); }
  bool number_integer(number_integer_t) override { return refuse("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return refuse("a fraction"); }
  bool binary(binary_t&) override { return refuse("bytes"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::Shape) {
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return fail_with("a size is absurd");
      if (entry_.shape.size() == kMostTensorDims) return fail_with("too many dimensions");
      entry_.shape.push_back(static_cast<std::int64_t>(value));
      return true;
    }
    if (place_ != Place::Offsets) return refuse("a number");
    if (offsets_ == 2) return fail_with("data_offsets are two numbers");
    (offsets_++ == 0 ? entry_.offset : end_) = value;
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::Metadata) {
      header.metadata.emplace(key_, std::move(value));
      return true;
    }
    if (place_ != Place::Tensor || key_ != "dtype") return refuse("a text");
    const auto type = element_type(value);
    if (!type) return fail_with(fmt::format("its type is '{}', which Feedline does not know", value.substr(0, 32)));
    entry_.type = *type;
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::Nothing) {
      place_ = Place::Root;
      return true;
    }
    if (place_ != Place::Root) return refuse("an object");
    if (name_ == kMetadataName) {
      place_ = Place::Metadata;
    } else {
      place_ = Place::Tensor;
      entry_ = {};
      has_type_ = has_shape_ = has_offsets_ = false;
      offsets_ = 0;
    }
    return true;
  }

  bool key(string_t& key) override {
    if (place_ == Place::Root) {
      name_ = std::move(key);
      if (name_ == kMetadataName) return !std::exchange(has_metadata_, true) || fail_with("__metadata__ stands twice");
      if (header.entries.contains(name_)) return fail_with("it stands twice");
      return true;
    }
    key_ = std::move(key);
    if (place_ == Place::Metadata)
      return !header.metadata.contains(key_) || fail_with(fmt::format("'{}' stands twice", key_));
    if (key_ == "dtype") return !std::exchange(has_type_, true) || fail_with("dtype stands twice");
    if (key_ == "shape") return !std::exchange(has_shape_, true) || fail_with("shape stands twice");
    if (key_ == "data_offsets") return !std::exchange(has_offsets_, true) || fail_with("data_offsets stand twice");
    return fail_with(fmt::format("'{}' is no key of a tensor", key_.substr(0, 32)));
  }

  bool end_object() override {
    if (place_ == Place::Tensor && !finish_tensor()) return false;
    place_ = place_ == Place::Root ? Place::Nothing : Place::Root;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::Tensor || key_ == "dtype") return refuse("a list");
    place_ = key_ == "shape" ? Place::Shape : Place::Offsets;
    return true;
  }
  bool end_array() override {
    place_ = Place::Tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    reason = fmt::format("its header is no JSON (at byte {})", position);
    return false;
  }

 private:
  enum class Place { Nothing, Root, Metadata, Tensor, Shape, Offsets };

  bool finish_tensor() {
    if (!has_type_ || !has_shape_ || offsets_ != 2) return fail_with("dtype, shape or data_offsets are missing");
    const auto bytes = bytes_of(entry_.type, entry_.shape);
    if (!bytes || end_ < entry_.offset || end_ - entry_.offset != *bytes)
      return fail_with("its bytes do not fill its shape");
    entry_.bytes = *bytes;
    header.entries.emplace(std::move(name_), std::move(entry_));
    return true;
  }

  bool refuse(std::string_view what) {
    if (place_ == Place::Nothing) {
      reason = "its header is no JSON object";
      return false;
    }
    return fail_with(fmt::format("{} stands where it has no meaning", what));
  }
  bool fail_with(std::string_view what) {
    constexpr std::size_t kLongestShown = 80;
    reason = fmt::format("tensor '{}': {}", std::string_view(name_).substr(0, kLongestShown), what);
    return false;
  }

  Place place_ = Place::Nothing;
  std::string name_{};
  std::string key_{};
  SafetensorsFile::Entry entry_{};
  std::uint64_t end_ = 0;
  bool has_type_ = false;
  bool has_shape_ = false;
  bool has_offsets_ = false;
  bool has_metadata_ = false;
  int offsets_ = 0;
};

}  // namespace

Result<TensorHeader> TensorHeader::parse(std::string_view text) {
  if (!text.starts_with('{')) return fail("its header is no JSON object");
  TensorHeaderEvents events;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &events)) return fail(std::move(events.reason));
  return std::move(events.header);
}

Result<std::string> TensorHeader::text() const {
  try {
    const auto quoted = [](const std::string& plain) { return nlohmann::json(plain).dump(); };
    std::string all = "{";
    if (!metadata.empty()) {
      all += quoted(std::string(kMetadataName)) + ":{";
      for (const auto& [key, value] : metadata) all += quoted(key) + ':' + quoted(value) + ',';
      all.back() = '}';
      all += ',';
    }
    if (entries.contains(kMetadataName)) return fail("no tensor may be called __metadata__");
    for (const auto& [name, entry] : entries)
      all += fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}},", quoted(name),
                         feedline::name(entry.type), fmt::join(entry.shape, ","), entry.offset,
                         entry.offset + entry.bytes);
    if (all.size() > 1) all.pop_back();
    all += '}';
    all.resize((all.size() + 7) / 8 * 8, ' ');
    return all;
  } catch (const nlohmann::json::exception&) {
    return fail("a name or text is not valid UTF-8");
  }
}

}  // namespace feedline::inline state
