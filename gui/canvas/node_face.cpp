// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/node_face.h"

#include "graph/path.h"
#include "graph/port_edits.h"
#include "graph/rewire.h"
#include "graph/subgraph.h"
#include "gui/canvas/canvas_text.h"
#include "gui/canvas/cost_text.h"
#include "gui/models/text.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

constexpr std::size_t kMaxValues = 3;
constexpr std::size_t kMostShapes = 16;

QString value_text(const ParamSpec* spec, const Value& value) {
  QString text = to_qstring(to_text(value));
  if (spec == nullptr) return text;
  if (spec->kind == ParamKind::File || spec->kind == ParamKind::Folder) {
    const QString name = QFileInfo(text).fileName();
    return name.isEmpty() ? text : name;
  }
  if (spec->kind == ParamKind::Boolean) return text == QLatin1String("true") ? words("on") : words("off");
  return spec->unit.empty() ? text : text + QChar(0x2009) + to_qstring(spec->unit);
}

}  // namespace

FaceMaker::FaceMaker(const Diagram& diagram, const Analysis& analysis, std::string scope, const Registry& registry)
    : analysis_(analysis), scope_(std::move(scope)), registry_(registry), frozen_(freeze_patterns(diagram, registry)) {
  nodes_.reserve(diagram.nodes().size());
  touching_.reserve(diagram.nodes().size());
  for (const Node& node : diagram.nodes()) {
    nodes_.emplace(node.id, &node);
    const NodeSpec* type = registry.find(node.type);
    if (node.inner || (type != nullptr && type->ports)) own_specs_.emplace(node.id, *spec_of(node, registry));
  }
  for (const Link& link : diagram.links()) {
    touching_[link.from.node].push_back(&link);
    touching_[link.to.node].push_back(&link);
  }
  for (const Problem& problem : analysis.problems) {
    const std::string_view path = problem.error.node;
    if (path.empty() || !is_within(path, scope_)) continue;
    const std::string_view here = scope_.empty() ? path : path.substr(scope_.size() + 1);
    problems_[std::string(here.substr(0, here.find('/')))].push_back(&problem);
  }
}

const NodeSpec* FaceMaker::spec(const Node& node) const {
  const auto made = own_specs_.find(node.id);
  return made == own_specs_.end() ? registry_.find(node.type) : &made->second;
}

const TensorDesc* FaceMaker::desc(const PortRef& output) const {
  return scope_.empty() ? analysis_.at(output) : analysis_.at({join_path(scope_, output.node), output.port});
}

Kind FaceMaker::kind_of(const PortRef& output, const TensorDesc* desc) const {
  if (desc != nullptr && desc->kind != Kind::Any) return desc->kind;
  const auto node = nodes_.find(output.node);
  const NodeSpec* from = node == nodes_.end() ? nullptr : spec(*node->second);
  const int port = from == nullptr ? -1 : from->output(output.port);
  return port < 0 ? Kind::Any : from->outputs[static_cast<std::size_t>(port)].kind;
}

FaceMaker::ShapeTexts FaceMaker::shape_texts(const TensorDesc& desc) const {
  const auto known =
      std::find_if(shapes_.begin(), shapes_.end(), [&](const auto& shape) { return *shape.first == desc; });
  if (known != shapes_.end()) return known->second;
  if (shapes_.size() >= kMostShapes) shapes_.clear();
  return shapes_.emplace_back(&desc, ShapeTexts{wire_text(desc), short_wire_text(desc)}).second;
}

const QString& FaceMaker::tip_of(const PortSpec& port, bool input, const QString& shape) const {
  const std::tuple key(&port, input, shape);
  const auto known = tips_.find(key);
  return known != tips_.end() ? known->second : tips_.emplace(key, port_tip(port, input, shape)).first->second;
}

bool FaceMaker::faulty(const PortRef& input) const {
  const auto found = problems_.find(input.node);
  return found != problems_.end() && std::any_of(found->second.begin(), found->second.end(), [&](const Problem* p) {
           return p->severity == Problem::Severity::Error && p->error.port == input.port &&
                  leaf_of(p->error.node) == input.node;
         });
}

