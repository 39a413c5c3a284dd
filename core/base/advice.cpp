// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/advice.h"

#include <atomic>

namespace feedline::inline base {
namespace {

std::atomic<Surface>& present() {
  static std::atomic<Surface> surface{Surface::Terminal};
  return surface;
}

}  // namespace

void set_surface(Surface surface) { present() = surface; }

std::string advice(std::string_view in_window, std::string_view in_terminal) {
  return std::string(present() == Surface::Window ? in_window : in_terminal);
}

}  // namespace feedline::inline base
