// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/weights_file.h"

#include "base/file_calls.h"
#include "base/machine_fault.h"
#include "base/plain_text.h"
#include "base/sha256.h"
#include "base/zip_directory.h"
#include "state/pickle_reader.h"
#include "state/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace feedline::inline state {
namespace {

/// The list of names and shapes of a state dict takes some hundred bytes a tensor.
constexpr std::uint64_t kLongestPickle = std::uint64_t{16} << 20U;
/// Opens every file that torch.save() wrote before 1.6: protocol 2, and its magic number.
constexpr std::array<unsigned char, 15> kLegacyMagic = {0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46,
                                                        0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e};
constexpr const char* kWeightsRemedy = "Choose an undamaged file of weights";
constexpr std::size_t kShownName = 80;
/// In front of the header of a safetensors file, which is JSON, stands its length.
constexpr std::size_t kBeforeHeader = 8;
/// Of a file that is none of weights, what is told.
constexpr std::size_t kShownStart = 32;

/// Where the numbers of a storage lie.
struct StoragePlace {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

std::string shown_tensor(std::string_view name) {
  return fmt::format("tensor '{}'", escape_name(std::string(name.substr(0, kShownName))));
}

/// How many numbers of a storage a tensor spans, counted from its first; none: more than there can be, or strides that
/// run backwards.
std::optional<std::uint64_t> span_of(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides) {
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < 0 || strides[i] < 0) return std::nullopt;
    if (shape[i] == 0) return 0;
    const auto steps = static_cast<std::uint64_t>(shape[i] - 1);
    const auto stride = static_cast<std::uint64_t>(strides[i]);
    constexpr std::uint64_t kMost = std::uint64_t{1} << 62U;
    if (steps != 0 && stride > (kMost - last) / steps) return std::nullopt;
    last += steps * stride;
  }
  return last + 1;
}

/// `shape` has as many numbers as fit.
std::vector<std::int64_t> dense_strides(std::span<const std::int64_t> shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return strides;
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

bool is_dense(std::span<const std::int64_t> shape, std::span<const std::int64_t> strides) {
  std::int64_t expected = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

/// Of a pickle's dict, the value of a text.
std::optional<PickledValue::Place> entry_of(const Pickle& pickle, const PickledValue::Dict& dict,
                                            std::string_view key) {
  for (const auto& [name, value] : dict.items)
    if (const auto* text = pickle.get<std::string>(name); text != nullptr && *text == key) return value;
  return std::nullopt;
}

bool has_tensors(const Pickle& pickle, const PickledValue::Dict& dict) {
  return std::any_of(dict.items.begin(), dict.items.end(),
                     [&](const auto& item) { return pickle.get<PickledTensor>(item.second) != nullptr; });
}

/// The dict of tensors: the result itself, or what stands in it under one of the usual names.
const PickledValue::Dict* state_dict_of(const Pickle& pickle) {
  const auto* dict = pickle.get<PickledValue::Dict>(pickle.top);
  if (dict == nullptr || has_tensors(pickle, *dict)) return dict;
  for (const std::string_view key : {"state_dict", "model", "model_state_dict", "module"})
    if (const auto found = entry_of(pickle, *dict, key))
      if (const auto* inner = pickle.get<PickledValue::Dict>(*found); inner != nullptr && has_tensors(pickle, *inner))
        return inner;
  return dict;
}

}  // namespace

class WeightsFile::Handle {
 public:
  explicit Handle(int number) : number_(number) {}
  ~Handle() {
    if (number_ >= 0) ::close(number_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  [[nodiscard]] int get() const { return number_; }
  std::uint64_t size = 0;

 private:
  int number_;
};

/// Fills a file's table of tensors.
class WeightsFile::Reader {
 public:
  Reader(WeightsFile& to, const std::filesystem::path& path)
      : to_(to), path_(path), file_(to.file_->get()), size_(to.file_->size) {}

  Status read() {
    std::array<std::byte, kShownStart> head{};
    const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(size_, head.size()));
    if (!read_fully(file_, std::span(head).first(some), 0)) return unreadable();
    if (some >= 4 && little_endian(head, 0, 4) == 0x04034B50) return read_zip();
    if (some >= kLegacyMagic.size() && std::memcmp(head.data(), kLegacyMagic.data(), kLegacyMagic.size()) == 0)
      return read_legacy();
    if (some == 0) return damaged("it is empty", "Download or copy it again");
    if (some > kBeforeHeader && head[kBeforeHeader] != std::byte{'{'}) return no_weights(std::span(head).first(some));
    return read_safetensors();
  }

 private:
  [[nodiscard]] tl::unexpected<Error> damaged(std::string reason, std::string remedy = kWeightsRemedy) const {
    return fail(Error{.reason = std::move(reason), .remedy = std::move(remedy), .file = to_.path_});
  }
  [[nodiscard]] tl::unexpected<Error> unreadable() const {
    if (errno == 0) return damaged("it is truncated", "Download or copy it again");
    return fail(errno_error(errno, "it cannot be read").in_file(to_.path_));
  }

  /// Where a download failed there stands a page, a message, or the pointer of Git LFS: its first line tells which.
  [[nodiscard]] tl::unexpected<Error> no_weights(std::span<const std::byte> head) const {
    const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    const bool readable =
        !line.empty() && std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; });
    return damaged(readable ? fmt::format("it is no file of tensors: it begins with the text '{}'", line)
                            : std::string("it is no file of tensors: it begins like none"),
                   "Choose a .safetensors file, or a state dict that torch.save() wrote (.pth, .pt); where it was "
                   "downloaded, do so again");
  }

  Status read_safetensors() {
    auto file = SafetensorsFile::open(path_);
    if (!file) {
      file.error().remedy = "Choose a .safetensors file, or a state dict that torch.save() wrote (.pth, .pt)";
      return fail(std::move(file.error()));
    }
    for (const auto& [name, entry] : file->entries())
      to_.entries_.emplace(name, Entry{.type = entry.type,
                                       .shape = entry.shape,
                                       .strides = dense_strides(entry.shape),
                                       .offset = entry.offset,
                                       .bytes = entry.bytes});
    return {};
  }

  Status read_zip();
  Status read_legacy();
  Status add_tensors(const Pickle& pickle, const std::map<std::string, StoragePlace, std::less<>>& storages);
  Status add(std::string_view name, const PickledTensor& tensor, const StoragePlace& place);

  WeightsFile& to_;
  const std::filesystem::path& path_;
  int file_;
  std::uint64_t size_;
};

