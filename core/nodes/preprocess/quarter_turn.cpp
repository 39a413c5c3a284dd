// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/image.h"
#include "schema/node_builder.h"

#include <fmt/format.h>
#include <opencv2/core.hpp>

namespace feedline::inline nodes {
namespace {

struct QuarterTurn {
  struct Params {
    std::int64_t size = 32;
  };

  static NodeSpec spec() {
    return node<QuarterTurn>("quarter_turn", 1, "Quarter turn",
                             "Turns a picture by 0, 90, 180 or 270 degrees, and says by which: a task without labels.")
        .help(
            "A network that tells how far a picture was turned must know what things look like (Gidaris et al., 2018): "
            "it learns features from pictures that nobody has labelled. Wire `turn` to the batch in place of a label, "
            "train, and give the backbone's weights to another graph ('feedline-cli pretrain'). In training the turn "
            "is drawn anew for each record and epoch; in validation it follows from the record, so that each of the "
            "four is asked for. The middle of the picture is used; put a resize in front.")
        .in("image", Kind::Image, "A picture that is at least as large as the square.")
        .out("image", Kind::Image, "Its middle, turned: size × size pixels.")
        .out("turn", Kind::Label, "0 to 3 quarters, clockwise.")
        .random()
        .param("size", &Params::size, range(1, 8192).ui(16, 512).unit("px"), "Side of the square.")
        .example({{"size", std::int64_t{32}}}, {.mean = 164.6973, .stddev = 63.6304});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs in) {
    const auto shape = picture_shape(*in[0]);
    if (!shape) return fail(shape.error());
    for (const Dim* side : {&shape->height, &shape->width})
      if (side->known() && side->size() < params.size)
        return fail(Error{.reason = fmt::format("the picture has {} pixels, fewer than {}", side->size(), params.size),
                          .remedy = "Set size to a smaller number, or put a resize in front",
                          .parameter = "size"});
    TensorDesc turn{.kind = Kind::Label, .dtype = DType::I64, .classes = Dim(4)};
    turn.class_names = {"0 degrees", "90 degrees", "180 degrees", "270 degrees"};
    return std::vector<TensorDesc>{with_size(*in[0], params.size, params.size), std::move(turn)};
  }

  class Op final : public SampleOp {
   public:
    explicit Op(std::int64_t size) : size_(size) {}

    Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext& context) const override {
      const auto picture = picture_size(*in[0]);
      if (!picture) return fail(picture.error());
      if (picture->width < size_ || picture->height < size_)
        return fail_record(fmt::format("the picture has {}x{} pixels, and {} are wanted of each side", picture->width,
                                       picture->height, size_),
                           "Put a resize in front, or set size to a smaller number");
      const std::int64_t turn = context.training ? static_cast<std::int64_t>(context.rng.below(4))
                                                 : static_cast<std::int64_t>(context.record % 4);
      const cv::Rect middle(static_cast<int>((picture->width - size_) / 2),
                            static_cast<int>((picture->height - size_) / 2), static_cast<int>(size_),
                            static_cast<int>(size_));
      for_each_plane(*in[0], *out[0], size_, size_, [&](const cv::Mat& from, cv::Mat& to) {
        if (turn == 0) {
          from(middle).copyTo(to);
        } else {
          cv::rotate(from(middle), to, static_cast<int>(turn) - 1);  // ROTATE_90_CLOCKWISE, _180, _90_COUNTERCLOCKWISE
        }
      });
      out[1]->set_label(turn);
      return {};
    }

   private:
    std::int64_t size_;
  };

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs) {
    return std::make_unique<Op>(params.size);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(QuarterTurn)
