// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/cores.h"

#include "base/control_group.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <string>
#include <unistd.h>

namespace feedline::inline base {
namespace {

namespace fs = std::filesystem;

/// The tightest quota from this process's control group up to the root (version 2, then version 1's single file).
double group_quota() {
  double tightest = 0;
  const auto consider = [&tightest](double quota, double period) {
    if (quota > 0 && period > 0 && (tightest == 0 || quota / period < tightest)) tightest = quota / period;
  };
  for (const fs::path& group : control_groups()) {
    std::ifstream file(group / "cpu.max");
    std::string quota;
    double period = 0;
    if (file >> quota >> period && quota != "max") consider(std::strtod(quota.c_str(), nullptr), period);
  }
  double quota = 0;
  double period = 0;
  if (std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") >> quota &&
      std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_period_us") >> period)
    consider(quota, period);
  return tightest;
}

}  // namespace

std::size_t CoreBudget::usable() const {
  std::size_t cores = affinity;
  if (quota > 0) cores = std::min(cores, static_cast<std::size_t>(std::ceil(quota)));
  return std::max<std::size_t>(cores, 1);
}

CoreBudget core_budget() {
  CoreBudget budget;
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  budget.machine = online > 0 ? static_cast<std::size_t>(online) : 1;
  const std::vector<int> allowed = allowed_cores();
  budget.affinity = allowed.empty() ? budget.machine : allowed.size();
  budget.quota = group_quota();
  return budget;
}

std::vector<int> allowed_cores() {
  std::vector<int> cores;
  cpu_set_t mine;
  CPU_ZERO(&mine);
  if (sched_getaffinity(0, sizeof mine, &mine) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &mine)) cores.push_back(core);
  return cores;
}

void limit_cores(std::size_t cores) {
  cpu_set_t mine;
  CPU_ZERO(&mine);
  if (sched_getaffinity(0, sizeof mine, &mine) != 0) return;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &mine)) continue;
    if (cores > 0) {
      --cores;
    } else {
      CPU_CLR(core, &mine);
    }
  }
  sched_setaffinity(0, sizeof mine, &mine);
}

std::vector<int> cores_of_part(const std::vector<int>& cores, int part, int parts) {
  if (parts < 2 || static_cast<std::size_t>(parts) > cores.size()) return {};
  const auto begin = [&](int i) { return cores.begin() + static_cast<std::ptrdiff_t>(cores.size()) * i / parts; };
  return {begin(part), begin(part + 1)};
}

void keep_to_cores(const std::vector<int>& cores) {
  if (cores.empty()) return;
  cpu_set_t kept;
  CPU_ZERO(&kept);
  for (const int core : cores) CPU_SET(core, &kept);
  sched_setaffinity(0, sizeof kept, &kept);
}

std::size_t usable_cores() {
  static const std::size_t cores = core_budget().usable();
  return cores;
}

}  // namespace feedline::inline base
