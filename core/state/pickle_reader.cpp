// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/pickle_reader.h"

#include "base/plain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace feedline::inline state {
namespace {

using Place = PickledValue::Place;

/// Values of one pickle, and of all that it may pile up; a state dict has some twenty a tensor.
constexpr std::size_t kMostPickled = std::size_t{1} << 20U;
constexpr std::size_t kLongestGlobal = 256;
// What is copied each time that it is used is short, so that no file can have a long one copied over and over.
constexpr std::size_t kLongestStorageKey = 64;
constexpr std::size_t kMostPickledDims = 16;
constexpr std::size_t kMostArguments = 16;

constexpr std::array<std::pair<std::string_view, ElementType>, 10> kStorages = {
    {{"torch.FloatStorage", ElementType::F32},
     {"torch.HalfStorage", ElementType::F16},
     {"torch.BFloat16Storage", ElementType::BF16},
     {"torch.DoubleStorage", ElementType::F64},
     {"torch.LongStorage", ElementType::I64},
     {"torch.IntStorage", ElementType::I32},
     {"torch.ShortStorage", ElementType::I16},
     {"torch.CharStorage", ElementType::I8},
     {"torch.ByteStorage", ElementType::U8},
     {"torch.BoolStorage", ElementType::Bool}}};

constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor";
constexpr std::string_view kRebuildTensor2 = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";
constexpr std::string_view kTorchSize = "torch.Size";

std::optional<ElementType> storage_type(std::string_view name) {
  for (const auto& [storage, type] : kStorages)
    if (storage == name) return type;
  return std::nullopt;
}

bool may_name(std::string_view name) {
  for (const std::string_view known : {kOrderedDict, kRebuildTensor, kRebuildTensor2, kRebuildParameter, kTorchSize})
    if (name == known) return true;
  return storage_type(name).has_value();
}

constexpr const char* kPickleRemedy =
    "Take weights from a source that you trust, saved by torch.save(model.state_dict(), FILE) or as safetensors";

tl::unexpected<Error> pickle_refused(std::string_view wanted) {
  return fail(fmt::format("its pickle wants {}, which named tensors never need: nothing of it was run",
                          escape_name(std::string(wanted.substr(0, kLongestGlobal)))),
              kPickleRemedy);
}

tl::unexpected<Error> pickle_damaged(std::string_view what) {
  return fail(fmt::format("its pickle is damaged: {}", what), "Download or copy it again");
}

/// A stack machine whose only effect is a table of values.
class PickleMachine {
 public:
  explicit PickleMachine(std::span<const std::byte> bytes) : bytes_(bytes) {}

  Result<Pickle> run() {
    for (;;) {
      if (at_ >= bytes_.size()) return pickle_damaged("it breaks off");
      const auto opcode = std::to_integer<unsigned char>(bytes_[at_++]);
      if (opcode == '.') break;
      if (Status done = step(opcode); !done) return fail(std::move(done.error()));
      if (std::max({pickle_.values.size(), stack_.size(), marks_.size(), memo_.size()}) > kMostPickled)
        return pickle_damaged("it has more values than any state dict");
    }
    if (stack_.size() != 1 || !marks_.empty()) return pickle_damaged("it does not end with one value");
    pickle_.top = stack_.back();
    pickle_.bytes = at_;
    return std::move(pickle_);
  }

 private:
  template <class T>
  void push(T value) {
    stack_.push_back(static_cast<Place>(pickle_.values.size()));
    pickle_.values.push_back({std::move(value)});
  }
  [[nodiscard]] PickledValue& at(Place place) { return pickle_.values[place]; }

  /// So many bytes more; empty: there are fewer.
  std::optional<std::span<const std::byte>> take(std::uint64_t count) {
    if (count > bytes_.size() - at_) return std::nullopt;
    const auto some = bytes_.subspan(at_, static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return some;
  }
  std::optional<std::uint64_t> number(std::size_t length) {
    const auto some = take(length);
    if (!some) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < length; ++i) value |= std::to_integer<std::uint64_t>((*some)[i]) << 8 * i;
    return value;
  }
  /// Up to a line's end.
  std::optional<std::string> line() {
    const auto rest = bytes_.subspan(at_);
    const auto end = std::find(rest.begin(), rest.end(), std::byte{'\n'});
    if (end == rest.end()) return std::nullopt;
    const auto length = static_cast<std::size_t>(end - rest.begin());
    std::string text(reinterpret_cast<const char*>(rest.data()), length);
    at_ += length + 1;
    return text;
  }
  /// The values above the last mark, which goes.
  std::optional<std::vector<Place>> above_mark() {
    if (marks_.empty()) return std::nullopt;
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<Place> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }
  /// How many values there are to take: none below the last mark.
  [[nodiscard]] std::size_t depth() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }
  Place pop() {
    const Place place = stack_.back();
    stack_.pop_back();
    return place;
  }

