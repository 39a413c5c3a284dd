// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/codec.h"
#include "nodes/preprocess/number_list.h"
#include "schema/node_builder.h"

#include <optional>
#include <string>

namespace feedline::inline nodes {
namespace {

struct Decode {
  struct Params {
    std::string color = "rgb";
    std::string alpha = "drop";
    double max_megapixels = 100;
    std::string damaged = "skip";
    std::string range = "full";
    bool exact = false;
  };

  static NodeSpec spec() {
    return node<Decode>("decode", 2, "Decode",
                        "Turns the bytes of a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF file into pixels.")
        .help(
            "Reads the format from the file's first bytes, not from its name. Photos are turned upright as their EXIF "
            "orientation says; CMYK, palettes and 16-bit pictures become 8-bit; of an animation the first frame is "
            "taken, of a TIFF file the first page.\n\n"
            "For photos this is usually the most expensive step of all. Where a resize or a random_resized_crop reads "
            "the result, and nothing else does, only the rows and columns that it will look at are decoded, and large "
            "JPEG pictures at a half, a quarter or an eighth of their size if that is still enough. The pixels then "
            "differ a little from those of a full decode that is scaled down: they are averages, so fine patterns "
            "alias less. 'exact' reads everything.\n\n"
            "Pictures of 16 bits or of real numbers (PNG, TIFF) may use a small part of their value range, such as "
            "500 to 4,000 of 65,535, and then become nearly black: give that part as 'range'.\n\n"
            "A file that cannot be read is left out of its batch, counted and named. One that ends too early is whole "
            "if "
            "every pixel was there all the same, as in JPEG files without an end marker. Rows below the last one that "
            "is needed are not decoded, so damage there goes unnoticed.")
        .in("file", Kind::Encoded, "The bytes of one picture file.")
        .out("image", Kind::Image, "Its pixels, 8 bits a channel.")
        .choice("color", &Params::color, {"rgb", "grey"}, "Three channels, or one of brightness.")
        .choice("alpha", &Params::alpha, {"drop", "white", "black"},
                "What becomes of transparency: 'drop' ignores it, the others put the picture on a background of that "
                "colour.")
        .param("max_megapixels", &Params::max_megapixels, range(0.001, 4000).ui(1, 400).unit("megapixels"),
               "A picture that declares more is refused before any memory is taken for it.")
        .choice(
            "damaged", &Params::damaged, {"skip", "keep"},
            "What becomes of a truncated or corrupt file: 'skip' leaves it out, 'keep' takes what could be read, with "
            "the rest grey.")
        .param("range", &Params::range,
               "Which stored values become black and white in pictures of more than 8 bits: 'full' (0 to 65535; 0 to 1 "
               "of real numbers), or two numbers such as 500, 4000.")
        .param("exact", &Params::exact, "Read every pixel, even those that the next node cuts off or scales away.")
        .upgrade([](int, ParamMap& params) {  // version 1 had a switch
          const auto kept = params.find("accept_damaged");
          if (kept == params.end()) return;
          const bool* keeps = std::get_if<bool>(&kept->second);
          if (keeps != nullptr && *keeps) params["damaged"] = std::string("keep");
          params.erase(kept);
        })
        .example({{"color", std::string("rgb")}}, {.mean = 146.47, .stddev = 70.89, .tolerance = 0.5});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (in.kind != Kind::Encoded)
      return fail(
          Error{.reason = "needs the bytes of a picture file, but is given " + in.text(),
                .remedy = "Connect the file output of a source; pictures that are pixels already need no decode",
                .port = "file"});
    if (const auto range = range_of(params); !range) return fail(range.error());
    return TensorDesc{.kind = Kind::Image,
                      .dtype = DType::U8,
                      .shape = {Dim::symbol("H"), Dim::symbol("W"), params.color == "rgb" ? 3 : 1},
                      .layout = Layout::HWC};
  }

  static bool partial(const Params& params) { return !params.exact; }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    codec::DecodeRequest request;
    request.colour = params.color == "rgb" ? codec::Colour::Rgb : codec::Colour::Grey;
    request.alpha = params.alpha == "white"   ? codec::Alpha::OnWhite
                    : params.alpha == "black" ? codec::Alpha::OnBlack
                                              : codec::Alpha::Drop;
    request.max_pixels = static_cast<std::uint64_t>(params.max_megapixels * 1e6);
    request.keep_damaged = params.damaged == "keep";
    const auto range = range_of(params);
    if (!range) return fail(range.error());
    request.range = *range;
    request.next = params.exact ? nullptr : context.next;
    return codec::decode(in.span(), request, out);
  }

 private:
  static Result<std::optional<codec::ValueRange>> range_of(const Params& params) {
    if (params.range == "full") return std::nullopt;
    const auto numbers = parse_numbers(params.range, "range");
    if (numbers && numbers->size() == 2 && numbers->front() < numbers->back())
      return codec::ValueRange{.low = numbers->front(), .high = numbers->back()};
    return fail(Error{.reason = "'" + params.range + "' is no range of values",
                      .remedy = "Give the word full, or the darkest and the brightest value, such as 500, 4000",
                      .parameter = "range"});
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Decode)
