// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {
namespace {

/// How many inputs there are.
constexpr std::size_t kConcatenated = 4;
constexpr std::array<std::string_view, kConcatenated> kConcatenatedPorts = {"a", "b", "c", "d"};

struct Concatenate {
  struct Params {};

  static NodeSpec spec() {
    return node<Concatenate>("concatenate", 1, "Concatenate", "Puts the channels or features of tensors side by side.")
        .help(
            "Joins two to four branches of a network: what comes out has the channels (or features) of all of them, in "
            "the order of the inputs. Dense networks and inception blocks are built with it, and pictures and numbers "
            "of one record meet in it: flatten or pool the picture first. Where branches have equal shapes and are to "
            "be mixed, add costs less. As PyTorch's cat over dimension 1.")
        .in("a", Kind::Tensor, "Pictures (N×C×H×W) or features (N×F), floating point.")
        .in("b", Kind::Tensor, "The same but for the number of channels.")
        .optional_in("c", Kind::Tensor, "A third one.")
        .optional_in("d", Kind::Tensor, "A fourth one.")
        .out("y", Kind::Tensor, "All channels, one input after the other.")
        .example({});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    TensorDesc out;
    for (std::size_t i = 0; i < kConcatenated; ++i) {
      const std::string_view port = kConcatenatedPorts[i];
      if (i > 1 && (i >= in.size() || in[i] == nullptr || in[i]->shape.empty())) continue;  // not wired
      auto next = input_desc(in, i, port);
      if (!next) return fail(std::move(next.error()));
      if (auto status = next->shape.size() == 2 ? check_features(*next, port) : check_pictures(*next, port); !status)
        return fail(std::move(status.error()));
      if (i == 0) {
        out = std::move(*next);
        out.layout = Layout::None;
        continue;
      }
      if (Status joined = join(out, *next, port); !joined) return fail(std::move(joined.error()));
    }
    return std::vector<TensorDesc>{std::move(out)};
  }

 private:
  static Status join(TensorDesc& out, const TensorDesc& next, std::string_view port) {
    bool agree = out.shape.size() == next.shape.size();
    for (std::size_t i = 2; agree && i < out.shape.size(); ++i) agree = out.shape[i].agrees_with(next.shape[i]);
    if (!agree)
      return fail(Error{.reason = fmt::format("its inputs differ in more than their channels: a is {}, {} is {}",
                                              out.text(), port, next.text()),
                        .remedy = "Bring them to one height and width, or flatten both",
                        .port = std::string(port)});
    for (std::size_t i = 2; i < out.shape.size(); ++i)
      if (!out.shape[i].known()) out.shape[i] = next.shape[i];
    const Dim& a = out.shape[1];
    const Dim& b = next.shape[1];
    out.shape[1] = a.known() && b.known() ? Dim(a.size() + b.size()) : Dim::symbol("C");
    return {};
  }

 public:
#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params&, DescInputs, const TensorDesc&) {
    return function_layer([](std::span<const at::Tensor> in) {
      std::vector<at::Tensor> wired;
      for (const at::Tensor& tensor : in)
        if (tensor.defined()) wired.push_back(tensor);
      return at::cat(wired, 1);
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Concatenate)
