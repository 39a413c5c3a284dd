// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/idx_unpack.h"

#include "nodes/source/gzip.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <system_error>
#include <unistd.h>

namespace feedline::inline nodes {
namespace {

namespace fs = std::filesystem;

/// Takes unpacked bytes: checks them against the header at their beginning, and writes them to a temporary file that
/// is removed unless it was completed.
class CopyWriter {
 public:
  CopyWriter(fs::path target, std::string source)
      : target_(std::move(target)), temporary_(temporary_beside(target_)), source_(std::move(source)) {}
  ~CopyWriter() {
    if (file_.get() >= 0 && !complete_) ::unlink(temporary_.c_str());
  }
  CopyWriter(const CopyWriter&) = delete;
  CopyWriter& operator=(const CopyWriter&) = delete;

  Status start() {
    if (auto made = make_folder(target_.parent_path()); !made) return made;
    file_ = File(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file_.get() < 0) return write_error(errno, target_);
    return {};
  }

  Status take(std::span<const std::byte> bytes) {
    if (!header_) {
      const std::size_t wanted = 4 + 4 * kMaxIdxDims - head_.size();
      head_.insert(head_.end(), bytes.begin(),
                   bytes.begin() + static_cast<std::ptrdiff_t>(std::min(wanted, bytes.size())));
      const bool enough = head_.size() >= 4 && head_.size() >= 4 + 4 * std::to_integer<std::size_t>(head_[3]);
      if (enough || head_.size() == 4 + 4 * kMaxIdxDims) {
        auto header = IdxHeader::parse(head_, source_);
        if (!header) return fail(std::move(header.error()));
        header_ = std::move(*header);
      }
    }
    written_ += bytes.size();
    if (header_ && written_ > header_->total_bytes)
      return fail_file(
          source_, fmt::format("it unpacks to more than the {} bytes that its header declares", header_->total_bytes),
          "Download or copy it again");
    return write(bytes);
  }

  Status finish() {
    if (!header_) {  // fewer bytes than a header; parse says what is wrong
      auto header = IdxHeader::parse(head_, source_);
      if (!header) return fail(std::move(header.error()));
      header_ = std::move(*header);
    }
    if (written_ != header_->total_bytes)
      return fail_file(
          source_, fmt::format("it unpacks to {} bytes, but its header declares {}", written_, header_->total_bytes),
          "Download or copy it again");
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) return write_error(errno, target_);
    complete_ = true;
    return {};
  }

 private:
  Status write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return write_error(errno, target_);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }

  fs::path target_;
  fs::path temporary_;
  std::string source_;
  File file_{};
  std::vector<std::byte> head_{};
  std::optional<IdxHeader> header_{};
  std::uint64_t written_ = 0;
  bool complete_ = false;
};

/// A copy whose length is what its own header declares.
bool is_complete(const fs::path& copy) {
  FileFacts facts;
  const auto file = open_file(copy.string(), &facts);
  if (!file) return false;
  std::vector<std::byte> head(std::min<std::uint64_t>(4 + 4 * kMaxIdxDims, facts.size));
  if (!read_at(file->get(), head, 0)) return false;
  const auto header = IdxHeader::parse(head, copy.string());
  return header && header->total_bytes == facts.size;
}

}  // namespace

Result<fs::path> unpack_idx(int descriptor, const std::string& path, const FileFacts& facts,
                            const SourceContext& context) {
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(path, ignored);
  const std::string key = fmt::format("{}|{}|{}", whole.string(), facts.size, facts.modified_ns);
  const fs::path target = cache_folder_or_default(context.cache_folder) / "unpacked" /
                          fmt::format("{}-{}", fingerprint(key), fs::path(path).stem().string());
  if (is_complete(target)) return target;

  CopyWriter writer(target, path);
  if (auto started = writer.start(); !started) return fail(std::move(started.error()));
  const auto unpacked = gunzip(descriptor, path, facts.size, context,
                               [&](std::span<const std::byte> bytes) { return writer.take(bytes); });
  if (!unpacked) return fail(unpacked.error());
  if (auto finished = writer.finish(); !finished) return fail(std::move(finished.error()));
  return target;
}

}  // namespace feedline::inline nodes
