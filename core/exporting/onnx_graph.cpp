// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/onnx_graph.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

constexpr std::int64_t kIrVersion = 7;
constexpr std::int64_t kOperatorSet = 13;

// Fields of onnx.proto3, by message.
namespace model_field {
constexpr unsigned kIr = 1, kProducer = 2, kProducerVersion = 3, kGraph = 7, kOperators = 8, kTexts = 14;
}
namespace graph_field {
constexpr unsigned kNode = 1, kName = 2, kTensor = 5;
}
namespace node_field {
constexpr unsigned kInput = 1, kOutput = 2, kName = 3, kOperator = 4, kAttribute = 5;
}
namespace attribute_field {
constexpr unsigned kName = 1, kReal = 2, kNumber = 3, kText = 4, kNumbers = 8, kType = 20;
constexpr std::int64_t kRealType = 1, kNumberType = 2, kTextType = 3, kNumbersType = 7;
}  // namespace attribute_field
namespace tensor_field {
constexpr unsigned kDims = 1, kType = 2, kName = 8, kRaw = 9;
}

/// TensorProto.DataType.
std::int64_t onnx_type(ElementType type) {
  switch (type) {
    case ElementType::F32:
      return 1;
    case ElementType::U8:
      return 2;
    case ElementType::I8:
      return 3;
    case ElementType::I32:
      return 6;
    case ElementType::Bool:
      return 9;
    case ElementType::F16:
      return 10;
    case ElementType::F64:
      return 11;
    default:
      return 7;  // I64
  }
}

}  // namespace

std::string OnnxGraph::add(std::string_view op, const std::vector<std::string>& inputs,
                           const std::vector<Attribute>& attributes) {
  return add_with(1, op, inputs, attributes).front();
}

std::vector<std::string> OnnxGraph::add_with(std::size_t outputs, std::string_view op,
                                             const std::vector<std::string>& inputs,
                                             const std::vector<Attribute>& attributes) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < outputs; ++i) names.push_back(fmt::format("{}/{}", layer_, ++count_));
  put_node(op, inputs, names, attributes);
  return names;
}

const TensorValue* OnnxGraph::find_weight(const std::string& name) const {
  const auto found = weights_.find(name);
  return found == weights_.end() ? nullptr : &found->second;
}

void OnnxGraph::rename(const std::string& value, const std::string& name) { put_node("Identity", {value}, {name}, {}); }

void OnnxGraph::put_node(std::string_view op, const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs, const std::vector<Attribute>& attributes) {
  ProtobufMessage node;
  for (const std::string& input : inputs) node.text(node_field::kInput, input);
  for (const std::string& output : outputs) node.text(node_field::kOutput, output);
  node.text(node_field::kName, outputs.front());
  node.text(node_field::kOperator, op);
  for (const Attribute& attribute : attributes) {
    ProtobufMessage one;
    one.text(attribute_field::kName, attribute.name);
    if (const auto* number = std::get_if<std::int64_t>(&attribute.value))
      one.number(attribute_field::kNumber, *number).number(attribute_field::kType, attribute_field::kNumberType);
    else if (const auto* real = std::get_if<float>(&attribute.value))
      one.real(attribute_field::kReal, *real).number(attribute_field::kType, attribute_field::kRealType);
    else if (const auto* text = std::get_if<std::string>(&attribute.value))
      one.text(attribute_field::kText, *text).number(attribute_field::kType, attribute_field::kTextType);
    else
      one.numbers(attribute_field::kNumbers, std::get<std::vector<std::int64_t>>(attribute.value))
          .number(attribute_field::kType, attribute_field::kNumbersType);
    node.message(node_field::kAttribute, one);
  }
  body_.message(graph_field::kNode, node);
}

void OnnxGraph::keep(const std::string& name, const TensorValue& value) {
  ProtobufMessage tensor;
  tensor.numbers(tensor_field::kDims, value.shape);
  tensor.number(tensor_field::kType, onnx_type(value.type));
  tensor.text(tensor_field::kName, name);
  tensor.text(tensor_field::kRaw, {reinterpret_cast<const char*>(value.data.data()), value.data.size()});
  body_.message(graph_field::kTensor, tensor);
}

std::string OnnxGraph::weight(const std::string& name) {
  const TensorValue* found = find_weight(name);
  if (found == nullptr) return {};
  if (kept_.insert(name).second) keep(name, *found);
  return name;
}

std::string OnnxGraph::constant(const std::vector<float>& numbers, const std::vector<std::int64_t>& shape) {
  std::string name = fmt::format("{}/constant {}", layer_, ++count_);
  keep(name, TensorValue::of(std::span<const float>(numbers), shape));
  return name;
}

std::string OnnxGraph::constant(const std::vector<std::int64_t>& numbers) {
  std::string name = fmt::format("{}/constant {}", layer_, ++count_);
  keep(name, TensorValue::of(numbers));
  return name;
}

std::string OnnxGraph::scalar(std::int64_t number) {
  std::string name = fmt::format("{}/constant {}", layer_, ++count_);
  keep(name, TensorValue::of(std::span<const std::int64_t>(&number, 1), {}));
  return name;
}

ProtobufMessage OnnxGraph::described(const ValueInfo& info) {
  ProtobufMessage shape;
  for (std::size_t i = 0; i < info.shape.size(); ++i) {
    ProtobufMessage dim;
    if (info.shape[i] >= 0)
      dim.number(1, info.shape[i]);
    else
      dim.text(2, i < info.dim_names.size() ? info.dim_names[i] : "N");
    shape.message(1, dim);
  }
  ProtobufMessage tensor;
  tensor.number(1, onnx_type(info.type)).message(2, shape);
  ProtobufMessage value;
  value.text(1, info.name).message(2, ProtobufMessage().message(1, tensor));
  return value;
}

std::string OnnxGraph::file(std::string_view title,
                            const std::vector<std::pair<std::string, std::string>>& texts) const {
  ProtobufMessage graph = body_;
  graph.text(graph_field::kName, title);
  ProtobufMessage model;
  model.number(model_field::kIr, kIrVersion);
  model.text(model_field::kProducer, "Feedline").text(model_field::kProducerVersion, FEEDLINE_VERSION);
  model.message(model_field::kGraph, graph);
  model.message(model_field::kOperators, ProtobufMessage().text(1, "").number(2, kOperatorSet));
  for (const auto& [key, value] : texts)
    model.message(model_field::kTexts, ProtobufMessage().text(1, key).text(2, value));
  return model.bytes();
}

}  // namespace feedline::inline exporting
