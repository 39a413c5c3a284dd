// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/backbone/backbone_layer.h"
#include "nodes/model/backbone/backbone_params.h"
#include "nodes/model/backbone/transformer_parts.h"
#include "nodes/model/self_attention.h"
#include "nodes/model/sequence_mask.h"
#include "nodes/model/sequence_shape.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr double kBertEpsilon = 1e-12;
constexpr double kBertDeviation = 0.02;

struct BertShape {
  std::int64_t ids = 0;
  std::int64_t width = 0;
  std::int64_t hidden = 0;
  std::int64_t heads = 0;
  std::int64_t places = 0;
  std::int64_t blocks = 0;
};

#ifndef FEEDLINE_DESCRIBED_ONLY
std::string bert_block_path(std::int64_t block) { return "transformer.layer." + std::to_string(block); }

/// Named as in DistilBERT, where each of the three projections stands by itself.
struct BertBlock {
  BertBlock(TensorTree& tree, const std::string& path, const BertShape& shape)
      : query(tree, path + ".attention.q_lin", shape.width, shape.width),
        key(tree, path + ".attention.k_lin", shape.width, shape.width),
        value(tree, path + ".attention.v_lin", shape.width, shape.width),
        out(tree, path + ".attention.out_lin", shape.width, shape.width),
        norm1(tree, path + ".sa_layer_norm", shape.width, kBertEpsilon),
        first(tree, path + ".ffn.lin1", shape.width, shape.hidden),
        second(tree, path + ".ffn.lin2", shape.hidden, shape.width),
        norm2(tree, path + ".output_layer_norm", shape.width, kBertEpsilon),
        heads(shape.heads) {
    for (DenseWeights* dense : {&query, &key, &value, &out, &first, &second})
      draw_normal(dense->weight, kBertDeviation);
  }

  /// N×T×F to N×T×F. No place looks at one where `mask`, N×T of bool, is false.
  [[nodiscard]] at::Tensor run(const at::Tensor& x, const at::Tensor& mask, const Dropped& dropped) const {
    const std::int64_t rows = x.size(0);
    const std::int64_t places = x.size(1);
    const std::int64_t part = x.size(2) / heads;
    const auto parts = [&](const DenseWeights& of) { return of(x).view({rows, places, heads, part}).transpose(1, 2); };
    at::Tensor scores = at::matmul(parts(query) / std::sqrt(static_cast<double>(part)), parts(key).transpose(2, 3));
    scores = scores.masked_fill(mask.logical_not().view({rows, 1, 1, places}), below_all(scores.scalar_type()));
    const at::Tensor seen = at::matmul(dropped(at::softmax(scores, 3)), parts(value));
    const at::Tensor y = norm1(out(seen.transpose(1, 2).reshape(x.sizes())) + x);
    return norm2(dropped(second(at::gelu(first(y)))) + y);
  }

  DenseWeights query;
  DenseWeights key;
  DenseWeights value;
  DenseWeights out;
  FeatureNorm norm1;
  DenseWeights first;
  DenseWeights second;
  FeatureNorm norm2;
  std::int64_t heads;
};

std::vector<BackboneStage> bert_stages(std::int64_t blocks) {
  std::vector<BackboneStage> stages = {{"embeddings", {"embeddings"}}};
  for (std::int64_t i = 0; i < blocks; ++i) stages.push_back({"layer" + std::to_string(i), {bert_block_path(i)}});
  return stages;
}

/// What a file of DistilBERT holds besides: its tasks, and the numbers of the places.
std::vector<std::string> bert_head() {
  return {"vocab_transform", "vocab_layer_norm", "vocab_projector",        "pre_classifier",
          "classifier",      "qa_outputs",       "embeddings.position_ids"};
}

