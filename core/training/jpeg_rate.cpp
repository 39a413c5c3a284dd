// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/jpeg_rate.h"

#include "base/clock.h"
#include "base/random.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it
#include <cstdlib>
#include <jpeglib.h>
#include <memory>
#include <vector>

namespace feedline::inline training {
namespace {

constexpr unsigned kWidth = 1024;
constexpr unsigned kHeight = 768;

struct Fault : jpeg_error_mgr {
  std::jmp_buf jump;
  char text[JMSG_LENGTH_MAX] = {};
};

void on_fault(j_common_ptr info) {
  auto* fault = static_cast<Fault*>(info->err);
  fault->format_message(info, fault->text);
  std::longjmp(fault->jump, 1);
}

struct Bytes {
  unsigned char* data = nullptr;
  unsigned long size = 0;
  Bytes() = default;
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() { std::free(data); }
};

/// A colour gradient with noise, about as hard as a photo.
std::vector<unsigned char> picture() {
  std::vector<unsigned char> pixels(std::size_t{kWidth} * kHeight * 3);
  Rng rng(1, 0, 0, 0);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<unsigned char>((i / 24 + i / (kWidth * 12) + rng.below(24)) & 0xff);
  return pixels;
}

bool encode(std::vector<unsigned char>& pixels, Bytes& out, std::string& message) {
  jpeg_compress_struct info{};
  Fault fault{};
  info.err = jpeg_std_error(&fault);
  fault.error_exit = on_fault;
  if (setjmp(fault.jump) != 0) {
    message = fault.text;
    jpeg_destroy_compress(&info);
    return false;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &out.data, &out.size);
  info.image_width = kWidth;
  info.image_height = kHeight;
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 90, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < kHeight) {
    JSAMPROW row = pixels.data() + std::size_t{info.next_scanline} * kWidth * 3;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return true;
}

bool decode(const Bytes& in, std::vector<unsigned char>& pixels, std::string& message) {
  jpeg_decompress_struct info{};
  Fault fault{};
  info.err = jpeg_std_error(&fault);
  fault.error_exit = on_fault;
  if (setjmp(fault.jump) != 0) {
    message = fault.text;
    jpeg_destroy_decompress(&info);
    return false;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, in.data, in.size);
  jpeg_read_header(&info, TRUE);
  info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&info);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = pixels.data() + std::size_t{info.output_scanline} * kWidth * 3;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return true;
}

}  // namespace

std::string libjpeg_turbo_version() {
#ifdef LIBJPEG_TURBO_VERSION
#define FEEDLINE_TEXT_OF(x) #x
#define FEEDLINE_TEXT(x) FEEDLINE_TEXT_OF(x)
  return FEEDLINE_TEXT(LIBJPEG_TURBO_VERSION);
#else
  return "unknown";
#endif
}

JpegRate measure_jpeg_decode() {
  constexpr int rounds = 6;
  JpegRate rate{.version = libjpeg_turbo_version()};
  std::vector<unsigned char> pixels = picture();
  Bytes file;
  if (!encode(pixels, file, rate.fault)) return rate;
  for (int round = 0; round < rounds; ++round) {
    const Nanos start = Clock::system().now();
    if (!decode(file, pixels, rate.fault)) return {.version = rate.version, .fault = rate.fault};
    const double taken = seconds(Clock::system().now() - start);
    rate.megapixels_per_s = std::max(rate.megapixels_per_s, kWidth * kHeight / taken * 1e-6);
  }
  return rate;
}

}  // namespace feedline::inline training
