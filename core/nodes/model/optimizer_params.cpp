// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/optimizer_params.h"

namespace feedline::inline nodes {

Result<std::vector<TensorDesc>> describe_optimizer(const OptimizerSettings& settings) {
  if (settings.schedule == "plateau" && settings.watch.empty())
    return fail(Error{.reason = "no metric is named whose plateau lowers the learning rate",
                      .remedy = "Name one, such as val_loss",
                      .parameter = "watch"});
  return std::vector<TensorDesc>{TensorDesc{.kind = Kind::Optimizer}};
}

}  // namespace feedline::inline nodes
