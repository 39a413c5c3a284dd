// SPDX-License-Identifier: GPL-3.0-or-later
// Attention, and layers that read a sequence place by place.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

#include <cmath>

namespace feedline::inline exporting {
namespace {

bool is_masked(const LayerToWrite& layer) { return layer.in.size() > 1 && !layer.in[1].empty(); }
std::int64_t attended_width(const LayerToWrite& layer) { return layer.plan.inputs[0].shape[2].most(); }

constexpr std::string_view kSelfAttention = R"py(class SelfAttention(nn.Module):
    """Multi-head attention of N×T×F to itself (Vaswani et al., 2017), with the names of nn.MultiheadAttention."""

    def __init__(self, width, heads, dropout=0.0):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(3 * width, width)))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.zeros_(self.out_proj.bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, tokens=None):
        rows, places, width = x.shape
        joint = nn.functional.linear(x, self.in_proj_weight, self.in_proj_bias)
        query, key, value = joint.view(rows, places, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        scores = (query * (width // self.heads) ** -0.5) @ key.transpose(2, 3)
        if tokens is not None:
            scores = scores.masked_fill((tokens == 0)[:, None, None, :], -1e30)
        seen = self.dropout(torch.softmax(scores, 3)) @ value
        return only_tokens(self.out_proj(seen.transpose(1, 2).reshape(rows, places, width)), tokens)
)py";

constexpr std::string_view kEncoderBlock = R"py(class EncoderBlock(nn.Module):
    """One block of a transformer's encoder, with the names of nn.TransformerEncoderLayer."""

    def __init__(self, width, heads, feed_forward, dropout=0.1, norm_first=False, activation=torch.relu):
        super().__init__()
        self.self_attn = SelfAttention(width, heads, dropout)
        self.linear1 = nn.Linear(width, feed_forward)
        self.linear2 = nn.Linear(feed_forward, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.norm_first, self.activation = norm_first, activation

    def attend(self, x, tokens):
        return self.dropout(self.self_attn(x, tokens))

    def think(self, x):
        return self.dropout(self.linear2(self.dropout(self.activation(self.linear1(x)))))

    def forward(self, x, tokens=None):
        if self.norm_first:
            x = x + self.attend(self.norm1(x), tokens)
            x = x + self.think(self.norm2(x))
        else:
            x = self.norm1(x + self.attend(x, tokens))
            x = self.norm2(x + self.think(x))
        return only_tokens(x, tokens)
)py";

/// def attend(self, x[, tokens]): of parameters that begin with `prefix`.
std::string attend_script(std::int64_t width, std::int64_t heads, bool masked, const std::string& dropout,
                          std::string_view prefix) {
  return fmt::format(
      "def attend(self, x{tokens}):\n"
      "    rows = x.size(0)\n"
      "    places = x.size(1)\n"
      "    joint = torch.linear(x, self.{p}in_proj_weight, self.{p}in_proj_bias)\n"
      "    joint = joint.view([rows, places, 3, {heads}, {part}]).permute([2, 0, 3, 1, 4])\n"
      "    scores = torch.matmul(joint[0] * {scale}, joint[1].transpose(2, 3))\n"
      "{mask}"
      "    shares = torch.dropout(torch.softmax(scores, 3), float({dropout}), self.training)\n"
      "    seen = torch.matmul(shares, joint[2]).transpose(1, 2).reshape([rows, places, {width}])\n"
      "    return torch.linear(seen, self.{p}out_proj_weight, self.{p}out_proj_bias)\n",
      fmt::arg("tokens", masked ? ", tokens" : ""), fmt::arg("p", prefix), fmt::arg("heads", heads),
      fmt::arg("part", width / heads),
      fmt::arg("scale", python_number(1 / std::sqrt(static_cast<double>(width / heads)))),
      fmt::arg("mask", masked ? "    hidden = torch.eq(tokens, 0).unsqueeze(1).unsqueeze(1)\n"
                                "    scores = torch.masked_fill(scores, hidden, -1e30)\n"
                              : ""),
      fmt::arg("dropout", dropout), fmt::arg("width", width));
}

constexpr std::string_view kOnlyTokensLine = "x = x * torch.ne(tokens, 0).unsqueeze(2).to(x.dtype)\n";

Result<WrittenLayer> write_attention(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::int64_t width = attended_width(layer);
  const std::int64_t heads = params.integer("heads");
  const std::string dropout = params.number("dropout");
  const bool masked = is_masked(layer);
  WrittenLayer written{.module = fmt::format("SelfAttention({}, {}{})", width, heads,
                                             params.real("dropout") > 0 ? ", dropout=" + dropout : ""),
                       .helpers = {"only_tokens", "SelfAttention"},
                       .script = masked ? "x = self.attend(x, tokens)\n" : "x = self.attend(x)\n",
                       .pre_script = {attend_script(width, heads, masked, dropout, "")}};
  if (masked) written.script += kOnlyTokensLine;
  written.script += "return x";
  return written;
}

Result<WrittenLayer> write_encoder(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::int64_t width = attended_width(layer);
  const std::int64_t heads = params.integer("heads");
  const std::int64_t given = params.integer("feed_forward");
  const std::int64_t hidden = given > 0 ? given : 4 * width;
  const std::string dropout = params.number("dropout");
  const bool first = params.text("norm") == "before";
  const bool gelu = params.text("activation") == "gelu";
  const bool masked = is_masked(layer);
  WrittenLayer written{
      .module = fmt::format("EncoderBlock({}, {}, {}, dropout={}{}{})", width, heads, hidden, dropout,
                            first ? ", norm_first=True" : "", gelu ? ", activation=nn.functional.gelu" : ""),
      .helpers = {"only_tokens", "SelfAttention", "EncoderBlock"},
      .pre_script = {attend_script(width, heads, masked, dropout, "self_attn_"),
                     fmt::format("def think(self, x):\n"
                                 "    x = torch.{}(torch.linear(x, self.linear1_weight, self.linear1_bias))\n"
                                 "    x = torch.dropout(x, float({}), self.training)\n"
                                 "    return torch.linear(x, self.linear2_weight, self.linear2_bias)\n",
                                 gelu ? "gelu" : "relu", dropout)}};
  const std::string attend = masked ? "self.attend({}, tokens)" : "self.attend({})";
  const auto norm = [&](int number, std::string_view x) {
    return fmt::format("torch.layer_norm({1}, [{2}], self.norm{0}_weight, self.norm{0}_bias, 1e-05)", number, x, width);
  };
  const auto drop = [&](const std::string& x) {
    return fmt::format("torch.dropout({}, float({}), self.training)", x, dropout);
  };
  std::string& script = written.script;
  if (first) {
    script = fmt::format("y = {}\n", norm(1, "x")) +
             fmt::format("x = x + {}\n", drop(fmt::format(fmt::runtime(attend), "y"))) +
             fmt::format("y = {}\n", norm(2, "x")) + fmt::format("x = x + {}\n", drop("self.think(y)"));
  } else {
    script = fmt::format("x = {}\n", norm(1, "x + " + drop(fmt::format(fmt::runtime(attend), "x")))) +
             fmt::format("x = {}\n", norm(2, "x + " + drop("self.think(x)")));
  }
  if (masked) script += kOnlyTokensLine;
  script += "return x";
  return written;
}

constexpr std::string_view kSequenceReader = R"py(def read_sequence(reader, x, output, tokens=None):
    """nn.LSTM or nn.GRU over N×T×F, each record as if it were alone; one without tokens gives zeros."""
    if tokens is None:
        packed = x
    else:
        counts = token_counts(tokens)
        packed = nn.utils.rnn.pack_padded_sequence(
            x, counts.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False)
    states, last = reader(packed)
    if output == "last":
        last = last[0] if isinstance(last, tuple) else last
        y = torch.cat((last[-2], last[-1]), 1) if reader.bidirectional else last[-1]
        return y if tokens is None else y * (counts > 0).to(y.dtype).unsqueeze(1)
    if tokens is None:
        return states
    y, _ = nn.utils.rnn.pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
    return y * (counts > 0).to(y.dtype)[:, None, None]
)py";

/// The records are packed as in Python: sorted by length, and put back.
std::string recurrent_script(const ParamReader& params, bool lstm, bool masked) {
  const std::int64_t layers = params.integer("layers");
  const bool both = params.flag("bidirectional");
  const bool last = params.text("output") == "last";
  std::string weights;
  for (std::int64_t i = 0; i < layers; ++i)
    for (const char* end : {"", "_reverse"}) {
      if (*end != '\0' && !both) continue;
      for (const char* name : {"weight_ih", "weight_hh", "bias_ih", "bias_hh"})
        weights += fmt::format("{}self.{}_l{}{}", weights.empty() ? "" : ", ", name, i, end);
    }
  const std::string rest = fmt::format("[{}], True, {}, 0.0, self.training, {}", weights, layers, python_bool(both));
  std::string script;
  if (masked)
    script +=
        "places = x.size(1)\n"
        "behind = torch.arange(1, places + 1, device=x.device)\n"
        "counts = torch.amax(torch.ne(tokens, 0) * behind, [1])\n"
        "lengths, order = torch.sort(counts, 0, True)\n"
        "back = torch.argsort(order)\n"
        "data, sizes = torch._pack_padded_sequence(torch.index_select(x, 0, order), torch.clamp(lengths, min=1).cpu(), "
        "True)\n";
  script += fmt::format("start = torch.zeros([{}, x.size(0), {}], dtype=x.dtype, device=x.device)\n",
                        layers * (both ? 2 : 1), params.integer("units"));
  const std::string what = masked ? "data, sizes, " : "x, ";
  const std::string first = masked ? "" : ", True";
  script += lstm ? fmt::format("states, last, cell = torch.lstm({}[start, start], {}{})\n", what, rest, first)
                 : fmt::format("states, last = torch.gru({}start, {}{})\n", what, rest, first);
  if (last) {
    script += both ? "y = torch.cat([last[-2], last[-1]], 1)\n" : "y = last[-1]\n";
    if (masked) script += "y = torch.index_select(y, 0, back) * torch.gt(counts, 0).to(y.dtype).unsqueeze(1)\n";
  } else if (masked) {
    script +=
        "y, read = torch._pad_packed_sequence(states, sizes, True, 0.0, places)\n"
        "some = torch.gt(counts, 0).to(y.dtype).unsqueeze(1).unsqueeze(2)\n"
        "y = torch.index_select(y, 0, back) * some\n";
  } else {
    script += "y = states\n";
  }
  return script + "return y";
}

Result<WrittenLayer> write_recurrent(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const bool lstm = layer.plan.type == "lstm";
  const bool masked = is_masked(layer);
  WrittenLayer written{
      .module = fmt::format("nn.{}({}, {}", lstm ? "LSTM" : "GRU", attended_width(layer), params.integer("units")),
      .call = fmt::format("read_sequence({}, {}, \"{}\"{})", layer.self, layer.in[0], params.text("output"),
                          masked ? ", " + layer.in[1] : ""),
      .helpers = {"only_tokens", "read_sequence"},
      .script = recurrent_script(params, lstm, masked)};
  if (params.integer("layers") != 1) written.module += fmt::format(", num_layers={}", params.integer("layers"));
  if (params.flag("bidirectional")) written.module += ", bidirectional=True";
  written.module += ", batch_first=True)";
  return written;
}

void add_attention_layers(Writers& writers) {
  writers.layer("attention", write_attention);
  writers.layer("transformer_encoder", write_encoder);
  writers.layer("lstm", write_recurrent);
  writers.layer("gru", write_recurrent);
  writers.helper("SelfAttention", kSelfAttention);
  writers.helper("EncoderBlock", kEncoderBlock);
  writers.helper("read_sequence", kSequenceReader);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_attention_layers)
