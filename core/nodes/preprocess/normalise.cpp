// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/channel_moments.h"
#include "nodes/preprocess/number_list.h"
#include "nodes/preprocess/picture.h"
#include "schema/channel_statistics.h"
#include "schema/node_builder.h"

#include <opencv2/core/hal/hal.hpp>

#include <algorithm>
#include <array>
#include <numeric>

namespace feedline::inline nodes {
namespace {

/// out = value * scale + offset, one pair a channel.
struct Affine {
  std::vector<float> scale{};
  std::vector<float> offset{};

  /// A channel with these statistics, in units of 0..1, of which bytes are 1/255.
  void add(double mean, double stddev, DType dtype) {
    const double unit = dtype == DType::U8 ? 255 : 1;
    scale.push_back(static_cast<float>(1 / (unit * stddev)));
    offset.push_back(static_cast<float>(-mean / stddev));
  }
};

struct Normalise {
  struct Params {
    std::string statistics = "given";
    std::string preset = "imagenet";
    std::string mean{};
    std::string stddev{};
  };

  static NodeSpec spec() {
    std::vector<std::string> presets;
    for (const ChannelStatistics& preset : kChannelStatistics) presets.emplace_back(preset.name);
    return node<Normalise>("normalise", 1, "Normalise",
                           "Centres and scales the pixels and lays them out for the model.")
        .help(
            "Divides bytes by 255, subtracts the mean and divides by the standard deviation of each channel; f32 "
            "values are taken to lie in 0..1 already. The result is f32 with the channels first, as layers expect it. "
            "Networks train faster when their inputs are centred and scaled.\n\n"
            "With statistics set to fitted, mean and standard deviation are those of the training records themselves: "
            "before training, all of them pass once through the nodes in front, without random changes, and "
            "their pixels are summed up channel by channel. Records that are set aside for validation are not looked "
            "at. "
            "The result is kept in the cache folder: a run on the same files with the same nodes in front starts at "
            "once. A normalise of validation data takes what the one of training found. A channel "
            "that has one value everywhere becomes 0.\n\n"
            "Put it last before the batch: everything before it then works on bytes, a quarter of the memory.")
        .in("image", Kind::Image, "A picture of bytes or f32.")
        .out("image", Kind::Image, "The same picture as f32, channels first.")
        .choice("statistics", &Params::statistics, {"given", "fitted"},
                "Where mean and standard deviation come from: the parameters below, or the training records.")
        .choice("preset", &Params::preset, presets,
                "Mean and standard deviation of a well-known data set. 'half' maps to -1..1, 'unit' to 0..1.")
        .param("mean", &Params::mean,
               "Means of the channels in units of 0..1, separated by commas; one value is used for all. Empty: the "
               "preset's.")
        .param(
            "stddev", &Params::stddev,
            "Standard deviations of the channels, separated by commas; one value is used for all. Empty: the preset's.")
        .example({{"preset", std::string("half")}}, {.mean = 0.148552, .stddev = 0.558118})
        .fitted_example({{"statistics", std::string("fitted")}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    const auto shape = picture_shape(in);
    if (!shape) return fail(shape.error());
    if (params.statistics != "fitted")
      if (const auto affine = coefficients(params, shape->channels, in.dtype); !affine) return fail(affine.error());
    TensorDesc out = in;
    out.dtype = DType::F32;
    out.layout = Layout::CHW;
    out.shape = {shape->channels, shape->height, shape->width};
    return out;
  }

  /// Null unless the statistics are to be fitted.
  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in);
  /// `learnt`: "mean" and "stddev", f64, one a channel, in units of 0..1. Unused unless the statistics are fitted.
  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in, const NamedTensors& learnt);

