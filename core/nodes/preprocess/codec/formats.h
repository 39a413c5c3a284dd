// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/preprocess/codec/codec.h"

#include <string_view>

namespace feedline::inline nodes::codec {

/// "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF", for messages.
inline constexpr std::string_view kReadable = "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF";

/// Is it AVIF (AV1) among Format::Heif, not HEIC (HEVC)? By the brands that the file declares.
[[nodiscard]] bool is_avif(Bytes bytes);

/// Why a file that sniff() does not know is no picture, as a record error: by its name, else by its first bytes.
[[nodiscard]] Error not_a_picture(Bytes bytes);

}  // namespace feedline::inline nodes::codec
