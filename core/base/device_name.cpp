// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/device_name.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <utility>

namespace feedline::inline base {

Result<DeviceName> parse_device_name(std::string_view text) {
  if (text == "auto") return DeviceName{};
  if (text == "cpu") return DeviceName{DeviceName::Kind::Cpu, 0};
  if (text == "cuda") return DeviceName{DeviceName::Kind::Cuda, 0};
  constexpr std::string_view prefix = "cuda:";
  if (text.starts_with(prefix)) {
    const std::string_view digits = text.substr(prefix.size());
    const char* end = digits.data() + digits.size();
    int index = -1;
    const auto [rest, fault] = std::from_chars(digits.data(), end, index);
    if (fault == std::errc{} && rest == end && index >= 0 && index < 128)
      return DeviceName{DeviceName::Kind::Cuda, index};
  }
  return fail("'" + std::string(text) + "' is no device", "Write auto, cpu, cuda or cuda:1");
}

Result<DeviceNames> parse_device_names(std::string_view text) {
  DeviceNames all;
  if (text == "cuda:all") {
    all.every_gpu = true;
    return all;
  }
  for (std::size_t first = 0; first <= text.size();) {
    const std::size_t comma = std::min(text.find(',', first), text.size());
    std::string_view item = text.substr(first, comma - first);
    first = comma + 1;
    const bool listed = comma < text.size() || !all.names.empty();
    if (listed) {  // "cuda:0, cuda:1"
      while (item.starts_with(' ')) item.remove_prefix(1);
      while (item.ends_with(' ')) item.remove_suffix(1);
      if (item == "auto" || item == "cuda:all")
        return fail("'" + std::string(item) + "' stands alone, not in a list of devices",
                    "Write " + std::string(item) + " alone, or name each device: cuda:0,cuda:1");
    }
    auto name = parse_device_name(item);
    if (!name) return fail(std::move(name.error()));
    all.names.push_back(*name);
  }
  return all;
}

Status check_devices(const DeviceNames& devices, std::size_t stages) {
  const std::vector<DeviceName>& names = devices.names;
  if (devices.every_gpu) return {};
  if (stages > 1) {
    if (names.size() == stages || (names.size() == 1 && names.front().kind != DeviceName::Kind::Cuda)) return {};
    return fail("the network is cut into " + std::to_string(stages) + " stages, and device names " +
                    std::to_string(names.size()),
                "Name one a stage, in their order, such as cuda:0,cuda:1, or cpu alone");
  }
  for (std::size_t i = 0; names.size() > 1 && i < names.size(); ++i) {
    if (names[i].kind == DeviceName::Kind::Cpu)
      return fail("replicas on the CPU and on GPUs would wait for the slowest", "Name GPUs alone, or cpu alone");
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i))
      return fail("two replicas on cuda:" + std::to_string(names[i].index) + " would share its time",
                  "Name each device once");
  }
  return {};
}

}  // namespace feedline::inline base
