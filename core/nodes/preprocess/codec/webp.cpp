// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/codec.h"
#include "nodes/preprocess/codec/exif.h"

#include <cstring>
#include <string>
#include <webp/decode.h>

namespace feedline::codec {
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
  std::uint32_t x = 0;
  std::uint32_t y = 0;
  int width = 0;
  int height = 0;
};

tl::unexpected<Error> broken(const std::string& message) {
  return fail_record("a WebP picture that cannot be read: " + message, "Restore the file, or delete it");
}

Result<Frame> first_frame(Bytes file) {
  constexpr std::size_t kFrameHeader = 16;
  const Bytes animation = find_chunk(file, "ANMF");
  if (animation.size() <= kFrameHeader) return broken("its animation has no frame");
  Frame frame{.data = animation.subspan(kFrameHeader),
              .x = 2 * little_endian(animation, 0, 3),
              .y = 2 * little_endian(animation, 3, 3)};
  if (WebPGetInfo(reinterpret_cast<const std::uint8_t*>(frame.data.data()), frame.data.size(), &frame.width,
                  &frame.height) == 0)
    return broken("its first frame has no picture");
  return frame;
}

int orientation(Bytes file) {
  Bytes exif = find_chunk(file, "EXIF");
  if (exif.size() > 6 && std::memcmp(exif.data(), "Exif\0\0", 6) == 0) exif = exif.subspan(6);
  return exif_orientation(exif);
}

}  // namespace

Status decode_webp(Bytes bytes, Canvas& canvas) {
  WebPBitstreamFeatures features{};
  if (WebPGetFeatures(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &features) != VP8_STATUS_OK)
    return broken("its header is damaged");
  const auto width = static_cast<std::uint32_t>(features.width);
  const auto height = static_cast<std::uint32_t>(features.height);
  const auto pixels = canvas.begin(width, height, orientation(bytes));
  if (!pixels) return fail(pixels.error());

  Frame frame{.data = bytes, .width = features.width, .height = features.height};
  if (features.has_animation != 0) {
    auto first = first_frame(bytes);
    if (!first) return fail(std::move(first.error()));
    frame = *first;
  }
  const auto frame_width = static_cast<std::uint32_t>(frame.width);
  const auto frame_height = static_cast<std::uint32_t>(frame.height);
  if (frame.x + frame_width > width || frame.y + frame_height > height) return broken("its first frame lies outside");

  std::vector<std::uint8_t> rgba(std::size_t{width} * height * 4);  // transparent where a frame does not reach
  const std::size_t stride = std::size_t{width} * 4;
  std::uint8_t* first = rgba.data() + frame.y * stride + std::size_t{frame.x} * 4;
  const std::size_t room = rgba.size() - static_cast<std::size_t>(first - rgba.data());
  const auto* data = reinterpret_cast<const std::uint8_t*>(frame.data.data());
  const bool complete = WebPDecodeRGBAInto(data, frame.data.size(), first, room, static_cast<int>(stride)) != nullptr;
  const DecodeRequest& request = canvas.request();
  if (!complete && !request.accept_damaged) return broken("its data are damaged or end too early");
  for (std::size_t y = 0; y < height; ++y)
    convert_rgba_row(rgba.data() + y * stride, width, request,
                     *pixels + y * width * static_cast<std::size_t>(request.channels()));
  return {};
}

}  // namespace feedline::codec
