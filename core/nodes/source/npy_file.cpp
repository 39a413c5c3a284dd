// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/npy_file.h"

#include "base/machine_fault.h"
#include "base/numbers.h"
#include "base/plain_text.h"
#include "nodes/source/unpacked_copy.h"
#include "schema/half.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr std::size_t kNpyFixed = 12;
constexpr std::size_t kLongestNpyHeader = std::size_t{64} << 10;
constexpr std::size_t kMostNpyDims = 8;
constexpr std::uint64_t kMostNpyBytes = std::uint64_t{1} << 42;
constexpr std::size_t kMostNpyArrays = 1000;
constexpr std::uint64_t kMostNpyItemBytes = std::uint64_t{256} << 20;

std::uint64_t npy_number(std::span<const std::byte> bytes, std::size_t at, std::size_t length) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < length; ++i) value |= std::to_integer<std::uint64_t>(bytes[at + i]) << 8 * i;
  return value;
}

/// What follows "'key':" in the header's dictionary, without blanks in front; empty: no such key.
std::string_view npy_value(std::string_view text, std::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const std::string wanted = quote + std::string(key) + quote;
    const std::size_t at = text.find(wanted);
    if (at == std::string_view::npos) continue;
    text.remove_prefix(at + wanted.size());
    const std::size_t value = text.find_first_not_of(" :");
    return value == std::string_view::npos ? std::string_view() : text.substr(value);
  }
  return {};
}

std::optional<DType> npy_type(std::string_view descr) {
  constexpr std::array<std::pair<std::string_view, DType>, 9> kTypes = {{{"|u1", DType::U8},
                                                                         {"<u1", DType::U8},
                                                                         {"|b1", DType::Bool},
                                                                         {"<i4", DType::I32},
                                                                         {"<i8", DType::I64},
                                                                         {"<f2", DType::F16},
                                                                         {"<f4", DType::F32},
                                                                         {"<f8", DType::F64},
                                                                         {"u1", DType::U8}}};
  for (const auto& [text, type] : kTypes)
    if (descr == text) return type;
  return std::nullopt;
}

tl::unexpected<Error> bad_npy(const std::string& path, std::string reason) {
  return fail_file(path, std::move(reason), "Write it again by numpy.save()");
}

/// "(3, 4)" to numbers; none: no such text.
std::optional<std::vector<std::int64_t>> npy_shape(std::string_view text) {
  if (!text.starts_with('(')) return std::nullopt;
  std::vector<std::int64_t> shape;
  text.remove_prefix(1);
  for (;;) {
    while (text.starts_with(' ') || text.starts_with(',')) text.remove_prefix(1);
    if (text.starts_with(')')) return shape;
    std::int64_t dim = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), dim);
    if (failed != std::errc{} || dim < 0 || shape.size() >= kMostNpyDims) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with('L')) text.remove_prefix(1);  // Python 2
    shape.push_back(dim);
  }
}

std::span<const std::string_view> usual_names(NpyFile::Wanted wanted) {
  static constexpr std::array<std::string_view, 10> kItems = {
      "x", "X", "data", "images", "features", "inputs", "x_train", "train_images", "X_train", "arr_0"};
  static constexpr std::array<std::string_view, 10> kLabels = {
      "y", "Y", "labels", "label", "targets", "target", "y_train", "train_labels", "Y_train", "arr_1"};
  return wanted == NpyFile::Wanted::Items ? std::span<const std::string_view>(kItems)
                                          : std::span<const std::string_view>(kLabels);
}

std::string without_npy(std::string name) {
  if (name.ends_with(".npy")) name.erase(name.size() - 4);
  return name;
}

const ArchiveMember* chosen_array(const std::vector<ArchiveMember>& members, const std::string& array,
                                  NpyFile::Wanted wanted) {
  const auto named = [&](std::string_view name) -> const ArchiveMember* {
    const auto found = std::find_if(members.begin(), members.end(),
                                    [&](const ArchiveMember& member) { return without_npy(member.name) == name; });
    return found == members.end() ? nullptr : &*found;
  };
  if (!array.empty()) return named(without_npy(array));
  for (const std::string_view name : usual_names(wanted))
    if (const ArchiveMember* found = named(name)) return found;
  return members.size() == 1 ? &members.front() : nullptr;
}

