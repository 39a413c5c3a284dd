// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/block_reader.h"

#include "nodes/source/file_io.h"

#include <algorithm>
#include <cerrno>

namespace feedline::inline nodes {

std::span<const std::byte> BlockReader::peek(std::size_t count) {
  if (count > left() || count > kMostPeeked) {
    errno = 0;
    return {};
  }
  if (at_ < block_at_ || at_ + count > block_at_ + block_.size()) {
    block_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kMostPeeked, left())));
    block_at_ = at_;
    if (!read_at(descriptor_, block_, at_)) {
      block_.clear();
      return {};
    }
  }
  return std::span(block_).subspan(static_cast<std::size_t>(at_ - block_at_), count);
}

}  // namespace feedline::inline nodes