Status WeightsFile::Reader::read_zip() {
  const auto named = [this](Error& error) { return fail(std::move(error).in_file(to_.path_)); };
  auto directory = ZipDirectory::find(file_, size_);
  if (!directory) return named(directory.error());
  std::optional<ZipEntry> description;
  std::map<std::string, StoragePlace, std::less<>> storages;
  for (;;) {
    auto next = directory->next();
    if (!next) return named(next.error());
    if (!*next) break;
    ZipEntry& entry = **next;
    // All members stand in one folder, which is called as the file was.
    const std::string_view inside = std::string_view(entry.name).substr(entry.name.find('/') + 1);
    if (inside.starts_with("code/") || inside == "constants.pkl")
      return damaged("it is a TorchScript file, a program, and no state dict",
                     "Give it to a torchscript node, or save its weights by torch.save(model.state_dict(), FILE)");
    const bool wanted = inside == "data.pkl" || inside == "byteorder" || inside.starts_with("data/");
    if (!wanted) continue;
    if (entry.method != 0 || entry.encrypted || entry.packed != entry.size)
      return damaged(fmt::format("'{}' in it is packed, which torch.save() never does",
                                 escape_name(entry.name.substr(0, kShownName))),
                     "Choose the file as torch.save() wrote it");
    auto begin = ZipDirectory::bytes_begin(file_, size_, entry);
    if (!begin) return named(begin.error());
    entry.offset = *begin;
    if (inside == "data.pkl") {
      description = std::move(entry);
    } else if (inside == "byteorder") {
      std::array<std::byte, 6> order{};
      if (entry.size != order.size() || !read_fully(file_, order, entry.offset) ||
          std::memcmp(order.data(), "little", order.size()) != 0)
        return damaged("its numbers are in big-endian order", "Save it anew on an ordinary machine");
    } else {
      storages.insert_or_assign(std::string(inside.substr(5)), StoragePlace{entry.offset, entry.size});
    }
  }
  if (!description)
    return damaged("it is a zip file without the data.pkl of a state dict",
                   "Choose a .safetensors file, or a state dict that torch.save() wrote (.pth, .pt)");
  if (description->size > kLongestPickle)
    return damaged(fmt::format("its list of tensors is {} MB long", description->size >> 20U));
  std::vector<std::byte> bytes(static_cast<std::size_t>(description->size));
  if (!read_fully(file_, bytes, description->offset)) return unreadable();
  auto pickle = read_pickle(bytes);
  if (!pickle) return named(pickle.error());
  return add_tensors(*pickle, storages);
}

