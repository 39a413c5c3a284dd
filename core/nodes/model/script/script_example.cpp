// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/script/script_module.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <sstream>
#include <string>

namespace feedline::inline nodes {
namespace {

/// A convolution of 3×3 pixels and stride 2, the batch norm behind it and ReLU, as torch.nn would name them.
torch::jit::Module example_unit(const std::string& name, std::int64_t in, std::int64_t out, at::Generator& generator) {
  torch::jit::Module unit(name);
  unit.register_attribute("training", c10::BoolType::get(), true);
  const double deviation = std::sqrt(2.0 / static_cast<double>(in * 9));
  const at::Tensor weight = at::empty({out, in, 3, 3}).normal_(0, deviation, generator);
  unit.register_parameter("weight", weight.requires_grad_(true), /*is_buffer=*/false);
  unit.register_parameter("scale", at::ones({out}).requires_grad_(true), /*is_buffer=*/false);
  unit.register_parameter("shift", at::zeros({out}).requires_grad_(true), /*is_buffer=*/false);
  unit.register_buffer("running_mean", at::zeros({out}));
  unit.register_buffer("running_var", at::ones({out}));
  unit.define(R"(
def forward(self, x):
    y = torch.conv2d(x, self.weight, None, [2, 2], [1, 1], [1, 1], 1)
    y = torch.batch_norm(y, self.scale, self.shift, self.running_mean, self.running_var, self.training, 0.1, 1e-5, True)
    return torch.relu(y)
)");
  return unit;
}

std::string example_archive() {
  at::Generator generator = at::detail::createCPUGenerator(7);
  torch::jit::Module whole("Small");
  whole.register_attribute("training", c10::BoolType::get(), true);
  whole.register_module("first", example_unit("First", 3, 16, generator));
  whole.register_module("second", example_unit("Second", 16, 32, generator));
  whole.define(R"(
def forward(self, x):
    return torch.mean(self.second.forward(self.first.forward(x)), [2, 3])
)");
  std::ostringstream bytes;
  whole.save(bytes);
  return bytes.str();
}

}  // namespace

const std::string& example_script() {
  static const std::string archive = example_archive();
  return archive;
}

}  // namespace feedline::inline nodes

#endif
