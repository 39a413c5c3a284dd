// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/doctor.h"

#include "base/cores.h"
#include "base/torch.h"
#include "plan/plan.h"
#include "telemetry/process_meter.h"
#include "training/blas.h"
#include "training/jpeg_rate.h"
#include "training/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace feedline::inline training {
namespace {

using Level = Finding::Level;

constexpr double kWeakMatmul = 20;  ///< GFLOP/s a core: a tuned BLAS gives 50 to 150, the reference one below 5
constexpr double kWeakJpeg = 40;    ///< MP/s: with SIMD one core gives 100 to 250

Finding versions() {
  std::string all;
  for (const auto& [library, version] : library_versions()) all += (all.empty() ? "" : ", ") + library + " " + version;
  return {Level::Ok, "Versions", all, ""};
}

Finding blas() {
  const Blas library = loaded_blas();
  const double one = measure_matmul(1);
  const auto cores = static_cast<int>(usable_cores());
  const double all = cores > 1 ? measure_matmul(cores) : one;
  Finding finding{Level::Ok, "BLAS", "", ""};
  finding.text =
      fmt::format("{}: {:.0f} GFLOP/s on one core, {:.0f} on {} in a 1024×1024 product", library.name, one, all, cores);
  // Some builds thread inside BLAS whatever LibTorch asks for: the better of the two says what the library can do.
  if (library.reference || std::max(one, all / cores) < kWeakMatmul) {
    finding.level = Level::Weak;
    finding.remedy = library.name == "OpenBLAS" || library.name.starts_with("MKL")
                         ? "Close other programs that use the processor and measure again"
                         : "sudo apt install libopenblas0-pthread";
  }
  return finding;
}

Finding jpeg() {
  const JpegRate rate = measure_jpeg_decode();
  if (rate.megapixels_per_s <= 0)
    return {Level::Bad, "JPEG", "decoding does not work: " + rate.fault, "sudo apt install libjpeg62-turbo"};
  Finding finding{Level::Ok, "JPEG",
                  fmt::format("libjpeg-turbo {}: {:.0f} megapixels/s on one core", rate.version, rate.megapixels_per_s),
                  ""};
  const char* forced = std::getenv("JSIMD_FORCENONE");
  if (forced != nullptr && std::string_view(forced) == "1") {
    finding.level = Level::Weak;
    finding.text += ", its SIMD code is switched off";
    finding.remedy = "unset JSIMD_FORCENONE";
  } else if (rate.megapixels_per_s < kWeakJpeg) {
    finding.level = Level::Weak;
    finding.text += ", which looks like a build without SIMD";
    finding.remedy = "sudo apt install libjpeg62-turbo, or close other programs and measure again";
  }
  return finding;
}

Finding cores() {
  const CoreBudget budget = core_budget();
  Finding finding{Level::Ok, "Cores", fmt::format("{} usable of {}", budget.usable(), budget.machine), ""};
  if (budget.usable() >= budget.machine) return finding;
  finding.level = Level::Weak;
  finding.text += budget.affinity < budget.machine
                      ? ": this process is bound to some of them (affinity)"
                      : fmt::format(": a control group grants {:.1f} cores' time", budget.quota);
  finding.remedy = budget.affinity < budget.machine ? "Start Feedline without taskset, or widen its cpuset"
                                                    : "Raise the container's CPU limit";
  return finding;
}

Finding memory() {
  std::ifstream file("/proc/meminfo");
  double total = 0;
  double available = 0;
  for (std::string key, unit; file >> key;) {
    double value = 0;
    file >> value;
    std::getline(file, unit);
    if (key == "MemTotal:") total = value / (1 << 20);
    if (key == "MemAvailable:") available = value / (1 << 20);
  }
  Finding finding{Level::Ok, "Memory", fmt::format("{:.1f} GiB free of {:.1f} GiB", available, total), ""};
  if (available < 1) {
    finding.level = Level::Weak;
    finding.remedy = "Close other programs, or use small batches";
  }
  return finding;
}

std::vector<Finding> gpus() {
  std::vector<Finding> findings;
  const auto seen = ProcessMeter().read().gpus;
  const bool usable = torch::cuda::is_available();
  if (usable) {
    const auto count = torch::cuda::device_count();
    findings.push_back({Level::Ok, "CUDA", fmt::format("{} device{}", count, count == 1 ? "" : "s"), ""});
    if (count > 1)
      findings.push_back({Level::Weak, "Gradients",
                          "those of several processes go from GPU to GPU by way of the host (Gloo)",
                          "On one machine, train in one process with device cuda:all, which copies them directly"});
  } else if (seen.empty()) {
    findings.push_back({Level::Ok, "CUDA", "no NVIDIA GPU; training runs on the CPU", ""});
  } else {
    findings.push_back({Level::Weak, "CUDA",
                        at::hasCUDA() ? "there is an NVIDIA GPU, but CUDA cannot use it"
                                      : "there is an NVIDIA GPU, but this LibTorch is a CPU build",
                        at::hasCUDA() ? "Update the NVIDIA driver"
                                      : "Build with a CUDA LibTorch: cmake -DCMAKE_PREFIX_PATH=/path/to/libtorch"});
  }
  for (const GpuSample& gpu : seen) {
    findings.push_back(
        {Level::Ok, "GPU",
         fmt::format("{}: {:.1f} of {:.1f} GiB used", gpu.name, static_cast<double>(gpu.memory_used) / (1 << 30),
                     static_cast<double>(gpu.memory_total) / (1 << 30)),
         ""});
  }
  return findings;
}

Finding cache() {
  namespace fs = std::filesystem;
  const fs::path folder = default_cache_folder();
  std::error_code fault;
  fs::create_directories(folder, fault);
  const fs::path probe = folder / ".feedline-doctor";
  const bool written = static_cast<bool>(std::ofstream(probe) << "x" << std::flush);
  fs::remove(probe, fault);
  if (!written)
    return {Level::Bad, "Cache", fmt::format("'{}' cannot be written", folder.string()),
            "Set FEEDLINE_CACHE to a folder of your own"};
  const auto space = fs::space(folder, fault);
  const double free = fault ? 0 : static_cast<double>(space.available) / (1 << 30);
  Finding finding{Level::Ok, "Cache", fmt::format("'{}', {:.1f} GiB free", folder.string(), free), ""};
  if (!fault && free < 1) {
    finding.level = Level::Weak;
    finding.remedy = "Free some disk space, or set FEEDLINE_CACHE to a folder on another disk";
  }
  return finding;
}

}  // namespace

std::vector<Finding> examine_machine() {
  std::vector<Finding> findings{versions(), blas(), jpeg(), cores(), memory()};
  for (Finding& gpu : gpus()) findings.push_back(std::move(gpu));
  findings.push_back(cache());
  return findings;
}

}  // namespace feedline::inline training
