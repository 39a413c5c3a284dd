#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes backbone_values.json: what torchvision's networks give for weights that follow from their names, so that none
are stored (number() of tests/training/test_backbones.cpp is the same rule).

Run once with Debian 12's python3-torchvision (0.14.1):  OMP_NUM_THREADS=1 nice /usr/bin/python3 tests/data/make_backbones.py
"""

import json
import math
import pathlib

import numpy
import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torchvision.models import efficientnet_b0, mobilenet_v2, resnet18, resnet50
from torchvision.models.vision_transformer import VisionTransformer, interpolate_embeddings

TOKENS = torch.tensor([[3, 7, 2, 9, 0, 0], [5, 1, 4, 9, 8, 11], [6, 0, 0, 0, 0, 0]])


def fnv(text):
    value = 2166136261
    for byte in text.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value


def numbers(name, shape):
    """In [-1, 1), by the hash of the name and the index alone."""
    count = math.prod(shape)
    with numpy.errstate(over="ignore"):
        mixed = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(2654435761) + numpy.uint32(fnv(name))
        mixed ^= mixed >> numpy.uint32(15)
        mixed *= numpy.uint32(2246822519)
        mixed ^= mixed >> numpy.uint32(13)
    return torch.from_numpy((mixed >> numpy.uint32(8)).astype(numpy.float32)).float().div(8388608).sub(1).reshape(shape)


def start(name, shape, gain=1.0):
    u = numbers(name, shape)
    if len(shape) > 1:
        return u * math.sqrt(3 * gain * shape[0] / math.prod(shape))
    if name.endswith("running_var"):
        return 1 + 0.5 * u
    return 1 + 0.2 * u if name.endswith("weight") else 0.1 * u


def fill(module, gain=1.0):
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(start(name, tuple(tensor.shape), gain))


def names(module):
    """Of all tensors with their shapes, sorted: how many, and their hash."""
    lines = sorted(f"{name} {list(tensor.shape)}" for name, tensor in module.state_dict().items())
    return [len(lines), fnv("\n".join(lines).replace(",", ""))]


def told(y):
    flat = y.detach().double().reshape(-1)
    picked = flat[:: max(1, flat.numel() // 16)][:16]
    return [float(f"{value:.9g}") for value in [*picked.tolist(), flat.mean().item(), flat.abs().max().item()]]


class Block(nn.Module):
    """As transformers' TransformerBlock of DistilBERT."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.attention = nn.ModuleDict({name: nn.Linear(width, width) for name in ("q_lin", "k_lin", "v_lin", "out_lin")})
        self.sa_layer_norm = nn.LayerNorm(width, eps=1e-12)
        self.ffn = nn.ModuleDict({"lin1": nn.Linear(width, 4 * width), "lin2": nn.Linear(4 * width, width)})
        self.output_layer_norm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x, mask):
        n, t, width = x.shape
        q, k, v = (self.attention[name](x).view(n, t, self.heads, -1).transpose(1, 2)
                   for name in ("q_lin", "k_lin", "v_lin"))
        scores = torch.matmul(q / math.sqrt(width // self.heads), k.transpose(2, 3))
        scores = scores.masked_fill(~mask.view(n, 1, 1, t), torch.finfo(scores.dtype).min)
        seen = torch.matmul(F.softmax(scores, -1), v).transpose(1, 2).reshape(n, t, width)
        x = self.sa_layer_norm(self.attention["out_lin"](seen) + x)
        return self.output_layer_norm(self.ffn["lin2"](F.gelu(self.ffn["lin1"](x))) + x)


class TextEncoder(nn.Module):
    def __init__(self, ids, width, heads, layers, places):
        super().__init__()
        self.embeddings = nn.ModuleDict({"word_embeddings": nn.Embedding(ids, width, padding_idx=0),
                                         "position_embeddings": nn.Embedding(places, width),
                                         "LayerNorm": nn.LayerNorm(width, eps=1e-12)})
        self.transformer = nn.ModuleDict({"layer": nn.ModuleList(Block(width, heads) for _ in range(layers))})

    def forward(self, tokens):
        at = torch.arange(tokens.size(1))
        x = self.embeddings["LayerNorm"](self.embeddings["word_embeddings"](tokens)
                                         + self.embeddings["position_embeddings"](at))
        for block in self.transformer["layer"]:
            x = block(x, tokens != 0)
        return x


def without(module, *heads):
    for head in heads:
        setattr(module, head, nn.Identity())
    return module


def main():
    x = numbers("input", (2, 3, 64, 64)) * 2
    cases = []
    vit = VisionTransformer(image_size=64, patch_size=16, num_layers=2, num_heads=12, hidden_dim=768, mlp_dim=3072)
    for node, params, module in (
            ("resnet", {"depth": "18"}, without(resnet18(), "fc")),
            ("resnet", {"depth": "50"}, without(resnet50(), "fc")),
            ("mobilenet_v2", {}, without(mobilenet_v2(), "classifier")),
            ("mobilenet_v2", {"width": 0.35}, without(mobilenet_v2(width_mult=0.35), "classifier")),
            ("efficientnet_b0", {}, without(efficientnet_b0(), "classifier")),
            ("vit_b_16", {"blocks": 2}, without(vit, "heads"))):
        gain = 2.2 if node == "efficientnet_b0" else 1  # the input must be seen in the output
        fill(module, gain)
        case = {"node": node, "params": params, "gain": gain, "names": names(module)}
        with torch.no_grad():
            case["evaluated"] = told(module.eval()(x))
        if params == {"depth": "18"}:  # in training, with the statistics and a gradient that follow
            module.train()
            y = module(x)
            case["trained"] = told(y)
            (y * numbers("gradient", tuple(y.shape))).sum().backward()
            case["statistics"] = told(module.layer2[0].downsample[1].running_var)
            case["gradient"] = told(module.layer1[1].conv1.weight.grad)
        cases.append(case)
    encoder = TextEncoder(20, 12, 3, 2, 8)
    fill(encoder)
    with torch.no_grad():
        y = encoder(TOKENS)
    mask = (TOKENS != 0).unsqueeze(2)
    params = {"width": 12, "heads": 3, "layers": 2, "places": 8, "vocabulary": 20}
    cases.append({"node": "text_encoder", "params": params, "gain": 1, "names": names(encoder),
                  "evaluated": told((y * mask).sum(1) / mask.sum(1))})
    cases.append({"node": "text_encoder", "params": {**params, "pooling": "first"}, "gain": 1, "names": names(encoder),
                  "evaluated": told(y[:, 0])})
    small = {"encoder.pos_embedding": start("encoder.pos_embedding", (1, 5, 768))}
    resized = interpolate_embeddings(64, 16, small)["encoder.pos_embedding"]
    head = (f'"torchvision": "{torchvision.__version__}", "tokens": {TOKENS.tolist()}, '
            f'"resized": {json.dumps(told(resized))}')
    lines = ",\n".join(json.dumps(case) for case in cases)
    pathlib.Path(__file__).with_name("backbone_values.json").write_text(f'{{{head}, "cases": [\n{lines}\n]}}\n')


main()
