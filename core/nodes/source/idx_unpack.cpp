// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/idx_unpack.h"

#include "nodes/source/gzip.h"
#include "nodes/source/unpacked_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace feedline::inline nodes {
namespace {

namespace fs = std::filesystem;

/// Takes unpacked bytes and checks them against the header at their beginning.
class CopyWriter {
 public:
  CopyWriter(fs::path target, std::string source) : copy_(std::move(target)), source_(std::move(source)) {}

  Status start() { return copy_.start(); }

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
    if (header_ && copy_.written() + bytes.size() > header_->total_bytes)
      return fail_file(
          source_, fmt::format("it unpacks to more than the {} bytes that its header declares", header_->total_bytes),
          "Download or copy it again");
    return copy_.write(bytes);
  }

  Status finish() {
    if (!header_) {  // fewer bytes than a header; parse says what is wrong
      auto header = IdxHeader::parse(head_, source_);
      if (!header) return fail(std::move(header.error()));
      header_ = std::move(*header);
    }
    if (copy_.written() != header_->total_bytes)
      return fail_file(
          source_,
          fmt::format("it unpacks to {} bytes, but its header declares {}", copy_.written(), header_->total_bytes),
          "Download or copy it again");
    return copy_.keep();
  }

 private:
  FileInMaking copy_;
  std::string source_;
  std::vector<std::byte> head_{};
  std::optional<IdxHeader> header_{};
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
  const fs::path target = cached_name(path, facts, context, "unpacked", {});
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