template <class Number>
void numbers_to_floats(const std::byte* from, std::size_t count, float* to) {
  for (std::size_t i = 0; i < count; ++i) {
    Number number;
    std::memcpy(&number, from + i * sizeof number, sizeof number);
    to[i] = static_cast<float>(number);
  }
}

}  // namespace

std::size_t NpyHeader::length_of(std::span<const std::byte> head) {
  if (head.size() < kNpyFixed || std::memcmp(head.data(), kNpyMagic.data(), kNpyMagic.size()) != 0) return 0;
  const bool first_version = head[6] == std::byte{1};
  const std::uint64_t text = npy_number(head, 8, first_version ? 2 : 4);
  const std::uint64_t length = (first_version ? 10 : 12) + text;
  return length > kLongestNpyHeader ? 0 : static_cast<std::size_t>(length);
}

Result<NpyHeader> NpyHeader::parse(std::span<const std::byte> head, const std::string& path) {
  const std::size_t length = length_of(head);
  if (length == 0 || length > head.size())
    return bad_npy(path, length == 0 ? "no .npy file: it does not begin like one" : "it ends within its header");
  const std::string_view text(reinterpret_cast<const char*>(head.data()) + 8, length - 8);
  NpyHeader header;
  header.bytes = length;

  std::string_view descr = npy_value(text, "descr");
  if (descr.starts_with('\'') || descr.starts_with('"')) descr = descr.substr(1, descr.find(descr[0], 1) - 1);
  const auto type = npy_type(descr);
  if (!type)
    return fail_file(path,
                     fmt::format("its numbers are of type {}, which cannot be read",
                                 escape_name(descr.starts_with('[') ? "record" : descr.substr(0, 16))),
                     "Write them as uint8, int32, int64, float32, float64 or bool, such as by "
                     "numpy.save(file, array.astype('<f4'))");
  header.dtype = *type;
  if (npy_value(text, "fortran_order").starts_with("True"))
    return fail_file(path, "it holds the last dimension first (Fortran order)",
                     "Write it by numpy.save(file, numpy.ascontiguousarray(array))");
  auto shape = npy_shape(npy_value(text, "shape"));
  if (!shape) return bad_npy(path, "its header tells no shape");
  if (shape->empty()) return bad_npy(path, "it holds one number, not an array");
  std::uint64_t total = size_of(*type);
  for (std::size_t i = 0; i < shape->size(); ++i) {
    const auto dim = static_cast<std::uint64_t>((*shape)[i]);
    if (dim == 0) return bad_npy(path, i == 0 ? "it has no items" : "its items are empty");
    if (total > kMostNpyBytes / dim) return bad_npy(path, "its header declares more than 4 TiB");
    total *= dim;
  }
  header.shape = std::move(*shape);
  return header;
}

std::uint64_t NpyHeader::data_bytes() const { return item_bytes() * static_cast<std::uint64_t>(shape.front()); }

std::uint64_t NpyHeader::item_bytes() const {
  std::uint64_t product = size_of(dtype);
  for (std::size_t i = 1; i < shape.size(); ++i) product *= static_cast<std::uint64_t>(shape[i]);
  return product;
}

Result<NpyFile> NpyFile::open(const std::string& path, const std::string& array, Wanted wanted,
                              const SourceContext& context) {
  FileFacts facts;
  auto file = open_file(path, &facts);
  if (!file) return fail(std::move(file.error()));
  NpyFile npy;
  npy.path_ = path;
  npy.file_ = std::move(*file);
  const bool zipped = archive_format(npy.file_.get(), facts.size) == ArchiveFormat::Zip;
  const Status read =
      zipped ? npy.open_member(facts.size, facts, array, wanted, context) : npy.read_header(0, facts.size);
  if (!read) return fail(read.error());
  return npy;
}

