// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/graph_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

namespace feedline::inline graph {
namespace {

constexpr std::size_t kMaxFileSize = std::size_t{64} << 20;

/// Closes on destruction; close() reports what a late write error said.
class FileHandle {
 public:
  explicit FileHandle(int fd) : fd_(fd) {}
  ~FileHandle() { (void)close(); }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  bool close() {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0;
  }

 private:
  int fd_;
};

Error system_error(const std::string& what, const std::filesystem::path& file) {
  return Error{.reason = what + ": " + std::strerror(errno), .file = file.string()};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::uint64_t digest_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

/// All but the digest.
FileStamp stamp_of(const struct stat& info) {
  return {.device = static_cast<std::uint64_t>(info.st_dev),
          .inode = static_cast<std::uint64_t>(info.st_ino),
          .modified_ns = std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec,
          .size = static_cast<std::uint64_t>(info.st_size)};
}

struct StampedText {
  std::string text{};
  FileStamp stamp{};
};

Result<StampedText> read_text(const std::filesystem::path& file) {
  const FileHandle handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (handle.fd() < 0) {
    Error error = system_error("cannot be opened", file);
    if (errno == ENOENT) error.remedy = "Check the path";
    return fail(std::move(error));
  }
  struct stat info {};
  if (::fstat(handle.fd(), &info) != 0) return fail(system_error("cannot be examined", file));
  if (!S_ISREG(info.st_mode))
    return fail(Error{.reason = S_ISDIR(info.st_mode) ? "is a folder, not a graph" : "is not an ordinary file",
                      .remedy = "Choose a .feedline file",
                      .file = file.string()});
  const auto too_big = [&] {
    return fail(Error{.reason = "is larger than 64 MiB, which no graph is", .file = file.string()});
  };
  if (static_cast<std::uint64_t>(info.st_size) > kMaxFileSize) return too_big();

  std::string text(static_cast<std::size_t>(info.st_size) + 1, '\0');
  std::size_t size = 0;
  while (true) {
    const ssize_t got = ::read(handle.fd(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(system_error("cannot be read", file));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > kMaxFileSize) return too_big();
    if (size == text.size()) text.resize(2 * size);  // it grew meanwhile
  }
  text.resize(size);
  FileStamp stamp = stamp_of(info);  // taken before the bytes: what changed meanwhile is seen as a change
  stamp.digest = digest_of(text);
  return StampedText{std::move(text), stamp};
}

/// The file behind a symbolic link, so that saving keeps the link.
std::filesystem::path resolve(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_symlink(file, error)) return file;
  std::filesystem::path target = std::filesystem::weakly_canonical(file, error);
  return error ? file : target;
}

}  // namespace

Result<StampedGraph> read_graph_file(const std::filesystem::path& file, const Registry& registry) {
  try {
    Result<StampedText> text = read_text(file);
    if (!text) return fail(std::move(text.error()));
    Result<Loaded> loaded = from_json(text->text, registry);
    if (!loaded) return fail(std::move(loaded.error()).in_file(file.string()));
    return StampedGraph{std::move(*loaded), text->stamp};
  } catch (const std::exception& e) {
    return fail(
        Error{.code = ErrorCode::Failed, .reason = std::string("cannot be read: ") + e.what(), .file = file.string()});
  }
}

Result<Loaded> load_document(const std::filesystem::path& file, const Registry& registry) {
  return read_graph_file(file, registry).map([](StampedGraph&& graph) { return std::move(graph.loaded); });
}

bool is_write_protected(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  return (info.st_mode & 0222) == 0 || ::access(file.c_str(), W_OK) != 0;
}

DiskState compare_with_disk(const std::filesystem::path& file, const FileStamp& stamp) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0)
    return {errno == ENOENT || errno == ENOTDIR ? OnDisk::Gone : OnDisk::Unreadable, {}};
  FileStamp now = stamp_of(info);
  now.digest = stamp.digest;
  if (now == stamp) return {OnDisk::Same, stamp};
  try {
    const Result<StampedText> text = read_text(file);
    if (!text) return {OnDisk::Unreadable, {}};
    const bool same = text->stamp.size == stamp.size && text->stamp.digest == stamp.digest;
    return {same ? OnDisk::Same : OnDisk::Changed, text->stamp};
  } catch (const std::exception&) {
    return {OnDisk::Unreadable, {}};
  }
}

Result<FileStamp> write_graph_file(const Document& document, const std::filesystem::path& file,
                                   Protected write_protected) {
  try {
    const std::string text = to_json(document);
    const std::filesystem::path target = resolve(file);
    struct stat old {};
    const bool existed = ::stat(target.c_str(), &old) == 0;
    if (existed && !S_ISREG(old.st_mode))
      return fail(Error{.reason = "is not an ordinary file", .remedy = "Choose another name", .file = file.string()});
    if (write_protected == Protected::Refuse && is_write_protected(target))
      return fail(Error{.reason = "is write-protected",
                        .remedy = "Choose another name, or allow writing to it (chmod u+w)",
                        .file = file.string()});

    std::filesystem::path beside = target;
    beside += ".part" + std::to_string(std::random_device{}());
    FileHandle handle(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (handle.fd() < 0) {
      const int fault = errno;
      Error error = system_error("cannot be written", file);
      if (fault == EACCES || fault == EROFS) error.remedy = "Nothing can be written into its folder: save elsewhere";
      return fail(std::move(error));
    }
    const bool kept_mode = !existed || ::fchmod(handle.fd(), old.st_mode & 07777) == 0;
    struct stat fresh {};
    if (!kept_mode || !write_all(handle.fd(), text) || ::fsync(handle.fd()) != 0 || ::fstat(handle.fd(), &fresh) != 0 ||
        !handle.close() || std::rename(beside.c_str(), target.c_str()) != 0) {
      Error error = system_error("cannot be written", file);
      ::unlink(beside.c_str());
      return fail(std::move(error));
    }
    FileStamp stamp = stamp_of(fresh);
    stamp.digest = digest_of(text);
    return stamp;
  } catch (const std::exception& e) {
    return fail(
        Error{.code = ErrorCode::Failed, .reason = std::string("cannot be saved: ") + e.what(), .file = file.string()});
  }
}

Status save_document(const Document& document, const std::filesystem::path& file) {
  return write_graph_file(document, file).map([](const FileStamp&) {});
}

}  // namespace feedline::inline graph