/// Five pickles one behind the other: magic number, version, kind of machine, state dict, keys of the storages; then
/// these, each behind its count of numbers, in the order of the keys.
Status WeightsFile::Reader::read_legacy() {
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(size_, kLongestPickle)));
  if (!read_fully(file_, bytes, 0)) return unreadable();
  std::array<Pickle, 5> parts{};
  std::size_t at = 0;
  for (Pickle& part : parts) {
    auto read = read_pickle(std::span(bytes).subspan(at));
    if (!read) return fail(std::move(read.error()).in_file(to_.path_));
    at += read->bytes;
    part = std::move(*read);
  }
  if (const auto* machine = parts[2].get<PickledValue::Dict>(parts[2].top))
    if (const auto order = entry_of(parts[2], *machine, "little_endian"))
      if (const auto* little = parts[2].get<bool>(*order); little != nullptr && !*little)
        return damaged("its numbers are in big-endian order", "Save it anew on an ordinary machine");

  std::map<std::string, ElementType, std::less<>> types;
  for (const PickledValue& value : parts[3].values)
    if (const auto* storage = std::get_if<PickledStorage>(&value.what)) types.emplace(storage->key, storage->type);
  const auto* keys = parts[4].get<PickledValue::Sequence>(parts[4].top);
  if (keys == nullptr) return damaged("its list of storages is missing");
  std::map<std::string, StoragePlace, std::less<>> storages;
  std::uint64_t place = at;
  for (const PickledValue::Place item : keys->items) {
    const auto* key = parts[4].get<std::string>(item);
    const auto type = key == nullptr ? types.end() : types.find(*key);
    if (type == types.end()) return damaged("its list of storages has one that no tensor uses");
    std::array<std::byte, 8> count{};
    if (size_ - place < count.size()) return damaged("it is truncated", "Download or copy it again");
    if (!read_fully(file_, count, place)) return unreadable();
    place += count.size();
    const std::uint64_t numbers = little_endian(count, 0, count.size());
    if (numbers > (size_ - place) / size_of(type->second))
      return damaged("it is truncated: a storage goes beyond its end", "Download or copy it again");
    const StoragePlace storage{place, numbers * size_of(type->second)};
    storages.insert_or_assign(*key, storage);
    place += storage.bytes;
  }
  return add_tensors(parts[3], storages);
}

Status WeightsFile::Reader::add_tensors(const Pickle& pickle,
                                        const std::map<std::string, StoragePlace, std::less<>>& storages) {
  const PickledValue::Dict* dict = state_dict_of(pickle);
  if (dict == nullptr || !has_tensors(pickle, *dict))
    return damaged("there are no named tensors in it", "Save them by torch.save(model.state_dict(), FILE)");
  for (const auto& [key, value] : dict->items) {
    const auto* name = pickle.get<std::string>(key);
    const auto* tensor = pickle.get<PickledTensor>(value);
    if (name == nullptr || tensor == nullptr) continue;  // an epoch, or settings, beside them
    const auto place = storages.find(tensor->storage.key);
    if (place == storages.end()) return damaged(fmt::format("{}: its numbers are missing", shown_tensor(*name)));
    if (Status added = add(*name, *tensor, place->second); !added) return added;
  }
  return {};
}

Status WeightsFile::Reader::add(std::string_view name, const PickledTensor& tensor, const StoragePlace& place) {
  const std::uint64_t width = size_of(tensor.storage.type);
  if (tensor.storage.count > place.bytes / width)
    return damaged(fmt::format("{}: its storage declares {} numbers and has {}", shown_tensor(name),
                               tensor.storage.count, place.bytes / width));
  if (tensor.strides.size() != tensor.shape.size())
    return damaged(fmt::format("{}: its shape and its strides differ in length", shown_tensor(name)));
  const auto spanned = span_of(tensor.shape, tensor.strides);
  const auto dense = bytes_of(tensor.storage.type, tensor.shape);
  if (!spanned || !dense || tensor.offset < 0 || *spanned > tensor.storage.count ||
      static_cast<std::uint64_t>(tensor.offset) > tensor.storage.count - *spanned)
    return damaged(fmt::format("{}: its numbers lie outside of its storage", shown_tensor(name)));
  if (*dense > size_)
    return damaged(fmt::format("{} would be larger ({} bytes) than the whole file", shown_tensor(name), *dense));
  std::vector<std::int64_t> strides = tensor.strides;
  for (std::size_t i = 0; i < strides.size(); ++i)
    if (tensor.shape[i] == 1) strides[i] = 0;  // no step is ever taken
  to_.entries_.insert_or_assign(std::string(name),
                                Entry{.type = tensor.storage.type,
                                      .shape = tensor.shape,
                                      .strides = std::move(strides),
                                      .offset = place.offset + static_cast<std::uint64_t>(tensor.offset) * width,
                                      .bytes = *dense});
  return {};
}

