// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/datum.h"
#include "schema/node_spec.h"

#include <QString>

#include <cstdint>
#include <string>
#include <vector>

namespace feedline::test {

/// What every per-record node is tried on: the description of a value of this kind, all of it known.
/// Image: u8 48 x 64 x 3 HWC. Encoded: that picture as JPEG. Features: f32 8. Tokens: i64 16. Label: one of 10 classes.
/// Row: columns of numbers, none missing: age, height, group (of three), price.
[[nodiscard]] TensorDesc standard_desc(Kind kind);
/// Value number `variant` of that description; always the same bytes.
void fill_standard(Kind kind, std::uint64_t variant, Datum& out);

/// The pixel of the standard picture at (x, y), channel c.
[[nodiscard]] std::uint8_t standard_pixel(std::int64_t x, std::int64_t y, std::int64_t c, std::uint64_t variant);

/// Why `value` is not what `desc` says, or an empty text. Unknown dimensions fit everything.
[[nodiscard]] QString mismatch(const TensorDesc& desc, const Datum& value);

/// Shape, type and content as one string, to be compared.
[[nodiscard]] std::string content(const Datum& value);

/// Mean and standard deviation of all numbers of a value.
struct SnapshotHistory {
  double mean = 0;
  double stddev = 0;
};
[[nodiscard]] SnapshotHistory moments(const Datum& value);

/// A per-record node on its standard input. Inputs that are optional are connected too.
class StandardRun {
 public:
  explicit StandardRun(const NodeSpec& spec, std::uint64_t variant = 0);

  [[nodiscard]] Result<std::vector<TensorDesc>> infer(const ParamMap& params) const;
  /// Runs the node; its outputs are then in out(). One that is fitted learns from this input and some of its variants.
  [[nodiscard]] Status run(const ParamMap& params, const Rng& rng, bool training);
  [[nodiscard]] const std::vector<Datum>& out() const { return out_; }

 private:
  [[nodiscard]] Result<std::unique_ptr<SampleOp>> make(const ParamMap& params) const;

  const NodeSpec& spec_;
  std::vector<TensorDesc> descs_{};
  std::vector<const TensorDesc*> desc_pointers_{};
  std::vector<Datum> in_{};
  std::vector<Datum> out_{};
};

/// What a node learns from so many variants of the standard input, merged one by one in this order.
[[nodiscard]] Result<NamedTensors> learn_from_standard(const NodeSpec& spec, const ParamMap& params,
                                                       std::uint64_t variants);

/// Runs one node type of the registry on one value. For tests of single nodes.
[[nodiscard]] Status run_node(const std::string& type, const ParamMap& params, const Datum& in, Datum& out,
                              const Rng& rng = Rng(1, 1, 0, 1), bool training = true);
/// The description that a value at hand fits exactly.
[[nodiscard]] TensorDesc desc_of(const Datum& value, Kind kind);

}  // namespace feedline::test
