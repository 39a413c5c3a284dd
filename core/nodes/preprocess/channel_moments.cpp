// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/channel_moments.h"

#include "nodes/preprocess/picture.h"

#include <cmath>
#include <string>
#include <type_traits>

namespace feedline::inline nodes {
namespace {

constexpr double kByteUnit = 255;
/// Products of two 64-bit numbers.
__extension__ using Wide = unsigned __int128;

std::string channels_text(std::size_t count) { return std::to_string(count) + (count == 1 ? " channel" : " channels"); }

}  // namespace

template <class T>
bool ChannelMoments::add_channel(const T* from, std::size_t pixels, std::size_t stride, Channel& channel) {
  channel = {.count = pixels};
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    for (std::size_t i = 0; i < pixels; ++i) {
      const std::uint64_t value = from[i * stride];
      channel.sum += value;
      channel.squares += value * value;
    }
    return true;
  } else {
    for (std::size_t i = 0; i < pixels; ++i) channel.mean += static_cast<double>(from[i * stride]);
    channel.mean /= static_cast<double>(pixels);
    for (std::size_t i = 0; i < pixels; ++i) {
      const double difference = static_cast<double>(from[i * stride]) - channel.mean;
      channel.spread += difference * difference;
    }
    return std::isfinite(channel.spread);
  }
}

Status ChannelMoments::add(const Datum& picture) {
  const auto size = picture_size(picture);
  if (!size) return fail(size.error());
  const auto pixels = static_cast<std::size_t>(size->pixels());
  const auto channels = static_cast<std::size_t>(size->channels);
  const bool planar = picture.layout() == Layout::CHW;
  const std::size_t stride = planar ? 1 : channels;
  const std::size_t plane = planar ? pixels : 1;
  ChannelMoments found;
  found.bytes_ = picture.dtype() == DType::U8;
  found.channels_.resize(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const bool finite = found.bytes_
                            ? add_channel(picture.as<std::uint8_t>() + c * plane, pixels, stride, found.channels_[c])
                            : add_channel(picture.as<float>() + c * plane, pixels, stride, found.channels_[c]);
    if (!finite) return fail_record("channel " + std::to_string(c) + " holds a number that is not finite");
  }
  if (Status merged = merge(found); !merged) return fail_record(std::move(merged.error().reason));
  return {};
}

Status ChannelMoments::merge(const ChannelMoments& next) {
  if (next.channels_.empty()) return {};
  if (channels_.empty()) {
    *this = next;
    return {};
  }
  if (channels_.size() != next.channels_.size())
    return fail("a picture of " + channels_text(next.channels_.size()) + " after pictures of " +
                    channels_text(channels_.size()),
                "Have decode give all pictures the same number of channels");
  if (bytes_ != next.bytes_) return fail("pictures of bytes and of f32 have no common mean");
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    Channel& mine = channels_[c];
    const Channel& other = next.channels_[c];
    const auto before = static_cast<double>(mine.count);
    const auto added = static_cast<double>(other.count);
    const double all = before + added;
    const double difference = other.mean - mine.mean;
    mine.count += other.count;
    mine.sum += other.sum;
    mine.squares += other.squares;
    mine.mean += difference * (added / all);
    mine.spread += other.spread + difference * difference * (before * added / all);
  }
  return {};
}

std::vector<double> ChannelMoments::means() const {
  std::vector<double> means;
  for (const Channel& channel : channels_)
    means.push_back(bytes_ ? static_cast<double>(channel.sum) / (kByteUnit * static_cast<double>(channel.count))
                           : channel.mean);
  return means;
}

std::vector<double> ChannelMoments::deviations() const {
  std::vector<double> deviations;
  for (const Channel& channel : channels_) {
    const auto count = static_cast<double>(channel.count);
    if (!bytes_) {
      deviations.push_back(std::sqrt(channel.spread / count));
      continue;
    }
    // n·Σx² - (Σx)², exactly: it is n² times the variance.
    const Wide spread =
        static_cast<Wide>(channel.count) * channel.squares - static_cast<Wide>(channel.sum) * channel.sum;
    deviations.push_back(std::sqrt(static_cast<double>(spread)) / (kByteUnit * count));
  }
  return deviations;
}

}  // namespace feedline::inline nodes
