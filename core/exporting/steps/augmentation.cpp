// SPDX-License-Identifier: GPL-3.0-or-later
// What changes training pictures at random, and leaves others as they are. The numbers that are drawn are other ones
// than Feedline's; their distributions are the same, or torchvision's.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

/// `work` on a share of the training pictures.
WrittenStep drawn(const StepToWrite& step, const std::string& work, std::vector<std::string> helpers = {}) {
  const double share = step.params.contains("probability") ? ParamReader(step.params).real("probability") : 1;
  std::string training = work;
  if (share < 1) training += fmt::format(" if random.random() < {} else {}", python_number(share), step.in[0]);
  return WrittenStep{.call = step.in[0], .training = training, .helpers = std::move(helpers)};
}

/// One of torchvision's transforms.
WrittenStep by_torchvision(const StepToWrite& step, const std::string& transform) {
  return drawn(step, fmt::format("by_torchvision({}, {})", step.in[0], transform), {"by_torchvision"});
}

constexpr std::string_view kByTorchvision = R"py(def by_torchvision(image, transform):
    """A transform of torchvision on an array."""
    picture = Image.fromarray(image if image.shape[2] > 1 else image[..., 0])
    out = np.asarray(transform(picture))
    return out if out.ndim == 3 else out[..., None]
)py";

Result<WrittenStep> write_flip(const StepToWrite& step) { return drawn(step, fmt::format("{}[:, ::-1]", step.in[0])); }

Result<WrittenStep> write_rotate(const StepToWrite& step) {
  const ParamReader params(step.params);
  return by_torchvision(step, fmt::format("T.RandomRotation({}, interpolation=BILINEAR, fill={})",
                                          params.number("degrees"), params.number("fill")));
}

Result<WrittenStep> write_affine(const StepToWrite& step) {
  const ParamReader params(step.params);
  return by_torchvision(
      step, fmt::format("T.RandomAffine({0}, ({1}, {1}), ({2}, {3}), {4}, interpolation=BILINEAR, fill={5})",
                        params.number("degrees"), params.number("translate"), params.number("scale_min"),
                        params.number("scale_max"), params.number("shear"), params.number("fill")));
}

Result<WrittenStep> write_perspective(const StepToWrite& step) {
  const ParamReader params(step.params);
  return by_torchvision(step, fmt::format("T.RandomPerspective({}, p=1.0, interpolation=BILINEAR, fill={})",
                                          params.number("distortion"), params.number("fill")));
}

Result<WrittenStep> write_blur(const StepToWrite& step) {
  const ParamReader params(step.params);
  return drawn(step,
               fmt::format("blur({}, random.uniform({}, {}))", step.in[0], params.number("sigma_min"),
                           params.number("sigma_max")),
               {"by_torchvision", "blur"});
}

constexpr std::string_view kBlur = R"py(def blur(image, sigma):
    """A Gaussian blur, of three deviations to each side."""
    side = 2 * math.ceil(3 * sigma) + 1
    return by_torchvision(image, T.GaussianBlur(side, (sigma, sigma)))
)py";

Result<WrittenStep> write_sharpen(const StepToWrite& step) {
  return by_torchvision(step,
                        fmt::format("T.RandomAdjustSharpness({}, p=1.0)", ParamReader(step.params).number("factor")));
}

Result<WrittenStep> write_jitter(const StepToWrite& step) {
  const ParamReader params(step.params);
  return by_torchvision(
      step, fmt::format("T.ColorJitter({}, {}, {}, {})", params.number("brightness"), params.number("contrast"),
                        params.number("saturation"), params.number("hue")));
}

Result<WrittenStep> write_rand_augment(const StepToWrite& step) {
  const ParamReader params(step.params);
  return by_torchvision(
      step, fmt::format("T.RandAugment({}, {}, fill=[{}] * {}.shape[2])", params.integer("operations"),
                        static_cast<std::int64_t>(params.real("magnitude")), params.number("fill"), step.in[0]));
}

