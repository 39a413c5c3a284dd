// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "base/error.h"
#include "graph/document.h"

#include <optional>
#include <string>

namespace feedline::inline training {

/// Are pictures prepared otherwise than those that a backbone's weights were made from? Known of weights with the names
/// of PyTorch's hub, which are ImageNet's, and of those that come with Feedline. None: no, or nobody knows.
[[nodiscard]] std::optional<Error> normalise_notice(const Document& document, const std::string& backbone,
                                                    const std::string& weights);

}  // namespace feedline::inline training