  Status step(unsigned char opcode);
  Status push_text(std::size_t length_bytes);
  Status push_long();
  Status push_tuple(std::size_t count);
  Status put(std::optional<std::uint64_t> slot);
  Status get(std::optional<std::uint64_t> slot);
  Status name_global(std::string_view module, std::string_view name);
  Status reduce();
  Status rebuild(std::string_view function, const std::vector<Place>& given);
  Status build();
  Status set_items(const std::vector<Place>& items);
  Status append(const std::vector<Place>& items);
  Status load_storage();
  [[nodiscard]] std::optional<std::vector<std::int64_t>> numbers_of(Place place) const;

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::vector<Place> stack_{};
  std::vector<std::size_t> marks_{};
  std::map<std::uint64_t, Place> memo_{};  ///< slots may be any numbers: a map takes no room for those between
  Pickle pickle_{};
};

Status PickleMachine::step(unsigned char opcode) {
  switch (opcode) {
    case 0x80: {  // PROTO
      const auto version = number(1);
      if (!version || *version < 2 || *version > 5) return pickle_damaged("it is of an unknown protocol");
      return {};
    }
    case 0x95:
      return take(8) ? Status{} : pickle_damaged("it breaks off");  // FRAME: only a hint of its length
    case '(':
      marks_.push_back(stack_.size());
      return {};
    case '}':
      push(PickledValue::Dict{});
      return {};
    case ']':
    case ')':
      push(PickledValue::Sequence{});
      return {};
    case 'N':
      push(PickledValue::Nothing{});
      return {};
    case 0x88:
      push(true);
      return {};
    case 0x89:
      push(false);
      return {};
    case 't': {
      auto items = above_mark();
      if (!items) return pickle_damaged("a tuple has no beginning");
      push(PickledValue::Sequence{std::move(*items)});
      return {};
    }
    case 0x85:
    case 0x86:
    case 0x87:
      return push_tuple(opcode - std::size_t{0x84});
    case 'U':  // U and T: bytes of Python 2, as old files have them
    case 0x8c:
      return push_text(1);
    case 'T':
    case 'X':
      return push_text(4);
    case 0x8d:
      return push_text(8);
    case 'J': {
      const auto value = number(4);
      if (!value) return pickle_damaged("it breaks off");
      push(static_cast<std::int64_t>(static_cast<std::int32_t>(static_cast<std::uint32_t>(*value))));
      return {};
    }
    case 'K':
    case 'M': {
      const auto value = number(opcode == 'K' ? 1 : 2);
      if (!value) return pickle_damaged("it breaks off");
      push(static_cast<std::int64_t>(*value));
      return {};
    }
    case 0x8a:
      return push_long();
    case 'G': {
      const auto some = take(8);
      if (!some) return pickle_damaged("it breaks off");
      std::uint64_t bits = 0;
      for (const std::byte byte : *some) bits = bits << 8U | std::to_integer<std::uint64_t>(byte);
      push(std::bit_cast<double>(bits));
      return {};
    }
    case 'q':
    case 'r':
      return put(number(opcode == 'q' ? 1 : 4));
    case 0x94:
      return put(memo_.size());
    case 'h':
    case 'j':
      return get(number(opcode == 'h' ? 1 : 4));
    case 'c': {
      auto module = line();
      auto name = line();
      if (!module || !name) return pickle_damaged("it breaks off");
      return name_global(*module, *name);
    }
    case 0x93: {
      if (depth() < 2) return pickle_damaged("a name is missing");
      const auto name = std::get_if<std::string>(&at(pop()).what);
      const auto module = std::get_if<std::string>(&at(pop()).what);
      if (name == nullptr || module == nullptr) return pickle_damaged("a name is no text");
      return name_global(std::string(*module), std::string(*name));
    }
    case 'R':
      return reduce();
    case 'b':
      return build();
    case 's': {
      if (depth() < 3) return pickle_damaged("an entry is missing");
      const Place value = pop();
      const Place key = pop();
      return set_items({key, value});
    }
    case 'u': {
      auto items = above_mark();
      if (!items || items->size() % 2 != 0) return pickle_damaged("an entry lacks its value");
      return set_items(*items);
    }
    case 'a':
      return depth() < 2 ? pickle_damaged("an item is missing") : append({pop()});
    case 'e': {
      auto items = above_mark();
      if (!items) return pickle_damaged("a list has no beginning");
      return append(*items);
    }
    case 'Q':
      return load_storage();
    case 'i':
    case 'o':
    case 0x81:
    case 0x92:
      return pickle_refused("to make an object (INST, OBJ or NEWOBJ)");
    case 0x82:
    case 0x83:
    case 0x84:
      return pickle_refused("an extension of Python's (EXT)");
    default:
      return pickle_refused(fmt::format("opcode 0x{:02x}", opcode));
  }
}

