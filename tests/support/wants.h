// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The node behind decode, as a test wants it: it demands one part, and decode is run with it as its next node.

#include "schema/behaviour.h"
#include "schema/node_spec.h"
#include "schema/registry.h"
#include "support/standard_input.h"

#include <QByteArray>

#include <array>
#include <cstddef>
#include <optional>

namespace feedline::test {

class Wants final : public SampleOp {
 public:
  explicit Wants(const PictureDemand& demand) : demand_(demand) {}
  Status run(std::span<const Datum* const>, std::span<Datum* const>, OpContext&) const override { return {}; }
  [[nodiscard]] std::optional<PictureDemand> demand(std::int64_t, std::int64_t, OpContext&) const override {
    return demand_;
  }

 private:
  PictureDemand demand_;
};

/// The op of a node type of the registry, for inputs like `in`.
[[nodiscard]] inline std::unique_ptr<SampleOp> make_op(const std::string& type, const ParamMap& params,
                                                       const TensorDesc& in) {
  const NodeSpec* spec = Registry::instance().find(type);
  const std::array<const TensorDesc*, 1> descs = {&in};
  auto op = spec->sample_op(spec->complete(params), descs);
  if (!op) qFatal("%s", op.error().line().c_str());
  return std::move(*op);
}

/// Runs decode on a file for a reader, if there is one.
[[nodiscard]] inline Status decode_for(const QByteArray& file, const SampleOp* reader, Datum& out,
                                       const ParamMap& params = {},
                                       const OpContext& of_reader = {.rng = Rng(1, 1, 0, 2)}) {
  Datum in;
  in.set_bytes({file.constData(), static_cast<std::size_t>(file.size())});
  const auto decode = make_op("decode", params, standard_desc(Kind::Encoded));
  const std::array<const Datum*, 1> from = {&in};
  const std::array<Datum*, 1> to = {&out};
  OpContext context{.rng = Rng(1, 1, 0, 1)};
  std::optional<NextNode> next;
  if (reader != nullptr) context.next = &next.emplace(*reader, of_reader);
  return decode->run(from, to, context);
}

}  // namespace feedline::test
