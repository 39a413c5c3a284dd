// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a file of TorchScript is, before LibTorch is given it. Free of LibTorch.

#include "base/error.h"

#include <filesystem>
#include <string_view>

namespace feedline::inline nodes {

/// Looks into the archive that torch.jit.save() writes: a zip file of tensors, of pickles that LibTorch's own reader
/// takes (it knows tensors, numbers, texts and containers, and runs no Python), and of the source text of its
/// functions. Nothing is loaded. Memory is bounded by a few megabytes.
///
/// Errors name the file, the parameter `file`, what is wrong and what to do: it is missing, truncated, no archive, a
/// state dict; members that unpack to more than a sound file has; program text that is nested too deeply for a
/// compiler; operators that LibTorch does not have, by name; a program that would run while it is being loaded
/// (__setstate__), or writes and reads files.
[[nodiscard]] Status check_script_archive(const std::filesystem::path& path);

/// The same of the text of one of its program files.
[[nodiscard]] Status check_script_text(std::string_view text);

/// Why an operator (such as "torchvision::nms" or "aten::save") is not run; empty: it may be.
[[nodiscard]] std::string_view refused_operator(std::string_view name);

}  // namespace feedline::inline nodes
