// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace feedline::inline schema {

/// While one lives, nodes that are described on its thread open no files for it: a node whose shapes only its file can
/// tell (NodeSpec::asks_file) gives what has been found before, or says that it is not known yet. The window's thread
/// holds one, and has graphs described anew on another (gui/session/prober.h).
class AskLater {
 public:
  AskLater() { ++depth(); }
  ~AskLater() { --depth(); }
  AskLater(const AskLater&) = delete;
  AskLater& operator=(const AskLater&) = delete;

  [[nodiscard]] static bool on() { return depth() > 0; }

 private:
  static int& depth() {
    thread_local int depth = 0;
    return depth;
  }
};

}  // namespace feedline::inline schema
