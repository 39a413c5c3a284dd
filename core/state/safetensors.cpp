// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/safetensors.h"

#include "base/file_calls.h"
#include "base/machine_fault.h"
#include "base/plain_text.h"
#include "state/tensor_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace feedline::inline state {
namespace {

constexpr std::uint64_t kLengthBytes = 8;
/// What one call of the system may move.
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30U;

tl::unexpected<Error> damaged(const std::string& shown, std::string reason) {
  return fail(Error{.reason = std::move(reason), .remedy = "Choose an undamaged safetensors file", .file = shown});
}

std::uint64_t from_little_endian(const std::array<std::byte, kLengthBytes>& bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

}  // namespace

class SafetensorsFile::Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }

  Status read(std::span<std::byte> to, std::uint64_t offset, const std::string& shown) const {
    while (!to.empty()) {
      const ssize_t got =
          FileCalls::current().pread(number_, to.data(), std::min(to.size(), kMostAtOnce), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail(errno_error(errno, "it cannot be read").in_file(shown));
      if (got == 0) return damaged(shown, "the file has become shorter");
      to = to.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    }
    return {};
  }

 private:
  int number_;
};

std::vector<TensorView> views_of(const NamedTensors& tensors) {
  std::vector<TensorView> views;
  for (const auto& [name, value] : tensors)
    views.push_back({.name = name, .type = value.type, .shape = value.shape, .data = value.data});
  return views;
}

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  SafetensorsFile file;
  file.path_ = escape_name(path.string());
  const FileCalls& calls = FileCalls::current();
  // Without waiting: a pipe would keep whoever opens it.
  const auto descriptor =
      std::make_shared<Descriptor>(calls.open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (descriptor->get() < 0 || calls.fstat(descriptor->get(), &status) != 0)
    return fail(
        errno_error(errno, "it cannot be opened", "Choose a file that exists and can be read").in_file(file.path_));
  if (!S_ISREG(status.st_mode)) return damaged(file.path_, "this is no regular file");

  const auto size = static_cast<std::uint64_t>(status.st_size);
  std::array<std::byte, kLengthBytes> length{};
  if (size < kLengthBytes) return damaged(file.path_, "it is too short for a safetensors file");
  if (Status got = descriptor->read(length, 0, file.path_); !got) return fail(std::move(got.error()));
  const std::uint64_t header_bytes = from_little_endian(length);
  if (header_bytes > kLongestTensorHeader || header_bytes > size - kLengthBytes)
    return damaged(file.path_, fmt::format("its header would be {} bytes long, the file has {}", header_bytes, size));
  std::string text(header_bytes, '\0');
  if (Status got = descriptor->read(std::as_writable_bytes(std::span(text)), kLengthBytes, file.path_); !got)
    return fail(std::move(got.error()));
  auto header = TensorHeader::parse(text);
  if (!header) return damaged(file.path_, std::move(header.error().reason));
  file.file_ = descriptor;
  file.entries_ = std::move(header->entries);
  file.metadata_ = std::move(header->metadata);
  if (Status fine = file.check_places(kLengthBytes + header_bytes, size); !fine) return fail(std::move(fine.error()));
  return file;
}

/// The bytes of all tensors cover the data exactly; places become those in the file.
Status SafetensorsFile::check_places(std::uint64_t first, std::uint64_t size) {
  std::vector<std::pair<const std::string*, Entry*>> ordered;
  for (auto& [name, entry] : entries_) ordered.emplace_back(&name, &entry);
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second->offset, a.second->bytes) < std::pair(b.second->offset, b.second->bytes);
  });
  std::uint64_t covered = 0;
  for (const auto& [name, entry] : ordered) {
    if (entry->offset != covered)
      return damaged(path_, fmt::format("tensor '{}': its bytes {}", name->substr(0, 80),
                                        entry->offset < covered ? "overlap others" : "leave a gap before them"));
    if (entry->bytes > size - first - covered)
      return damaged(path_, fmt::format("tensor '{}': its bytes lie beyond the end of the file", name->substr(0, 80)));
    covered += entry->bytes;
    entry->offset += first;
  }
  if (covered != size - first)
    return damaged(path_, fmt::format("{} bytes at its end belong to no tensor", size - first - covered));
  return {};
}

Status SafetensorsFile::read(std::string_view name, std::span<std::byte> to) const {
  const auto found = entries_.find(name);
  if (found == entries_.end())
    return fail(Error{.reason = fmt::format("it has no tensor '{}'", name),
                      .remedy = "Choose the file that belongs to this graph",
                      .file = path_});
  if (found->second.bytes != to.size())
    return fail(Error{
        .reason = fmt::format("tensor '{}' has {} bytes where {} are expected", name, found->second.bytes, to.size()),
        .remedy = "Choose the file that belongs to this graph",
        .file = path_});
  return file_->read(to, found->second.offset, path_);
}

Result<TensorValue> SafetensorsFile::read(std::string_view name) const {
  TensorValue value;
  if (const auto found = entries_.find(name); found != entries_.end()) {
    value.type = found->second.type;
    value.shape = found->second.shape;
    value.data.resize(found->second.bytes);
  }
  if (Status got = read(name, std::span(value.data)); !got) return fail(std::move(got.error()));
  return value;
}

Result<NamedTensors> SafetensorsFile::read_all() const {
  NamedTensors all;
  for (const auto& [name, entry] : entries_) {
    auto value = read(name);
    if (!value) return fail(std::move(value.error()));
    all.emplace(name, std::move(*value));
  }
  return all;
}

}  // namespace feedline::inline state
