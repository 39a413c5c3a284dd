// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/canvas.h"
#include "nodes/preprocess/codec/exif.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <webp/decode.h>

namespace feedline::inline nodes::codec {
namespace {

std::uint32_t little_endian(Bytes bytes, std::size_t at, std::size_t length) {
  std::uint32_t value = 0;
  for (std::size_t i = length; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

/// The payload of the first chunk called `name`; empty if there is none.
/// Source: the WebP container specification (RIFF chunks: name, length, payload padded to even).
Bytes find_chunk(Bytes file, std::string_view name) {
  std::size_t at = 12;
  while (at + 8 <= file.size()) {
    const std::size_t length = std::min<std::size_t>(little_endian(file, at + 4, 4), file.size() - at - 8);
    if (std::memcmp(file.data() + at, name.data(), 4) == 0) return file.subspan(at + 8, length);
    at += 8 + length + length % 2;
  }
  return {};
}

/// Where the pixels of the picture, or of an animation's first frame, lie.
struct Frame {
  Bytes data{};
  Region place{};
};

tl::unexpected<Error> broken_webp(const std::string& message) {
  return fail_record("a WebP picture that cannot be read: " + message, "Restore the file, or delete it");
}

Result<Frame> first_frame(Bytes file) {
  constexpr std::size_t kFrameHeader = 16;
  const Bytes animation = find_chunk(file, "ANMF");
  if (animation.size() <= kFrameHeader) return broken_webp("its animation has no frame");
  const Bytes data = animation.subspan(kFrameHeader);
  int width = 0;
  int height = 0;
  if (WebPGetInfo(reinterpret_cast<const std::uint8_t*>(data.data()), data.size(), &width, &height) == 0)
    return broken_webp("its first frame has no picture");
  const std::int64_t x = std::int64_t{2} * little_endian(animation, 0, 3);
  const std::int64_t y = std::int64_t{2} * little_endian(animation, 3, 3);
  return Frame{.data = data, .place = {x, y, width, height}};
}

int orientation(Bytes file) {
  Bytes exif = find_chunk(file, "EXIF");
  if (exif.size() > 6 && std::memcmp(exif.data(), "Exif\0\0", 6) == 0) exif = exif.subspan(6);
  return exif_orientation(exif);
}

/// Decodes `part` (in the frame's own pixels, from an even place on) as R, G, B, A. Not OK: damaged or incomplete; what
/// could be read is there.
VP8StatusCode decode_part(Bytes data, const Region& part, std::span<std::uint8_t> rgba) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return VP8_STATUS_INVALID_PARAM;
  config.options.use_cropping = 1;
  config.options.crop_left = static_cast<int>(part.x);
  config.options.crop_top = static_cast<int>(part.y);
  config.options.crop_width = static_cast<int>(part.width);
  config.options.crop_height = static_cast<int>(part.height);
  config.output.colorspace = MODE_RGBA;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = rgba.data();
  config.output.u.RGBA.stride = static_cast<int>(part.width * 4);
  config.output.u.RGBA.size = rgba.size();
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(data.data());
  VP8StatusCode status = WebPDecode(bytes, data.size(), &config);
  if (status == VP8_STATUS_NOT_ENOUGH_DATA || status == VP8_STATUS_SUSPENDED) {
    // WebPDecode wants all that the file declares, its padding and what stands behind the pixels included.
    if (WebPIDecoder* decoder = WebPIDecode(nullptr, 0, &config)) {
      status = WebPIUpdate(decoder, bytes, data.size());
      WebPIDelete(decoder);
    } else {
      status = VP8_STATUS_OUT_OF_MEMORY;
    }
  }
  WebPFreeDecBuffer(&config.output);
  return status;
}

/// Opaque grey everywhere.
void grey_out(std::span<std::uint8_t> rgba) {
  for (std::size_t i = 0; i < rgba.size(); ++i) rgba[i] = i % 4 == 3 ? std::uint8_t{255} : kGap;
}

/// What of a frame must be decoded for `wanted`, in the frame's own pixels: with a margin, because colours are
/// interpolated from their neighbours, and from an even place on, as the decoder wants it.
Region frame_part(const Region& place, const Region& wanted) {
  Region part = intersection(widened(wanted, 2), place);
  if (part.width == 0) return {};
  part.x -= place.x;
  part.y -= place.y;
  part.width += part.x % 2;
  part.height += part.y % 2;
  part.x -= part.x % 2;
  part.y -= part.y % 2;
  return part;
}

}  // namespace

Status decode_webp(Bytes bytes, Canvas& canvas) {
  WebPBitstreamFeatures features{};
  if (WebPGetFeatures(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &features) != VP8_STATUS_OK)
    return broken_webp("its header is damaged");
  const auto width = static_cast<std::uint64_t>(features.width);
  const auto height = static_cast<std::uint64_t>(features.height);
  if (Status ok = canvas.open(width, height, orientation(bytes)); !ok) return ok;

  Frame frame{.data = bytes, .place = {0, 0, features.width, features.height}};
  if (features.has_animation != 0) {
    auto first = first_frame(bytes);
    if (!first) return fail(std::move(first.error()));
    frame = *first;
  }
  if (frame.place.right() > features.width || frame.place.bottom() > features.height)
    return broken_webp("its first frame lies outside");

  const Region& wanted = canvas.wanted();
  Region part = frame_part(frame.place, wanted);
  const bool keep = canvas.request().keep_damaged;
  std::unique_ptr<std::uint8_t[]> rgba;
  const auto read = [&](const Region& region) {
    part = region;
    const auto size = static_cast<std::size_t>(part.width * part.height) * 4;
    rgba = std::make_unique_for_overwrite<std::uint8_t[]>(size);
    if (keep) grey_out({rgba.get(), size});
    return part.width == 0 ? VP8_STATUS_OK : decode_part(frame.data, part, {rgba.get(), size});
  };
  VP8StatusCode status = read(part);
  // How far a damaged frame can be read depends on where a window begins: it is kept as a whole one has it.
  const Region all{0, 0, frame.place.width, frame.place.height};
  if (keep && status != VP8_STATUS_OK && status != VP8_STATUS_OUT_OF_MEMORY && part != all) status = read(all);
  if (status == VP8_STATUS_OUT_OF_MEMORY) return no_memory();
  if (status != VP8_STATUS_OK && !keep) return broken_webp("its data are damaged or end too early");

  (void)canvas.begin();
  const Region shown = intersection({part.x + frame.place.x, part.y + frame.place.y, part.width, part.height}, wanted);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(wanted.width) * 4);  // transparent beside the frame
  for (std::int64_t y = wanted.y; y < wanted.bottom(); ++y) {
    std::fill(row.begin(), row.end(), std::uint8_t{0});
    if (y >= shown.y && y < shown.bottom()) {
      const std::int64_t from = (y - frame.place.y - part.y) * part.width + shown.x - frame.place.x - part.x;
      std::memcpy(row.data() + (shown.x - wanted.x) * 4, rgba.get() + from * 4,
                  static_cast<std::size_t>(shown.width) * 4);
    }
    canvas.put_rgba(y, row.data());
  }
  return {};
}

}  // namespace feedline::inline nodes::codec
