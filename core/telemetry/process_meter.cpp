// SPDX-License-Identifier: GPL-3.0-or-later
#include "telemetry/process_meter.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <mutex>
#include <sched.h>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

namespace feedline::inline telemetry {
namespace {

constexpr Nanos kGpuInterval = 500'000'000;

constexpr int kSuccess = 0;  // of nvml.h

template <class Function>
bool look_up(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  return function != nullptr;
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Memory of files that lie in memory, such as those of memfd_create().
std::uint64_t shared_memory_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    constexpr std::string_view kKey = "RssShmem:";
    if (line.starts_with(kKey)) return std::strtoull(line.c_str() + kKey.size(), nullptr, 10) * 1024;
  }
  return 0;
}

/// The sum of user, nice, system, irq, softirq and steal of the cores in our affinity mask.
Nanos cores_busy() {
  cpu_set_t mine;
  if (sched_getaffinity(0, sizeof mine, &mine) != 0) return 0;
  static const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  std::ifstream stat("/proc/stat");
  std::string line;
  double busy = 0;
  while (std::getline(stat, line) && line.starts_with("cpu")) {
    if (line.size() < 4 || line[3] == ' ') continue;
    std::istringstream fields(line.substr(3));
    unsigned core = 0;
    std::array<double, 8> spent{};  // user nice system idle iowait irq softirq steal
    fields >> core;
    for (double& value : spent) fields >> value;
    if (!fields || core >= CPU_SETSIZE || !CPU_ISSET(core, &mine)) continue;
    busy += spent[0] + spent[1] + spent[2] + spent[5] + spent[6] + spent[7];
  }
  return from_seconds(busy / ticks);
}

std::uint64_t disk_bytes() {
  std::ifstream io("/proc/self/io");
  std::string key;
  std::uint64_t value = 0;
  while (io >> key >> value)
    if (key == "read_bytes:") return value;
  return 0;
}

Nanos nanos(const timeval& time) { return time.tv_sec * Nanos{1'000'000'000} + time.tv_usec * Nanos{1000}; }

}  // namespace

struct ProcessMeter::Nvml {
  // The part of nvml.h that is used.
  using Device = void*;
  struct Utilisation {
    unsigned gpu = 0;  ///< percent of the last sample period
    unsigned memory = 0;
  };
  struct Memory {
    unsigned long long total = 0;
    unsigned long long free = 0;
    unsigned long long used = 0;
  };

  std::mutex mutex{};
  void* library = nullptr;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*handle)(unsigned, Device*) = nullptr;
  int (*device_name)(Device, char*, unsigned) = nullptr;
  int (*utilisation)(Device, Utilisation*) = nullptr;
  int (*memory)(Device, Memory*) = nullptr;
  std::vector<Device> devices{};
  std::vector<GpuSample> latest{};
  Nanos read_at = 0;

  Nvml() {
    library = dlopen("libnvidia-ml.so.1", RTLD_LAZY | RTLD_LOCAL);
    if (library == nullptr) return;
    const bool complete = look_up(library, "nvmlInit_v2", init) && look_up(library, "nvmlShutdown", shutdown) &&
                          look_up(library, "nvmlDeviceGetCount_v2", count) &&
                          look_up(library, "nvmlDeviceGetHandleByIndex_v2", handle) &&
                          look_up(library, "nvmlDeviceGetName", device_name) &&
                          look_up(library, "nvmlDeviceGetUtilizationRates", utilisation) &&
                          look_up(library, "nvmlDeviceGetMemoryInfo", memory);
    if (!complete || init() != kSuccess) {
      close();
      return;
    }
    find_devices();
  }
  ~Nvml() {
    if (library != nullptr) shutdown();
    close();
  }
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  void close() {
    if (library != nullptr) dlclose(library);
    library = nullptr;
  }

  void find_devices() {
    unsigned found = 0;
    if (count(&found) != kSuccess) return;
    for (unsigned i = 0; i < found; ++i) {
      Device device = nullptr;
      if (handle(i, &device) != kSuccess) continue;
      std::array<char, 96> text{};
      device_name(device, text.data(), static_cast<unsigned>(text.size()));
      devices.push_back(device);
      latest.push_back({.name = text.data()});
    }
  }

  std::vector<GpuSample> read() {
    const std::lock_guard lock(mutex);
    const Nanos now = Clock::system().now();
    if (read_at != 0 && now - read_at < kGpuInterval) return latest;
    read_at = now;
    for (std::size_t i = 0; i < devices.size(); ++i) {
      Utilisation load;
      Memory bytes;
      if (utilisation(devices[i], &load) == kSuccess) latest[i].utilisation = load.gpu / 100.0;
      if (memory(devices[i], &bytes) != kSuccess) continue;
      latest[i].memory_used = bytes.used;
      latest[i].memory_total = bytes.total;
    }
    return latest;
  }
};

Nanos process_cpu() {
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? nanos(usage.ru_utime) + nanos(usage.ru_stime) : 0;
}

/// proc(5): "5" sets the high-water mark to what is resident now. A kernel without it leaves the whole process's.
ProcessMeter::ProcessMeter() : nvml_(std::make_unique<Nvml>()) { std::ofstream("/proc/self/clear_refs") << "5"; }
ProcessMeter::~ProcessMeter() = default;

ProcessSample ProcessMeter::read() {
  ProcessSample sample;
  sample.rss_bytes = resident_bytes();
  sample.shared_bytes = std::min(shared_memory_bytes(), sample.rss_bytes);
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    sample.peak_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    sample.cpu = nanos(usage.ru_utime) + nanos(usage.ru_stime);
  }
  sample.peak_rss_bytes = std::max(sample.peak_rss_bytes, sample.rss_bytes);
  sample.cores_busy = cores_busy();
  sample.disk_bytes = disk_bytes();
  sample.gpus = nvml_->read();
  return sample;
}

}  // namespace feedline::inline telemetry
