// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/exporting: a graph of ONNX that is being written (onnx.proto3, IR version 7, operators of set 13).

#include "exporting/protobuf.h"
#include "schema/named_tensors.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace feedline::inline exporting {

class OnnxGraph {
 public:
  /// Of an operator.
  struct Attribute {
    std::string name{};
    std::variant<std::int64_t, float, std::vector<std::int64_t>, std::string> value{};
  };
  /// What a value is like: dimensions, of which a negative one may be any and is called by `dim_name`.
  struct ValueInfo {
    std::string name{};
    ElementType type = ElementType::F32;
    std::vector<std::int64_t> shape{};
    std::vector<std::string> dim_names{};
  };

  /// `weights` by "layer.tensor"; it must outlive the graph.
  explicit OnnxGraph(const NamedTensors& weights) : weights_(weights) {}

  /// An operator with one output, whose name is returned. Empty inputs are optional ones that are left out.
  std::string add(std::string_view op, const std::vector<std::string>& inputs,
                  const std::vector<Attribute>& attributes = {});
  /// One with several outputs, of which all up to the last that is wanted are returned.
  std::vector<std::string> add_with(std::size_t outputs, std::string_view op, const std::vector<std::string>& inputs,
                                    const std::vector<Attribute>& attributes);
  /// Null: there is none such. Nothing is put into the graph.
  [[nodiscard]] const TensorValue* find_weight(const std::string& name) const;
  /// A value that the graph holds: a weight by its name (empty: there is none such), or numbers.
  std::string weight(const std::string& name);
  std::string constant(const std::vector<float>& numbers, const std::vector<std::int64_t>& shape);
  std::string constant(const std::vector<std::int64_t>& numbers);
  std::string scalar(std::int64_t number);
  /// The same value under another name.
  void rename(const std::string& value, const std::string& name);
  /// From here on values are named after this layer.
  void begin_layer(std::string name) { layer_ = std::move(name); }

  void input(const ValueInfo& info) { body_.message(11, described(info)); }
  void output(const ValueInfo& info) { body_.message(12, described(info)); }
  /// The whole file. `texts`: what else is told of the model.
  [[nodiscard]] std::string file(std::string_view title,
                                 const std::vector<std::pair<std::string, std::string>>& texts) const;

 private:
  void put_node(std::string_view op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                const std::vector<Attribute>& attributes);
  void keep(const std::string& name, const TensorValue& value);
  [[nodiscard]] static ProtobufMessage described(const ValueInfo& info);

  const NamedTensors& weights_;
  ProtobufMessage body_{};
  std::set<std::string, std::less<>> kept_{};
  std::string layer_{};
  int count_ = 0;
};

}  // namespace feedline::inline exporting