 private:
  class Op;
  class MomentsFitter;
  static Result<Affine> coefficients(const Params& params, const Dim& channels, DType dtype);
  static Result<Affine> learnt_coefficients(const NamedTensors& learnt, const Dim& channels, DType dtype);
};

/// The numbers of one parameter, or of the preset, for `channels` channels.
Result<std::vector<double>> for_channels(const std::string& text, const std::array<double, 3>& preset,
                                         const Dim& channels, const std::string& parameter) {
  auto numbers = parse_numbers(text, parameter);
  if (!numbers) return numbers;
  if (numbers->empty()) numbers->assign(preset.begin(), preset.end());
  if (!channels.known()) return numbers;
  const auto count = static_cast<std::size_t>(channels.size());
  const bool from_preset = text.empty();
  if (from_preset && count != 3) numbers->assign(1, std::accumulate(preset.begin(), preset.end(), 0.0) / 3);
  if (numbers->size() == 1) numbers->resize(count, numbers->front());
  if (numbers->size() != count)
    return fail(Error{.reason = std::to_string(numbers->size()) + " numbers for a picture of " + std::to_string(count) +
                                (count == 1 ? " channel" : " channels"),
                      .remedy = "Give one number, or one a channel",
                      .parameter = parameter});
  return numbers;
}

Result<Affine> Normalise::coefficients(const Params& params, const Dim& channels, DType dtype) {
  const ChannelStatistics& chosen = channel_statistics(params.preset);
  const auto mean = for_channels(params.mean, chosen.mean, channels, "mean");
  if (!mean) return fail(mean.error());
  const auto stddev = for_channels(params.stddev, chosen.stddev, channels, "stddev");
  if (!stddev) return fail(stddev.error());
  Affine affine;
  for (std::size_t i = 0; i < std::min(mean->size(), stddev->size()); ++i) {
    if (!((*stddev)[i] > 0))
      return fail(Error{.reason = "a standard deviation of " + to_text(Value((*stddev)[i])),
                        .remedy = "Give numbers greater than 0",
                        .parameter = "stddev"});
    affine.add((*mean)[i], (*stddev)[i], dtype);
  }
  return affine;
}

/// A channel of one value has no deviation: it is centred only.
Result<Affine> Normalise::learnt_coefficients(const NamedTensors& learnt, const Dim& channels, DType dtype) {
  const auto numbers = [&](const char* name) {
    const auto found = learnt.find(name);
    return found == learnt.end() ? std::nullopt : found->second.numbers<double>();
  };
  const auto mean = numbers("mean");
  const auto stddev = numbers("stddev");
  if (!mean || !stddev || mean->empty() || mean->size() != stddev->size() ||
      !channels.agrees_with(static_cast<std::int64_t>(mean->size())))
    return fail("what it has learnt does not fit its pictures", "Delete the folder 'fitted' of the cache folder");
  Affine affine;
  for (std::size_t i = 0; i < mean->size(); ++i) affine.add((*mean)[i], (*stddev)[i] > 0 ? (*stddev)[i] : 1, dtype);
  return affine;
}

class Normalise::MomentsFitter final : public Fitter {
 public:
  explicit MomentsFitter(Dim channels) : channels_(std::move(channels)) {}

  Status add(std::span<const Datum* const> in) override {
    if (Status added = moments_.add(*in[0]); !added) return added;
    if (channels_.agrees_with(static_cast<std::int64_t>(moments_.channels()))) return {};
    return fail_record("a picture of " + std::to_string(moments_.channels()) + " channels where " + channels_.text() +
                       " are expected");
  }
  Status merge(const Fitter& next) override { return moments_.merge(static_cast<const MomentsFitter&>(next).moments_); }
  Result<NamedTensors> finish() const override {
    if (moments_.pixels() == 0)
      return fail("there is no good training record to fit it to", "See the list of bad records");
    return NamedTensors{{"mean", TensorValue::of(moments_.means())},
                        {"stddev", TensorValue::of(moments_.deviations())},
                        {"pixels", TensorValue::of(std::vector{static_cast<std::int64_t>(moments_.pixels())})}};
  }

