// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_builder.h"

#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

/// Declares what all optimisers have alike: `.with(optimizer_params<Adam>)`, behind the parameters of their own.
template <class T>
void optimizer_params(NodeBuilder<T>& builder) {
  using Params = typename T::Params;
  std::move(builder)
      .param("weight_decay", &Params::weight_decay, range(0, 1e3).ui(0, 0.1),
             Params{}.decouples_decay
                 ? "Pulls parameters towards zero, against overfitting: each step takes this share, times the learning "
                   "rate, off them, apart from the gradient."
                 : "L2 penalty: pulls parameters towards zero, against overfitting.")
      .param("l1", &Params::l1, range(0, 1e3).ui(0, 0.01),
             "L1 penalty: pulls parameters towards zero by the same amount whatever their size, so that many end "
             "near it.")
      .param("decay_norm_and_bias", &Params::decay_norm_and_bias,
             "The penalties act on biases and on the scales and shifts of norms too. Off often generalises better "
             "with strong penalties.")
      .param("clip_norm", &Params::clip_norm, range(0, 1e30).ui(0, 10),
             "Scales the gradient down where its norm over all parameters is above this, against steps that are too "
             "large (Pascanu et al. 2013); 0: off. Penalties are added behind it.")
      .param("clip_value", &Params::clip_value, range(0, 1e30).ui(0, 10),
             "Cuts each number of the gradient to plus or minus this; 0: off. It comes before clip_norm.")
      .param("ema", &Params::ema, range(0, 0.9999999).ui(0, 0.9999),
             "Decay of an exponential moving average of the parameters, with which the model is validated and saved; "
             "0.999 averages about the last 1,000 steps. 0: off.")
      .list("rates", &Params::rates,
            {.item_text = "rate",
             .form = "LAYER=FACTOR, with * for any text",
             .check_item = [](std::string_view item) -> Status {
               if (auto rate = parse_layer_rate(item); !rate) return fail(std::move(rate.error()));
               return {};
             }},
            "Layers whose learning rate is multiplied, by name: head*=10, backbone/*=0.1; 0 keeps them as they are. "
            "Where several match, the last one counts.")
      .param("depth_decay", &Params::depth_decay, range(0.01, 1).ui(0.5, 1),
             "Learning rates by depth (Howard and Ruder, 2018): each part of the network learns at this share of the "
             "rate of the part behind it. A part is a layer with weights, or a stage of a backbone. 1: all alike; "
             "0.7 to 0.9 suits weights that were trained before. It multiplies what `rates` says.")
      .choice("schedule", &Params::schedule,
              {"constant", "step", "cosine", "one_cycle", "polynomial", "exponential", "plateau"},
              "How the learning rate goes over the run. cosine (Loshchilov and Hutter 2017) and one_cycle (Smith 2018) "
              "suit most runs of a known length; plateau lowers it when a metric no longer improves.")
      .param("warmup", &Params::warmup, range(0, 1e9).ui(0, 1000),
             "Steps over which the rate first rises to its value, in front of any schedule; below 1: a share of all "
             "steps. 0: none.")
      .param("drop_every", &Params::drop_every, range(0.001, 1e9).ui(0.001, 1000),
             "Steps between two drops of the rate; below 1: a share of all steps.")
      .only_if("schedule", {"step"})
      .param("drop_factor", &Params::drop_factor, range(1e-6, 1).ui(0.01, 0.9), "What a drop leaves of the rate.")
      .only_if("schedule", {"step", "plateau"})
      .param("final_factor", &Params::final_factor, range(1e-12, 1).ui(1e-4, 0.1),
             "Where the rate ends, as a share of learning_rate; with plateau, the least that it is lowered to.")
      .only_if("schedule", {"cosine", "one_cycle", "polynomial", "exponential", "plateau"})
      .param("start_factor", &Params::start_factor, range(1e-6, 1).ui(0.01, 1),
             "Where the rate begins, as a share of learning_rate.")
      .only_if("schedule", {"one_cycle"})
      .param("peak_at", &Params::peak_at, range(0.001, 0.999).ui(0.1, 0.5),
             "Share of all steps at which the rate reaches learning_rate.")
      .only_if("schedule", {"one_cycle"})
      .param("power", &Params::power, range(0.01, 100).ui(0.5, 3), "Power of the polynomial; 1: a straight line.")
      .only_if("schedule", {"polynomial"})
      .param("watch", &Params::watch, "Metric whose plateau lowers the rate: val_loss, val_accuracy, train_loss.")
      .only_if("schedule", {"plateau"})
      .param("plateau_patience", &Params::plateau_patience, range(0, 1000000).ui(0, 20).unit("epochs"),
             "Epochs without improvement before the rate drops.")
      .only_if("schedule", {"plateau"})
      .param("plateau_least_change", &Params::plateau_least_change, range(0, 1).ui(0, 0.1),
             "What counts as an improvement, as a share of the best value.")
      .only_if("schedule", {"plateau"});
}

/// What an optimiser's node puts out. Error: what can be wrong with these settings alone, naming the parameter.
[[nodiscard]] Result<std::vector<TensorDesc>> describe_optimizer(const OptimizerSettings& settings);

}  // namespace feedline::inline nodes
