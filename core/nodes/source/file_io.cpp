// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/file_io.h"

#include "base/file_calls.h"
#include "base/machine_fault.h"
#include "base/plain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace feedline::inline nodes {
namespace {

constexpr std::uint64_t kLargestPicture = std::uint64_t{1} << 30;
constexpr std::string_view kPartEnding = ".part";

std::string reason_of(int error_number) { return std::generic_category().message(error_number); }

bool write_all(int descriptor, std::span<const std::byte> data) {
  while (!data.empty()) {
    const ssize_t written = ::write(descriptor, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    data = data.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

void File::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

bool File::finish() { return ::close(release()) == 0; }

Result<File> open_file(const std::string& path, FileFacts* facts) {
  const FileCalls& calls = FileCalls::current();
  int descriptor = -1;
  do descriptor = calls.open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  while (descriptor < 0 && errno == EINTR);
  File file(descriptor);
  if (file.get() < 0) {
    const int error_number = errno;
    if (error_number == ENOENT) return fail_file(path, "there is no such file", "Check the path");
    if (error_number == EACCES) return fail_file(path, "it may not be read", "Give yourself permission to read it");
    return fail_errno(path, "it cannot be opened", error_number);
  }
  struct stat status {};
  if (calls.fstat(file.get(), &status) != 0) return fail_errno(path, "it cannot be read", errno);
  if (S_ISDIR(status.st_mode)) return fail_file(path, "it is a folder", "Choose a file");
  if (!S_ISREG(status.st_mode)) return fail_file(path, "it is no regular file", "Choose a file");
  if (facts != nullptr) {
    facts->size = static_cast<std::uint64_t>(status.st_size);
    facts->modified_ns = static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  }
  return file;
}

bool read_at(int descriptor, std::span<std::byte> to, std::uint64_t offset) {
  while (!to.empty()) {
    const ssize_t count = FileCalls::current().pread(descriptor, to.data(), to.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = 0;
    if (count <= 0) return false;
    to = to.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

Status read_whole(const std::string& path, Datum& out, FileFacts& facts) {
  const auto bad_record = [&](Error error) {
    if (!is_machine_fault(error)) error.code = ErrorCode::BadRecord;
    return fail(std::move(error).in_file(escape_name(path)));
  };
  const auto file = open_file(path, &facts);
  if (!file) return bad_record(file.error());
  if (facts.size == 0) return bad_record({.reason = "the file is empty", .remedy = "Delete it, or restore it"});
  if (facts.size > kLargestPicture)
    return bad_record(
        {.reason = fmt::format("{:.1f} GiB is too much for one picture", static_cast<double>(facts.size) / (1 << 30))});
  std::byte* to = out.allocate(DType::U8, {static_cast<std::int64_t>(facts.size)});
  if (!read_at(file->get(), {to, facts.size}, 0))
    return bad_record(read_error(path, errno, "the file became shorter while it was read").value());
  return {};
}

Status write_atomically(const std::filesystem::path& path, std::span<const std::byte> data) {
  const std::filesystem::path temporary = temporary_beside(path);
  File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) return write_error(errno, path);
  if (!write_all(file.get(), data) || !file.finish() || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error_number = errno;
    ::unlink(temporary.c_str());
    return write_error(error_number, path);
  }
  return {};
}

std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  static std::atomic<unsigned> counter{0};
  return path.parent_path() /
         fmt::format(".{}.{}-{}{}", path.filename().string(), ::getpid(), counter.fetch_add(1), kPartEnding);
}

void remove_leftovers(const std::filesystem::path& path) {
  constexpr std::chrono::hours kMayBeInMaking{1};
  const std::string begin = "." + path.filename().string() + ".";
  const auto long_ago = std::filesystem::file_time_type::clock::now() - kMayBeInMaking;
  std::error_code error;
  std::vector<std::filesystem::path> left;
  for (std::filesystem::directory_iterator at(path.parent_path(), error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(begin) || !name.ends_with(kPartEnding)) continue;
    std::error_code gone;
    if (const auto written = at->last_write_time(gone); !gone && written < long_ago) left.push_back(at->path());
  }
  for (const std::filesystem::path& file : left) std::filesystem::remove(file, error);
}

Status name_whole_file(int descriptor, const std::filesystem::path& temporary, const std::filesystem::path& path) {
  if (::fsync(descriptor) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) return write_error(errno, path);
  return {};
}

Status make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error && !std::filesystem::is_directory(folder)) return write_error(error.value(), folder);
  return {};
}

std::filesystem::path cache_folder_or_default(const std::filesystem::path& folder) {
  if (!folder.empty()) return folder;
  std::error_code error;
  const std::filesystem::path temporary = std::filesystem::temp_directory_path(error);
  return (error ? std::filesystem::path("/tmp") : temporary) / fmt::format("feedline-{}", ::getuid());
}

tl::unexpected<Error> write_error(int error_number, const std::filesystem::path& path) {
  if (is_machine_fault(error_number)) return fail_errno(path.string(), "it cannot be written", error_number);
  std::string remedy = "Set FEEDLINE_CACHE to a folder that can be written";
  if (error_number == ENOSPC || error_number == EDQUOT)
    remedy = "Free some space, or set FEEDLINE_CACHE to a folder on another disk";
  return fail_file(path.string(), "it cannot be written: " + reason_of(error_number), std::move(remedy));
}

tl::unexpected<Error> fail_file(const std::string& path, std::string reason, std::string remedy) {
  return fail(Error{.reason = std::move(reason), .remedy = std::move(remedy), .file = escape_name(path)});
}

tl::unexpected<Error> fail_errno(const std::string& path, const std::string& what, int error_number) {
  return fail(errno_error(error_number, what).in_file(escape_name(path)));
}

tl::unexpected<Error> read_error(const std::string& path, int error_number, std::string shorter) {
  if (error_number == 0) return fail_file(path, std::move(shorter), "Restore the file");
  return fail_errno(path, "it cannot be read", error_number);
}

std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return fmt::format("{:016x}", hash);
}

FileInMaking::FileInMaking(std::filesystem::path target)
    : target_(std::move(target)), temporary_(temporary_beside(target_)) {}

FileInMaking::~FileInMaking() {
  if (file_.get() >= 0 && !kept_) ::unlink(temporary_.c_str());
}

Status FileInMaking::start() {
  if (Status made = make_folder(target_.parent_path()); !made) return made;
  remove_leftovers(target_);
  file_ = File(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file_.get() < 0) return write_error(errno, target_);
  return {};
}

Status FileInMaking::write(std::span<const std::byte> bytes) {
  if (!write_all(file_.get(), bytes)) return write_error(errno, target_);
  written_ += bytes.size();
  return {};
}

Status FileInMaking::keep() {
  Status named = name_whole_file(file_.get(), temporary_, target_);
  kept_ = named.has_value();
  return named;
}

}  // namespace feedline::inline nodes
