// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/torch.h"
#include "training/blas.h"
#include "training/jpeg_rate.h"
#include "training/report.h"

#include <fmt/format.h>

#ifndef FEEDLINE_VERSION
#define FEEDLINE_VERSION "0.1.0"
#endif

namespace feedline::inline training {

std::vector<std::pair<std::string, std::string>> library_versions() {
  std::vector<std::pair<std::string, std::string>> all = {
      {"feedline", FEEDLINE_VERSION},
      {"libtorch", TORCH_VERSION},
      {"blas", loaded_blas().name},
      {"libjpeg_turbo", libjpeg_turbo_version()},
      {"compiler", fmt::format("{}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__)},
  };
  std::erase_if(all, [](const auto& library) { return library.second.empty(); });
  return all;
}

}  // namespace feedline::inline training