std::vector<PortFace> FaceMaker::ports(const Node& node, const std::vector<PortSpec>* specs, bool inputs) const {
  static const std::vector<const Link*> none;
  const auto touching = touching_.find(node.id);
  const std::vector<const Link*>& links = touching == touching_.end() ? none : touching->second;
  const auto end_of = [&](const Link& link) -> const PortRef& { return inputs ? link.to : link.from; };
  std::vector<PortFace> faces;
  const auto add = [&](const PortSpec& port, bool known) {
    PortFace face{.name = port.name, .kind = port.kind, .known = known};
    const auto here = [&](const Link* link) {
      return end_of(*link).port == port.name && end_of(*link).node == node.id;
    };
    const auto link = std::find_if(links.begin(), links.end(), here);
    face.connected = link != links.end();
    const auto wired = [&](const std::string& name) {
      return std::any_of(links.begin(), links.end(),
                         [&](const Link* one) { return end_of(*one).port == name && end_of(*one).node == node.id; });
    };
    face.required = inputs && known && lacks_wire(port, wired);
    const TensorDesc* carried = nullptr;
    if (!inputs) {
      const PortRef ref{node.id, port.name};
      carried = desc(ref);
      face.kind = kind_of(ref, carried);
    } else if (face.connected) {
      carried = desc((*link)->from);
      if (port.kind == Kind::Any) face.kind = kind_of((*link)->from, carried);
    }
    const QString shape = carried == nullptr ? QString() : shape_texts(*carried).whole;
    face.tip = known ? tip_of(port, inputs, shape) : port_tip(port, inputs, shape);
    faces.push_back(std::move(face));
  };
  if (specs != nullptr)
    for (const PortSpec& port : *specs) add(port, true);
  const NodeSpec* own = spec(node);
  if (inputs && own != nullptr && own->add_port)
    faces.push_back({.name = std::string(kFreePort), .free = true, .tip = words("Drop a wire here to add an input")});
  for (const Link* link : links) {  // ports that only a wire names
    const PortRef& end = end_of(*link);
    if (end.node == node.id &&
        std::none_of(faces.begin(), faces.end(), [&](const PortFace& face) { return face.name == end.port; }))
      add({.name = end.port, .optional = true, .doc = {}}, false);
  }
  return faces;
}

const FaceMaker::TypeTexts& FaceMaker::texts_of(const NodeSpec& spec) const {
  const auto known = types_.find(&spec);
  if (known != types_.end()) return known->second;
  return types_.emplace(&spec, TypeTexts{to_qstring(spec.title), to_qstring(spec.summary)}).first->second;
}

NodeFace FaceMaker::face(const Node& node) const {
  const NodeSpec* spec = this->spec(node);
  NodeFace face{.id = to_qstring(node.id),
                .type = to_qstring(node.type),
                .known = spec != nullptr,
                .comment = to_qstring(node.comment)};
  if (spec != nullptr) {
    const TypeTexts& texts = texts_of(*spec);
    face.title = texts.title;
    face.category = spec->category;
    face.summary = texts.summary;
  } else {
    face.title = face.type;
    face.summary = words("This program does not know the type \u201c%1\u201d.").arg(face.type);
  }
  face.inputs = ports(node, spec != nullptr ? &spec->inputs : nullptr, true);
  face.outputs = ports(node, spec != nullptr ? &spec->outputs : nullptr, false);

  const auto show = [&](const std::string& name, const ParamSpec* param) {
    const auto value = node.params.find(name);
    if (value != node.params.end() && face.values.size() < kMaxValues)
      face.values.emplace_back(spaced(name), value_text(param, value->second));
  };
  if (spec != nullptr) {
    for (const ParamSpec& param : spec->params) show(param.name, &param);
  } else {
    for (const auto& [name, value] : node.params) show(name, nullptr);
  }

  face.muted = node.muted;
  if (spec != nullptr) face.frozen = frozen_share(node, *spec, join_path(scope_, node.id), frozen_);
  if (const auto stage = analysis_.stages.find(join_path(scope_, node.id));
      stage != analysis_.stages.end() && !node.muted) {
    face.first_stage = static_cast<int>(stage->second.first) + 1;
    face.last_stage = static_cast<int>(stage->second.last) + 1;
  }
  face.subgraph = static_cast<bool>(node.inner);
  if (face.subgraph) face.repeat = static_cast<int>(repeat_of(node));
  if (node.origin && !node.origin->file.empty())
    face.origin = words("Version %1 of %2").arg(node.origin->version).arg(to_qstring(node.origin->file));
  show_cost(node, face);
  show_problems(node, face);
  return face;
}

void FaceMaker::show_cost(const Node& node, NodeFace& face) const {
  const auto found = analysis_.costs.find(join_path(scope_, node.id));
  if (found == analysis_.costs.end() || node.muted) return;
  const ModelCost& cost = found->second;
  if (!cost.complete && cost.parameters == 0) return;
  const CostKey key(cost.parameters, cost.buffers, cost.multiply_adds, cost.activations, cost.complete);
  auto known = costs_.find(key);
  if (known == costs_.end()) known = costs_.emplace(key, std::pair(short_cost_text(cost), cost_text(cost))).first;
  std::tie(face.cost, face.cost_tip) = known->second;
}

void FaceMaker::show_problems(const Node& node, NodeFace& face) const {
  const auto found = problems_.find(node.id);
  if (found == problems_.end()) return;
  QStringList lines;
  for (const Problem* problem : found->second) {
    face.problem_is_error |= problem->severity == Problem::Severity::Error;
    const Error& error = problem->error;
    const std::string& part = error.parameter.empty() ? error.port : error.parameter;
    QString line = (part.empty() ? QString() : spaced(part) + QStringLiteral(": ")) + to_qstring(error.reason) +
                   (error.remedy.empty() ? QString() : QStringLiteral("\n") + to_qstring(error.remedy));
    const std::string path = join_path(scope_, node.id);
    if (error.node != path) line.prepend(to_qstring(error.node.substr(path.size() + 1)) + QStringLiteral(" · "));
    lines << line;
  }
  face.problem = lines.join(QStringLiteral("\n\n"));
}

}  // namespace feedline::gui::inline canvas
