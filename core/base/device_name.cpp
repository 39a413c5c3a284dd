// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/device_name.h"

#include <charconv>

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

}  // namespace feedline::inline base
