// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/backbone/backbone_layer.h"
#include "nodes/model/backbone/backbone_params.h"
#include "nodes/model/backbone/transformer_parts.h"
#include "nodes/model/layer_shape.h"
#include "nodes/model/self_attention.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::int64_t kVitWidth = 768;
constexpr std::int64_t kVitHidden = 3072;
constexpr std::int64_t kVitHeads = 12;
constexpr std::int64_t kVitPatch = 16;
constexpr std::int64_t kVitBlocks = 12;

#ifndef FEEDLINE_DESCRIBED_ONLY
std::string vit_block_path(std::int64_t block) { return "encoder.layers.encoder_layer_" + std::to_string(block); }

struct VitBlock {
  VitBlock(TensorTree& tree, const std::string& path)
      : norm1(tree, path + ".ln_1", kVitWidth, 1e-6),
        attention(tree.module(path + ".self_attention", std::make_shared<SelfAttention>(kVitWidth, kVitHeads))),
        norm2(tree, path + ".ln_2", kVitWidth, 1e-6),
        first(tree, path + ".mlp.0", kVitWidth, kVitHidden),
        second(tree, path + ".mlp.3", kVitHidden, kVitWidth) {
    for (DenseWeights* dense : {&first, &second}) {
      draw_glorot(dense->weight);
      draw_normal(dense->bias, 1e-6);
    }
  }
  FeatureNorm norm1;
  std::shared_ptr<SelfAttention> attention;
  FeatureNorm norm2;
  DenseWeights first;
  DenseWeights second;
};

/// The squares of a picture of H×W pixels: H/16 × W/16.
struct VitGrid {
  std::int64_t channels = 3;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

std::vector<BackboneStage> vit_stages(std::int64_t blocks) {
  std::vector<BackboneStage> stages = {{"patches", {"class_token", "conv_proj", "encoder.pos_embedding"}}};
  for (std::int64_t i = 0; i < blocks; ++i) stages.push_back({"block" + std::to_string(i + 1), {vit_block_path(i)}});
  stages.back().prefixes.emplace_back("encoder.ln");
  return stages;
}

/// What a file holds besides: the classifier, and the blocks that are left out.
std::vector<std::string> vit_head(std::int64_t blocks) {
  std::vector<std::string> head = {"heads"};
  for (std::int64_t i = blocks; i < kVitBlocks; ++i) head.push_back(vit_block_path(i));
  return head;
}

class VitLayer final : public BackboneLayer {
 public:
  VitLayer(VitGrid grid, std::int64_t blocks, PretrainedSettings settings)
      : BackboneLayer(std::move(settings), vit_stages(blocks), vit_head(blocks)),
        grid_(grid),
        tree_(std::make_shared<TensorTree>()),
        class_token_(tree_->parameter("class_token", at::zeros({1, 1, kVitWidth}))),
        patch_weight_(
            tree_->parameter("conv_proj.weight", at::zeros({kVitWidth, grid.channels, kVitPatch, kVitPatch}))),
        patch_bias_(tree_->parameter("conv_proj.bias", at::zeros({kVitWidth}))),
        places_(tree_->parameter("encoder.pos_embedding", at::zeros({1, grid.height * grid.width + 1, kVitWidth}))) {
    draw_normal(patch_weight_, std::sqrt(1.0 / static_cast<double>(grid.channels * kVitPatch * kVitPatch)));
    draw_normal(places_, 0.02);
    for (std::int64_t i = 0; i < blocks; ++i) blocks_.emplace_back(*tree_, vit_block_path(i));
    norm_.emplace_back(*tree_, "encoder.ln", kVitWidth, 1e-6);
    hold(tree_, /*draws=*/false);
  }

  /// N×C×H×W to N×768: the place of the class token behind the last norm.
  at::Tensor forward(std::span<const at::Tensor> in) override {
    // The two layers behind the attention are the longest part.
    const double flops = 4.0 * static_cast<double>((grid_.height * grid_.width + 1) * kVitWidth * kVitHidden);
    return in_slices(in[0], flops, [this](const at::Tensor& pictures) { return run(pictures); });
  }

  /// Files of before torchvision 0.14 name the two linear layers differently.
  [[nodiscard]] std::string own_name(std::string_view in_file) const override {
    std::string name = BackboneLayer::own_name(in_file);
    for (const auto& [old, now] : {std::pair{".mlp.linear_1.", ".mlp.0."}, std::pair{".mlp.linear_2.", ".mlp.3."}})
      if (const std::size_t at = name.find(old); at != std::string::npos)
        name.replace(at, std::string_view(old).size(), now);
    return name;
  }

