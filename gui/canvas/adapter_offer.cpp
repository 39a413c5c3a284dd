// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/adapter_offer.h"

#include "gui/canvas/canvas_editor.h"
#include "gui/canvas/reason_bubble.h"
#include "gui/canvas/shown_diagram.h"
#include "gui/models/text.h"

#include <utility>

namespace feedline::gui::inline canvas {

AdapterOffer::AdapterOffer(CanvasParts& parts, CanvasEditor& editor) : parts_(parts), editor_(editor) {
  connect(&parts.bubble, &ReasonBubble::chosen, this, &AdapterOffer::take);
}

void AdapterOffer::offer(const Error& error, const PortRef& from, const PortRef& to, QPoint pos) {
  chains_ = find_adapters(parts_.shown.diagram(), parts_.shown.analysis(), parts_.shown.scope(), from, to);
  from_ = from;
  to_ = to;
  if (chains_.empty()) return parts_.bubble.show_reason(error, pos, false);
  QStringList offers;
  for (const AdapterChain& chain : chains_) {
    QStringList titles;
    for (const AdapterStep& step : chain) titles << to_qstring(step.spec->title);
    offers << tr("Insert %1").arg(titles.join(QStringLiteral(" → ")));
  }
  parts_.bubble.show_offers(error, pos, offers);
}

void AdapterOffer::check(const PortRef& from, const PortRef& to, QPoint pos) {
  for (const Problem& problem : parts_.shown.analysis().problems) {
    const Error error = problem.error;  // the offer may outlive the analysis
    if (problem.severity != Problem::Severity::Error || error.node != parts_.shown.path_of(to.node)) continue;
    if (!error.parameter.empty() || (!error.port.empty() && error.port != to.port)) continue;
    if (!find_adapters(parts_.shown.diagram(), parts_.shown.analysis(), parts_.shown.scope(), from, to).empty())
      offer(error, from, to, pos);
    return;
  }
}

void AdapterOffer::take(int choice) {
  parts_.bubble.hide();
  if (choice < 0 || choice >= static_cast<int>(chains_.size())) return;
  const std::vector<AdapterChain> chains = std::exchange(chains_, {});
  editor_.insert_adapter(chains[static_cast<std::size_t>(choice)], from_, to_);
}

}  // namespace feedline::gui::inline canvas