 private:
  const Dim channels_;
  ChannelMoments moments_{};
};

std::unique_ptr<Fitter> Normalise::fitter(const Params& params, DescInputs in) {
  if (params.statistics != "fitted") return nullptr;
  const auto shape = in.empty() || in[0] == nullptr ? Result<PictureShape>(fail("")) : picture_shape(*in[0]);
  return std::make_unique<MomentsFitter>(shape ? shape->channels : Dim::symbol("C"));
}

class Normalise::Op final : public SampleOp {
 public:
  explicit Op(Affine affine) : affine_(std::move(affine)) {}

  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
    const Datum& from = *in[0];
    const auto picture = picture_size(from);
    if (!picture) return fail(picture.error());
    const auto channels = static_cast<std::size_t>(picture->channels);
    if (channels != affine_.scale.size())
      return fail_record("a picture of " + std::to_string(channels) + " channels where " +
                         std::to_string(affine_.scale.size()) + " are expected");
    const auto pixels = static_cast<std::size_t>(picture->pixels());
    std::byte* to = out[0]->allocate(DType::F32, {picture->channels, picture->height, picture->width}, Layout::CHW);
    const std::size_t stride = from.layout() == Layout::CHW ? 1 : channels;
    const std::size_t plane = from.layout() == Layout::CHW ? pixels : 1;
    if (from.dtype() == DType::U8 && stride == 3) {
      interleaved(from.as<std::uint8_t>(), reinterpret_cast<float*>(to), pixels);
      return {};
    }
    for (std::size_t channel = 0; channel < channels; ++channel) {
      float* target = reinterpret_cast<float*>(to) + channel * pixels;
      if (from.dtype() == DType::U8)
        scale(from.as<std::uint8_t>() + channel * plane, target, pixels, stride, channel);
      else
        scale(from.as<float>() + channel * plane, target, pixels, stride, channel);
    }
    return {};
  }

 private:
  template <class T>
  void scale(const T* from, float* to, std::size_t pixels, std::size_t stride, std::size_t channel) const {
    const float factor = affine_.scale[channel];
    const float offset = affine_.offset[channel];
    if (stride == 1)
      for (std::size_t i = 0; i < pixels; ++i) to[i] = static_cast<float>(from[i]) * factor + offset;
    else
      for (std::size_t i = 0; i < pixels; ++i) to[i] = static_cast<float>(from[i * stride]) * factor + offset;
  }

  /// Three channels, pixel by pixel: split a strip at a time with OpenCV's SIMD code, then scaled.
  void interleaved(const std::uint8_t* from, float* to, std::size_t pixels) const {
    constexpr std::size_t kStrip = 2048;  // stays in the first cache
    std::array<std::array<std::uint8_t, kStrip>, 3> planes;
    std::array<std::uint8_t*, 3> split = {planes[0].data(), planes[1].data(), planes[2].data()};
    for (std::size_t i = 0; i < pixels; i += kStrip) {
      const std::size_t count = std::min(kStrip, pixels - i);
      cv::hal::split8u(from + i * 3, split.data(), static_cast<int>(count), 3);
      for (std::size_t channel = 0; channel < 3; ++channel)
        scale(split[channel], to + channel * pixels + i, count, 1, channel);
    }
  }

  Affine affine_;
};

Result<std::unique_ptr<SampleOp>> Normalise::make(const Params& params, DescInputs in, const NamedTensors& learnt) {
  if (in.empty() || in[0] == nullptr) return fail("its input is not known");
  const auto shape = picture_shape(*in[0]);
  if (!shape) return fail(shape.error());
  auto affine = params.statistics == "fitted" ? learnt_coefficients(learnt, shape->channels, in[0]->dtype)
                                              : coefficients(params, shape->channels, in[0]->dtype);
  if (!affine) return fail(std::move(affine.error()));
  return std::make_unique<Op>(std::move(*affine));
}

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Normalise)
