// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/byte_picture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace feedline::inline nodes {
namespace {

using ByteCounts = std::array<std::int64_t, 256>;

std::int64_t pixels_of(std::span<std::uint8_t> bytes, std::int64_t channels) {
  return static_cast<std::int64_t>(bytes.size()) / channels;
}

ByteCounts count_bytes(std::span<std::uint8_t> bytes, std::int64_t channel, std::int64_t channels) {
  ByteCounts counts{};
  const std::int64_t pixels = pixels_of(bytes, channels);
  for (std::int64_t i = 0; i < pixels; ++i) ++counts[bytes[static_cast<std::size_t>(i * channels + channel)]];
  return counts;
}

void look_up_channel(std::span<std::uint8_t> bytes, std::int64_t channel, std::int64_t channels,
                     const ByteTable& table) {
  const std::int64_t pixels = pixels_of(bytes, channels);
  for (std::int64_t i = 0; i < pixels; ++i) {
    std::uint8_t& byte = bytes[static_cast<std::size_t>(i * channels + channel)];
    byte = table[byte];
  }
}

template <class Value>
ByteTable table_of(const Value& value) {
  ByteTable table{};
  for (int i = 0; i < 256; ++i) table[static_cast<std::size_t>(i)] = value(i);
  return table;
}

std::uint8_t cut_off(double value) { return static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0)); }

/// Of hue `sixths` (0 is red, 2 green, 4 blue), the channel whose own is `own`: how much of the chroma it lacks.
float lacking(float sixths, float own) {
  float k = own + sixths;
  k -= 6 * std::floor(k / 6);
  return std::clamp(std::min(k, 4 - k), 0.0F, 1.0F);
}

}  // namespace

Result<TensorDesc> infer_bytes(const TensorDesc& in) {
  const auto shape = picture_shape(in);
  if (!shape) return fail(shape.error());
  if (in.dtype != DType::U8 || in.layout == Layout::CHW)
    return fail(Error{.reason = "it needs 8-bit pictures in rows of pixels, but is given " + in.text(),
                      .remedy = "Put it before normalise",
                      .port = "image"});
  if (shape->channels.known() && shape->channels.size() != 1 && shape->channels.size() != 3)
    return fail(Error{.reason = "it needs grey pictures or ones of three colours, but is given " + in.text(),
                      .remedy = "Let decode give color rgb or grey",
                      .port = "image"});
  return in;
}

Result<PictureSize> byte_picture_size(const Datum& in) {
  const auto size = picture_size(in);
  if (!size) return size;
  if (in.dtype() != DType::U8 || in.layout() == Layout::CHW || (size->channels != 1 && size->channels != 3))
    return fail_record("'" + in.text() + "' is no 8-bit picture of one or three channels");
  return size;
}

std::span<std::uint8_t> copied_bytes(const Datum& in, Datum& out) {
  auto* to = reinterpret_cast<std::uint8_t*>(out.allocate(in.dtype(), in.dims(), in.layout()));
  std::memcpy(to, in.data(), in.bytes());
  return {to, in.bytes()};
}

void look_up(std::span<std::uint8_t> bytes, const ByteTable& table) {
  for (std::uint8_t& byte : bytes) byte = table[byte];
}

std::uint8_t blended(int from, int to, float factor) {
  const float value = static_cast<float>(from) + factor * static_cast<float>(to - from);
  return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
}

void adjust_brightness(std::span<std::uint8_t> bytes, double factor) {
  const auto f = static_cast<float>(factor);
  look_up(bytes, table_of([&](int value) { return blended(0, value, f); }));
}

void adjust_contrast(std::span<std::uint8_t> bytes, std::int64_t channels, double factor) {
  const std::int64_t pixels = pixels_of(bytes, channels);
  if (pixels == 0) return;
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < pixels; ++i) {
    const std::uint8_t* pixel = bytes.data() + i * channels;
    sum += channels == 3 ? luma(pixel) : *pixel;
  }
  const int mean = static_cast<int>(static_cast<double>(sum) / static_cast<double>(pixels) + 0.5);
  const auto f = static_cast<float>(factor);
  look_up(bytes, table_of([&](int value) { return blended(mean, value, f); }));
}

void adjust_saturation(std::span<std::uint8_t> rgb, double factor) {
  const auto f = static_cast<float>(factor);
  for (std::size_t i = 0; i + 2 < rgb.size(); i += 3) {
    std::uint8_t* pixel = rgb.data() + i;
    const int grey = luma(pixel);
    for (int c = 0; c < 3; ++c) pixel[c] = blended(grey, pixel[c], f);
  }
}

