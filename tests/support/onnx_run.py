# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a model in ONNX, operator by operator as the specification has them, and compares: onnx_run.py CASE.

CASE has model.onnx and case.safetensors (fields of a batch, "scores" as probabilities). Debian's onnx has no evaluator
of its own before 1.13; this one knows the operators that Feedline writes, in PyTorch, and no other.
"""
import json
import math
import pathlib
import struct
import sys

try:
    import numpy as np
    import onnx
    import torch
    from onnx import numpy_helper
except ImportError as missing:
    print("SKIP:", missing)
    sys.exit(0)

F = torch.nn.functional
torch.set_num_threads(1)
TYPES = {1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool}


def padded(x, pads, value=0.0):
    """`pads`: in front of each of the last dimensions, then behind each."""
    half = len(pads) // 2
    flat = [size for i in reversed(range(half)) for size in (pads[i], pads[i + half])]
    return F.pad(x, flat, value=value)


def convolve(at, x, weight, bias=None):
    dims = weight.dim() - 2
    assert at["kernel_shape"] == list(weight.shape[2:])
    run = (F.conv1d, F.conv2d)[dims - 1]
    return run(padded(x, at.get("pads", [0] * 2 * dims)), weight, bias, at.get("strides", 1), 0, 1, at.get("group", 1))


def transposed(at, x, weight, bias=None):
    y = F.conv_transpose2d(x, weight, bias, at["strides"])
    top, left, bottom, right = at["pads"]
    return y[:, :, top:y.shape[2] - bottom, left:y.shape[3] - right]


def max_pool(at, x):
    return F.max_pool2d(padded(x, at.get("pads", [0] * 4), -math.inf), at["kernel_shape"], at["strides"])


def average_pool(at, x):
    assert not any(at.get("pads", []))
    return F.avg_pool2d(x, at["kernel_shape"], at["strides"])


def batch_norm(at, x, scale, shift, mean, variance):
    return F.batch_norm(x, mean, variance, scale, shift, False, 0.0, at["epsilon"])


def reshape(at, x, shape):
    return x.reshape([x.shape[i] if size == 0 else size for i, size in enumerate(shape.tolist())])


def take(at, table, index):
    assert at.get("axis", 0) == 0 and (index >= 0).all()
    return table[index]


def cut(at, x, starts, ends, axes=None, steps=None):
    axes = range(len(starts)) if axes is None else axes.tolist()
    steps = [1] * len(starts) if steps is None else steps.tolist()
    for axis, start, end, step in zip(axes, starts.tolist(), ends.tolist(), steps):
        x = x[(slice(None),) * axis + (slice(start, end, step),)]
    return x


def unsqueezed(at, x, axes):
    for axis in sorted(axes.tolist()):
        x = x.unsqueeze(axis)
    return x


def reduce_sum(at, x, axes):
    return x.sum(axes.tolist(), bool(at.get("keepdims", 1)))


def resize(at, x, roi, scales):
    assert roi is None and scales[:2].tolist() == [1, 1]
    mode, where = at["mode"], at["coordinate_transformation_mode"]
    height, width = (int(side * scale) for side, scale in zip(x.shape[2:], scales[2:].tolist()))

    def look(size, scale):
        """Of each new place the places that it sees, and how much each counts."""
        place = torch.arange(int(size * scale)).double()
        place = place / scale if where == "asymmetric" else (place + 0.5) / scale - 0.5
        first = place.floor()
        if mode == "nearest":
            assert at["nearest_mode"] == "floor"
            seen, share = first[:, None], torch.ones(len(place), 1).double()
        elif mode == "linear":
            seen, share = first[:, None] + torch.tensor([0, 1]), torch.stack([1 - (place - first), place - first], 1)
        else:
            a, t = at["cubic_coeff_a"], place - first
            near = lambda d: ((a + 2) * d - (a + 3)) * d * d + 1  # noqa: E731
            far = lambda d: ((a * d - 5 * a) * d + 8 * a) * d - 4 * a  # noqa: E731
            seen = first[:, None] + torch.tensor([-1, 0, 1, 2])
            share = torch.stack([far(t + 1), near(t), near(1 - t), far(2 - t)], 1)
        table = torch.zeros(len(place), size).double()
        return table.scatter_add_(1, seen.long().clamp(0, size - 1), share).float()

    y = look(x.shape[2], float(scales[2])) @ x @ look(x.shape[3], float(scales[3])).T
    assert y.shape[2:] == (height, width)
    return y


def recurrent(at, cell, x, weight, own, shift, lengths=None):
    """Time in front; each record is read to its own length, backwards from there."""
    places, rows, units = x.shape[0], x.shape[1], at["hidden_size"]
    directions = 2 if at["direction"] == "bidirectional" else 1
    lengths = torch.full((rows,), places) if lengths is None else lengths.long()
    states = torch.zeros(places, directions, rows, units)
    last = torch.zeros(directions, rows, units)
    for d in range(directions):
        for row in range(rows):
            state = (torch.zeros(units), torch.zeros(units))
            order = range(int(lengths[row]))
            for place in reversed(order) if d else order:
                state = cell(at, x[place, row], state, weight[d], own[d], shift[d])
                states[place, d, row] = state[0]
            last[d, row] = state[0]
    return states, last


def lstm_cell(at, x, state, weight, own, shift):
    h, c = state
    i, o, f, g = (weight @ x + own @ h + shift[:len(own)] + shift[len(own):]).chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def gru_cell(at, x, state, weight, own, shift):
    assert at["linear_before_reset"] == 1
    h = state[0]
    (wz, wr, wh), (rz, rr, rh) = (weight @ x + shift[:len(own)]).chunk(3), (own @ h + shift[len(own):]).chunk(3)
    z, r = torch.sigmoid(wz + rz), torch.sigmoid(wr + rr)
    return ((1 - z) * torch.tanh(wh + r * rh) + z * h,)


OPERATORS = {
    "Identity": lambda at, x: x,
    "Add": lambda at, a, b: a + b,
    "Sub": lambda at, a, b: a - b,
    "Mul": lambda at, a, b: a * b,
    "Div": lambda at, a, b: a / b,
    "Max": lambda at, a, b: torch.maximum(a, b),
    "MatMul": lambda at, a, b: a @ b,
    "Gemm": lambda at, x, weight, bias=0.0: x @ weight.T + bias,
    "Relu": lambda at, x: x.clamp(min=0),
    "Sigmoid": lambda at, x: torch.sigmoid(x),
    "Tanh": lambda at, x: torch.tanh(x),
    "Erf": lambda at, x: torch.erf(x),
    "Sqrt": lambda at, x: x.sqrt(),
    "LeakyRelu": lambda at, x: torch.where(x < 0, at["alpha"] * x, x),
    "Clip": lambda at, x, low, high: x.clamp(low.item(), high.item()),
    "Softmax": lambda at, x: torch.softmax(x, at["axis"]),
    "Equal": lambda at, a, b: a == b,
    "Greater": lambda at, a, b: a > b,
    "LessOrEqual": lambda at, a, b: a <= b,
    "Not": lambda at, x: ~x,
    "Where": lambda at, condition, a, b: torch.where(condition, a, b),
    "Cast": lambda at, x: x.to(TYPES[at["to"]]),
    "Conv": convolve,
    "ConvTranspose": transposed,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "GlobalAveragePool": lambda at, x: x.mean((2, 3), keepdim=True),
    "BatchNormalization": batch_norm,
    "ReduceMean": lambda at, x: x.mean(at["axes"], bool(at["keepdims"])),
    "ReduceMax": lambda at, x: x.amax(at["axes"], bool(at["keepdims"])),
    "ReduceSum": reduce_sum,
    "Flatten": lambda at, x: x.flatten(at["axis"]),
    "Reshape": reshape,
    "Transpose": lambda at, x: x.permute(at["perm"]),
    "Concat": lambda at, *parts: torch.cat(parts, at["axis"]),
    "Expand": lambda at, x, shape: x * torch.ones(shape.tolist()),
    "Shape": lambda at, x: torch.tensor(x.shape),
    "Gather": take,
    "Slice": cut,
    "Squeeze": lambda at, x: x.squeeze(),
    "Unsqueeze": unsqueezed,
    "Range": lambda at, first, end, step: torch.arange(first.item(), end.item(), step.item()),
    "Resize": resize,
    "LSTM": lambda at, *values: recurrent(at, lstm_cell, *values),
    "GRU": lambda at, *values: recurrent(at, gru_cell, *values),
}


def attribute(one):
    value = onnx.helper.get_attribute_value(one)
    return value.decode() if isinstance(value, bytes) else value


@torch.no_grad()
def run(model, inputs):
    """The outputs of a model by name."""
    values = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in model.graph.initializer}
    values.update(inputs, **{"": None})
    for node in model.graph.node:
        at = {one.name: attribute(one) for one in node.attribute}
        out = OPERATORS[node.op_type](at, *(values[name] for name in node.input))
        out = out if isinstance(out, tuple) else (out,)
        values.update(zip(node.output, out))
    return {one.name: values[one.name] for one in model.graph.output}


def fed(model, fields):
    """What its inputs take of the fields of a batch: where it scales pixels itself, these."""
    told = json.loads({one.key: one.value for one in model.metadata_props}["pixels"])
    inputs = {one.name: fields[one.name].to(TYPES[one.type.tensor_type.elem_type]) for one in model.graph.input}
    for name, scaling in told.items():
        scale, offset = (torch.tensor(scaling[part]).double()[:, None, None] for part in ("scale", "offset"))
        pixels = (inputs[name] - offset) / scale
        assert (pixels - pixels.round()).abs().max() < 1e-2 and 0 <= pixels.round().min() <= pixels.round().max() <= 255
        inputs[name] = pixels.round().float()
    return inputs


def read_case(path):
    """Tensors of a .safetensors file."""
    data = path.read_bytes()
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    kinds = {"F32": np.float32, "I64": np.int64, "I32": np.int32, "U8": np.uint8}
    return {name: torch.from_numpy(np.frombuffer(data[begin:], np.uint8)[slice(*one["data_offsets"])].view(
        kinds[one["dtype"]]).reshape(one["shape"]).copy())
            for name, one in json.loads(data[8:begin]).items() if name != "__metadata__"}


def main():
    case = pathlib.Path(sys.argv[1])
    model = onnx.load(str(case / "model.onnx"))
    onnx.checker.check_model(model, full_check=True)
    tensors = read_case(case / "case.safetensors")
    wanted = tensors["scores"]
    fields = {name.removeprefix("field "): value for name, value in tensors.items()}
    said = run(model, fed(model, fields))
    apart = (torch.softmax(next(iter(said.values())), 1) - wanted).abs().max().item()
    differ = wanted.std(0).mean().item()  # from record to record: with less, a layer that is left out would not show
    assert apart <= min(1e-4, 1e-6 + differ / 50), f"{apart} apart, of scores that differ by {differ}"
    if (case / "model.pt").exists():
        script = torch.jit.load(str(case / "model.pt")).eval()
        given = [fields[one.name] for one in model.graph.input]
        with torch.no_grad():
            script_apart = (torch.softmax(script(*given), 1) - wanted).abs().max().item()
        assert script_apart <= min(1e-5, 1e-6 + differ / 50), f"TorchScript: {script_apart} apart"
        script.train()(*given).square().sum().backward()
        assert all(parameter.grad is not None for parameter in script.parameters())
        assert not any("running_" in name for name, _ in script.named_parameters())
    print("OK", apart, differ)


if __name__ == "__main__":
    main()
