// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_builder.h"
#include "schema/pretrained.h"

#include <utility>

namespace feedline::inline nodes {

/// Declares what all backbones have alike: `.with(backbone_params<ResNet>)`, behind the parameters of their own.
template <class T>
void backbone_params(NodeBuilder<T>& builder) {
  using Params = typename T::Params;
  std::move(builder)
      .optional_file("weights", &Params::weights,
                     "Starting weights: a .safetensors file, or a .pth or .pt file of a PyTorch state dict, with the "
                     "names of this network. Its classifier is not read. Empty: random starting weights.")
      .param("strict", &Params::strict,
             "Refuses a file of weights that lacks a tensor, has one too many or one of another shape. Off: what fits "
             "is taken, the rest is listed and starts at random.")
      .choice("frozen", &Params::frozen, {"none", "all", "stages"},
              "What does not learn. none: everything learns. all: it only gives features, and no gradients are "
              "worked out or kept. stages: only the last trainable_stages learn.")
      .param("trainable_stages", &Params::trainable_stages, range(0, 1000).ui(0, 8).unit("stages"),
             "How many stages learn, counted from the output. The help says which stages there are.")
      .only_if("frozen", {"stages"})
      .param("freeze_statistics", &Params::freeze_statistics,
             "Batch norms whose scale is frozen use their running statistics, and keep them, in training too; they are "
             "then folded into their convolutions. Off: they go on measuring each batch.")
      .list("freeze_pattern", &Params::freeze_pattern,
            {.longest = 256, .item_text = "pattern", .form = "a tensor's name, with * for any text"},
            "Tensors that do not learn besides, by name: layer1.*, *.bias.")
      .param("unfreeze_every", &Params::unfreeze_every, range(0, 1000000).ui(0, 20).unit("epochs"),
             "Gradual unfreezing (Howard and Ruder, 2018): after so many epochs one stage more learns, from the output "
             "to the input. 0: what is frozen stays so.")
      .only_if("frozen", {"all", "stages"})
      .choice(
          "cache", &Params::cache, {"auto", "off"},
          "What a frozen backbone gives of a record is the same in every epoch where no random node stands in front "
          "of it. auto: it is kept, in memory and then in the cache folder, and from the second epoch on neither "
          "the backbone nor what prepares its pictures is run. off: it is worked out anew each time.")
      .only_if("frozen", {"all"})
      .param("digest", &Params::digest,
             "How the SHA-256 of the file of weights must begin, in hexadecimal digits; another file is refused. "
             "Empty: any file. Names such as resnet50-0676ba61.pth say it themselves.");
}

}  // namespace feedline::inline nodes