Status NpyFile::open_member(std::uint64_t size, const FileFacts& facts, const std::string& array, Wanted wanted,
                            const SourceContext& context) {
  std::vector<ArchiveMember> members;
  const Status listed = list_zip(file_, path_, size, context, [&](const ArchiveMember& member) -> Status {
    if (members.size() < kMostNpyArrays && member.name.ends_with(".npy")) members.push_back(member);
    return {};
  });
  if (!listed) return listed;
  const ArchiveMember* member = chosen_array(members, array, wanted);
  if (member == nullptr) {
    std::vector<std::string> names;
    for (const ArchiveMember& found : members) names.push_back(escape_name(without_npy(found.name)));
    const std::string what = !array.empty()            ? "it holds no array '" + escape_name(array) + "'"
                             : wanted == Wanted::Items ? "which of its arrays holds the records is not clear"
                                                       : "which of its arrays holds the labels is not clear";
    return fail(Error{.reason = what,
                      .remedy = names.empty() ? "Choose a file that numpy.savez() has written"
                                              : "Name one of " + numbers::listed(names, 8),
                      .parameter = wanted == Wanted::Items ? "array" : "label_array",
                      .file = escape_name(path_)});
  }
  if (member->place.packing == Packing::Deflated) return unpack(*member, facts, context);
  if (member->place.packing != Packing::Stored)
    return fail_file(path_,
                     fmt::format("its array '{}' is packed in a way that cannot be read", escape_name(member->name)),
                     "Write it by numpy.savez() or numpy.savez_compressed()");
  const auto begin = member_begin(file_, path_, member->place);
  if (!begin) return fail(Error(begin.error()).in_file(escape_name(path_)));
  if (*begin > size || member->place.size > size - *begin) return bad_npy(path_, "the file is truncated");
  return read_header(*begin, member->place.size);
}

Status NpyFile::unpack(const ArchiveMember& member, const FileFacts& facts, const SourceContext& context) {
  if (member.place.size > kMostNpyBytes || member.place.size / 1032 > member.place.packed)
    return fail_file(path_, "an array declares more bytes than its packed ones can hold", "Get it from elsewhere");
  const auto copy = cached_name(path_, facts, context, "unpacked", member.name);
  const Status unpacked = unpack_once(copy, path_, member.place.size, [&](const UnpackedSink& sink) -> Status {
    Status done = unpack_member(file_, path_, member.place, context, sink);
    if (!done && done.error().code == ErrorCode::BadRecord) done.error().code = ErrorCode::BadInput;
    if (!done && done.error().file.empty()) done.error().file = escape_name(path_);
    return done;
  });
  if (!unpacked) return unpacked;
  FileFacts plain;
  auto file = open_file(copy.string(), &plain);
  if (!file) return fail(std::move(file.error()));
  file_ = std::move(*file);
  return read_header(0, plain.size);
}

Status NpyFile::read_header(std::uint64_t begin, std::uint64_t bytes) {
  std::vector<std::byte> head(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kNpyFixed)));
  if (!read_at(file_.get(), head, begin)) return read_error(path_, errno, "the file became shorter while it was read");
  head.resize(
      static_cast<std::size_t>(std::min<std::uint64_t>(bytes, std::max(NpyHeader::length_of(head), head.size()))));
  if (!read_at(file_.get(), head, begin)) return read_error(path_, errno, "the file became shorter while it was read");
  auto header = NpyHeader::parse(head, path_);
  if (!header) return fail(std::move(header.error()));
  if (header->data_bytes() > bytes - header->bytes)
    return fail_file(path_,
                     fmt::format("the array is truncated: it has {} bytes, but its header declares {}",
                                 bytes - header->bytes, header->data_bytes()),
                     "Download or copy it again");
  if (header->item_bytes() > kMostNpyItemBytes)
    return fail_file(path_,
                     fmt::format("its {} items have {} MiB each, more than one record may have", header->shape.front(),
                                 header->item_bytes() >> 20U),
                     "Save it with the records along the first dimension");
  data_at_ = begin + header->bytes;
  header_ = std::move(*header);
  return {};
}

Status NpyFile::read(std::uint64_t first, std::span<std::byte> to) const {
  if (read_at(file_.get(), to, data_at_ + first * header_.item_bytes())) return {};
  Error error = read_error(path_, errno, "the file has become shorter since it was opened").value();
  if (!is_machine_fault(error)) error.code = ErrorCode::BadRecord;
  return fail(std::move(error));
}

void npy_to_floats(DType dtype, const std::byte* from, std::size_t count, float* to) {
  switch (dtype) {
    case DType::U8:
    case DType::Bool:
      return numbers_to_floats<std::uint8_t>(from, count, to);
    case DType::I32:
      return numbers_to_floats<std::int32_t>(from, count, to);
    case DType::I64:
      return numbers_to_floats<std::int64_t>(from, count, to);
    case DType::F32:
      std::memcpy(to, from, count * sizeof(float));
      return;
    case DType::F64:
      return numbers_to_floats<double>(from, count, to);
    case DType::F16:
      for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, from + 2 * i, sizeof bits);
        to[i] = half_to_float(bits);
      }
      return;
  }
}

}  // namespace feedline::inline nodes