  /// Position embeddings of pictures of another size are resized, as torchvision's interpolate_embeddings() does it.
  [[nodiscard]] at::Tensor adapted(std::string_view own_name, const at::Tensor& found) const override {
    if (own_name != "encoder.pos_embedding" || found.dim() != 3 || found.size(0) != 1) return found;
    const std::int64_t squares = found.size(1) - 1;
    const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(squares))));
    if (squares < 1 || side * side != squares || (side == grid_.height && side == grid_.width)) return found;
    const at::Tensor map =
        found.narrow(1, 1, squares).to(at::kFloat).transpose(1, 2).reshape({1, found.size(2), side, side});
    const at::Tensor resized = at::upsample_bicubic2d(map, {grid_.height, grid_.width}, /*align_corners=*/true);
    return at::cat({found.narrow(1, 0, 1).to(at::kFloat), resized.flatten(2).transpose(1, 2)}, 1);
  }

 private:
  [[nodiscard]] at::Tensor run(const at::Tensor& pictures) const {
    const at::Tensor patches = at::conv2d(pictures, patch_weight_, patch_bias_, {kVitPatch, kVitPatch});
    const at::Tensor sequence = patches.flatten(2).transpose(1, 2);
    at::Tensor x =
        at::cat({class_token_.expand({pictures.size(0), 1, kVitWidth}).to(sequence.scalar_type()), sequence}, 1);
    x = x + places_;
    const Dropped nothing = [](const at::Tensor& all) { return all; };
    for (const VitBlock& block : blocks_) {
      x = x + block.attention->forward(block.norm1(x), at::Tensor(), nothing);
      between(x);
      if (&block == &blocks_.back()) x = x.narrow(1, 0, 1);  // nothing else is read from here on
      x = x + block.second(at::gelu(block.first(block.norm2(x))));
      between(x);
    }
    return norm_.front()(x.select(1, 0));
  }

  VitGrid grid_;
  std::shared_ptr<TensorTree> tree_;
  at::Tensor class_token_;
  at::Tensor patch_weight_;
  at::Tensor patch_bias_;
  at::Tensor places_;
  std::vector<VitBlock> blocks_{};
  std::vector<FeatureNorm> norm_{};  ///< one, registered behind the blocks
};
#endif

struct VitB16 {
  struct Params : PretrainedSettings {
    std::int64_t blocks = kVitBlocks;
  };

  static NodeSpec spec() {
    return node<VitB16>("vit_b_16", 1, "ViT-B/16",
                        "A vision transformer over squares of 16 pixels, without its classifier.")
        .help(
            "Cuts a picture into squares of 16×16 pixels and reads them as a sequence (Dosovitskiy et al., 2020). "
            "Strong when it begins from weights, and hardly better than nothing when it learns from fewer than some "
            "hundred thousand pictures: use it with weights and frozen = all, or with the last blocks learning. As "
            "torchvision builds it, so that its weights for ImageNet fit by name; where the pictures are not of "
            "224×224 pixels, its position embeddings are resized. Put a linear layer with as many units as classes "
            "behind it. The stages are patches and block1 to block12. At 224×224 pixels a record costs 17 billion "
            "MACs, four times ResNet-50, and the weights take 340 MB.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, H and W multiples of 16, normalised as those of the weights were.")
        .out("y", Kind::Tensor, "Features, N×768.")
        .param("blocks", &Params::blocks, range(1, kVitBlocks).ui(1, kVitBlocks),
               "How many blocks there are, the first ones of the twelve; fewer cost less and say less.")
        .with(backbone_params<VitB16>)
        .example({{"blocks", std::int64_t{1}}});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (Status fits = check_pictures(in, "x"); !fits) return fail(std::move(fits.error()));
    for (const std::size_t axis : {std::size_t{2}, std::size_t{3}})
      if (in.shape[axis].known() && (in.shape[axis].size() < kVitPatch || in.shape[axis].size() % kVitPatch != 0))
        return fail(Error{.reason = fmt::format("it cuts pictures into squares of 16×16 pixels, which {}×{} is not",
                                                in.shape[2].text(), in.shape[3].text()),
                          .remedy = "Resize the pictures to multiples of 16, such as 224×224",
                          .port = "x"});
    return TensorDesc{.kind = Kind::Tensor, .dtype = DType::F32, .shape = {in.shape[0], Dim(kVitWidth)}};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    const TensorDesc& x = *in[0];
    const VitGrid grid{x.shape[1].size(), x.shape[2].size() / kVitPatch, x.shape[3].size() / kVitPatch};
    return std::make_unique<VitLayer>(grid, params.blocks, params);
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    const TensorDesc& x = *in[0];
    const std::int64_t squares = x.shape[2].size() / kVitPatch * (x.shape[3].size() / kVitPatch);
    const std::int64_t patch = x.shape[1].size() * kVitPatch * kVitPatch * kVitWidth;
    const std::int64_t attention = 4 * kVitWidth * kVitWidth;
    const std::int64_t dense = 2 * kVitWidth * kVitHidden;
    const std::int64_t shifts = 4 * kVitWidth + 4 * kVitWidth + kVitHidden + kVitWidth;  // norms, biases
    const auto places = static_cast<double>(squares + 1);
    const auto blocks = static_cast<double>(params.blocks);
    return {.parameters = kVitWidth + patch + kVitWidth + (squares + 1) * kVitWidth +
                          params.blocks * (attention + dense + shifts) + 2 * kVitWidth,
            .multiply_adds = static_cast<double>(patch * squares) +
                             blocks * places * (static_cast<double>(attention) + 2 * places * kVitWidth) +
                             ((blocks - 1) * places + 1) * static_cast<double>(dense)};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(VitB16)
