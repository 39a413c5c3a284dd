# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes weights.pth and weights_legacy.pth with PyTorch: a state dict of each type, with views that are not dense.

Run: nice /usr/bin/python3 tests/data/make_weights.py (Debian: python3-torch).
"""

import collections
import pathlib

import torch

HERE = pathlib.Path(__file__).parent


def numbers(count, dtype=torch.float32):
    return torch.arange(count, dtype=torch.float32).div(4).sub(2).to(dtype)


def state_dict():
    """What tests/core/test_weights_file.cpp expects, by formula: number i of a storage is i / 4 - 2."""
    both = numbers(24)  # one storage for two tensors
    state = collections.OrderedDict()
    state["conv.weight"] = torch.nn.Parameter(both[:12].reshape(2, 2, 3))
    state["conv.bias"] = both[20:24]
    state["turned"] = numbers(6).reshape(2, 3).t()
    state["every_other"] = numbers(10)[1::2]
    state["spread"] = numbers(2).reshape(2, 1).expand(2, 3)
    state["half"] = numbers(5, torch.float16)
    state["brain"] = numbers(5, torch.bfloat16)
    state["double"] = numbers(3, torch.float64)
    state["steps"] = torch.tensor(7, dtype=torch.int64)
    state["bytes"] = torch.tensor([1, 255], dtype=torch.uint8)
    state["flags"] = torch.tensor([True, False])
    state["empty"] = torch.zeros(0, 3)
    state._metadata = collections.OrderedDict([("", {"version": 1})])
    return state


torch.save(state_dict(), HERE / "weights.pth")
torch.save({"epoch": 3, "model": state_dict()}, HERE / "weights_legacy.pth", _use_new_zipfile_serialization=False)
