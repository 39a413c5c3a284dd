// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace feedline::inline schema {

/// What a Source derives from besides, if its read() may cost next to nothing because it only shows memory. Such a
/// source is read by the threads that prepare the records: a thread and a queue of its own would cost more than they
/// save.
class InMemory {
 public:
  virtual ~InMemory() = default;
  /// Does it now? It may depend on the files.
  [[nodiscard]] virtual bool in_memory() const = 0;
};

}  // namespace feedline::inline schema
