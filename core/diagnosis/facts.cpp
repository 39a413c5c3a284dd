// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/facts.h"

#include "graph/flatten.h"
#include "graph/wiring.h"

#include <algorithm>
#include <set>

namespace feedline {
namespace {

/// Collects the data side above the trainer's loss.
class Collector {
 public:
  Collector(const Document& document, const Registry& registry) : wiring_(document, registry) {}

  RunFacts run() {
    const std::size_t trainer = find(Role::Trainer);
    if (trainer == Wiring::kNone) return facts_;
    facts_.trainer_node = node(trainer).id;
    const TrainerSettings settings = spec(trainer).trainer(spec(trainer).complete(node(trainer).params));
    facts_.workers = static_cast<std::size_t>(settings.workers);
    facts_.prefetch = static_cast<std::size_t>(std::max<std::int64_t>(settings.prefetch, 0));
    facts_.staged = settings.staged;
    facts_.epochs = static_cast<std::uint32_t>(settings.epochs);
    facts_.replicas = static_cast<int>(settings.replicas);
    facts_.intra_op_threads = static_cast<int>(settings.intra_op_threads);

    const std::size_t batch = batch_above(trainer);
    if (batch == Wiring::kNone) return facts_;
    facts_.batch_node = node(batch).id;
    facts_.batch = spec(batch).batch(spec(batch).complete(node(batch).params)).size;
    facts_.labels.clear();
    for (const PortSpec& port : spec(batch).inputs)
      if (port.kind == Kind::Label) facts_.labels.push_back(port.name);
    const std::set<std::size_t> wanted = above(batch);
    for (const std::size_t index : order_nodes(wiring_).nodes)
      if (wanted.contains(index)) facts_.nodes.push_back(describe(index, batch));
    return facts_;
  }

 private:
  [[nodiscard]] const Node& node(std::size_t i) const { return wiring_.nodes()[i]; }
  [[nodiscard]] const NodeSpec& spec(std::size_t i) const { return *wiring_.spec(i); }

  [[nodiscard]] std::size_t find(Role role) const {
    for (std::size_t i = 0; i < wiring_.nodes().size(); ++i)
      if (wiring_.spec(i) != nullptr && wiring_.spec(i)->role == role) return i;
    return Wiring::kNone;
  }

  /// The batch that the loss of the trainer is computed from.
  [[nodiscard]] std::size_t batch_above(std::size_t trainer) const {
    std::vector<std::size_t> open;
    for (const std::size_t link : wiring_.wires_into(trainer))
      if (wiring_.links()[link].to.port == "loss") open.push_back(wiring_.from(link));
    std::set<std::size_t> seen;
    while (!open.empty()) {
      const std::size_t next = open.back();
      open.pop_back();
      if (next == Wiring::kNone || !seen.insert(next).second || wiring_.spec(next) == nullptr) continue;
      if (spec(next).role == Role::Batch) return next;
      for (const std::size_t link : wiring_.wires_into(next)) open.push_back(wiring_.from(link));
    }
    return Wiring::kNone;
  }

  [[nodiscard]] std::set<std::size_t> above(std::size_t start) const {
    std::set<std::size_t> found;
    std::vector<std::size_t> open{start};
    while (!open.empty()) {
      const std::size_t next = open.back();
      open.pop_back();
      for (const std::size_t link : wiring_.wires_into(next)) {
        const std::size_t from = wiring_.from(link);
        if (from == Wiring::kNone || wiring_.spec(from) == nullptr) continue;
        if (found.insert(from).second) open.push_back(from);
      }
    }
    return found;
  }

  [[nodiscard]] DataNode describe(std::size_t index, std::size_t batch) const {
    DataNode fact{.id = node(index).id, .type = node(index).type, .role = spec(index).role};
    fact.cache = static_cast<bool>(spec(index).cache);
    fact.random = spec(index).random;
    for (const std::size_t up : above(index)) {
      fact.upstream.push_back(node(up).id);
      fact.random = fact.random || spec(up).random;
    }
    for (const std::size_t link : wiring_.wires_into(batch)) {
      const std::size_t from = wiring_.from(link);
      if (from == index || (from != Wiring::kNone && above(from).contains(index)))
        fact.fields.push_back(wiring_.links()[link].to.port);
    }
    return fact;
  }

  Wiring wiring_;
  RunFacts facts_{};
};

}  // namespace

const DataNode* RunFacts::find(std::string_view id) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const DataNode& n) { return n.id == id; });
  return found == nodes.end() ? nullptr : &*found;
}

bool RunFacts::is_label(std::string_view field) const {
  return std::find(labels.begin(), labels.end(), field) != labels.end();
}

std::size_t RunFacts::workers_limit() const {
  return most_workers > 0 ? most_workers : std::max<std::size_t>(16, 4 * cores);
}

double RunFacts::step_threads() const {
  return static_cast<double>(std::max(replicas, 1)) * static_cast<double>(std::max(intra_op_threads, 1));
}

RunFacts facts_of(const Document& document, const Registry& registry) {
  if (is_flat(document)) return Collector(document, registry).run();
  const Flat flat = flatten(document, registry);
  return Collector(flat.document, registry).run();
}

}  // namespace feedline
