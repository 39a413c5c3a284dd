// SPDX-License-Identifier: GPL-3.0-or-later
// The text encoder, which neither PyTorch nor torchvision has: its tensors have the names of DistilBERT's.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

#include <cmath>

namespace feedline::inline exporting {
namespace {

constexpr std::string_view kTextBlock = R"py(class TextBlock(nn.Module):
    """A block of a text encoder: attention of all places to all, and a network at each."""

    def __init__(self, width, hidden, heads, dropout):
        super().__init__()
        self.heads = heads
        self.attention = nn.ModuleDict(
            {name: nn.Linear(width, width) for name in ("q_lin", "k_lin", "v_lin", "out_lin")})
        self.sa_layer_norm = nn.LayerNorm(width, eps=1e-12)
        self.ffn = nn.ModuleDict({"lin1": nn.Linear(width, hidden), "lin2": nn.Linear(hidden, width)})
        self.output_layer_norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask):
        rows, places, width = x.shape
        parts = (rows, places, self.heads, width // self.heads)
        query, key, value = (
            self.attention[name](x).view(parts).transpose(1, 2) for name in ("q_lin", "k_lin", "v_lin"))
        scores = query @ key.transpose(2, 3) / math.sqrt(width // self.heads)
        scores = scores.masked_fill(~mask[:, None, None, :], -1e30)
        seen = (self.dropout(torch.softmax(scores, 3)) @ value).transpose(1, 2).reshape(rows, places, width)
        x = self.sa_layer_norm(self.attention["out_lin"](seen) + x)
        thought = self.ffn["lin2"](nn.functional.gelu(self.ffn["lin1"](x)))
        return self.output_layer_norm(self.dropout(thought) + x)
)py";

constexpr std::string_view kTextEncoder = R"py(class TextEncoder(nn.Module):
    """A transformer from token ids, N×T with 0 where a record is filled up, to N×width (Devlin et al., 2018). Its
    tensors are named as those of DistilBERT."""

    def __init__(self, ids, width, hidden, heads, blocks, places, dropout=0.1, pooling="mean"):
        super().__init__()
        self.embeddings = nn.ModuleDict({
            "word_embeddings": nn.Embedding(ids, width, padding_idx=0),
            "position_embeddings": nn.Embedding(places, width),
            "LayerNorm": nn.LayerNorm(width, eps=1e-12),
            "dropout": nn.Dropout(dropout)})
        layers = nn.ModuleList(TextBlock(width, hidden, heads, dropout) for _ in range(blocks))
        self.transformer = nn.ModuleDict({"layer": layers})
        self.pooling = pooling
        for part in self.modules():
            if isinstance(part, (nn.Linear, nn.Embedding)):
                nn.init.normal_(part.weight, std=0.02)
            if isinstance(part, nn.Linear):
                nn.init.zeros_(part.bias)
        with torch.no_grad():
            self.embeddings["word_embeddings"].weight[0] = 0

    def forward(self, tokens):
        if tokens.shape[1] == 0:
            tokens = nn.functional.pad(tokens, (0, 1))
        first, mask = self.embeddings, tokens != 0
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x = first["LayerNorm"](first["word_embeddings"](tokens) + first["position_embeddings"](places))
        x = first["dropout"](x)
        for block in self.transformer["layer"]:
            x = block(x, mask)
        x = only_tokens(x, tokens)
        return x[:, 0] if self.pooling == "first" else x.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
)py";

/// Its parameters, with what they leave to the tokens and to each other.
struct EncoderSizes {
  std::int64_t ids = 0;
  std::int64_t width = 0;
  std::int64_t hidden = 0;
  std::int64_t heads = 0;
  std::int64_t blocks = 0;
  std::int64_t places = 0;
  std::string dropout{};
};

EncoderSizes encoder_sizes(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const Dim& known = layer.plan.inputs[0].classes;
  const std::int64_t given = params.integer("vocabulary");
  const std::int64_t width = params.integer("width");
  const std::int64_t hidden = params.integer("feed_forward");
  return {.ids = given > 0       ? given
                 : known.known() ? known.size()
                                 : 0,
          .width = width,
          .hidden = hidden > 0 ? hidden : 4 * width,
          .heads = params.integer("heads"),
          .blocks = params.integer("layers"),
          .places = params.integer("places"),
          .dropout = params.number("dropout")};
}

/// def block0(self, x, hidden): in TorchScript, where dots of names are underscores.
std::string encoder_block_script(const EncoderSizes& sizes, std::int64_t block) {
  const std::string of = fmt::format("self.transformer_layer_{}_", block);
  const auto linear = [&](std::string_view x, std::string_view name) {
    return fmt::format("torch.linear({0}, {1}{2}_weight, {1}{2}_bias)", x, of, name);
  };
  const auto norm = [&](std::string_view x, std::string_view name) {
    return fmt::format("torch.layer_norm({0}, [{1}], {2}{3}_weight, {2}{3}_bias, 1e-12)", x, sizes.width, of, name);
  };
  const auto drop = [&](std::string_view x) {
    return fmt::format("torch.dropout({}, float({}), self.training)", x, sizes.dropout);
  };
  const std::int64_t part = sizes.width / sizes.heads;
  std::string text =
      fmt::format("def block{}(self, x, hidden):\n    rows = x.size(0)\n    places = x.size(1)\n", block);
  for (const char* name : {"q_lin", "k_lin", "v_lin"})
    text += fmt::format("    {} = {}.view([rows, places, {}, {}]).transpose(1, 2)\n", name,
                        linear("x", fmt::format("attention_{}", name)), sizes.heads, part);
  text += fmt::format("    scores = torch.matmul(q_lin * {}, k_lin.transpose(2, 3))\n",
                      python_number(1 / std::sqrt(static_cast<double>(part))));
  text += "    shares = torch.softmax(torch.masked_fill(scores, hidden, -1e30), 3)\n";
  text += fmt::format("    seen = torch.matmul({}, v_lin).transpose(1, 2).reshape([rows, places, {}])\n",
                      drop("shares"), sizes.width);
  text += fmt::format("    x = {}\n", norm(linear("seen", "attention_out_lin") + " + x", "sa_layer_norm"));
  text += fmt::format("    thought = {}\n", linear(fmt::format("torch.gelu({})", linear("x", "ffn_lin1")), "ffn_lin2"));
  return text + fmt::format("    return {}\n", norm(drop("thought") + " + x", "output_layer_norm"));
}

Result<WrittenLayer> write_text_encoder(const LayerToWrite& layer) {
  const EncoderSizes sizes = encoder_sizes(layer);
  const std::string pooling = ParamReader(layer.plan.params).text("pooling");
  WrittenLayer written{
      .module = fmt::format("TextEncoder({}, {}, {}, {}, {}, {}, dropout={}{})", sizes.ids, sizes.width, sizes.hidden,
                            sizes.heads, sizes.blocks, sizes.places, sizes.dropout,
                            pooling == "mean" ? "" : fmt::format(", pooling={}", python_string(pooling))),
      .helpers = {"only_tokens", "TextBlock", "TextEncoder"}};
  for (std::int64_t i = 0; i < sizes.blocks; ++i) written.pre_script.push_back(encoder_block_script(sizes, i));
  std::string& script = written.script;
  script =
      "if tokens.size(1) == 0:\n"
      "    tokens = torch.constant_pad_nd(tokens, [0, 1], 0)\n"
      "places = self.embeddings_position_embeddings_weight.narrow(0, 0, tokens.size(1))\n"
      "x = torch.embedding(self.embeddings_word_embeddings_weight, tokens, 0) + places\n";
  script += fmt::format(
      "x = torch.layer_norm(x, [{}], self.embeddings_LayerNorm_weight, self.embeddings_LayerNorm_bias, 1e-12)\n"
      "x = torch.dropout(x, float({}), self.training)\n"
      "hidden = torch.eq(tokens, 0).unsqueeze(1).unsqueeze(1)\n",
      sizes.width, sizes.dropout);
  for (std::int64_t i = 0; i < sizes.blocks; ++i) script += fmt::format("x = self.block{}(x, hidden)\n", i);
  script +=
      "mask = torch.ne(tokens, 0).unsqueeze(2).to(x.dtype)\n"
      "x = x * mask\n";
  script += pooling == "first" ? "return torch.select(x, 1, 0)"
                               : "return torch.sum(x, [1]) / torch.clamp(torch.sum(mask, [1]), min=1.0)";
  return written;
}

void add_text_encoder(Writers& writers) {
  writers.layer("text_encoder", write_text_encoder);
  writers.helper("TextBlock", kTextBlock);
  writers.helper("TextEncoder", kTextEncoder);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_text_encoder)
