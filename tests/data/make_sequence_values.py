#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes sequence_values.json: what PyTorch gives for each layer on sequences, and the gradients of (y * g).sum().

Run once with Debian 12's python3-torch (1.13.1):  /usr/bin/python3 tests/data/make_sequence_values.py
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

TOKENS = torch.tensor([[3, 7, 2, 0, 0], [5, 1, 4, 9, 8], [6, 2, 0, 0, 0]])
MASK = TOKENS != 0
FEATURES = 4


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().double().reshape(-1).tolist()]


def kept(y):
    return y * MASK.unsqueeze(2)


def recurrent(module, output, tokens):
    def run(x):
        if tokens:
            packed = pack_padded_sequence(x, MASK.sum(1), batch_first=True, enforce_sorted=False)
            states, last = module(packed)
            states, _ = pad_packed_sequence(states, batch_first=True, total_length=x.size(1))
        else:
            states, last = module(x)
        if output == "all":
            return states
        last = last[0] if isinstance(last, tuple) else last
        return torch.cat([last[-2], last[-1]], 1) if module.bidirectional else last[-1]

    return run


def same(conv, kernel, stride):
    def run(x):
        before = (kernel - 1) // 2
        out = -(-x.size(1) // stride)
        behind = max(0, (out - 1) * stride + kernel - before - x.size(1))
        return conv(F.pad(x.transpose(1, 2), (before, behind))).transpose(1, 2)

    return run


def waves(places, width):
    """The code of PyTorch's tutorial on transformers."""
    position = torch.arange(places).unsqueeze(1)
    rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
    table = torch.zeros(places, width)
    table[:, 0::2] = torch.sin(position * rate)
    table[:, 1::2] = torch.cos(position * rate)
    return table


class Places(nn.Module):
    def __init__(self, places, width):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(places, width))


def cases():
    for node, kind in (("lstm", nn.LSTM), ("gru", nn.GRU)):
        for tokens in (False, True):
            for output, layers, both in (("last", 1, False), ("all", 1, True), ("last", 2, True), ("all", 2, False)):
                module = kind(FEATURES, 3, layers, batch_first=True, bidirectional=both)
                params = {"units": 3, "layers": layers, "bidirectional": both, "output": output}
                yield node, params, tokens, module, recurrent(module, output, tokens)
    for tokens in (False, True):
        hidden = ~MASK if tokens else None
        cut = kept if tokens else (lambda y: y)
        module = nn.MultiheadAttention(FEATURES, 2, batch_first=True)
        nn.init.uniform_(module.in_proj_bias)
        yield ("attention", {"heads": 2}, tokens, module,
               lambda x, m=module, h=hidden, c=cut: c(m(x, x, x, key_padding_mask=h, need_weights=False)[0]))
        for norm, activation in (("after", "relu"), ("before", "gelu")):
            module = nn.TransformerEncoderLayer(FEATURES, 2, 6, 0.0, activation, batch_first=True,
                                                norm_first=norm == "before")
            params = {"heads": 2, "feed_forward": 6, "dropout": 0.0, "norm": norm, "activation": activation}
            yield ("transformer_encoder", params, tokens, module,
                   lambda x, m=module, h=hidden, c=cut: c(m(x, src_key_padding_mask=h)))
        yield ("positional_encoding", {}, tokens, nn.Module(), lambda x, c=cut: c(x + waves(x.size(1), FEATURES)))
        module = Places(TOKENS.size(1), FEATURES)
        yield ("positional_encoding", {"encoding": "learnt"}, tokens, module, lambda x, m=module, c=cut: c(x + m.weight))
    for kernel, stride in ((3, 1), (4, 1), (2, 2), (5, 3)):
        module = nn.Conv1d(FEATURES, 3, kernel, stride)
        yield "conv1d", {"filters": 3, "kernel": kernel, "stride": stride}, False, module, same(module, kernel, stride)
    module = nn.Conv1d(FEATURES, 3, 3, bias=False)
    yield ("conv1d", {"filters": 3, "padding": "valid", "bias": False}, False, module,
           lambda x, m=module: m(x.transpose(1, 2)).transpose(1, 2))
    module = nn.Conv1d(FEATURES, 3, 3)
    yield "conv1d", {"filters": 3}, True, module, lambda x, m=module: kept(same(m, 3, 1)(kept(x)))
    module = nn.LayerNorm(FEATURES)
    nn.init.uniform_(module.weight)
    nn.init.uniform_(module.bias)
    yield "layer_norm", {}, False, module, module
    yield "sequence_pool", {"pooling": "mean"}, False, nn.Module(), lambda x: x.mean(1)
    yield "sequence_pool", {"pooling": "max"}, False, nn.Module(), lambda x: x.max(1)[0]
    yield ("sequence_pool", {"pooling": "mean"}, True, nn.Module(),
           lambda x: kept(x).sum(1) / MASK.sum(1, keepdim=True))
    yield ("sequence_pool", {"pooling": "max"}, True, nn.Module(),
           lambda x: x.masked_fill(~MASK.unsqueeze(2), -math.inf).max(1)[0])


def main():
    torch.manual_seed(11)
    made = []
    for node, params, tokens, module, run in cases():
        x = torch.randn(*TOKENS.shape, FEATURES).requires_grad_(True)
        y = run(x)
        g = torch.randn_like(y)
        (y * g).sum().backward()
        weights = {name: {"shape": list(value.shape), "value": numbers(value), "gradient": numbers(value.grad)}
                   for name, value in module.named_parameters()}
        made.append({"node": node, "params": params, "tokens": tokens, "x": numbers(x), "shape": list(y.shape),
                     "y": numbers(y), "g": numbers(g), "gradient": numbers(x.grad), "weights": weights})
    lines = ",\n".join(json.dumps(case) for case in made)
    head = f'"torch": "{torch.__version__}", "tokens": {TOKENS.tolist()}, "features": {FEATURES}'
    pathlib.Path(__file__).with_name("sequence_values.json").write_text(f'{{{head}, "cases": [\n{lines}\n]}}\n')


main()
