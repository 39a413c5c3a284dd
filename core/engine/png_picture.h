// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "engine/preview_view.h"

#include <string>

namespace feedline::inline engine {

/// The picture as the bytes of a PNG file, 8 bits a channel. Errors: it has no pixels, not enough memory.
[[nodiscard]] Result<std::string> png_of(const Raster& picture);

}  // namespace feedline::inline engine
