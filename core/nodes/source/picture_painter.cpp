// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/picture_painter.h"

#include "nodes/preprocess/image.h"
#include "nodes/source/picture_shapes.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace feedline::inline nodes {
namespace {

constexpr int kShift = 4;  ///< fractional bits of OpenCV's polygon corners

/// Hue in turns, saturation and value in 0..1, as R, G, B of 0..255.
cv::Vec3f from_hsv(double hue, double saturation, double value) {
  cv::Vec3f rgb;
  for (int c = 0; c < 3; ++c) {
    const double position = std::fmod(hue * 6 + (c == 0 ? 5 : c == 1 ? 3 : 1), 6.0);
    const double part = std::clamp(std::min(position, 4 - position), 0.0, 1.0);
    rgb[c] = static_cast<float>(255 * (value - value * saturation * part));
  }
  return rgb;
}

float luma(const cv::Vec3f& rgb) { return 0.299F * rgb[0] + 0.587F * rgb[1] + 0.114F * rgb[2]; }

/// From the unit square of shapes to pixels: turn, shear, scale, move.
struct Placement {
  cv::Matx23f map{};
  cv::Point2f operator()(cv::Point2f p) const {
    return {map(0, 0) * p.x + map(0, 1) * p.y + map(0, 2), map(1, 0) * p.x + map(1, 1) * p.y + map(1, 2)};
  }
};

/// Where and how a shape stands. Fill it in braces: only there is the order of random draws the same for all compilers.
struct Pose {
  cv::Point2f centre{};
  double radius = 1;  ///< px
  double turn = 0;    ///< radians
  double shear = 0;
  double stretch = 1;  ///< of the width; the height shrinks by as much
};

Placement place(const Pose& pose) {
  const double c = std::cos(pose.turn);
  const double s = std::sin(pose.turn);
  const double x = pose.radius * pose.stretch;
  const double y = pose.radius / pose.stretch;
  return {cv::Matx23f(static_cast<float>(c * x), static_cast<float>((c * pose.shear - s) * y), pose.centre.x,
                      static_cast<float>(s * x), static_cast<float>((s * pose.shear + c) * y), pose.centre.y)};
}

/// Coverage of a shape, 0..255, with smooth edges.
cv::Mat mask_of(const Shape& shape, const Placement& placement, int size) {
  cv::Mat mask(size, size, CV_8UC1, cv::Scalar(0));
  for (const Part& part : shape) {
    std::vector<std::vector<cv::Point>> corners;
    for (const Outline& outline : part) {
      auto& line = corners.emplace_back();
      for (const cv::Point2f point : outline) {
        const cv::Point2f pixel = placement(point) * static_cast<float>(1 << kShift);
        line.emplace_back(cvRound(pixel.x), cvRound(pixel.y));
      }
    }
    cv::fillPoly(mask, corners, cv::Scalar(255), cv::LINE_AA, kShift);
  }
  return mask;
}

class Painter {
 public:
  Painter(const PictureStyle& style, Rng& rng)
      : style_(style), size_(style.size), rng_(rng), image_(size_, size_, CV_32FC3) {}

  std::vector<std::uint8_t> paint(std::size_t shape) {
    background();
    clutter(shape);
    foreground(shape);
    return finish();
  }

 private:
  double between(double low, double high) { return rng_.uniform(low, high); }
  cv::Point2f anywhere() {
    const double x = between(0, size_);
    const double y = between(0, size_);
    return {static_cast<float>(x), static_cast<float>(y)};
  }
  /// A colour near that of the ground: clutter must not outshine the shape.
  cv::Vec3f muted() {
    const double hue = ground_hue_ + between(-0.12, 0.12) + 1;
    const double value = std::clamp(ground_value_ + between(-0.22, 0.22), 0.05, 0.95);
    const double saturation = between(0.1, 0.5);
    return from_hsv(hue, saturation, value);
  }

  /// A gradient between two colours in a random direction.
  void background() {
    ground_hue_ = between(0, 1);
    ground_value_ = between(0.15, 0.85);
    const cv::Vec3f first = muted();
    const cv::Vec3f last = muted();
    const cv::Vec3f step = last - first;
    const double angle = between(0, 2 * std::numbers::pi);
    const auto dx = static_cast<float>(std::cos(angle) / size_);
    const auto dy = static_cast<float>(std::sin(angle) / size_);
    const auto half = static_cast<float>(size_) / 2;
    for (int y = 0; y < size_; ++y) {
      auto* row = image_.ptr<cv::Vec3f>(y);
      for (int x = 0; x < size_; ++x)
        row[x] = first + step * (0.5F + (static_cast<float>(x) - half) * dx + (static_cast<float>(y) - half) * dy);
    }
  }

