// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/node_builder.h"

#include <algorithm>

namespace feedline {
namespace {

struct BatchNode {
  struct Params : BatchSettings {};

  static NodeSpec spec() {
    return node<BatchNode>("batch", 1, "Batch", "Collates records into the batches that the model is trained on.")
        .help(
            "Everything before this node happens once per record, everything after it once per batch. Branches of one "
            "record (its picture, its text, its label) are joined here. All values of one input must have the same "
            "size: put a resize or a crop before it.\n\n"
            "A larger batch uses the processor better and averages the gradient over more records, but takes more "
            "memory "
            "and fewer steps per epoch. Records that cannot be read are left out and counted.")
        .optional_in("image", Kind::Image, "Pictures of one size.")
        .optional_in("features", Kind::Features, "Vectors of one length.")
        .optional_in("tokens", Kind::Tokens, "Token ids of one length.")
        .optional_in("label", Kind::Label, "The target that the model predicts.")
        .out("image", Kind::Tensor, "The pictures, stacked.")
        .out("features", Kind::Tensor, "The vectors, stacked.")
        .out("tokens", Kind::Tensor, "The token ids, stacked.")
        .out("label", Kind::Target, "The labels, stacked: connect it to the loss.")
        .out("batch", Kind::Batch, "All of it, by name: connect it to the validation input of the trainer.")
        .param("size", &Params::size, range(1, 65536).ui(8, 512).unit("records"), "Records in a batch.")
        .param("drop_last", &Params::drop_last, "Drop the last batch of an epoch if it is not full.");
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    if (std::all_of(in.begin(), in.end(), [](const TensorDesc* desc) { return desc == nullptr; }))
      return fail("no input is connected", "Connect a picture, features or tokens, and a label");
    std::vector<TensorDesc> out;
    for (std::size_t i = 0; i < in.size(); ++i) out.push_back(stacked(in[i], i == 3 ? Kind::Target : Kind::Tensor));
    out.push_back({.kind = Kind::Batch});
    return out;
  }

 private:
  static TensorDesc stacked(const TensorDesc* record, Kind kind) {
    if (record == nullptr) return {.kind = kind};
    TensorDesc batch = *record;
    batch.kind = kind;
    batch.shape.insert(batch.shape.begin(), Dim::symbol("N"));
    return batch;
  }
};

}  // namespace
}  // namespace feedline

FEEDLINE_NODE(BatchNode)
