// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures are arrays of bytes, height × width × channels, until normalise makes channels × height × width of them.
#include "exporting/preparation.h"
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

constexpr std::string_view kDecode = R"py(def decode(file, color="rgb", alpha="drop"):
    """The pixels of a picture file (a path, or its bytes), upright."""
    picture = Image.open(io.BytesIO(file) if isinstance(file, bytes) else file)
    picture = ImageOps.exif_transpose(picture)
    if alpha != "drop" and ("A" in picture.getbands() or "transparency" in picture.info):
        ground = Image.new("RGBA", picture.size, alpha)
        picture = Image.alpha_composite(ground, picture.convert("RGBA"))
    if picture.mode.startswith("I"):  # 16 bits
        picture = Image.fromarray((np.asarray(picture) // 257).astype(np.uint8))
    image = np.asarray(picture.convert("RGB" if color == "rgb" else "L"))
    return image if image.ndim == 3 else image[..., None]
)py";

Result<WrittenStep> write_decode(const StepToWrite& step) {
  const ParamReader params(step.params);
  const std::string alpha = params.text("alpha");
  return WrittenStep{.call = fmt::format("decode({}, \"{}\"{})", step.in[0], params.text("color"),
                                         alpha == "drop" ? "" : fmt::format(", alpha=\"{}\"", alpha)),
                     .helpers = {"decode"}};
}

constexpr std::string_view kResample = R"py(def resample(image, width, height, filter="linear"):
    """Scales a picture as OpenCV does, which Feedline uses; without it by a linear way that rounds otherwise."""
    if image.shape[:2] == (height, width):
        return image
    if cv2 is not None:
        ways = {"linear": cv2.INTER_LINEAR, "area": cv2.INTER_AREA, "cubic": cv2.INTER_CUBIC}
        scaled = cv2.resize(np.ascontiguousarray(image), (width, height), interpolation=ways[filter])
        return scaled if scaled.ndim == 3 else scaled[..., None]
    if filter != "linear":
        raise RuntimeError("scaling by " + filter + " needs OpenCV: pip install opencv-python-headless")
    for axis, size in ((0, height), (1, width)):
        at = ((np.arange(size) + 0.5) * image.shape[axis] / size - 0.5).clip(0, image.shape[axis] - 1)
        low = at.astype(int)
        share = (at - low).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        high = np.minimum(low + 1, image.shape[axis] - 1)
        image = image.take(low, axis) * (1 - share) + image.take(high, axis) * share
    return np.rint(image).astype(np.uint8)


def centre_window(image, ratio, share=1.0):
    """The largest part of this width / height in the middle of a picture, or a share of it."""
    height, width = image.shape[:2]
    fitted = min(width, height * ratio)
    w = min(max(math.floor(fitted * share + 0.5), 1), width)
    h = min(max(math.floor(fitted / ratio * share + 0.5), 1), height)
    y, x = (height - h) // 2, (width - w) // 2
    return image[y : y + h, x : x + w]
)py";

constexpr std::string_view kResize = R"py(def resize(image, width, height, mode="crop", filter="linear"):
    """One size for all: `crop` keeps the proportions and cuts off the excess, `stretch` does not."""
    return resample(centre_window(image, width / height) if mode == "crop" else image, width, height, filter)
)py";

Result<WrittenStep> write_resize(const StepToWrite& step) {
  const ParamReader params(step.params);
  std::string call = fmt::format("resize({}, {}, {}", step.in[0], params.integer("width"), params.integer("height"));
  if (params.text("mode") != "crop") call += fmt::format(", mode=\"{}\"", params.text("mode"));
  if (params.text("filter") != "linear") call += fmt::format(", filter=\"{}\"", params.text("filter"));
  return WrittenStep{.call = call + ")", .helpers = {"resample", "resize"}};
}