  /// Blobs, lines and pieces of other shapes, faint; the more of them the more difficult.
  void clutter(std::size_t shape) {
    const int blobs = 2 + static_cast<int>(rng_.below(3) + 5 * style_.difficulty);
    for (int i = 0; i < blobs; ++i) {
      cv::Mat mask(size_, size_, CV_8UC1, cv::Scalar(0));
      const cv::Point2f centre = anywhere();
      const cv::Size axes{cvRound(size_ * between(0.04, 0.25)), cvRound(size_ * between(0.03, 0.15))};
      cv::ellipse(mask, centre, axes, between(0, 180), 0, 360, cv::Scalar(255), cv::FILLED, cv::LINE_AA);
      tint(mask, 0.25, 0.7);
    }
    const int lines = 1 + static_cast<int>(rng_.below(3) + 5 * style_.difficulty);
    for (int i = 0; i < lines; ++i) {
      cv::Mat mask(size_, size_, CV_8UC1, cv::Scalar(0));
      const cv::Point2f from = anywhere();
      const cv::Point2f to = anywhere();
      const int width = std::max(1, cvRound(size_ * between(0.005, 0.025)));
      cv::line(mask, from, to, cv::Scalar(255), width, cv::LINE_AA);
      tint(mask, 0.3, 0.8);
    }
    const int pieces = static_cast<int>(rng_.below(2) + 3 * style_.difficulty);
    for (int i = 0; i < pieces; ++i) {
      const std::size_t other = (shape + 1 + rng_.below(kShapeCount - 1)) % kShapeCount;
      const Pose pose{anywhere(), size_ * between(0.05, 0.11), between(0, 6.28), between(-0.3, 0.3),
                      between(0.8, 1.25)};
      tint(mask_of(shape_outline(other), place(pose), size_), 0.4, 0.8);
    }
  }

  /// The shape itself, with a soft shadow, in a colour that stands out against the ground.
  void foreground(std::size_t shape) {
    const double radius = size_ * between(0.24, 0.40);
    const double room = std::max(0.0, size_ / 2.0 - radius * 0.95);
    const double x = size_ / 2.0 + between(-room, room);
    const double y = size_ / 2.0 + between(-room, room);
    const cv::Point2f centre(static_cast<float>(x), static_cast<float>(y));
    const double most = (12 + 26 * style_.difficulty) * std::numbers::pi / 180;
    const Pose pose{centre, radius, between(-most, most), between(-0.22, 0.22), between(0.85, 1.18)};
    const cv::Mat mask = mask_of(shape_outline(shape), place(pose), size_);

    cv::Mat shadow;
    const double blur = size_ * 0.025 + 0.3;
    cv::GaussianBlur(mask, shadow, cv::Size(), blur);
    const auto offset = static_cast<float>(size_ * between(0.01, 0.04));
    cv::Mat moved;
    cv::warpAffine(shadow, moved, cv::Matx23f(1, 0, offset, 0, 1, offset), mask.size());
    blend(moved, {0, 0, 0}, static_cast<float>(between(0.1, 0.35)));

    const cv::Scalar mean = cv::mean(image_);
    const cv::Vec3f ground(static_cast<float>(mean[0]), static_cast<float>(mean[1]), static_cast<float>(mean[2]));
    const double contrast = 95 - 40 * style_.difficulty;
    cv::Vec3f colour;
    for (int attempt = 0; attempt < 16; ++attempt) {
      const double hue = between(0, 1);
      const double saturation = between(0.35, 1);
      colour = from_hsv(hue, saturation, between(0.1, 1));
      if (std::abs(luma(colour) - luma(ground)) >= contrast) break;
      if (attempt == 15) colour = luma(ground) > 127 ? cv::Vec3f(25, 20, 35) : cv::Vec3f(240, 235, 225);
    }
    blend(mask, colour, static_cast<float>(between(0.85, 1)));
  }

  /// Lays a muted colour over the image, with a random strength.
  void tint(const cv::Mat& mask, double faintest, double strongest) {
    const cv::Vec3f colour = muted();
    blend(mask, colour, static_cast<float>(between(faintest, strongest)));
  }

  /// Lays `colour` over the image where `mask` says, `strength` 0..1.
  void blend(const cv::Mat& mask, const cv::Vec3f& colour, float strength) {
    for (int y = 0; y < size_; ++y) {
      const auto* cover = mask.ptr<std::uint8_t>(y);
      auto* row = image_.ptr<cv::Vec3f>(y);
      for (int x = 0; x < size_; ++x) {
        if (cover[x] == 0) continue;
        const float share = strength * static_cast<float>(cover[x]) / 255;
        row[x] += (colour - row[x]) * share;
      }
    }
  }

  /// The camera: blur, exposure, noise.
  std::vector<std::uint8_t> finish() {
    const double blur = between(0, 0.9) * size_ / 128;
    if (blur > 0.2) cv::GaussianBlur(image_, image_, cv::Size(), blur);
    const auto gain = static_cast<float>(between(0.85, 1.15));
    const auto offset = static_cast<float>(between(-12, 12));
    const auto noise = static_cast<float>(between(2, 6 + 16 * style_.difficulty) / kNoiseUnit);
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_) * 3);
    const float* from = image_.ptr<float>();
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const std::uint32_t bits = rng_.bits();
      const auto sum = static_cast<int>((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24));
      const float value = from[i] * gain + offset + static_cast<float>(sum - 510) * noise;
      pixels[i] = static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.F, 255.F));
    }
    return pixels;
  }

  /// Standard deviation of the sum of four uniform bytes, which is close to normal.
  static constexpr double kNoiseUnit = 147.8;

  PictureStyle style_;
  int size_;
  Rng& rng_;
  cv::Mat image_;
  double ground_hue_ = 0;
  double ground_value_ = 0.5;
};

}  // namespace

std::vector<std::uint8_t> paint_picture(std::size_t shape, const PictureStyle& style, Rng& rng) {
  keep_opencv_single_threaded();
  return Painter(style, rng).paint(shape);
}

}  // namespace feedline::inline nodes
