// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/example_weights.h"

#include "base/own_program.h"

#include <cstdlib>

namespace feedline::inline base {

std::vector<std::filesystem::path> example_weights_folders() {
  std::vector<std::filesystem::path> folders;
  if (const char* own = std::getenv("FEEDLINE_WEIGHTS"); own != nullptr && *own != '\0') folders.emplace_back(own);
  if (const auto program = own_program())
    folders.push_back(program->parent_path().parent_path() / "share" / "feedline" / "weights");
#ifdef FEEDLINE_WEIGHTS_FOLDER
  folders.emplace_back(FEEDLINE_WEIGHTS_FOLDER);
#endif
  return folders;
}

}  // namespace feedline::inline base
