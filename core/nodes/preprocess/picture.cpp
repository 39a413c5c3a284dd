// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/picture.h"

#include <limits>

namespace feedline::inline nodes {

Result<PictureShape> picture_shape(const TensorDesc& in) {
  const auto refuse = [&](std::string remedy) {
    Error error{.reason = "needs a picture, but is given " + in.text(), .remedy = std::move(remedy), .port = "image"};
    return fail(std::move(error));
  };
  if (in.kind == Kind::Encoded) return refuse("Put a decode node before it");
  if (in.kind != Kind::Image || in.shape.size() != 3)
    return refuse("Connect the image output of decode or of a source");
  if (in.layout == Layout::CHW) return PictureShape{in.shape[1], in.shape[2], in.shape[0]};
  return PictureShape{in.shape[0], in.shape[1], in.shape[2]};
}

TensorDesc with_size(const TensorDesc& in, const Dim& height, const Dim& width) {
  TensorDesc out = in;
  const std::size_t first = in.layout == Layout::CHW ? 1 : 0;
  out.shape[first] = height;
  out.shape[first + 1] = width;
  return out;
}

Result<PictureSize> picture_size(const Datum& in) {
  if (in.part()) return fail_record("only a part of a picture is here");
  return whole_picture_size(in);
}

Result<PictureSize> whole_picture_size(const Datum& in) {
  const bool known_type = in.dtype() == DType::U8 || in.dtype() == DType::F32;
  if (in.dims().size() != 3 || !known_type) return fail_record("'" + in.text() + "' is no picture");
  PictureSize size{in.dim(0), in.dim(1), in.dim(2)};
  if (in.layout() == Layout::CHW) size = {in.dim(1), in.dim(2), in.dim(0)};
  if (const PicturePart* part = in.part()) {
    size.height = part->whole_height;
    size.width = part->whole_width;
  }
  const auto sane = [](std::int64_t side) { return side > 0 && side <= std::numeric_limits<std::int16_t>::max() * 4; };
  if (!sane(size.height) || !sane(size.width) || size.channels < 1 || size.channels > 64)
    return fail_record("a picture of " + in.text() + " cannot be processed");
  return size;
}

std::byte* allocate_like(const Datum& in, Datum& out, std::int64_t height, std::int64_t width) {
  if (in.layout() == Layout::CHW) return out.allocate(in.dtype(), {in.dim(0), height, width}, Layout::CHW);
  return out.allocate(in.dtype(), {height, width, in.dim(2)}, Layout::HWC);
}

}  // namespace feedline::inline nodes