constexpr std::string_view kCentreCrop = R"py(def centre_crop(image, width, height):
    """The middle of a picture, set into a black one where it is smaller."""
    out = np.zeros((height, width) + image.shape[2:], image.dtype)
    places = []
    for side, wanted in zip(image.shape, (height, width)):
        room = side - wanted
        places.append((round(room / 2) if room > 0 else 0, -room // 2 if room < 0 else 0, min(side, wanted)))
    (y, to_y, h), (x, to_x, w) = places
    out[to_y : to_y + h, to_x : to_x + w] = image[y : y + h, x : x + w]
    return out
)py";

Result<WrittenStep> write_centre_crop(const StepToWrite& step) {
  const ParamReader params(step.params);
  return WrittenStep{
      .call = fmt::format("centre_crop({}, {}, {})", step.in[0], params.integer("width"), params.integer("height")),
      .helpers = {"centre_crop"}};
}

constexpr std::string_view kNormalise = R"py(def normalise(image, mean, stddev):
    """Centred and scaled, channels first; bytes count as 0 to 1."""
    unit = 255.0 if image.dtype == np.uint8 else 1.0
    scale = np.asarray([1 / (unit * s) for s in stddev], np.float32)
    offset = np.asarray([-m / s for m, s in zip(mean, stddev)], np.float32)
    if image.dtype == np.uint8 or image.shape[-1] == len(mean):
        image = image.transpose(2, 0, 1)
    return image.astype(np.float32) * scale[:, None, None] + offset[:, None, None]
)py";

Result<WrittenStep> write_normalise(const StepToWrite& step) {
  const ChannelNumbers numbers = channel_numbers(step);
  return WrittenStep{
      .call = fmt::format("normalise({}, {}, {})", step.in[0], python_list(numbers.mean), python_list(numbers.stddev)),
      .helpers = {"normalise"}};
}

constexpr std::string_view kRandomResizedCrop =
    R"py(def random_resized_crop(image, size, scale, ratio, filter="linear"):
    """A random part of a picture, scaled to a square."""
    height, width = image.shape[:2]
    for _ in range(10):
        area = height * width * random.uniform(*scale)
        shape = math.exp(random.uniform(math.log(ratio[0]), math.log(ratio[1])))
        w, h = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
        if 0 < w <= width and 0 < h <= height:
            y, x = random.randint(0, height - h), random.randint(0, width - w)
            return resample(image[y : y + h, x : x + w], size, size, filter)
    return resample(centre_window(image, min(max(width / height, ratio[0]), ratio[1])), size, size, filter)
)py";

Result<WrittenStep> write_random_resized_crop(const StepToWrite& step) {
  const ParamReader params(step.params);
  const std::int64_t size = params.integer("size");
  const std::string filter =
      params.text("filter") == "linear" ? "" : fmt::format(", filter=\"{}\"", params.text("filter"));
  return WrittenStep{
      .call = fmt::format("resample(centre_window({0}, 1.0, 224 / 256), {1}, {1}{2})", step.in[0], size, filter),
      .training =
          fmt::format("random_resized_crop({}, {}, ({}, {}), ({}, {}){})", step.in[0], size, params.number("scale_min"),
                      params.number("scale_max"), params.number("ratio_min"), params.number("ratio_max"), filter),
      .helpers = {"resample", "random_resized_crop"}};
}

constexpr std::string_view kPadCrop = R"py(def pad_crop(image, padding, size, training=False):
    """A square of a picture with a black border: at a random place in training, else in the middle."""
    image = np.pad(image, ((padding, padding), (padding, padding), (0, 0)))
    y, x = ((random.randint(0, side - size) if training else (side - size) // 2) for side in image.shape[:2])
    return image[y : y + size, x : x + size]
)py";

Result<WrittenStep> write_pad_crop(const StepToWrite& step) {
  const ParamReader params(step.params);
  const std::string call =
      fmt::format("pad_crop({}, {}, {}", step.in[0], params.integer("padding"), params.integer("size"));
  return WrittenStep{.call = call + ")", .training = call + ", training=True)", .helpers = {"pad_crop"}};
}

Result<WrittenStep> write_equalise(const StepToWrite& step) {
  return WrittenStep{.call = fmt::format("equalise({})", step.in[0]), .helpers = {"equalise"}};
}

constexpr std::string_view kEqualise = R"py(def equalise(image):
    """Histogram equalisation of each channel, as Pillow's."""
    channels = [np.asarray(ImageOps.equalize(Image.fromarray(c))) for c in np.moveaxis(image, 2, 0)]
    return np.stack(channels, 2)
)py";

