// SPDX-License-Identifier: GPL-3.0-or-later
// The loop that somebody writes by hand for 28x28 grey pictures that lie in memory: pad by 2 and crop at random, flip,
// normalise to float, batch 128. DATA is an idx3 file, gzip-packed or not (train-images-idx3-ubyte.gz).
// c++ -std=c++20 -O3 hand_grey.cpp -lz -pthread
#include "hand_loop.h"

#include <memory>
#include <zlib.h>

namespace {

constexpr int kSide = 28;
constexpr int kPixels = kSide * kSide;
constexpr int kPadding = 2;
constexpr int kPadded = kSide + 2 * kPadding;
constexpr int kBatch = 128;

std::vector<std::uint8_t> read_pictures(const std::string& path) {
  std::vector<std::uint8_t> pictures;
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return pictures;
  std::uint8_t head[16];
  if (gzread(file, head, sizeof head) == sizeof head && head[3] == 3 && head[11] == kSide && head[15] == kSide) {
    const auto count = static_cast<std::size_t>(head[4]) << 24 | static_cast<std::size_t>(head[5]) << 16 |
                       static_cast<std::size_t>(head[6]) << 8 | head[7];
    pictures.resize(count * kPixels);
    if (gzread(file, pictures.data(), static_cast<unsigned>(pictures.size())) != static_cast<int>(pictures.size()))
      pictures.clear();
  }
  gzclose(file);
  return pictures;
}

class Worker {
 public:
  Worker(const std::vector<std::uint8_t>& pictures, int thread)
      : pictures_(pictures), random_(static_cast<std::uint64_t>(thread) + 1), batch_(std::size_t{kBatch} * kPixels) {
    for (int v = 0; v < 256; ++v) table_[v] = (static_cast<float>(v) / 255 - 0.2860F) / 0.3530F;
  }

  std::uint64_t batch() {
    const int count = static_cast<int>(pictures_.size() / kPixels);
    for (std::size_t row = 0; row < kBatch; ++row)
      sample(pictures_.data() + static_cast<std::size_t>(random_.below(count)) * kPixels,
             batch_.data() + row * kPixels);
    return kBatch;
  }

 private:
  void sample(const std::uint8_t* from, float* to) {
    for (int y = 0; y < kSide; ++y) std::memcpy(padded_ + (y + kPadding) * kPadded + kPadding, from + y * kSide, kSide);
    const std::uint64_t bits = random_.bits();
    const int x = static_cast<int>((bits & 0xFFFFFF) * (2 * kPadding + 1) >> 24);
    const int y = static_cast<int>((bits >> 24 & 0xFFFFFF) * (2 * kPadding + 1) >> 24);
    const bool flip = (bits >> 63) != 0;
    for (int row = 0; row < kSide; ++row, to += kSide) {
      const std::uint8_t* line = padded_ + (row + y) * kPadded + x;
      if (flip)
        for (int i = 0; i < kSide; ++i) to[i] = table_[line[kSide - 1 - i]];
      else
        for (int i = 0; i < kSide; ++i) to[i] = table_[line[i]];
    }
  }

  const std::vector<std::uint8_t>& pictures_;
  hand::Random random_;
  std::vector<float> batch_;
  std::uint8_t padded_[kPadded * kPadded]{};
  float table_[256]{};
};

}  // namespace

int main(int argc, char** argv) {
  const hand::Options options = hand::parse(argc, argv, "IDX3-FILE");
  const std::vector<std::uint8_t> pictures = read_pictures(options.data);
  if (pictures.empty()) {
    std::fprintf(stderr, "%s: not an idx3 file of 28 x 28 pictures\n", options.data.c_str());
    return 1;
  }
  hand::measure("hand_grey", options, [&](int thread) {
    return [worker = std::make_unique<Worker>(pictures, thread)]() { return worker->batch(); };
  });
  return 0;
}
