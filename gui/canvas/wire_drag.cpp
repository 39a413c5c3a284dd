// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/wire_drag.h"

#include "graph/port_edits.h"
#include "graph/rewire.h"
#include "gui/canvas/new_node.h"

#include <QCoreApplication>

namespace feedline::gui::inline canvas {
namespace {

std::string refusal_words(const char* text) { return QCoreApplication::translate("Canvas", text).toStdString(); }

}  // namespace

WireDrag::WireDrag(const Diagram& diagram, const PortId& start) : diagram_(diagram), anchor_(start) {
  if (start.side != Side::Input) return;
  if (const Link* link = diagram.link_into(start.ref)) {
    lifted_ = *link;
    anchor_ = {link->from, Side::Output};
    (void)diagram_.apply(Edit{RemoveLink{start.ref}});
  }
}

std::pair<PortRef, PortRef> WireDrag::ends(const PortId& target) const {
  return anchor_.side == Side::Output ? std::pair{anchor_.ref, target.ref} : std::pair{target.ref, anchor_.ref};
}

std::optional<Error> WireDrag::check(const Diagram& diagram, const PortId& target) const {
  if (target.side == anchor_.side) {
    return Error{
        .reason =
            target.side == Side::Input ? refusal_words("both ends are inputs") : refusal_words("both ends are outputs"),
        .remedy = refusal_words("A wire runs from an output, on the right of a node, to an input, on the left.")};
  }
  const auto [from, to] = ends(target);
  if (to.port == kFreePort) {
    const auto made = wire_to_free_port(diagram, from, to.node);
    return made ? std::nullopt : std::optional(made.error());
  }
  return check_connect(diagram, from, to, true);
}

const std::optional<Error>& WireDrag::refusal(const PortId& target) const {
  const auto known = refusals_.find(target);
  if (known != refusals_.end()) return known->second;
  return refusals_.emplace(target, check(diagram_, target)).first->second;
}

PortRef WireDrag::end_at(const PortId& target) const {
  const auto [from, to] = ends(target);
  if (to.port != kFreePort) return to;
  const auto made = wire_to_free_port(diagram_, from, to.node);
  return made ? made->to : to;
}

std::optional<Edit> WireDrag::drop_on(const PortId& target) const {
  const auto [from, to] = ends(target);
  if (to.port == kFreePort) {
    auto made = wire_to_free_port(diagram_, from, to.node);
    if (!made) return std::nullopt;
    auto& steps = std::get<Edit::List>(made->edit.change);
    if (lifted_) steps.insert(steps.begin(), Edit{RemoveLink{lifted_->to}});
    return std::move(made->edit);
  }
  if (lifted_ && lifted_->from == from && lifted_->to == to) return std::nullopt;
  if (const Link* same = diagram_.link_into(to); same != nullptr && same->from == from && !lifted_) return std::nullopt;
  Edit::List steps;
  if (lifted_) steps.push_back({RemoveLink{lifted_->to}});
  if (diagram_.link_into(to) != nullptr) steps.push_back({RemoveLink{to}});
  Link link{.from = from, .to = to};
  if (lifted_) link.extra = lifted_->extra;
  steps.push_back({AddLink{.link = std::move(link)}});
  if (steps.size() == 1) return std::move(steps.front());
  return Edit{std::move(steps)};
}

std::optional<Edit> WireDrag::drop_on_nothing() const {
  if (!lifted_) return std::nullopt;
  return Edit{RemoveLink{lifted_->to}};
}

std::optional<std::string> WireDrag::port_that_fits(const NodeSpec& spec) const {
  Diagram trial = diagram_;
  const std::string id = trial.free_id("trial");
  const Node node = new_node(spec, id, {});
  if (!trial.apply(Edit{AddNode{.node = node}})) return std::nullopt;
  const NodeSpec real = spec_of(node).value_or(spec);
  const Side side = anchor_.side == Side::Output ? Side::Input : Side::Output;
  for (const PortSpec& port : side == Side::Input ? real.inputs : real.outputs)
    if (!check(trial, {{id, port.name}, side})) return port.name;
  return std::nullopt;
}

Edit WireDrag::drop_on_new(const NodeSpec& spec, const std::string& id, Position position) const {
  Edit::List steps;
  steps.push_back({AddNode{.node = new_node(spec, id, position)}});
  if (const auto port = port_that_fits(spec)) {
    const auto [from, to] = ends({{id, *port}, anchor_.side == Side::Output ? Side::Input : Side::Output});
    if (diagram_.link_into(to) != nullptr) steps.push_back({RemoveLink{to}});
    steps.push_back({AddLink{.link = {.from = from, .to = to}}});
  }
  return Edit{std::move(steps)};
}

}  // namespace feedline::gui::inline canvas
