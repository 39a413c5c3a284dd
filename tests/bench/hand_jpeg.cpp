// SPDX-License-Identifier: GPL-3.0-or-later
// The loop that somebody writes by hand for photos: read, decode, random resized crop 224, flip, normalise, batch 64.
// Decodes only what the crop needs: DCT-scaled, cropped scanlines; --full decodes every pixel; --pixels takes pictures
// that were decoded beforehand.
// c++ -std=c++20 -O3 hand_jpeg.cpp -ljpeg -lopencv_core -lopencv_imgproc -pthread
#include "hand_loop.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <fcntl.h>
#include <filesystem>
#include <jpeglib.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr int kSize = 224;
constexpr int kBatch = 64;
constexpr int kMargin = 2;  // pixels that the filter may look at beyond the window

struct Window {
  int x, y, width, height;
};

/// torchvision's RandomResizedCrop: scale 0.08..1, ratio 3/4..4/3.
Window random_window(int width, int height, hand::Random& random) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = width * height * random.uniform(0.08, 1.0);
    const double ratio = std::exp(random.uniform(std::log(3.0 / 4), std::log(4.0 / 3)));
    const int w = static_cast<int>(std::lround(std::sqrt(area * ratio)));
    const int h = static_cast<int>(std::lround(std::sqrt(area / ratio)));
    if (w >= 1 && h >= 1 && w <= width && h <= height)
      return {random.below(width - w + 1), random.below(height - h + 1), w, h};
  }
  const int side = std::min(width, height);
  return {(width - side) / 2, (height - side) / 2, side, side};
}

bool read_file(const std::string& path, std::vector<unsigned char>& bytes) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  struct stat status {};
  bool good = ::fstat(file, &status) == 0;
  if (good) {
    bytes.resize(static_cast<std::size_t>(status.st_size));
    good = ::read(file, bytes.data(), bytes.size()) == status.st_size;
  }
  ::close(file);
  return good;
}

