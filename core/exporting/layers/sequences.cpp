// SPDX-License-Identifier: GPL-3.0-or-later
// Layers on token ids and sequences: id 0 fills records up to one length and does not count.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline exporting {
namespace {

bool has_tokens(const LayerToWrite& layer) { return layer.in.size() > 1 && !layer.in[1].empty(); }
std::int64_t sequence_width(const LayerToWrite& layer) { return layer.plan.inputs[0].shape[2].most(); }

/// As many as the parameter says, or as the tokens can have.
std::int64_t table_ids(const LayerToWrite& layer) {
  const std::int64_t given = ParamReader(layer.plan.params).integer("vocabulary");
  const Dim& known = layer.plan.inputs[0].classes;
  return given > 0 ? given : known.known() ? known.size() : 0;
}

Result<WrittenLayer> write_embedding(const LayerToWrite& layer) {
  const std::int64_t width = ParamReader(layer.plan.params).integer("width");
  return WrittenLayer{.module = fmt::format("nn.Embedding({}, {}, padding_idx=0)", table_ids(layer), width),
                      .script = "return torch.embedding(self.weight, tokens, 0)"};
}

constexpr std::string_view kMeanBag =
    "mask = torch.ne(tokens, 0).unsqueeze(2).to(self.weight.dtype)\n"
    "rows = torch.embedding(self.weight, tokens) * mask\n"
    "count = torch.clamp(torch.sum(mask, [1]), min=1.0)\n"
    "return torch.sum(rows, [1]) / count";
constexpr std::string_view kSumBag =
    "mask = torch.ne(tokens, 0).unsqueeze(2).to(self.weight.dtype)\n"
    "return torch.sum(torch.embedding(self.weight, tokens) * mask, [1])";
constexpr std::string_view kMaxBag =
    "missing = torch.eq(tokens, 0).unsqueeze(2)\n"
    "rows = torch.masked_fill(torch.embedding(self.weight, tokens), missing, -1e30)\n"
    "most = torch.amax(rows, [1])\n"
    "return torch.masked_fill(most, torch.all(missing, 1), 0.0)";

Result<WrittenLayer> write_embedding_bag(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::string pooling = params.text("pooling");
  return WrittenLayer{.module = fmt::format("nn.EmbeddingBag({}, {}, mode=\"{}\", padding_idx=0)", table_ids(layer),
                                            params.integer("width"), pooling),
                      .script = std::string(pooling == "mean"  ? kMeanBag
                                            : pooling == "sum" ? kSumBag
                                                               : kMaxBag)};
}

constexpr std::string_view kOnlyTokens = R"py(def only_tokens(x, tokens):
    """Zeros where records are filled up; x is N×T×F, tokens N×T or None."""
    return x if tokens is None else x * (tokens != 0).unsqueeze(2).to(x.dtype)


def token_counts(tokens):
    """The place behind the last token of each record."""
    places = torch.arange(1, tokens.shape[1] + 1, device=tokens.device)
    return ((tokens != 0) * places).amax(1)
)py";

constexpr std::string_view kSequencePool = R"py(def sequence_pool(x, pooling, tokens=None):
    """One vector of a sequence: the mean or the maximum over the places that count."""
    if tokens is None:
        return x.mean(1) if pooling == "mean" else x.amax(1)
    mask = tokens != 0
    if pooling == "mean":
        return only_tokens(x, tokens).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
    most = x.masked_fill(~mask.unsqueeze(2), -1e30).amax(1)
    return most.masked_fill(~mask.any(1, keepdim=True), 0)
)py";

Result<WrittenLayer> write_sequence_pool(const LayerToWrite& layer) {
  const std::string pooling = ParamReader(layer.plan.params).text("pooling");
  const bool mean = pooling == "mean";
  const bool tokens = has_tokens(layer);
  std::string script = mean ? "return torch.mean(x, [1])" : "return torch.amax(x, [1])";
  if (tokens && mean)
    script =
        "mask = torch.ne(tokens, 0).unsqueeze(2).to(x.dtype)\n"
        "return torch.sum(x * mask, [1]) / torch.clamp(torch.sum(mask, [1]), min=1.0)";
  if (tokens && !mean)
    script =
        "missing = torch.eq(tokens, 0).unsqueeze(2)\n"
        "most = torch.amax(torch.masked_fill(x, missing, -1e30), [1])\n"
        "return torch.masked_fill(most, torch.all(missing, 1), 0.0)";
  return WrittenLayer{
      .call = fmt::format("sequence_pool({}, \"{}\"{})", layer.in[0], pooling, tokens ? ", " + layer.in[1] : ""),
      .helpers = {"only_tokens", "sequence_pool"},
      .script = script};
}

constexpr std::string_view kSequenceConv = R"py(class SequenceConv(nn.Conv1d):
    """A convolution over the places of N×T×F. `same` puts zeros around, of which the first half stands in front."""

    def __init__(self, width, filters, kernel, stride=1, same=True, bias=True):
        super().__init__(width, filters, kernel, stride=stride, bias=bias)
        self.same = same

    def forward(self, x, tokens=None):
        places, kernel, stride = x.shape[1], self.kernel_size[0], self.stride[0]
        out = (places + stride - 1) // stride if self.same else (places - kernel) // stride + 1
        x = only_tokens(x, tokens).transpose(1, 2)
        if self.same:
            before = (kernel - 1) // 2
            x = nn.functional.pad(x, (before, max(0, (max(out, 1) - 1) * stride + kernel - before - places)))
        y = super().forward(x).transpose(1, 2)[:, :out]
        if tokens is None:
            return y
        read = places if self.same else (out - 1) * stride + 1
        return only_tokens(y, tokens[:, :read:stride])
)py";

