// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/starter_draft.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace feedline::inline graph {
namespace {

constexpr double kStarterStep = 260;
constexpr std::int64_t kTokensOfText = 256;

/// One node of a chain: what enters, and what leaves.
struct ChainLink {
  std::string type{};
  std::string in{};
  std::string out{};
  ParamMap params{};
};

/// Which output of the source is followed, and through which nodes it reaches the batch.
struct RecordChain {
  std::string port{};
  std::vector<ChainLink> links{};
  std::string field{};  ///< of the batch
};

RecordChain chain_of(const StarterData& data) {
  const ChainLink vocabulary{
      .type = "vocabulary", .in = "text", .out = "tokens", .params = {{"length", kTokensOfText}}};
  switch (data.form) {
    case StarterForm::Rows:
      return {.port = "row",
              .links = {{.type = "impute", .in = "row", .out = "row"},
                        {.type = "standardise", .in = "row", .out = "row"},
                        {.type = "one_hot", .in = "row", .out = "row"},
                        {.type = "features", .in = "row", .out = "features"}},
              .field = "features"};
    case StarterForm::RowTexts:
      return {.port = "row",
              .links = {{.type = "text_column",
                         .in = "row",
                         .out = "text",
                         .params = {{"columns", ValueList{data.text_column}}}},
                        vocabulary},
              .field = "tokens"};
    case StarterForm::Texts:
      return {.port = "text", .links = {vocabulary}, .field = "tokens"};
    case StarterForm::Tokens:
      return {.port = "tokens", .links = {}, .field = "tokens"};
    case StarterForm::Features:
    case StarterForm::Pictures:
      break;
  }
  return {.port = "features", .links = {}, .field = "features"};
}

/// The network between the batch and the loss.
std::vector<ChainLink> model_of(const StarterData& data) {
  const std::int64_t outputs = data.number ? 1 : 0;  // 0: as many as the data have classes
  ChainLink last{.type = "linear", .in = "x", .out = "y", .params = {{"units", outputs}}};
  if (chain_of(data).field == "tokens")
    return {{.type = "embedding_bag", .in = "tokens", .out = "y", .params = {{"width", std::int64_t{64}}}},
            {.type = "dropout", .in = "x", .out = "y", .params = {{"probability", 0.2}}},
            std::move(last)};
  const ChainLink hidden{.type = "linear", .in = "x", .out = "y", .params = {{"units", std::int64_t{64}}}};
  const ChainLink relu{.type = "relu", .in = "x", .out = "y"};
  if (data.number)
    return {hidden,
            relu,
            hidden,
            relu,
            std::move(last),
            {.type = "scale_output",
             .in = "x",
             .out = "y",
             .params = {{"deviation", data.label_deviation}, {"mean", data.label_mean}}}};
  const ChainLink dropout{.type = "dropout", .in = "x", .out = "y", .params = {{"probability", 0.2}}};
  return {hidden, relu, dropout, hidden, relu, dropout, std::move(last)};
}

/// Rows and texts take microseconds, so a first run sees more of them than of pictures.
std::int64_t epochs_of_rows(const StarterData& data) {
  constexpr double kRowsToSee = 300'000;
  return std::clamp<std::int64_t>(std::lround(kRowsToSee / static_cast<double>(data.records)), 6, 40);
}

Status check_known(const std::string& type) {
  if (Registry::instance().find(type) != nullptr) return {};
  return fail("a graph for it needs the node " + type + ", which this version lacks", "Use a newer version");
}

/// Adds a chain of nodes from `from` on and returns its end.
PortRef follow_chain(StarterDraft& draft, const std::vector<ChainLink>& links, const std::string& prefix, PortRef from,
                     Position& place) {
  for (const ChainLink& link : links) {
    std::string id = prefix + link.type;
    for (int number = 2; draft.document().find(id) != nullptr; ++number)
      id = prefix + link.type + std::to_string(number);
    draft.add(id, link.type, link.params, place);
    draft.connect(from, {id, link.in});
    from = {id, link.out};
    place.x += kStarterStep;
  }
  return from;
}

}  // namespace

Result<Document> starter_of_rows(const StarterData& data) {
  const RecordChain chain = chain_of(data);
  const std::vector<ChainLink> model = model_of(data);
  for (const auto* links : {&chain.links, &model})
    for (const ChainLink& link : *links)
      if (Status known = check_known(link.type); !known) return fail(std::move(known.error()));

  StarterDraft draft{Document{}};
  const ParamMap batch = {{"fields", ValueList{chain.field, std::string("label")}},
                          {"size", starter_batch_size(data, 256)}};
  Position place{0, 0};
  draft.add("source", data.type, data.training, place);
  place.x += kStarterStep;
  draft.add("shuffle", "shuffle", {}, place);
  draft.connect({"source", chain.port}, {"shuffle", "sample"});
  draft.connect({"source", "label"}, {"shuffle", "label"});
  place.x += kStarterStep;
  const PortRef prepared = follow_chain(draft, chain.links, "", {"shuffle", "sample"}, place);
  draft.add("batch", "batch", batch, place);
  draft.connect(prepared, {"batch", chain.field});
  draft.connect({"shuffle", "label"}, {"batch", "label"});

  place = {0, kStarterStep};
  const PortRef predicted = follow_chain(draft, model, "", {"batch", chain.field}, place);
  draft.add("loss", data.number ? "mse" : "cross_entropy", {}, place);
  draft.connect(predicted, {"loss", "prediction"});
  draft.connect({"batch", "label"}, {"loss", "target"});
  draft.add(
      "optimizer", "adamw",
      {{"learning_rate", data.number ? 0.01 : 0.005}, {"schedule", std::string("one_cycle")}, {"weight_decay", 0.01}},
      {place.x, place.y + 180});
  place.x += kStarterStep;
  ParamMap trainer = {{"epochs", epochs_of_rows(data)}, {"validation_split", data.validation ? 0.0 : kSetAside}};
  if (data.number) trainer["metrics"] = ValueList{std::string("r2"), std::string("mae")};
  draft.add("trainer", "trainer", trainer, place);
  draft.connect({"loss", "loss"}, {"trainer", "loss"});
  draft.connect({"optimizer", "optimizer"}, {"trainer", "optimizer"});

  if (data.validation) {
    place = {0, 3 * kStarterStep};
    draft.add("validation", data.type, *data.validation, place);
    place.x += kStarterStep;
    const PortRef seen = follow_chain(draft, chain.links, "validation_", {"validation", chain.port}, place);
    draft.add("validation_batch", "batch", batch, place);
    draft.connect(seen, {"validation_batch", chain.field});
    draft.connect({"validation", "label"}, {"validation_batch", "label"});
    draft.connect({"validation_batch", "batch"}, {"trainer", "validation"});
  }
  put_starter_note(draft, data);
  draft.apply({SetTitle{data.name.empty() ? "A first model" : "Model for " + data.name}});
  return draft.take();
}

}  // namespace feedline::inline graph