void adjust_hue(std::span<std::uint8_t> rgb, double turns) {
  const auto turn = static_cast<float>(6 * (turns - std::floor(turns)));
  for (std::size_t i = 0; i + 2 < rgb.size(); i += 3) {
    std::uint8_t* pixel = rgb.data() + i;
    const float r = pixel[0];
    const float g = pixel[1];
    const float b = pixel[2];
    const float most = std::max({r, g, b});
    const float chroma = most - std::min({r, g, b});
    const float inverse = chroma > 0 ? 1 / chroma : 0;
    const float hue = most == r ? (g - b) * inverse : most == g ? 2 + (b - r) * inverse : 4 + (r - g) * inverse;
    const float sixths = hue + turn;
    pixel[0] = static_cast<std::uint8_t>(most - chroma * lacking(sixths, 5) + 0.5F);
    pixel[1] = static_cast<std::uint8_t>(most - chroma * lacking(sixths, 3) + 0.5F);
    pixel[2] = static_cast<std::uint8_t>(most - chroma * lacking(sixths, 1) + 0.5F);
  }
}

void adjust_sharpness(std::span<const std::uint8_t> from, std::uint8_t* to, const PictureSize& size, double factor) {
  std::memcpy(to, from.data(), from.size());
  const auto f = static_cast<float>(factor);
  const std::int64_t step = size.channels;
  const std::int64_t row = size.width * step;
  for (std::int64_t y = 1; y + 1 < size.height; ++y) {
    const std::uint8_t* middle = from.data() + y * row;
    const std::uint8_t* above = middle - row;
    const std::uint8_t* below = middle + row;
    std::uint8_t* line = to + y * row;
    for (std::int64_t x = step; x < row - step; ++x) {
      const int around = above[x - step] + above[x] + above[x + step] + middle[x - step] + middle[x + step] +
                         below[x - step] + below[x] + below[x + step];
      const int smooth = (2 * (around + 5 * middle[x]) + 13) / 26;  // PIL's SMOOTH: weights 1 and 5 of 13, rounded
      line[x] = blended(smooth, middle[x], f);
    }
  }
}

void make_grey(std::span<std::uint8_t> rgb) {
  for (std::size_t i = 0; i + 2 < rgb.size(); i += 3) {
    const auto grey = static_cast<std::uint8_t>(luma(rgb.data() + i));
    std::fill_n(rgb.data() + i, 3, grey);
  }
}

void posterise(std::span<std::uint8_t> bytes, int bits) {
  const auto mask = static_cast<std::uint8_t>(~((1U << static_cast<unsigned>(8 - bits)) - 1U));
  for (std::uint8_t& byte : bytes) byte &= mask;
}

void solarise(std::span<std::uint8_t> bytes, double threshold) {
  look_up(bytes,
          table_of([&](int value) { return static_cast<std::uint8_t>(value < threshold ? value : 255 - value); }));
}

void stretch_channels(std::span<std::uint8_t> bytes, std::int64_t channels) {
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    const ByteCounts counts = count_bytes(bytes, channel, channels);
    int low = 0;
    int high = 255;
    while (low < 255 && counts[static_cast<std::size_t>(low)] == 0) ++low;
    while (high > 0 && counts[static_cast<std::size_t>(high)] == 0) --high;
    if (high <= low) continue;
    const double scale = 255.0 / (high - low);
    const double offset = -low * scale;
    look_up_channel(bytes, channel, channels,
                    table_of([&](int value) { return cut_off(std::trunc(value * scale + offset)); }));
  }
}

void equalise_channels(std::span<std::uint8_t> bytes, std::int64_t channels) {
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    const ByteCounts counts = count_bytes(bytes, channel, channels);
    std::int64_t brightest = 0;  // how many pixels have the brightest value
    int values = 0;
    for (const std::int64_t count : counts)
      if (count > 0) {
        brightest = count;
        ++values;
      }
    const std::int64_t step = (pixels_of(bytes, channels) - brightest) / 255;
    if (values < 2 || step == 0) continue;
    std::int64_t sum = step / 2;
    ByteTable table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
      table[i] = static_cast<std::uint8_t>(std::min<std::int64_t>(sum / step, 255));
      sum += counts[i];
    }
    look_up_channel(bytes, channel, channels, table);
  }
}

}  // namespace feedline::inline nodes