Status PickleMachine::push_text(std::size_t length_bytes) {
  const auto length = number(length_bytes);
  const auto text = length ? take(*length) : std::nullopt;
  if (!text) return pickle_damaged("a text goes beyond its end");
  push(std::string(reinterpret_cast<const char*>(text->data()), text->size()));
  return {};
}

/// Numbers of more than eight bytes occur as marks of old files alone, and count as nothing.
Status PickleMachine::push_long() {
  const auto length = number(1);
  const auto bytes = length ? take(*length) : std::nullopt;
  if (!bytes) return pickle_damaged("a number goes beyond its end");
  if (bytes->size() > 8) {
    push(PickledValue::Nothing{});
    return {};
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes->size(); ++i) value |= std::to_integer<std::uint64_t>((*bytes)[i]) << 8 * i;
  const bool negative = !bytes->empty() && (bytes->back() & std::byte{0x80}) != std::byte{0};
  if (negative && bytes->size() < 8) value |= ~std::uint64_t{0} << 8 * bytes->size();
  push(static_cast<std::int64_t>(value));
  return {};
}

Status PickleMachine::push_tuple(std::size_t count) {
  if (depth() < count) return pickle_damaged("a tuple lacks items");
  std::vector<Place> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  push(PickledValue::Sequence{std::move(items)});
  return {};
}

Status PickleMachine::put(std::optional<std::uint64_t> slot) {
  if (!slot || depth() == 0) return pickle_damaged("there is nothing to remember");
  memo_[*slot] = stack_.back();
  return {};
}

Status PickleMachine::get(std::optional<std::uint64_t> slot) {
  const auto found = slot ? memo_.find(*slot) : memo_.end();
  if (found == memo_.end()) return pickle_damaged("it asks for a value that it never had");
  stack_.push_back(found->second);
  return {};
}

Status PickleMachine::name_global(std::string_view module, std::string_view name) {
  std::string whole = fmt::format("{}.{}", module.substr(0, kLongestGlobal), name.substr(0, kLongestGlobal));
  if (!may_name(whole)) return pickle_refused(whole);
  push(PickledValue::Global{std::move(whole)});
  return {};
}

std::optional<std::vector<std::int64_t>> PickleMachine::numbers_of(Place place) const {
  const auto* items = pickle_.get<PickledValue::Sequence>(place);
  if (items == nullptr || items->items.size() > kMostPickledDims) return std::nullopt;
  std::vector<std::int64_t> all;
  for (const Place item : items->items) {
    const auto* one = pickle_.get<std::int64_t>(item);
    if (one == nullptr) return std::nullopt;
    all.push_back(*one);
  }
  return all;
}

/// A call: what is named must be one of the functions that rebuild, and what it would have made is noted.
Status PickleMachine::reduce() {
  if (depth() < 2) return pickle_damaged("a call lacks what is called");
  const Place arguments = pop();
  const Place called = pop();
  const auto* global = pickle_.get<PickledValue::Global>(called);
  const auto* given = pickle_.get<PickledValue::Sequence>(arguments);
  if (global == nullptr) return pickle_refused("to call what is no function");
  if (given == nullptr || given->items.size() > kMostArguments)
    return pickle_damaged("a call has no arguments, or too many");
  return rebuild(std::string(global->name), std::vector<Place>(given->items));
}

