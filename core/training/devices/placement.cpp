// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/devices/placement.h"

#include "base/device_name.h"
#include "base/torch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace feedline::inline training {
namespace {

constexpr const char* kCpuDevice = "cpu";

std::string gpu_text(int index) { return fmt::format("cuda:{}", index); }

tl::unexpected<Error> refuse_placement(std::string reason, std::string remedy) {
  return fail(Error{.reason = std::move(reason), .remedy = std::move(remedy), .parameter = "device"});
}

tl::unexpected<Error> not_there(const std::string& asked, const DevicesThere& there) {
  if (there.gpus > 0)
    return refuse_placement(fmt::format("device '{}' was asked for, but the machine has {} CUDA device{}: {}", asked,
                                        there.gpus, there.gpus == 1 ? "" : "s", there.text()),
                            fmt::format("Choose among {}", there.text()));
  return refuse_placement(
      fmt::format("device '{}' was asked for, but there is no CUDA device", asked),
      there.for_gpus
          ? "Install the NVIDIA driver, or set device to auto or cpu"
          : "This LibTorch is a CPU build: build Feedline with a CUDA LibTorch, or set device to auto or cpu");
}

/// Each rank of a machine has one device.
Result<DevicePlacement> place_rank(const std::vector<std::string>& named, const DevicesThere& there,
                                   const World& world) {
  const auto processes = static_cast<std::size_t>(std::max(world.local_size, 1));
  if (processes == 1 && named.size() > 1)
    return refuse_placement(
        fmt::format("one of {} processes that train together has one GPU, and device names {}", world.size,
                    named.size()),
        fmt::format("Start a process for each GPU (launch --nproc {}), or one process alone", named.size()));
  if (named.size() < processes)
    return refuse_placement(
        fmt::format("rank {} cannot have a GPU of its own: there are {} processes on this machine, "
                    "and {} GPU{} for them ({})",
                    world.rank, processes, named.size(), named.size() == 1 ? "" : "s", fmt::join(named, ", ")),
        there.gpus > static_cast<int>(named.size())
            ? fmt::format("Set device to cuda:all, or name one a process; there are {}", there.text())
            : fmt::format("Start {} process{} on this machine, or set device to cpu", named.size(),
                          named.size() == 1 ? "" : "es"));
  return DevicePlacement{{named[static_cast<std::size_t>(std::max(world.local_rank, 0)) % named.size()]}};
}

}  // namespace

std::string DevicesThere::text() const {
  std::string all = kCpuDevice;
  for (int i = 0; i < gpus; ++i) all += ", " + gpu_text(i);
  return all;
}

DevicesThere devices_there() {
  const bool usable = torch::cuda::is_available();
  return {.gpus = usable ? static_cast<int>(torch::cuda::device_count()) : 0, .for_gpus = at::hasCUDA()};
}

bool DevicePlacement::on_cpu() const {
  return std::all_of(devices.begin(), devices.end(), [](const std::string& device) { return device == kCpuDevice; });
}

bool DevicePlacement::uses_cpu() const {
  return std::find(devices.begin(), devices.end(), kCpuDevice) != devices.end();
}

std::string DevicePlacement::text() const { return fmt::format("{}", fmt::join(devices, ",")); }

Error host_way_notice(const DevicePlacement& placement, const World& world) {
  const bool one_machine = world.local_size == world.size;
  return {.reason = fmt::format("gradients of {} go to the other ranks by way of the host: Gloo carries them",
                                placement.text()),
          .remedy = one_machine ? "Train in one process with device cuda:all, which copies them from GPU to GPU"
                                : "Set gradients to bfloat16 or raise accumulate where the steps wait for them"};
}

Result<DevicePlacement> place_network(const TrainerSettings& settings, const DevicesThere& there, const World& world) {
  auto asked = parse_device_names(settings.device);
  if (!asked) return fail(std::move(asked.error()).at_parameter("device"));
  const std::size_t stages = settings.stages.size() + 1;
  if (Status fit = check_devices(*asked, stages); !fit)
    return refuse_placement(fit.error().reason, fmt::format("{}; there are {}", fit.error().remedy, there.text()));
  const bool automatic = !asked->every_gpu && asked->names.front().kind == DeviceName::Kind::Auto;
  if (automatic && (stages > 1 || there.gpus == 0)) return DevicePlacement{};  // stages share the cores

  const bool ranks = !world.alone();
  std::vector<std::string> named;
  if (asked->every_gpu || (ranks && stages == 1 && (automatic || settings.device == "cuda"))) {
    if (there.gpus == 0) return not_there(settings.device, there);
    for (int i = 0; i < there.gpus; ++i) named.push_back(gpu_text(i));
    if (!asked->every_gpu && world.local_size <= 1) named.resize(1);
  } else if (automatic) {
    named.push_back(gpu_text(0));
  } else {
    for (const DeviceName& name : asked->names) {
      if (name.kind == DeviceName::Kind::Cuda && name.index >= there.gpus) {
        const std::string text = gpu_text(name.index);
        return not_there(asked->names.size() == 1 ? settings.device : text, there);
      }
      named.push_back(name.kind == DeviceName::Kind::Cuda ? gpu_text(name.index) : kCpuDevice);
    }
  }

  const bool cpu_alone = named.size() == 1 && named.front() == kCpuDevice;
  if (stages > 1 && !cpu_alone && named.size() != stages)  // of cuda:all
    return refuse_placement(fmt::format("the network is cut into {} stages, and there are {} GPUs: {}", stages,
                                        named.size(), fmt::join(named, ", ")),
                            fmt::format("Name a device a stage, in their order, among {}", there.text()));
  if (ranks && stages == 1 && !cpu_alone) return place_rank(named, there, world);
  DevicePlacement placement{std::move(named)};
  return placement.on_cpu() ? DevicePlacement{} : placement;  // its stages share the cores
}

}  // namespace feedline::inline training
