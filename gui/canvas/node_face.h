// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "graph/frozen.h"
#include "graph/validate.h"

#include <QString>

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace feedline::gui::inline canvas {

/// A port as a node shows it.
struct PortFace {
  std::string name{};
  Kind kind = Kind::Any;  ///< what really travels, where it is known: a pass-through port takes its input's colour
  bool required = false;  ///< an input that must be connected
  bool connected = false;
  bool known = true;  ///< false: only a wire names it
  bool free = false;  ///< the input that becomes another one when a wire is dropped on it (graph/port_edits.h)
  QString tip{};
  bool operator==(const PortFace&) const = default;
};

/// Everything that a node shows apart from place, selection and live numbers. Two equal faces look the same.
struct NodeFace {
  QString id{};
  QString title{};
  QString type{};
  Category category = Category::Preprocess;
  bool known = true;
  std::vector<PortFace> inputs{};
  std::vector<PortFace> outputs{};
  std::vector<std::pair<QString, QString>> values{};  ///< the parameters that the user set, at most three
  QString comment{};
  QString problem{};  ///< what the badge says when pointed at
  bool problem_is_error = false;
  QString summary{};
  bool muted = false;
  Frozen frozen = Frozen::Nothing;
  int first_stage = 0;  ///< of the network's stages, from 1; 0: it is not cut
  int last_stage = 0;   ///< the same; of a sub-graph it may be a later one
  bool subgraph = false;
  int repeat = 1;      ///< of a sub-graph
  QString origin{};    ///< the file that it was copied from, and the version; empty if none
  QString cost{};      ///< lines: of a layer or a sub-graph parameters and MACs; of a source what it holds
  QString cost_tip{};  ///< the same in full
  bool operator==(const NodeFace&) const = default;
};

/// Builds the faces of one state of a diagram. The indices it needs are made once, so all faces take linear time.
class FaceMaker {
 public:
  /// `scope` is the diagram's path within the document that was analysed.
  FaceMaker(const Diagram& diagram, const Analysis& analysis, std::string scope = {},
            const Registry& registry = Registry::instance());
  /// The trainers that say what is frozen stand in this diagram: of a sub-graph, in the document's own.
  void freeze_by(const Diagram& root) { frozen_ = freeze_patterns(root, registry_); }
  [[nodiscard]] NodeFace face(const Node& node) const;
  /// What travels on this output: from its description, where there is one, else what the spec says.
  [[nodiscard]] Kind kind_of(const PortRef& output, const TensorDesc* desc) const;
  /// Its description, if it is known.
  [[nodiscard]] const TensorDesc* desc(const PortRef& output) const;
  /// What stands on a wire that carries this, and its dimensions alone.
  struct ShapeTexts {
    QString whole{};
    QString brief{};
  };
  [[nodiscard]] ShapeTexts shape_texts(const TensorDesc& desc) const;
  /// Is there an error at this input?
  [[nodiscard]] bool faulty(const PortRef& input) const;

 private:
  [[nodiscard]] const NodeSpec* spec(const Node& node) const;
  void show_problems(const Node& node, NodeFace& face) const;
  void show_cost(const Node& node, NodeFace& face) const;
  std::vector<PortFace> ports(const Node& node, const std::vector<PortSpec>* specs, bool inputs) const;
  // Texts that many nodes of a large graph have in common are made once.
  [[nodiscard]] const QString& tip_of(const PortSpec& port, bool input, const QString& shape) const;

  const Analysis& analysis_;
  std::string scope_;
  const Registry& registry_;
  /// Of a type: what all its nodes have in common.
  struct TypeTexts {
    QString title{};
    QString summary{};
  };
  [[nodiscard]] const TypeTexts& texts_of(const NodeSpec& spec) const;

  std::unordered_map<std::string_view, const Node*> nodes_{};
  std::map<std::string_view, NodeSpec> own_specs_{};  ///< of nodes whose ports are not those of their type
  /// The wires at each node. An input is found among those of its own node.
  std::unordered_map<std::string_view, std::vector<const Link*>> touching_{};
  mutable std::unordered_map<const NodeSpec*, TypeTexts> types_{};
  std::vector<std::string> frozen_{};                                           ///< patterns of the trainer's
  std::map<std::string, std::vector<const Problem*>, std::less<>> problems_{};  ///< of a node and what is in it
  mutable std::vector<std::pair<const TensorDesc*, ShapeTexts>> shapes_{};      ///< the last that differed
  mutable std::map<std::tuple<const PortSpec*, bool, QString>, QString> tips_{};
  using CostKey = std::tuple<std::int64_t, std::int64_t, double, std::int64_t, bool>;
  mutable std::map<CostKey, std::pair<QString, QString>> costs_{};
};

}  // namespace feedline::gui::inline canvas
