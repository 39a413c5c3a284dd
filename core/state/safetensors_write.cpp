// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/machine_fault.h"
#include "base/plain_text.h"
#include "state/safetensors.h"
#include "state/tensor_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace feedline::inline state {
namespace {

namespace fs = std::filesystem;

/// A file under another name, which takes its own when all of it is on the disk. Without that it goes again.
class FileInTheMaking {
 public:
  explicit FileInTheMaking(const fs::path& path) : path_(path) {
    constexpr int kMostNames = 1000;
    for (int tried = 0; tried < kMostNames; ++tried) {
      part_ = part_beside(path);
      number_ = open_new();
      if (number_ >= 0 || errno != EEXIST) return;
      // Of a process of this number that was killed, since in a container all have the same, or in another container.
      if (!is_left()) continue;
      ::unlink(part_.c_str());
      number_ = open_new();
      return;
    }
  }
  ~FileInTheMaking() {
    if (number_ < 0) return;
    ::close(number_);
    if (!done_) ::unlink(part_.c_str());
  }
  FileInTheMaking(const FileInTheMaking&) = delete;
  FileInTheMaking& operator=(const FileInTheMaking&) = delete;

  [[nodiscard]] bool open() const { return number_ >= 0; }
  [[nodiscard]] bool write(std::span<const std::byte> data) const {
    while (!data.empty()) {
      const ssize_t put = ::write(number_, data.data(), std::min(data.size(), std::size_t{1} << 30U));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return false;
      data = data.subspan(static_cast<std::size_t>(put));
    }
    return true;
  }
  [[nodiscard]] bool finish() {
    if (::fsync(number_) != 0 || ::rename(part_.c_str(), path_.c_str()) != 0) return false;
    done_ = true;
    // That the name lasts, too, is up to the folder. Not every file system can say so.
    const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
    if (const int above = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); above >= 0) {
      (void)::fsync(above);
      ::close(above);
    }
    return true;
  }

 private:
  [[nodiscard]] int open_new() const { return ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644); }
  /// Has nobody written to it for so long that nobody will?
  [[nodiscard]] bool is_left() const {
    std::error_code gone;
    const auto written = fs::last_write_time(part_, gone);
    return !gone && written < fs::file_time_type::clock::now() - std::chrono::hours(1);
  }
  static fs::path part_beside(const fs::path& path) {
    static std::atomic<unsigned> counter{0};
    return path.parent_path() /
           fmt::format(".{}.{}-{}.part", path.filename().string(), ::getpid(), counter.fetch_add(1));
  }

  const fs::path path_;
  fs::path part_{};
  int number_ = -1;
  bool done_ = false;
};

tl::unexpected<Error> unwritable(const fs::path& path, int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  return fail(errno_error(error_number, "it cannot be written",
                          full ? "Free some space, or choose another disk" : "Choose a folder that can be written")
                  .in_file(escape_name(path.string())));
}

}  // namespace

Status write_safetensors(const fs::path& path, std::span<const TensorView> tensors, const TensorMetadata& metadata) {
  std::vector<const TensorView*> ordered;
  for (const TensorView& tensor : tensors) ordered.push_back(&tensor);
  std::sort(ordered.begin(), ordered.end(), [](const TensorView* a, const TensorView* b) {
    return size_of(a->type) != size_of(b->type) ? size_of(a->type) > size_of(b->type) : a->name < b->name;
  });
  TensorHeader header{.metadata = metadata};
  std::uint64_t offset = 0;
  for (const TensorView* tensor : ordered) {
    const auto bytes = bytes_of(tensor->type, tensor->shape);
    if (!bytes || *bytes != tensor->data.size())
      return fail(
          fmt::format("tensor '{}' has {} bytes, which do not fill its shape", tensor->name, tensor->data.size()));
    const SafetensorsFile::Entry entry{.type = tensor->type, .shape = tensor->shape, .offset = offset, .bytes = *bytes};
    if (!header.entries.emplace(tensor->name, entry).second)
      return fail(fmt::format("there are two tensors '{}'", tensor->name));
    offset += *bytes;
  }
  auto text = header.text();
  if (!text) return fail(std::move(text.error()));
  if (text->size() > kLongestTensorHeader) return fail("there are too many tensors for one file");

  std::array<std::byte, 8> length{};
  for (std::size_t i = 0; i < length.size(); ++i) length[i] = static_cast<std::byte>(text->size() >> (8 * i) & 0xFFU);
  FileInTheMaking file(path);
  bool fine = file.open() && file.write(length) && file.write(std::as_bytes(std::span(*text)));
  for (std::size_t i = 0; fine && i < ordered.size(); ++i) fine = file.write(ordered[i]->data);
  if (!fine || !file.finish()) return unwritable(path, errno);
  return {};
}

}  // namespace feedline::inline state
