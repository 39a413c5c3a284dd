// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/idx_file.h"

#include "base/machine_fault.h"
#include "nodes/source/gzip.h"
#include "nodes/source/idx_unpack.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

namespace feedline::inline nodes {
namespace {

/// Magic number and up to four dimensions.
constexpr std::size_t kLongestHeader = 4 + 4 * kMaxIdxDims;

std::string type_name(std::byte type) {
  switch (std::to_integer<int>(type)) {
    case 0x09:
      return "signed bytes";
    case 0x0B:
      return "16-bit integers";
    case 0x0C:
      return "32-bit integers";
    case 0x0D:
      return "32-bit floats";
    case 0x0E:
      return "64-bit floats";
    default:
      return "an unknown type";
  }
}

}  // namespace

Result<IdxHeader> IdxHeader::parse(std::span<const std::byte> head, const std::string& path) {
  constexpr std::byte kUnsignedBytes{0x08};
  if (head.size() < 4 || head[0] != std::byte{0} || head[1] != std::byte{0}) {
    std::string magic;
    for (const std::byte b : head.first(std::min<std::size_t>(4, head.size())))
      magic += fmt::format("{}{:02x}", magic.empty() ? "" : " ", std::to_integer<int>(b));
    return fail_file(path,
                     "no IDX file: it begins with " + (magic.empty() ? "nothing" : magic) + " instead of 00 00 08",
                     "Choose an IDX file such as train-images-idx3-ubyte, packed with gzip or not");
  }
  if (head[2] != kUnsignedBytes)
    return fail_file(path, "this IDX file holds " + type_name(head[2]),
                     "Only files of unsigned bytes (00 00 08) can be read");
  const auto dims = std::to_integer<std::size_t>(head[3]);
  if (dims < 1 || dims > kMaxIdxDims)
    return fail_file(path, fmt::format("this IDX file has {} dimensions", dims),
                     "Pictures have 3 or 4 dimensions, labels have 1");
  IdxHeader header;
  header.bytes = 4 + 4 * dims;
  if (head.size() < header.bytes)
    return fail_file(path, "the file ends within its header", "Download or copy it again");
  std::uint64_t total = 1;
  for (std::size_t i = 0; i < dims; ++i) {
    std::uint64_t dim = 0;
    for (std::size_t j = 0; j < 4; ++j) dim = dim << 8 | std::to_integer<std::uint64_t>(head[4 + 4 * i + j]);
    if (dim == 0)
      return fail_file(path, i == 0 ? "the file declares no items" : "the file declares items without pixels",
                       "Choose another file");
    if (total > kMostIdxBytes / dim)
      return fail_file(path, "the file declares more than 1 TiB of items",
                       "Its header is damaged: download or copy it again");
    total *= dim;
    header.dims.push_back(static_cast<std::int64_t>(dim));
  }
  header.item_bytes = total / static_cast<std::uint64_t>(header.dims.front());
  header.total_bytes = header.bytes + total;
  return header;
}

Result<IdxFile> IdxFile::open(const std::string& path, const SourceContext& context) {
  FileFacts facts;
  auto opened = open_file(path, &facts);
  if (!opened) return fail(std::move(opened.error()));
  IdxFile idx;
  idx.path_ = idx.opened_ = path;
  idx.file_ = std::move(*opened);
  const bool packed = is_gzip(idx.file_.get());
  if (packed) {
    auto unpacked = unpack_idx(idx.file_.get(), path, facts, context);
    if (!unpacked) return fail(std::move(unpacked.error()));
    auto copy = open_file(unpacked->string(), &facts);
    if (!copy) return fail(std::move(copy.error()));
    idx.file_ = std::move(*copy);
    idx.opened_ = unpacked->string();
  }

  std::array<std::byte, kLongestHeader> head{};
  const std::size_t available = std::min<std::uint64_t>(head.size(), facts.size);
  if (!read_at(idx.file_.get(), {head.data(), available}, 0))
    return read_error(path, errno, "the file became shorter while it was read");
  if (auto status = idx.parse_header({head.data(), available}, facts.size); !status)
    return fail(std::move(status.error()));
  if (packed)
    if (auto status = idx.map_cache(); !status) return fail(std::move(status.error()));
  return idx;
}

Status IdxFile::parse_header(std::span<const std::byte> head, std::uint64_t total_bytes) {
  const auto header = IdxHeader::parse(head, path_);
  if (!header) return fail(header.error());
  if (header->total_bytes != total_bytes)
    return fail_file(path_,
                     fmt::format("the file has {} bytes, but its header declares {}", total_bytes, header->total_bytes),
                     "Download or copy it again");
  count_ = static_cast<std::uint64_t>(header->dims.front());
  item_dims_.assign(header->dims.begin() + 1, header->dims.end());
  item_bytes_ = header->item_bytes;
  header_bytes_ = header->bytes;
  return {};
}

Status IdxFile::map_cache() {
  const std::size_t size = header_bytes_ + count_ * item_bytes_;
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file_.get(), 0);
  if (data == MAP_FAILED) return {};  // read() serves as well
  auto map = std::make_shared<Map>();
  map->data = static_cast<const std::byte*>(data);
  map->size = size;
  map->guard.emplace(data, size);
  map_ = std::move(map);
  return {};
}

IdxFile::Map::~Map() {
  guard.reset();
  if (data != nullptr) ::munmap(const_cast<std::byte*>(data), size);  // NOLINT: munmap takes void*
}

std::span<const std::byte> IdxFile::mapped(std::uint64_t index) const {
  if (!map_ || map_->guard->broken()) return {};
  return {map_->data + header_bytes_ + index * item_bytes_, item_bytes_};
}

Status IdxFile::read(std::uint64_t first, std::span<std::byte> to) const {
  if (read_at(file_.get(), to, header_bytes_ + first * item_bytes_)) return {};
  const int error_number = errno;
  if (error_number == ESTALE && read_anew(first, to)) return {};
  Error error = read_error(path_, error_number, "the file has become shorter since it was opened").value();
  if (!is_machine_fault(error)) error.code = ErrorCode::BadRecord;
  return fail(std::move(error));
}

/// A server that was started anew may not know the open file any more, but may well have it.
bool IdxFile::read_anew(std::uint64_t first, std::span<std::byte> to) const {
  FileFacts facts;
  const auto file = open_file(opened_, &facts);
  return file && facts.size == header_bytes_ + count_ * item_bytes_ &&
         read_at(file->get(), to, header_bytes_ + first * item_bytes_);
}

}  // namespace feedline::inline nodes
