// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/node_face.h"

#include "models/text.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <algorithm>

namespace feedline::gui {
namespace {

constexpr std::size_t kMaxValues = 3;

QString words(const char* text) { return QCoreApplication::translate("Canvas", text); }

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

FaceMaker::FaceMaker(const Document& document, const Analysis& analysis, const Registry& registry)
    : document_(document), analysis_(analysis), registry_(registry) {
  for (const Node& node : document.nodes()) nodes_.emplace(node.id, &node);
  for (const Link& link : document.links()) {
    into_.emplace(link.to, &link);
    touching_[link.from.node].push_back(&link);
    touching_[link.to.node].push_back(&link);
  }
  for (const Problem& problem : analysis.problems)
    if (!problem.error.node.empty()) problems_[problem.error.node].push_back(&problem);
}

Kind FaceMaker::output_kind(const PortRef& output) const {
  if (const TensorDesc* desc = analysis_.at(output); desc != nullptr && desc->kind != Kind::Any) return desc->kind;
  const auto node = nodes_.find(output.node);
  const NodeSpec* spec = node == nodes_.end() ? nullptr : registry_.find(node->second->type);
  const int port = spec == nullptr ? -1 : spec->output(output.port);
  return port < 0 ? Kind::Any : spec->outputs[static_cast<std::size_t>(port)].kind;
}

bool FaceMaker::faulty(const PortRef& input) const {
  const auto found = problems_.find(input.node);
  return found != problems_.end() && std::any_of(found->second.begin(), found->second.end(), [&](const Problem* p) {
           return p->severity == Problem::Severity::Error && p->error.port == input.port;
         });
}

std::vector<PortFace> FaceMaker::ports(const Node& node, const std::vector<PortSpec>* specs, bool inputs) const {
  std::vector<PortFace> faces;
  const auto add = [&](const PortSpec& port, bool known) {
    const PortRef ref{node.id, port.name};
    PortFace face{.name = port.name, .kind = port.kind, .known = known};
    QString shape;
    if (inputs) {
      const auto link = into_.find(ref);
      face.connected = link != into_.end();
      face.required = known && !port.optional && !face.connected;
      if (face.connected) {
        if (port.kind == Kind::Any) face.kind = output_kind(link->second->from);
        if (const TensorDesc* desc = analysis_.at(link->second->from)) shape = wire_text(*desc);
      }
    } else {
      face.kind = output_kind(ref);
      if (const TensorDesc* desc = analysis_.at(ref)) shape = wire_text(*desc);
    }
    face.tip = port_tip(port, inputs, shape);
    faces.push_back(std::move(face));
  };
  if (specs != nullptr)
    for (const PortSpec& port : *specs) add(port, true);
  const auto links = touching_.find(node.id);
  if (links == touching_.end()) return faces;
  for (const Link* link : links->second) {
    const PortRef& end = inputs ? link->to : link->from;
    if (end.node != node.id) continue;
    const auto same = [&](const PortFace& face) { return face.name == end.port; };
    auto known = std::find_if(faces.begin(), faces.end(), same);
    if (known == faces.end()) {
      add({.name = end.port, .optional = true, .doc = {}}, false);
      known = faces.end() - 1;
    }
    known->connected = true;
  }
  return faces;
}

NodeFace FaceMaker::face(const Node& node) const {
  const NodeSpec* spec = registry_.find(node.type);
  NodeFace face{.id = to_qstring(node.id),
                .title = to_qstring(spec != nullptr ? spec->title : node.type),
                .type = to_qstring(node.type),
                .known = spec != nullptr,
                .comment = to_qstring(node.comment)};
  if (spec != nullptr) {
    face.category = spec->category;
    face.summary = to_qstring(spec->summary);
  } else {
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

  if (const auto found = problems_.find(node.id); found != problems_.end()) {
    QStringList lines;
    for (const Problem* problem : found->second) {
      face.problem_is_error |= problem->severity == Problem::Severity::Error;
      const Error& error = problem->error;
      const std::string& part = error.parameter.empty() ? error.port : error.parameter;
      lines << (part.empty() ? QString() : spaced(part) + QStringLiteral(": ")) + to_qstring(error.reason) +
                   (error.remedy.empty() ? QString() : QStringLiteral("\n") + to_qstring(error.remedy));
    }
    face.problem = lines.join(QStringLiteral("\n\n"));
  }
  return face;
}

}  // namespace feedline::gui
