// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/torch_layer.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace feedline::inline nodes {

/// A module made of paths: "layer1.0.conv1.weight" is the parameter `weight` of the child `conv1` of the child `0` of
/// the child `layer1`, as PyTorch's state dicts name it. What is registered keeps its identity through to() and
/// set_data(), so the tensors that are given back may be kept.
class TensorTree : public torch::nn::Module {
 public:
  at::Tensor parameter(std::string_view path, const at::Tensor& start) {
    const auto [folder, name] = parted(path);
    return folder.register_parameter(name, start);
  }
  at::Tensor buffer(std::string_view path, const at::Tensor& start) {
    const auto [folder, name] = parted(path);
    return folder.register_buffer(name, start);
  }
  template <class Module>
  std::shared_ptr<Module> module(std::string_view path, std::shared_ptr<Module> child) {
    const auto [folder, name] = parted(path);
    return folder.register_module(name, std::move(child));
  }

 private:
  /// Where the last name of the path stands, and that name.
  std::pair<TensorTree&, std::string> parted(std::string_view path) {
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) return {*this, std::string(path)};
    const std::string name(path.substr(0, dot));
    std::shared_ptr<TensorTree>& child = children_[name];
    if (child == nullptr) child = register_module(name, std::make_shared<TensorTree>());
    return child->parted(path.substr(dot + 1));
  }

  std::map<std::string, std::shared_ptr<TensorTree>> children_{};
};

}  // namespace feedline::inline nodes

#endif
