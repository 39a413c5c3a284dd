// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/codec.h"
#include "schema/node_builder.h"

namespace feedline {
namespace {

struct Decode {
  struct Params {
    std::string color = "rgb";
    std::string alpha = "drop";
    double max_megapixels = 100;
    bool accept_damaged = false;
    bool exact = false;
  };

  static NodeSpec spec() {
    return node<Decode>("decode", 1, "Decode", "Turns the bytes of a JPEG, PNG, WebP, GIF or BMP file into pixels.")
        .help(
            "Reads the format from the file's first bytes, not from its name. Photos are turned upright as their EXIF "
            "orientation says; CMYK, palettes and 16-bit pictures become 8-bit; of an animation the first frame is "
            "taken.\n\n"
            "For photos this is usually the most expensive step of all. Where a resize or a random_resized_crop reads "
            "the result, and nothing else does, only the rows and columns that it will look at are decoded, and large "
            "JPEG pictures at a half, a quarter or an eighth of their size if that is still enough. The pixels then "
            "differ a little from those of a full decode that is scaled down: they are averages, so fine patterns "
            "shimmer less. 'exact' reads everything.\n\n"
            "A file that cannot be read is left out of its batch, counted and named. Rows below the last one that is "
            "needed are not looked at, so a file that is damaged there counts as good until they are.")
        .in("file", Kind::Encoded, "The bytes of one picture file.")
        .out("image", Kind::Image, "Its pixels, 8 bits a channel.")
        .choice("color", &Params::color, {"rgb", "grey"}, "Three channels, or one of brightness.")
        .choice(
            "alpha", &Params::alpha, {"drop", "white", "black"},
            "What becomes of transparency: 'drop' ignores it, the others put the picture on a ground of that colour.")
        .param("max_megapixels", &Params::max_megapixels, range(0.001, 4000).ui(1, 400).unit("megapixels"),
               "A picture that declares more is refused before any memory is taken for it.")
        .param("accept_damaged", &Params::accept_damaged,
               "Keep what could be read of a truncated or corrupt file, instead of leaving it out.")
        .param("exact", &Params::exact, "Read every pixel, even those that the next node cuts off or scales away.")
        .example({{"color", std::string("rgb")}}, {.mean = 146.47, .stddev = 70.89, .tolerance = 0.5});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (in.kind != Kind::Encoded)
      return fail(
          Error{.reason = "needs the bytes of a picture file, but is given " + in.text(),
                .remedy = "Connect the file output of a source; pictures that are pixels already need no decode",
                .port = "file"});
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
    request.accept_damaged = params.accept_damaged;
    request.next = params.exact ? nullptr : context.next;
    return codec::decode(in.span(), request, out);
  }
};

}  // namespace
}  // namespace feedline

FEEDLINE_NODE(Decode)