class TextEncoderLayer final : public BackboneLayer {
 public:
  TextEncoderLayer(BertShape shape, double dropout, bool first_only, PretrainedSettings settings)
      : BackboneLayer(std::move(settings), bert_stages(shape.blocks), bert_head()),
        tree_(std::make_shared<TensorTree>()),
        words_(tree_->parameter("embeddings.word_embeddings.weight", at::zeros({shape.ids, shape.width}))),
        places_(tree_->parameter("embeddings.position_embeddings.weight", at::zeros({shape.places, shape.width}))),
        norm_(*tree_, "embeddings.LayerNorm", shape.width, kBertEpsilon),
        keep_(1 - dropout),
        block_flops_(2.0 * static_cast<double>(shape.width * (4 * shape.width + 2 * shape.hidden))),
        first_only_(first_only) {
    draw_normal(words_, kBertDeviation);
    draw_normal(places_, kBertDeviation);
    {
      const at::NoGradGuard no_gradients;
      words_.select(0, 0).zero_();  // of what fills records up
    }
    for (std::int64_t i = 0; i < shape.blocks; ++i) blocks_.emplace_back(*tree_, bert_block_path(i), shape);
    hold(tree_, /*draws=*/dropout > 0);
  }

  /// N×T token ids to N×F.
  at::Tensor forward(std::span<const at::Tensor> in) override {
    // A batch of records without any token still has a place, which no record has filled.
    const at::Tensor tokens = in[0].size(1) > 0 ? in[0] : at::constant_pad_nd(in[0], {0, 1});
    const double places = static_cast<double>(tokens.size(1));
    const double flops = places * (block_flops_ + 4 * places * static_cast<double>(words_.size(1)));
    const at::Tensor words = at::embedding(words_, tokens, /*padding_idx=*/0) + places_.narrow(0, 0, tokens.size(1));
    const at::Tensor x = dropped(0)(norm_(words));
    between(x);
    std::int64_t first = 0;
    return in_slices(x, flops, [&](const at::Tensor& rows) {
      const at::Tensor own = tokens.narrow(0, first, rows.size(0));
      first += rows.size(0);
      return run(rows, own);
    });
  }

  /// Without the "distilbert." of models that have a head.
  [[nodiscard]] std::string own_name(std::string_view in_file) const override {
    std::string name = BackboneLayer::own_name(in_file);
    constexpr std::string_view kModel = "distilbert.";
    return name.starts_with(kModel) ? name.substr(kModel.size()) : name;
  }

  /// The first places of a file that has more of them.
  [[nodiscard]] at::Tensor adapted(std::string_view own_name, const at::Tensor& found) const override {
    const bool longer = own_name == "embeddings.position_embeddings.weight" && found.dim() == 2 &&
                        found.size(0) > places_.size(0) && found.size(1) == places_.size(1);
    return longer ? found.narrow(0, 0, places_.size(0)) : found;
  }

 private:
  /// The blocks, and what becomes of the places: N×T×F to N×F.
  [[nodiscard]] at::Tensor run(at::Tensor x, const at::Tensor& tokens) {
    const at::Tensor mask = token_mask(tokens);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      x = blocks_[i].run(x, mask, dropped(i + 1));
      between(x);
    }
    x = only_tokens(x, tokens);
    if (first_only_) return x.select(1, 0);
    return x.sum(1) / mask.sum(1, /*keepdim=*/true).clamp_min(1).to(x.scalar_type());
  }

  /// What a stage does to numbers in training.
  [[nodiscard]] Dropped dropped(std::size_t stage) {
    const bool drops = keep_ < 1 && learns() && !stage_frozen(stage);
    return [this, drops](const at::Tensor& x) { return drops ? x * kept(x, x.sizes(), keep_) : x; };
  }

  std::shared_ptr<TensorTree> tree_;
  at::Tensor words_;
  at::Tensor places_;
  FeatureNorm norm_;
  std::vector<BertBlock> blocks_{};
  double keep_;
  double block_flops_;  ///< of one place, without what it looks at
  bool first_only_;
};
#endif

struct TextEncoder {
  struct Params : PretrainedSettings {
    std::int64_t width = 128;
    std::int64_t layers = 2;
    std::int64_t heads = 4;
    std::int64_t feed_forward = 0;
    std::int64_t vocabulary = 0;
    std::int64_t places = 512;
    double dropout = 0.1;
    std::string pooling = "mean";
  };

