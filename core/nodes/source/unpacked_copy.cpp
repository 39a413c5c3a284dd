// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/unpacked_copy.h"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace feedline::inline nodes {
namespace {

namespace fs = std::filesystem;

/// A temporary file that is removed unless it was kept.
class CopyInMaking {
 public:
  explicit CopyInMaking(const fs::path& target) : target_(target), temporary_(temporary_beside(target)) {}
  ~CopyInMaking() {
    if (file_.get() >= 0 && !kept_) ::unlink(temporary_.c_str());
  }
  CopyInMaking(const CopyInMaking&) = delete;
  CopyInMaking& operator=(const CopyInMaking&) = delete;

  Status start() {
    if (Status made = make_folder(target_.parent_path()); !made) return made;
    file_ = File(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file_.get() < 0) return write_error(errno, target_);
    return {};
  }
  Status write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return write_error(errno, target_);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      written_ += static_cast<std::uint64_t>(count);
    }
    return {};
  }
  Status keep() {
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) return write_error(errno, target_);
    kept_ = true;
    return {};
  }
  [[nodiscard]] std::uint64_t written() const { return written_; }

 private:
  fs::path target_;
  fs::path temporary_;
  File file_{};
  std::uint64_t written_ = 0;
  bool kept_ = false;
};

}  // namespace

fs::path cached_name(const std::string& path, const FileFacts& facts, const SourceContext& context,
                     std::string_view folder, std::string_view what) {
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(path, ignored);
  const std::string key = fmt::format("{}|{}|{}|{}", whole.string(), facts.size, facts.modified_ns, what);
  return cache_folder_or_default(context.cache_folder) / folder /
         fmt::format("{}-{}", fingerprint(key), fs::path(path).stem().string());
}

Status unpack_once(const fs::path& target, const std::string& path, std::uint64_t most,
                   const std::function<Status(const UnpackedSink&)>& unpack) {
  if (open_file(target.string())) return {};
  CopyInMaking copy(target);
  if (Status started = copy.start(); !started) return started;
  const Status unpacked = unpack([&](std::span<const std::byte> bytes) -> Status {
    if (bytes.size() > most - copy.written())
      return fail_file(path, fmt::format("it unpacks to more than {} MiB", most >> 20U),
                       "Unpack it yourself if you trust it, and choose what comes out");
    return copy.write(bytes);
  });
  if (!unpacked) return unpacked;
  return copy.keep();
}

}  // namespace feedline::inline nodes
