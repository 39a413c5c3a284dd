// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/snapshot.h"

#include <memory>

namespace feedline::inline telemetry {

/// Memory, CPU time and disk reads of this process from /proc and getrusage, what all processes use of its cores from
/// /proc/stat (in ticks of 10 ms), and each GPU's utilisation and memory from NVML,
/// which is looked up at run time (libnvidia-ml.so.1): where it is absent there are simply no GPUs. Sampling NVML is
/// limited to twice a second. The peak of memory is counted from when the newest meter was made: each run has one, so
/// that a run in the window is not told the peak of those before it. Thread-safe.
class ProcessMeter {
 public:
  ProcessMeter();
  ~ProcessMeter();
  [[nodiscard]] ProcessSample read();

 private:
  struct Nvml;
  std::unique_ptr<Nvml> nvml_;
};

/// CPU time of all threads of this process since it started: what ProcessSample::cpu is, without the rest.
[[nodiscard]] Nanos process_cpu();

}  // namespace feedline::inline telemetry
