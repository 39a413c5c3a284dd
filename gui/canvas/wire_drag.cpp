// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/wire_drag.h"

#include <QCoreApplication>

namespace feedline::gui {
namespace {

std::string words(const char* text) { return QCoreApplication::translate("Canvas", text).toStdString(); }

}  // namespace

WireDrag::WireDrag(const Document& document, const PortId& start) : document_(document), anchor_(start) {
  if (start.side != Side::Input) return;
  if (const Link* link = document.link_into(start.ref)) {
    lifted_ = *link;
    anchor_ = {link->from, Side::Output};
    (void)document_.apply(Edit{RemoveLink{start.ref}});
  }
}

std::pair<PortRef, PortRef> WireDrag::ends(const PortId& target) const {
  return anchor_.side == Side::Output ? std::pair{anchor_.ref, target.ref} : std::pair{target.ref, anchor_.ref};
}

std::optional<Error> WireDrag::check(const Document& document, const PortId& target) const {
  if (target.side == anchor_.side) {
    return Error{.reason = target.side == Side::Input ? words("both ends are inputs") : words("both ends are outputs"),
                 .remedy = words("A wire runs from an output, on the right of a node, to an input, on the left.")};
  }
  const auto [from, to] = ends(target);
  return check_connect(document, from, to, true);
}

const std::optional<Error>& WireDrag::refusal(const PortId& target) const {
  const auto known = refusals_.find(target);
  if (known != refusals_.end()) return known->second;
  return refusals_.emplace(target, check(document_, target)).first->second;
}

std::optional<Edit> WireDrag::drop_on(const PortId& target) const {
  const auto [from, to] = ends(target);
  if (lifted_ && lifted_->from == from && lifted_->to == to) return std::nullopt;
  if (const Link* same = document_.link_into(to); same != nullptr && same->from == from && !lifted_)
    return std::nullopt;
  Edit::List steps;
  if (lifted_) steps.push_back({RemoveLink{lifted_->to}});
  if (document_.link_into(to) != nullptr) steps.push_back({RemoveLink{to}});
  steps.push_back({AddLink{.link = {.from = from, .to = to, .extra = lifted_ ? lifted_->extra : std::string()}}});
  if (steps.size() == 1) return std::move(steps.front());
  return Edit{std::move(steps)};
}

std::optional<Edit> WireDrag::drop_on_nothing() const {
  if (!lifted_) return std::nullopt;
  return Edit{RemoveLink{lifted_->to}};
}

std::optional<std::string> WireDrag::port_that_fits(const NodeSpec& spec) const {
  Document trial = document_;
  const std::string id = trial.free_id("trial");
  if (!trial.apply(Edit{AddNode{.node = {.id = id, .type = spec.type, .version = spec.version}}})) return std::nullopt;
  const Side side = anchor_.side == Side::Output ? Side::Input : Side::Output;
  for (const PortSpec& port : side == Side::Input ? spec.inputs : spec.outputs)
    if (!check(trial, {{id, port.name}, side})) return port.name;
  return std::nullopt;
}

Edit WireDrag::drop_on_new(const NodeSpec& spec, const std::string& id, Position position) const {
  Edit::List steps;
  steps.push_back({AddNode{.node = {.id = id, .type = spec.type, .version = spec.version, .position = position}}});
  if (const auto port = port_that_fits(spec)) {
    const auto [from, to] = ends({{id, *port}, anchor_.side == Side::Output ? Side::Input : Side::Output});
    if (document_.link_into(to) != nullptr) steps.push_back({RemoveLink{to}});
    steps.push_back({AddLink{.link = {.from = from, .to = to}}});
  }
  return Edit{std::move(steps)};
}

}  // namespace feedline::gui
