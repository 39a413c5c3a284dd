// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline schema {

/// How a value is best looked at.
enum class PreviewForm {
  Picture,  ///< one picture, grey or in colour
  Maps,     ///< small multiples: one grey picture a channel
  Numbers,  ///< a histogram
  Text,     ///< words: a text, token ids, a label, the size of an encoded file
};

/// The outline of a port on the canvas: kinds are told apart without their colour too.
enum class SocketShape {
  Circle,
  Square,
  RoundedSquare,
  Diamond,
  Pentagon,
  Hexagon,
  Octagon,
  TriangleUp,
  TriangleDown,
  TriangleRight,
  UprightPill,
  FlatPill
};

/// What is told of a value of the kind on a wire.
enum class WireText {
  Nothing,
  Title,    ///< the kind alone: what is known besides says little
  Classes,  ///< how many classes, once that is known
  Shape     ///< type and dimensions
};

/// Everything that is known of a kind of value. Each has a file of its own in core/schema/kinds, which is all that a
/// new one takes: ends, texts, colours and previews ask this table, and which nodes turn it into another kind follows
/// from the ports of the nodes.
struct KindTraits {
  std::string_view name{};   ///< in texts of nodes, JSON and parameters: "tokens"
  std::string_view title{};  ///< as people read it: "encoded file"
  int order = 0;             ///< among the kinds, for lists
  bool per_record = true;    ///< exists once a record; false: once a batch or once a run
  bool sized = true;         ///< false: no tensor, but a thing such as a loss, which has no type and no dimensions
  std::uint32_t on_light = 0x6d7887;  ///< colour of its wires and ports, 0xRRGGBB, on a light ground
  std::uint32_t on_dark = 0x98a3b3;   ///< ... and on a dark one
  SocketShape socket = SocketShape::Circle;
  WireText on_wire = WireText::Shape;
  /// How a value of it is previewed; none: its shape decides.
  std::optional<PreviewForm> form{};
  /// A value in words, where they are no numbers; null: its numbers.
  std::string (*words)(std::span<const std::byte> value) = nullptr;
  /// Under which heading lists of nodes show those that prepare values of this kind; empty: under that of all kinds.
  std::string_view heading{};
  std::string_view field_doc = "Values of one size.";  ///< of a batch's input for it
  /// What helps where values of differing size meet a batch.
  std::string_view size_remedy = "Bring all records to one size in front";
};

// Those that the program itself names; others are found by name.
extern const KindTraits kAnyKind;
extern const KindTraits kEncodedKind;
extern const KindTraits kImageKind;
extern const KindTraits kTextKind;
extern const KindTraits kTokensKind;
extern const KindTraits kRowKind;
extern const KindTraits kFeaturesKind;
extern const KindTraits kLabelKind;
extern const KindTraits kTensorKind;
extern const KindTraits kTargetKind;
extern const KindTraits kBatchKind;
extern const KindTraits kLossKind;
extern const KindTraits kOptimizerKind;
extern const KindTraits kEstimatorKind;

/// What travels on a wire: a row of the table of kinds. Small, copied, compared by which row it is.
class Kind {
 public:
  constexpr Kind(const KindTraits& traits)  // NOLINT(google-explicit-constructor): its traits are the kind
      : traits_(&traits) {}

  static const Kind Any;        ///< a port that passes through whatever it is given (shuffle, cache)
  static const Kind Encoded;    ///< the bytes of one encoded file (JPEG, PNG, ...)
  static const Kind Image;      ///< pixels of one picture: u8 HWC from decoders, f32 CHW after normalise
  static const Kind Text;       ///< UTF-8 bytes of one text
  static const Kind Tokens;     ///< integer ids of one text
  static const Kind Row;        ///< one row of a table: numbers and texts, one cell a column (schema/row.h)
  static const Kind Features;   ///< a vector of numbers
  static const Kind Label;      ///< one class index or number
  static const Kind Tensor;     ///< a batch: first dimension is the batch size N
  static const Kind Target;     ///< a batch of labels
  static const Kind Batch;      ///< the whole batch, all fields by name (validation)
  static const Kind Loss;       ///< one differentiable number a batch
  static const Kind Optimizer;  ///< a rule that updates parameters
  static const Kind Estimator;  ///< what learns in its own way, without loss and optimiser

  [[nodiscard]] constexpr const KindTraits* operator->() const { return traits_; }
  bool operator==(const Kind&) const = default;

 private:
  const KindTraits* traits_;
};

inline constexpr Kind Kind::Any{kAnyKind};
inline constexpr Kind Kind::Encoded{kEncodedKind};
inline constexpr Kind Kind::Image{kImageKind};
inline constexpr Kind Kind::Text{kTextKind};
inline constexpr Kind Kind::Tokens{kTokensKind};
inline constexpr Kind Kind::Row{kRowKind};
inline constexpr Kind Kind::Features{kFeaturesKind};
inline constexpr Kind Kind::Label{kLabelKind};
inline constexpr Kind Kind::Tensor{kTensorKind};
inline constexpr Kind Kind::Target{kTargetKind};
inline constexpr Kind Kind::Batch{kBatchKind};
inline constexpr Kind Kind::Loss{kLossKind};
inline constexpr Kind Kind::Optimizer{kOptimizerKind};
inline constexpr Kind Kind::Estimator{kEstimatorKind};

/// All kinds, filled once from a generated list of the files in core/schema/kinds.
class KindTable {
 public:
  [[nodiscard]] static const KindTable& instance();
  void add(Kind kind);
  /// In their order.
  [[nodiscard]] const std::vector<Kind>& all() const { return kinds_; }

 private:
  std::vector<Kind> kinds_{};
};

/// Defined in the generated all_kinds.cpp.
void register_all_kinds(KindTable& table);

[[nodiscard]] inline std::string_view name(Kind kind) { return kind->name; }
/// The kind of this name; none: there is no such kind.
[[nodiscard]] std::optional<Kind> kind_named(std::string_view name);
/// True for kinds that exist once a record, false for those that exist once a batch or once a run.
[[nodiscard]] inline bool is_per_record(Kind kind) { return kind->per_record; }

}  // namespace feedline::inline schema

/// Ends a kind's file, on a line of its own.
#define FEEDLINE_KIND(traits)                                          \
  namespace feedline::inline schema {                                  \
  void register_kind_##traits(KindTable& table);                       \
  void register_kind_##traits(KindTable& table) { table.add(traits); } \
  }
