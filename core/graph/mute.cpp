// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/mute.h"

namespace feedline::inline graph {

std::optional<std::string> passes_on(const NodeSpec& spec, const std::string& output) {
  const int port = spec.output(output);
  if (port < 0) return std::nullopt;
  const Kind kind = spec.outputs[static_cast<std::size_t>(port)].kind;
  const int same = spec.input(output);
  if (same >= 0 && (kind == Kind::Any || spec.inputs[static_cast<std::size_t>(same)].kind == kind)) return output;
  for (const PortSpec& input : spec.inputs)
    if (input.kind == kind) return input.name;
  return std::nullopt;
}

Status check_mute(const NodeSpec& spec) {
  if (spec.outputs.empty())
    return fail("it cannot be muted, because nothing leaves it", "Remove it, or the wires to it");
  for (const PortSpec& output : spec.outputs)
    if (!passes_on(spec, output.name))
      return fail(Error{.reason = "it cannot be muted: it gives " + std::string(name(output.kind)) +
                                  ", and nothing of that kind enters it that could pass on instead",
                        .remedy = "Unmute it, or remove it and wire the graph past it",
                        .port = output.name});
  return {};
}

}  // namespace feedline::inline graph
