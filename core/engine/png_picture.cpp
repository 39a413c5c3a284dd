// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/png_picture.h"

#include <png.h>

namespace feedline::inline engine {

Result<std::string> png_of(const Raster& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.rgb.data(), 0, nullptr) == 0)
    return fail(std::string("the PNG cannot be made: ") + image.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace feedline::inline engine
