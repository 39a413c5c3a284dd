// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/target_notice.h"

#include "schema/behaviour.h"

#include <fmt/format.h>

#include <cstddef>

namespace feedline::inline graph {

std::optional<Error> class_as_number(const NodeSpec& loss, std::span<const TensorDesc* const> in) {
  if (loss.target != TargetKind::Numbers) return std::nullopt;
  const int port = loss.input("target");
  if (port < 0 || static_cast<std::size_t>(port) >= in.size()) return std::nullopt;
  const TensorDesc* target = in[static_cast<std::size_t>(port)];
  if (target == nullptr || target->kind != Kind::Target || target->shape.size() != 1) return std::nullopt;
  if (!target->classes.known() || target->classes.size() == 0) return std::nullopt;
  return Error{
      .reason = fmt::format("its target is one of {0} classes, and it compares numbers: what is learnt is the place of "
                            "the class in their list, 0 to {1}",
                            target->classes.size(), target->classes.size() - 1),
      .remedy = "Set label_kind of the source to number, or use cross_entropy and set units of the last linear to 0",
      .port = "target"};
}

}  // namespace feedline::inline graph