class Worker {
 public:
  Worker(const std::vector<std::string>& files, const std::vector<cv::Mat>& decoded, int thread, bool full)
      : files_(files),
        decoded_(decoded),
        random_(static_cast<std::uint64_t>(thread) + 1),
        full_(full),
        batch_(kBatch * 3 * kSize * kSize) {
    info_.err = jpeg_std_error(&errors_);
    jpeg_create_decompress(&info_);
    const double mean[3] = {0.485, 0.456, 0.406};
    const double stddev[3] = {0.229, 0.224, 0.225};
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t v = 0; v < 256; ++v)
        table_[c][v] = static_cast<float>((static_cast<double>(v) / 255 - mean[c]) / stddev[c]);
  }
  ~Worker() { jpeg_destroy_decompress(&info_); }
  Worker(const Worker&) = delete;

  std::uint64_t batch() {
    for (std::size_t row = 0; row < kBatch; ++row) sample(batch_.data() + row * 3 * kSize * kSize);
    return kBatch;
  }

  cv::Mat whole(std::size_t file) {
    open(file);
    return decode_full({0, 0, static_cast<int>(info_.image_width), static_cast<int>(info_.image_height)}).clone();
  }

 private:
  void open(std::size_t file) {
    if (!read_file(files_[file], bytes_)) std::abort();
    jpeg_mem_src(&info_, bytes_.data(), bytes_.size());
    jpeg_read_header(&info_, TRUE);
    info_.out_color_space = JCS_RGB;
  }

  cv::Mat part_of(std::size_t file) {
    if (!decoded_.empty()) {
      const Window window = random_window(decoded_[file].cols, decoded_[file].rows, random_);
      return decoded_[file](cv::Rect(window.x, window.y, window.width, window.height));
    }
    open(file);
    const Window window =
        random_window(static_cast<int>(info_.image_width), static_cast<int>(info_.image_height), random_);
    return full_ ? decode_full(window) : decode_part(window);
  }

  void sample(float* to) {
    const cv::Mat part = part_of(static_cast<std::size_t>(random_.below(static_cast<int>(files_.size()))));
    cv::resize(part, resized_, cv::Size(kSize, kSize), 0, 0, cv::INTER_LINEAR);
    const bool flip = random_.below(2) == 1;
    const cv::Mat* picture = &resized_;
    if (flip) {
      cv::flip(resized_, flipped_, 1);
      picture = &flipped_;
    }
    const unsigned char* from = picture->data;
    constexpr std::size_t kPlane = std::size_t{kSize} * kSize;
    for (std::size_t i = 0; i < kPlane; ++i, from += 3) {
      to[i] = table_[0][from[0]];
      to[kPlane + i] = table_[1][from[1]];
      to[2 * kPlane + i] = table_[2][from[2]];
    }
  }

  cv::Mat decode_full(const Window& window) {
    info_.scale_num = 8;
    info_.scale_denom = 8;
    jpeg_start_decompress(&info_);
    pixels_.create(static_cast<int>(info_.output_height), static_cast<int>(info_.output_width), CV_8UC3);
    while (info_.output_scanline < info_.output_height) read_row(pixels_.ptr(static_cast<int>(info_.output_scanline)));
    jpeg_finish_decompress(&info_);
    return pixels_(cv::Rect(window.x, window.y, window.width, window.height));
  }

  cv::Mat decode_part(const Window& window) {
    int eighths = 8;
    while (eighths > 1 && std::min(window.width, window.height) * eighths / 16 >= kSize) eighths /= 2;
    info_.scale_num = static_cast<unsigned>(eighths);
    info_.scale_denom = 8;
    jpeg_start_decompress(&info_);
    const auto scaled = [&](int value) { return value * eighths / 8; };
    const int left = scaled(window.x);
    const int top = scaled(window.y);
    const int width = std::max(1, std::min(scaled(window.width), static_cast<int>(info_.output_width) - left));
    const int height = std::max(1, std::min(scaled(window.height), static_cast<int>(info_.output_height) - top));

    JDIMENSION x = static_cast<JDIMENSION>(std::max(0, left - kMargin));
    JDIMENSION columns = std::min(static_cast<JDIMENSION>(left + width + kMargin), info_.output_width) - x;
    jpeg_crop_scanline(&info_, &x, &columns);
    const int first = std::max(0, top - kMargin);
    const int last = std::min(top + height + kMargin, static_cast<int>(info_.output_height));
    if (first > 0) jpeg_skip_scanlines(&info_, static_cast<JDIMENSION>(first));
    pixels_.create(last - first, static_cast<int>(info_.output_width), CV_8UC3);
    while (static_cast<int>(info_.output_scanline) < last)
      read_row(pixels_.ptr(static_cast<int>(info_.output_scanline) - first));
    jpeg_abort_decompress(&info_);
    return pixels_(cv::Rect(left - static_cast<int>(x), top - first, width, height));
  }

  void read_row(unsigned char* to) {
    JSAMPROW rows[1] = {to};
    jpeg_read_scanlines(&info_, rows, 1);
  }

  const std::vector<std::string>& files_;
  const std::vector<cv::Mat>& decoded_;
  hand::Random random_;
  bool full_;
  std::vector<float> batch_;
  std::vector<unsigned char> bytes_{};
  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  cv::Mat pixels_{};
  cv::Mat resized_{};
  cv::Mat flipped_{};
  float table_[3][256]{};
};

}  // namespace

int main(int argc, char** argv) {
  const hand::Options options = hand::parse(argc, argv, "FOLDER");
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(options.data, error))
    if (entry.is_regular_file() && (entry.path().extension() == ".jpg" || entry.path().extension() == ".jpeg"))
      files.push_back(entry.path().string());
  if (files.empty()) {
    std::fprintf(stderr, "%s: no .jpg files there\n", options.data.c_str());
    return 1;
  }
  std::sort(files.begin(), files.end());
  cv::setNumThreads(0);
  std::vector<cv::Mat> decoded;
  if (options.pixels) {
    const std::vector<cv::Mat> none;
    Worker worker(files, none, 0, true);
    for (std::size_t file = 0; file < files.size(); ++file) decoded.push_back(worker.whole(file));
  }
  const char* name = options.pixels ? "hand_pixels" : options.full ? "hand_jpeg_full" : "hand_jpeg_partial";
  hand::measure(name, options, [&](int thread) {
    return [worker = std::make_unique<Worker>(files, decoded, thread, options.full)]() { return worker->batch(); };
  });
  return 0;
}