Result<WrittenStep> write_grey(const StepToWrite& step) {
  const double share = ParamReader(step.params).real("probability");
  WrittenStep written = drawn(step, fmt::format("grey({})", step.in[0]), {"grey"});
  if (share >= 1) written.call = fmt::format("grey({})", step.in[0]);
  return written;
}

constexpr std::string_view kGrey = R"py(def grey(image):
    """A picture without its colours, of as many channels."""
    if image.shape[2] == 1:
        return image
    return np.repeat(np.asarray(Image.fromarray(image).convert("L"))[..., None], image.shape[2], 2)
)py";

Result<WrittenStep> write_noise(const StepToWrite& step) {
  const ParamReader params(step.params);
  const bool specks = params.text("kind") == "salt_and_pepper";
  return drawn(step,
               fmt::format("add_{}({}, {})", specks ? "specks" : "noise", step.in[0],
                           params.number(specks ? "share" : "stddev")),
               {"add_noise"});
}

constexpr std::string_view kNoise = R"py(def add_noise(image, stddev):
    """Gaussian noise on every number."""
    noisy = image + np.random.normal(0, stddev, image.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8) if image.dtype == np.uint8 else noisy.astype(image.dtype)


def add_specks(image, share):
    """Black and white specks on a share of the pixels."""
    image = image.copy()
    met = np.random.random(image.shape[:2])
    image[met < share / 2] = 0
    image[(met >= share / 2) & (met < share)] = 255
    return image
)py";

Result<WrittenStep> write_cutout(const StepToWrite& step) {
  const ParamReader params(step.params);
  return drawn(step,
               fmt::format("cutout({}, {}, {}, {})", step.in[0], params.integer("size"), params.integer("holes"),
                           params.number("fill")),
               {"cutout"});
}

constexpr std::string_view kCutout = R"py(def cutout(image, size, holes, fill):
    """Squares without anything, whose middles lie anywhere (DeVries and Taylor, 2017)."""
    image = image.copy()
    planar = image.dtype != np.uint8  # behind normalise channels come first
    height, width = image.shape[1:] if planar else image.shape[:2]
    for _ in range(holes):
        y, x = random.randrange(height) - size // 2, random.randrange(width) - size // 2
        rows, columns = slice(max(y, 0), max(y + size, 0)), slice(max(x, 0), max(x + size, 0))
        if planar:
            image[:, rows, columns] = fill
        else:
            image[rows, columns] = fill
    return image
)py";

Result<WrittenStep> write_jpeg(const StepToWrite& step) {
  const ParamReader params(step.params);
  return drawn(step,
               fmt::format("through_jpeg({}, random.randint({}, {}))", step.in[0], params.integer("quality_min"),
                           params.integer("quality_max")),
               {"through_jpeg"});
}

constexpr std::string_view kThroughJpeg = R"py(def through_jpeg(image, quality):
    """Packed as a JPEG file of this quality, and unpacked."""
    packed = io.BytesIO()
    Image.fromarray(image if image.shape[2] > 1 else image[..., 0]).save(packed, "JPEG", quality=quality)
    out = np.asarray(Image.open(packed))
    return out if out.ndim == 3 else out[..., None]
)py";

void add_augmentation_steps(Writers& writers) {
  writers.step("horizontal_flip", write_flip);
  writers.step("rotate", write_rotate);
  writers.step("affine", write_affine);
  writers.step("perspective", write_perspective);
  writers.step("blur", write_blur);
  writers.step("sharpen", write_sharpen);
  writers.step("colour_jitter", write_jitter);
  writers.step("rand_augment", write_rand_augment);
  writers.step("grey", write_grey);
  writers.step("noise", write_noise);
  writers.step("cutout", write_cutout);
  writers.step("jpeg_artefacts", write_jpeg);
  writers.helper("by_torchvision", kByTorchvision);
  writers.helper("blur", kBlur);
  writers.helper("grey", kGrey);
  writers.helper("add_noise", kNoise);
  writers.helper("cutout", kCutout);
  writers.helper("through_jpeg", kThroughJpeg);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_augmentation_steps)
