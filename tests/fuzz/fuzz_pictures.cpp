// SPDX-License-Identifier: GPL-3.0-or-later
// Decoding pictures: whole, a part of them, and what is left of damaged ones.
#include "fuzz_input.h"
#include "nodes/preprocess/codec/codec.h"

namespace {

/// A node that looks at the middle half of a picture and makes it small.
class Middle final : public feedline::SampleOp {
 public:
  feedline::Status run(std::span<const feedline::Datum* const>, std::span<feedline::Datum* const>,
                       feedline::OpContext&) const override {
    return {};
  }
  std::optional<feedline::PictureDemand> demand(std::int64_t width, std::int64_t height,
                                                feedline::OpContext&) const override {
    return feedline::PictureDemand{.x = width / 4,
                                   .y = height / 4,
                                   .width = (width + 1) / 2,
                                   .height = (height + 1) / 2,
                                   .scaled_width = 16,
                                   .scaled_height = 16};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace feedline;
  constexpr std::uint64_t kMostPixels = 1'000'000;
  const auto bytes = fuzz::input_bytes(data, size);
  const Middle middle;
  const NextNode next(middle, {.rng = Rng(1, 1, 1, 1)});
  Datum picture;
  const auto decode = [&](const codec::DecodeRequest& request) {
    if (const Status done = codec::decode(bytes, request, picture); !done)
      fuzz::expect_told(done.error());
    else if (picture.dims().size() != 3 || picture.dim(2) != request.channels() || picture.bytes() == 0)
      fuzz::found("a picture that is none: " + picture.text());
  };
  decode({.max_pixels = kMostPixels});
  decode(
      {.colour = codec::Colour::Grey, .alpha = codec::Alpha::OnWhite, .max_pixels = kMostPixels, .keep_damaged = true});
  decode({.alpha = codec::Alpha::OnBlack, .max_pixels = kMostPixels, .next = &next});
  return 0;
}