Result<WrittenLayer> write_conv1d(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::int64_t kernel = params.integer("kernel");
  const std::int64_t stride = params.integer("stride");
  const bool same = params.text("padding") == "same";
  const bool bias = params.flag("bias");
  WrittenLayer written{
      .module = fmt::format("SequenceConv({}, {}, {}", sequence_width(layer), params.integer("filters"), kernel),
      .helpers = {"only_tokens", "SequenceConv"}};
  if (stride != 1) written.module += fmt::format(", stride={}", stride);
  if (!same) written.module += ", same=False";
  written.module += bias ? ")" : ", bias=False)";
  std::string& script = written.script;
  script = "places = x.size(1)\n";
  script += same ? fmt::format("out = (places + {} - 1) // {}\n", stride, stride)
                 : fmt::format("out = (places - {}) // {} + 1\n", kernel, stride);
  if (has_tokens(layer)) script += "x = x * torch.ne(tokens, 0).unsqueeze(2).to(x.dtype)\n";
  script += "x = x.transpose(1, 2)\n";
  if (same) {
    const std::int64_t before = (kernel - 1) / 2;
    script += fmt::format("behind = max(0, (max(out, 1) - 1) * {} + {} - {} - places)\n", stride, kernel, before);
    script += fmt::format("x = torch.constant_pad_nd(x, [{}, behind], 0.0)\n", before);
  }
  script += fmt::format("y = torch.conv1d(x, self.weight, {}, [{}], [0], [1], 1).transpose(1, 2).narrow(1, 0, out)\n",
                        bias ? "self.bias" : "None", stride);
  if (has_tokens(layer)) {
    script += same ? "read = places\n" : fmt::format("read = (out - 1) * {} + 1\n", stride);
    script += fmt::format("seen = tokens[:, 0:read:{}]\n", stride);
    script += "y = y * torch.ne(seen, 0).unsqueeze(2).to(y.dtype)\n";
  }
  script += "return y";
  return written;
}

constexpr std::string_view kPositions = R"py(class PositionalEncoding(nn.Module):
    """Adds to each place of N×T×F a vector of its own: waves (Vaswani et al., 2017), or a learnt one."""

    def __init__(self, places, width, learnt=False):
        super().__init__()
        if learnt:
            self.weight = nn.Parameter(torch.empty(places, width).normal_(0, 0.02))
            return
        feature = torch.arange(width, dtype=torch.float64)
        angle = torch.arange(places, dtype=torch.float64)[:, None] * torch.exp(
            -math.log(10000.0) * (feature // 2 * 2) / width)
        waves = torch.where(feature % 2 == 0, torch.sin(angle), torch.cos(angle)).float()
        self.register_buffer("weight", waves, persistent=False)

    def forward(self, x, tokens=None):
        return only_tokens(x + self.weight[: x.shape[1]], tokens)
)py";

Result<WrittenLayer> write_positions(const LayerToWrite& layer) {
  const bool learnt = ParamReader(layer.plan.params).text("encoding") == "learnt";
  const std::int64_t width = sequence_width(layer);
  WrittenLayer written{.module = fmt::format("PositionalEncoding({}, {}{})", layer.plan.inputs[0].shape[1].most(),
                                             width, learnt ? ", learnt=True" : ""),
                       .helpers = {"only_tokens", "PositionalEncoding"}};
  if (learnt) {
    written.script = "x = x + self.weight.narrow(0, 0, x.size(1))\n";
  } else {
    written.script = fmt::format(
        "feature = torch.arange({0}, dtype=7, device=x.device)\n"
        "even = torch.eq(torch.remainder(feature, 2), 0)\n"
        "rate = torch.exp((feature - torch.remainder(feature, 2)) * {1})\n"
        "angle = torch.arange(x.size(1), dtype=7, device=x.device).unsqueeze(1) * rate\n"
        "x = x + torch.where(even, torch.sin(angle), torch.cos(angle)).to(x.dtype)\n",
        width, python_number(-9.210340371976184 / static_cast<double>(width)));
  }
  if (has_tokens(layer)) written.script += "x = x * torch.ne(tokens, 0).unsqueeze(2).to(x.dtype)\n";
  written.script += "return x";
  return written;
}

void add_sequence_layers(Writers& writers) {
  writers.layer("embedding", write_embedding);
  writers.layer("embedding_bag", write_embedding_bag);
  writers.layer("sequence_pool", write_sequence_pool);
  writers.layer("conv1d", write_conv1d);
  writers.layer("positional_encoding", write_positions);
  writers.helper("only_tokens", kOnlyTokens);
  writers.helper("sequence_pool", kSequencePool);
  writers.helper("SequenceConv", kSequenceConv);
  writers.helper("PositionalEncoding", kPositions);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_sequence_layers)