Result<WeightsFile> WeightsFile::open(const std::filesystem::path& path) {
  WeightsFile file;
  file.path_ = escape_name(path.string());
  const FileCalls& calls = FileCalls::current();
  // Without waiting: a pipe would keep whoever opens it.
  const auto handle = std::make_shared<Handle>(calls.open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (handle->get() < 0 || calls.fstat(handle->get(), &status) != 0)
    return fail(
        errno_error(errno, "it cannot be opened", "Choose a file that exists and can be read").in_file(file.path_));
  if (!S_ISREG(status.st_mode))
    return fail(Error{.reason = S_ISDIR(status.st_mode) ? "it is a folder" : "this is no regular file",
                      .remedy = "Choose a file of weights",
                      .file = file.path_});
  handle->size = static_cast<std::uint64_t>(status.st_size);
  file.file_ = handle;
  if (Status read = Reader(file, path).read(); !read) return fail(std::move(read.error()));
  return file;
}

Result<TensorValue> WeightsFile::read(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end())
    return fail(Error{.reason = fmt::format("it has no {}", shown_tensor(name)),
                      .remedy = "Choose the weights of this network",
                      .file = path_});
  const Entry& entry = found->second;
  TensorValue value{.type = entry.type, .shape = entry.shape};
  value.data.resize(static_cast<std::size_t>(entry.bytes));
  if (entry.bytes == 0) return value;
  const auto fill = [&](std::span<std::byte> to) -> Status {
    if (read_fully(file_->get(), to, entry.offset)) return {};
    if (errno != 0) return fail(errno_error(errno, "it cannot be read").in_file(path_));
    return fail(Error{.reason = "the file has become shorter", .remedy = kWeightsRemedy, .file = path_});
  };
  if (is_dense(entry.shape, entry.strides)) {
    if (Status filled = fill(value.data); !filled) return fail(std::move(filled.error()));
    return value;
  }
  const std::size_t width = size_of(entry.type);
  std::vector<std::byte> spread(static_cast<std::size_t>(*span_of(entry.shape, entry.strides)) * width);
  if (Status filled = fill(spread); !filled) return fail(std::move(filled.error()));
  std::vector<std::int64_t> at(entry.shape.size(), 0);
  std::int64_t from = 0;
  for (std::size_t to = 0; to < value.data.size(); to += width) {
    std::memcpy(&value.data[to], &spread[static_cast<std::size_t>(from) * width], width);
    for (std::size_t i = at.size(); i-- > 0;) {  // as an odometer does
      from += entry.strides[i];
      if (++at[i] < entry.shape[i]) break;
      from -= entry.strides[i] * entry.shape[i];
      at[i] = 0;
    }
  }
  return value;
}

Result<std::string> WeightsFile::digest(const std::stop_token& stop) const {
  Sha256 hash;
  std::vector<std::byte> block(std::size_t{1} << 20U);
  for (std::uint64_t at = 0; at < file_->size;) {
    if (stop.stop_requested()) return fail_cancelled();
    const auto some =
        std::span(block).first(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), file_->size - at)));
    if (!read_fully(file_->get(), some, at)) {
      if (errno != 0) return fail(errno_error(errno, "it cannot be read").in_file(path_));
      return fail(Error{.reason = "the file has become shorter", .remedy = kWeightsRemedy, .file = path_});
    }
    hash.add(some);
    at += some.size();
  }
  return hash.hex();
}

std::string promised_digest(const std::filesystem::path& path) {
  const std::string stem = path.stem().string();
  const std::size_t dash = stem.rfind('-');
  if (dash == std::string::npos || stem.size() - dash - 1 < 8) return {};
  const std::string digits = stem.substr(dash + 1);
  const bool hex = digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  const bool date = digits.find_first_not_of("0123456789") == std::string::npos;  // or a number of steps
  return hex && !date ? digits : std::string{};
}

}  // namespace feedline::inline state