constexpr std::string_view kClahe = R"py(def clahe(image, limit, tiles):
    """Even contrast, tile by tile, of grey or of the lightness of colours; it needs OpenCV's Python package."""
    if cv2 is None:
        raise RuntimeError("clahe needs OpenCV: pip install opencv-python-headless")
    even, image = cv2.createCLAHE(limit, (tiles, tiles)), np.ascontiguousarray(image)
    if image.shape[2] == 1:
        return even.apply(image[:, :, 0])[:, :, None]
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2Lab)
    lab[:, :, 0] = even.apply(np.ascontiguousarray(lab[:, :, 0]))
    return cv2.cvtColor(lab, cv2.COLOR_Lab2RGB)
)py";

Result<WrittenStep> write_clahe(const StepToWrite& step) {
  const ParamReader params(step.params);
  return WrittenStep{
      .call = fmt::format("clahe({}, {}, {})", step.in[0], params.number("limit"), params.integer("tiles")),
      .helpers = {"clahe"}};
}

constexpr std::string_view kQuarterTurn = R"py(def quarter_turn(image, size, turn):
    """The middle of a picture, turned clockwise by so many quarters, and by how many."""
    rows, columns = (0, 1) if image.dtype == np.uint8 else (1, 2)  # behind normalise channels come first
    y, x = (image.shape[rows] - size) // 2, (image.shape[columns] - size) // 2
    middle = image.take(range(y, y + size), rows).take(range(x, x + size), columns)
    return np.rot90(middle, -turn, (rows, columns)), turn
)py";

/// Outside training the turn follows from the record's place in its source, which train.py notes as its number.
Result<WrittenStep> write_quarter_turn(const StepToWrite& step) {
  const std::string call = fmt::format("quarter_turn({}, {}, ", step.in[0], ParamReader(step.params).integer("size"));
  return WrittenStep{.call = call + "record.get(\"number\", 0) % 4)",
                     .training = call + "random.randrange(4))",
                     .helpers = {"quarter_turn"}};
}

/// What passes a picture, a row or a text on as it is.
Result<WrittenStep> write_as_it_is(const StepToWrite& step) { return WrittenStep{.call = step.in[0]}; }

void add_picture_steps(Writers& writers) {
  writers.step("decode", write_decode);
  writers.step("resize", write_resize);
  writers.step("centre_crop", write_centre_crop);
  writers.step("normalise", write_normalise);
  writers.step("random_resized_crop", write_random_resized_crop);
  writers.step("pad_random_crop", write_pad_crop);
  writers.step("equalise", write_equalise);
  writers.step("synthetic_load", write_as_it_is);
  writers.step("cache", write_as_it_is);
  writers.step("clahe", write_clahe);
  writers.step("quarter_turn", write_quarter_turn);
  writers.helper("decode", kDecode);
  writers.helper("resample", kResample);
  writers.helper("resize", kResize);
  writers.helper("centre_crop", kCentreCrop);
  writers.helper("normalise", kNormalise);
  writers.helper("random_resized_crop", kRandomResizedCrop);
  writers.helper("pad_crop", kPadCrop);
  writers.helper("equalise", kEqualise);
  writers.helper("clahe", kClahe);
  writers.helper("quarter_turn", kQuarterTurn);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_picture_steps)