  static NodeSpec spec() {
    return node<TextEncoder>("text_encoder", 1, "Text encoder", "A transformer that makes features of a text's tokens.")
        .help(
            "Embeddings of tokens and places, and blocks of self-attention over them (Devlin et al., 2018), in one "
            "node; put a linear layer with as many units as classes behind it. Its tensors are named as those of "
            "DistilBERT (Sanh et al., 2019), whose weights fit with width 768, 6 layers, 12 heads and a vocabulary of "
            "30522, if the tokens are those of its vocabulary with id 0 for padding. The defaults make a small one "
            "that learns from scratch. The stages are embeddings and layer0 to the last. Its attention costs time and "
            "memory that grow with the square of the length.")
        .in("tokens", Kind::Tensor, "Token ids, N×T, whole numbers, 0 where a record is filled up.")
        .out("y", Kind::Tensor, "Features, N×width; zeros for a record without tokens.")
        .param("width", &Params::width, range(1, 8192).ui(16, 768), "Numbers of each place: a multiple of the heads.")
        .param("layers", &Params::layers, range(1, 48).ui(1, 12), "How many blocks there are.")
        .param("heads", &Params::heads, range(1, 256).ui(1, 16), "How many parts of the features look by themselves.")
        .param("feed_forward", &Params::feed_forward, range(0, 65536).ui(0, 3072),
               "Width of the network at each place; 0: four times the width.")
        .param("vocabulary", &Params::vocabulary, range(0, 16777216).ui(0, 50000).unit("ids"),
               "How many ids there are, 0 included; 0: as many as the tokens can have.")
        .param("places", &Params::places, range(1, 65536).ui(16, 1024).unit("tokens"),
               "The longest text: each place has an embedding of its own.")
        .param("dropout", &Params::dropout, range(0, 0.99).ui(0, 0.5),
               "Probability that a number is zeroed in training; none in stages that are frozen.")
        .choice("pooling", &Params::pooling, {"mean", "first"},
                "What becomes of the places: their mean, or the first one, which BERT's tokenizers put in front.")
        .with(backbone_params<TextEncoder>)
        .example({{"width", std::int64_t{8}},
                  {"layers", std::int64_t{1}},
                  {"heads", std::int64_t{2}},
                  {"vocabulary", std::int64_t{20}},
                  {"places", std::int64_t{16}},
                  {"dropout", 0.0}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = check_token_ids(in, "tokens"); !fits) return fail(std::move(fits.error()));
    if (auto ids = ids_of(in, params.vocabulary); !ids) return fail(std::move(ids.error()));
    if (params.width % params.heads != 0)
      return fail(
          Error{.reason = fmt::format("a width of {} cannot be divided into {} heads", params.width, params.heads),
                .remedy = "Choose a width that is a multiple of the heads",
                .parameter = "heads"});
    if (most_places(in) > params.places)
      return fail(Error{
          .reason = fmt::format("texts have up to {} tokens, but there are {} places", most_places(in), params.places),
          .remedy = "Raise it, or cut the texts by pad_truncate",
          .parameter = "places"});
    return TensorDesc{.kind = Kind::Tensor, .dtype = DType::F32, .shape = {in.shape[0], Dim(params.width)}};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    return std::make_unique<TextEncoderLayer>(shape_of(params, *in[0]), params.dropout, params.pooling == "first",
                                              params);
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    const BertShape shape = shape_of(params, *in[0]);
    const std::int64_t weights = 4 * shape.width * shape.width + 2 * shape.width * shape.hidden;
    const std::int64_t block = weights + 4 * shape.width + shape.hidden + shape.width + 4 * shape.width;
    const auto places = static_cast<double>(most_places(*in[0]));
    return {.parameters = (shape.ids + shape.places + 2) * shape.width + shape.blocks * block,
            .multiply_adds = static_cast<double>(shape.blocks) * places *
                             (static_cast<double>(weights) + 2 * places * static_cast<double>(shape.width))};
  }

 private:
  static BertShape shape_of(const Params& params, const TensorDesc& tokens) {
    return {.ids = ids_of(tokens, params.vocabulary).value_or(0),
            .width = params.width,
            .hidden = params.feed_forward > 0 ? params.feed_forward : 4 * params.width,
            .heads = params.heads,
            .places = params.places,
            .blocks = params.layers};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(TextEncoder)