Status PickleMachine::rebuild(std::string_view function, const std::vector<Place>& given) {
  if (function == kOrderedDict) {
    if (!given.empty()) return pickle_refused("an OrderedDict with arguments");
    push(PickledValue::Dict{});
    return {};
  }
  if (function == kTorchSize) {
    if (given.size() != 1) return pickle_damaged("torch.Size takes one argument");
    stack_.push_back(given.front());
    return {};
  }
  if (function == kRebuildParameter) {
    if (given.empty() || pickle_.get<PickledTensor>(given.front()) == nullptr)
      return pickle_damaged("a parameter is made of no tensor");
    stack_.push_back(given.front());
    return {};
  }
  if (function != kRebuildTensor && function != kRebuildTensor2)
    return pickle_refused(fmt::format("to call {}", function));
  if (given.size() < 4) return pickle_damaged("a tensor lacks its description");
  const auto* storage = pickle_.get<PickledStorage>(given[0]);
  const auto* offset = pickle_.get<std::int64_t>(given[1]);
  auto shape = numbers_of(given[2]);
  auto strides = numbers_of(given[3]);
  if (storage == nullptr || offset == nullptr || !shape || !strides)
    return pickle_damaged("a tensor is described by something else than numbers");
  PickledTensor tensor{.storage = *storage, .offset = *offset};
  tensor.shape = std::move(*shape);
  tensor.strides = std::move(*strides);
  push(std::move(tensor));
  return {};
}

/// torch.save() hangs the versions of modules to a state dict this way; they say nothing of the tensors.
Status PickleMachine::build() {
  if (depth() < 2) return pickle_damaged("an object lacks its state");
  (void)pop();
  if (pickle_.get<PickledValue::Dict>(stack_.back()) == nullptr)
    return pickle_refused("to set the state of an object (BUILD)");
  return {};
}

Status PickleMachine::set_items(const std::vector<Place>& items) {
  auto* dict = depth() == 0 ? nullptr : std::get_if<PickledValue::Dict>(&at(stack_.back()).what);
  if (dict == nullptr) return pickle_refused("to set an item of an object");
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) dict->items.emplace_back(items[i], items[i + 1]);
  return {};
}

Status PickleMachine::append(const std::vector<Place>& items) {
  auto* list = depth() == 0 ? nullptr : std::get_if<PickledValue::Sequence>(&at(stack_.back()).what);
  if (list == nullptr) return pickle_refused("to append to an object");
  list->items.insert(list->items.end(), items.begin(), items.end());
  return {};
}

/// A persistent id is how torch.save() names a storage: ("storage", torch.FloatStorage, key, device, count).
Status PickleMachine::load_storage() {
  if (depth() == 0) return pickle_damaged("a storage is missing");
  const auto* id = pickle_.get<PickledValue::Sequence>(pop());
  if (id == nullptr || id->items.size() < 5) return pickle_damaged("a storage is not named as torch.save() does");
  const auto* kind = pickle_.get<std::string>(id->items[0]);
  const auto* type = pickle_.get<PickledValue::Global>(id->items[1]);
  const auto* key = pickle_.get<std::string>(id->items[2]);
  const auto* count = pickle_.get<std::int64_t>(id->items[4]);
  const auto element = type == nullptr ? std::nullopt : storage_type(type->name);
  if (kind == nullptr || *kind != "storage" || !element || key == nullptr || key->size() > kLongestStorageKey ||
      count == nullptr || *count < 0)
    return pickle_damaged("a storage is not named as torch.save() does");
  if (id->items.size() > 5 && pickle_.get<PickledValue::Nothing>(id->items[5]) == nullptr)
    return pickle_damaged("a storage is part of another one, as very old files have it");
  push(PickledStorage{*key, *element, static_cast<std::uint64_t>(*count)});
  return {};
}

}  // namespace

Result<Pickle> read_pickle(std::span<const std::byte> bytes) { return PickleMachine(bytes).run(); }

}  // namespace feedline::inline state
