// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The three kinds of cost that a synthetic load can have.

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

#include <memory>

namespace feedline::inline nodes {

/// Keeps a core busy until the calling thread has used so much CPU time.
void compute_for(Nanos cpu);
/// Leaves the core free for so long.
void wait_for(Nanos time);
/// A log-normal factor of mean 1 whose standard deviation is `spread`.
[[nodiscard]] double load_factor(double spread, Rng& rng);

/// A file without a name, of random bytes, whose pages are dropped from the system's memory once they are read, so that
/// reading it costs the disk something each time. One for all nodes of the process, gone with the last of them.
class LoadMaker {
 public:
  /// Errors: the cache folder cannot be written to.
  [[nodiscard]] static Result<std::shared_ptr<const LoadMaker>> open();
  ~LoadMaker();
  LoadMaker(const LoadMaker&) = delete;
  LoadMaker& operator=(const LoadMaker&) = delete;

  /// Reads so much from a random place. From any thread.
  [[nodiscard]] Status read(double kilobytes, Rng& rng) const;

 private:
  explicit LoadMaker(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace feedline::inline nodes
