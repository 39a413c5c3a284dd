// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace feedline::inline base {

/// Watches over a read-only memory map of a file that somebody may make shorter while it is mapped. Touching what is no
/// longer there raises SIGBUS, which would end the program; under a guard the lost part reads as zeros instead, and
/// broken() says so from then on. (The way libwayland-server guards the buffers of its clients.)
///
/// The first guard installs a handler for SIGBUS for the whole process; faults outside guarded maps go to whoever
/// handled them before.
class MapGuard {
 public:
  /// At most so many maps are guarded at a time; further ones are not.
  static constexpr std::size_t kMost = 256;

  /// `data`: what mmap returned.
  MapGuard(const void* data, std::size_t size);
  /// To be destroyed before the map.
  ~MapGuard();
  MapGuard(const MapGuard&) = delete;
  MapGuard& operator=(const MapGuard&) = delete;

  /// Some of the map has been lost: do not trust it any more.
  [[nodiscard]] bool broken() const;

 private:
  std::size_t place_ = kMost;
};

}  // namespace feedline::inline base
