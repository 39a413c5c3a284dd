// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/canvas.h"
#include "nodes/preprocess/codec/formats.h"
#include "nodes/preprocess/codec/heif_size.h"

#include <fmt/format.h>

#include <algorithm>
#include <libheif/heif.h>
#include <memory>
#include <string>
#include <vector>

namespace feedline::inline nodes::codec {
namespace {

struct Free {
  void operator()(heif_context* context) const { heif_context_free(context); }
  void operator()(heif_image_handle* handle) const { heif_image_handle_release(handle); }
  void operator()(heif_image* image) const { heif_image_release(image); }
  void operator()(heif_decoding_options* options) const { heif_decoding_options_free(options); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// Decoders are plug-ins, which some distributions package one by one.
bool has_decoder(bool avif) {
  static const bool started = heif_init(nullptr).code == heif_error_Ok;
  return started && heif_have_decoder_for_format(avif ? heif_compression_AV1 : heif_compression_HEVC) != 0;
}

tl::unexpected<Error> broken_heif(bool avif, const std::string& message) {
  return fail_record(fmt::format("{} picture that cannot be read: {}", avif ? "an AVIF" : "a HEIC", message),
                     "Restore the file, or convert it to PNG");
}

tl::unexpected<Error> broken_heif(bool avif, const heif_error& error) {
  if (error.code == heif_error_Memory_allocation_error && error.subcode != heif_suberror_Security_limit_exceeded)
    return no_memory();
  return broken_heif(avif, error.message == nullptr ? "its data are damaged" : error.message);
}

/// What is coded may be larger than what the file declares and the canvas checks. Decoders take their memory by what is
/// coded, which only the newest versions of libheif compare with what is declared.
Status check_coded_size(Bytes bytes, bool avif, std::uint64_t most) {
  const HeifSizes sizes = heif_sizes(bytes);
  const bool over = sizes.coded.pixels() > most + most / 8 + 512 * 512;
  if (!over && !sizes.absurd()) return {};
  return broken_heif(avif, fmt::format("it declares {} x {} px, but its data hold {} x {} px", sizes.declared.width,
                                       sizes.declared.height, sizes.coded.width, sizes.coded.height));
}

/// libheif is told the budget too, where it can be (before, it takes up to 32,768 pixels a side).
void limit_pixels([[maybe_unused]] heif_context* context, [[maybe_unused]] std::uint64_t most) {
#if LIBHEIF_HAVE_VERSION(1, 19, 0)
  heif_security_limits* limits = heif_context_get_security_limits(context);
  if (limits != nullptr && limits->max_image_size_pixels > most) limits->max_image_size_pixels = most + most / 8;
#endif
}

/// Rows of R, G, B, A to the canvas. Colours that were multiplied by their opacity are divided again.
void put_rows(const heif_image* image, bool premultiplied, Canvas& canvas) {
  int stride = 0;
  const std::uint8_t* pixels = heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);
  const Region& wanted = canvas.wanted();
  std::vector<std::uint8_t> divided;
  for (std::int64_t y = wanted.y; y < wanted.bottom(); ++y) {
    const std::uint8_t* row = pixels + y * stride + wanted.x * 4;
    if (premultiplied) {
      divided.assign(row, row + wanted.width * 4);
      for (std::size_t i = 0; i < divided.size(); i += 4) divide_by_opacity(&divided[i]);
      row = divided.data();
    }
    canvas.put_rgba(y, row);
  }
}

}  // namespace

/// The primary picture. What turns it lies in the file's own boxes, which libheif obeys; EXIF has no say. libheif
/// decodes all of it, so a window saves no time here. Deeper colours are made 8-bit by libheif.
Status decode_heif(Bytes bytes, Canvas& canvas) {
  const bool avif = is_avif(bytes);
  if (!has_decoder(avif))
    return fail_record(
        fmt::format("{} picture, for which this machine has no decoder", avif ? "an AVIF" : "a HEIC"),
        avif ? "Install libheif's decoder (Debian: libheif-plugin-dav1d), or convert the pictures to JPEG"
             : "Install libheif's decoder (Debian: libheif-plugin-libde265), or convert the pictures to JPEG");
  const Owned<heif_context> context(heif_context_alloc());
  if (!context) return no_memory();
  heif_context_set_max_decoding_threads(context.get(), 0);  // workers are threads enough
  limit_pixels(context.get(), canvas.request().max_pixels);
  if (const heif_error error =
          heif_context_read_from_memory_without_copy(context.get(), bytes.data(), bytes.size(), nullptr);
      error.code != heif_error_Ok)
    return broken_heif(avif, error);
  heif_image_handle* primary = nullptr;
  if (const heif_error error = heif_context_get_primary_image_handle(context.get(), &primary);
      error.code != heif_error_Ok)
    return broken_heif(avif, error);
  const Owned<heif_image_handle> handle(primary);
  const int width = heif_image_handle_get_width(handle.get());
  const int height = heif_image_handle_get_height(handle.get());
  if (width < 0 || height < 0) return broken_heif(avif, "its size is damaged");
  if (Status ok = canvas.open(static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height)); !ok) return ok;
  if (Status ok = check_coded_size(bytes, avif, canvas.request().max_pixels); !ok) return ok;

  const Owned<heif_decoding_options> options(heif_decoding_options_alloc());
  if (!options) return no_memory();
  options->convert_hdr_to_8bit = 1;
  options->strict_decoding = canvas.request().keep_damaged ? 0 : 1;
  heif_image* decoded = nullptr;
  if (const heif_error error =
          heif_decode_image(handle.get(), &decoded, heif_colorspace_RGB, heif_chroma_interleaved_RGBA, options.get());
      error.code != heif_error_Ok)
    return broken_heif(avif, error);
  const Owned<heif_image> image(decoded);
  if (heif_image_get_width(image.get(), heif_channel_interleaved) != width ||
      heif_image_get_height(image.get(), heif_channel_interleaved) != height)
    return broken_heif(avif, "its pixels are not as many as it declares");
  (void)canvas.begin();
  put_rows(image.get(), heif_image_handle_is_premultiplied_alpha(handle.get()) != 0, canvas);
  return {};
}

}  // namespace feedline::inline nodes::codec
