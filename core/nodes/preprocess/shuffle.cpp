// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Shuffle {
  struct Params : SamplerSettings {};

  static NodeSpec spec() {
    return node<Shuffle>("shuffle", 1, "Shuffle", "Draws the records in a new random order each epoch.")
        .help(
            "Reorders the records of its source before they are read. The whole record moves: a picture and its label "
            "stay together whichever wires pass through here. The order is a seeded permutation that needs no memory, "
            "so shuffling ten million records costs nothing. Validation data keep their order.\n\n"
            "With balance set to classes, an epoch draws as many records as there are to train on, and each class "
            "equally often: those of rare classes come several times, with new random numbers each time, and of "
            "frequent ones a part, another one each epoch. Over the epochs, every record of a class comes equally "
            "often. For this the labels of all records are looked at once before the run.")
        .in("sample", Kind::Any, "What to pass on, picture or text.")
        .optional_in("label", Kind::Label, "The label of the same record.")
        .out("sample", Kind::Any, "The same value, in the new order.")
        .out("label", Kind::Label, "The label of the same record.")
        .param("shuffle", &Params::shuffle, "Off passes the records through in their own order.")
        .choice("balance", &Params::balance, {"none", "classes"},
                "none: each training record once an epoch. classes: each class equally often, for data in which some "
                "are rare.")
        .only_if("shuffle", {"true"});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    const TensorDesc label{.kind = Kind::Label, .dtype = DType::I64, .classes = Dim::symbol("classes")};
    return std::vector<TensorDesc>{in[0] ? *in[0] : TensorDesc{}, in[1] ? *in[1] : label};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Shuffle)
