// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"
#include "schema/tensor_desc.h"

#include <cstdint>
#include <string_view>

// Shape rules that several layers share. Tensors are N×C×H×W (pictures) or N×F (features); every dimension but the
// rank may still be a symbol while a graph is drawn.

namespace feedline::inline nodes {

/// The description at an input, or an error that names the port when nothing (or nothing known) is connected.
[[nodiscard]] Result<TensorDesc> input_desc(DescInputs in, std::size_t index, std::string_view port);
/// A float batch tensor? The error says which node turns what is there into one.
[[nodiscard]] Status check_float(const TensorDesc& in, std::string_view port);
/// The same, and all its records of one size: for layers that do not look at number by number.
[[nodiscard]] Status check_one_size(const TensorDesc& in, std::string_view port);
/// Float N×C×H×W with a channel count that is known or still a symbol.
[[nodiscard]] Status check_pictures(const TensorDesc& in, std::string_view port);
/// Float N×F.
[[nodiscard]] Status check_features(const TensorDesc& in, std::string_view port);

/// How a window slides over one dimension.
struct Window {
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  bool same = false;  ///< padded so that the output is ceil(input / stride)
};

/// Output size of one dimension. A symbol gives a readable symbol: H, H/2, H-4. Error: the window does not fit, with
/// the largest kernel that would.
[[nodiscard]] Result<Dim> slide(const Dim& in, const Window& window);
/// Both spatial dimensions of N×C×H×W; the error names port `x` and parameter `kernel`.
[[nodiscard]] Result<TensorDesc> slide(const TensorDesc& in, const Window& window, const Dim& channels);

/// Product of dimensions [first, end): a number if all are known, else a symbol such as 32×H/4×W/4.
[[nodiscard]] Dim product(const TensorDesc& in, std::size_t first);

}  // namespace feedline::inline nodes
