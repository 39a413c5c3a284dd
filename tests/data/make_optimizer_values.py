#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes optimizer_values.json: what PyTorch's optimisers, schedulers and averages come to, for test_optimizers.cpp and test_schedules.cpp.

Run once, with Debian's python3-torch (1.13); the file is kept. LAMB and the L1 penalty have no class in torch: their
references are written out here.
"""
import json
import math
import pathlib

import torch

SHAPES = [[3, 4], [4], [4, 2], [2]]
STEPS = 10
SHOWN = [1, 2, 10]


class Model(torch.nn.Module):
    """Four tensors, like two linear layers, and a buffer."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.weights = torch.nn.ParameterList(
            [torch.nn.Parameter(torch.randn(shape, generator=generator)) for shape in SHAPES])


class Lamb(torch.optim.Optimizer):
    """Algorithm 2 of You et al. (2020), with Adam's corrections of the bias and the identity for phi."""

    def __init__(self, params, lr, betas, eps, weight_decay):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(step=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["step"] += 1
                state["m"] = beta1 * state["m"] + (1 - beta1) * p.grad
                state["v"] = beta2 * state["v"] + (1 - beta2) * p.grad ** 2
                m = state["m"] / (1 - beta1 ** state["step"])
                v = state["v"] / (1 - beta2 ** state["step"])
                r = m / (v.sqrt() + group["eps"]) + group["weight_decay"] * p
                norms = p.norm(), r.norm()
                trust = norms[0] / norms[1] if norms[0] > 0 and norms[1] > 0 else 1.0
                p -= group["lr"] * trust * r


def flat(tensors):
    return [round(x, 9) for t in tensors for x in t.detach().reshape(-1).tolist()]


def gradients():
    generator = torch.Generator().manual_seed(2)
    return [[torch.randn(shape, generator=generator) * (0.2 + 0.1 * step) for shape in SHAPES] for step in range(STEPS)]


def case(node, params, make, clip_norm=0.0, clip_value=0.0, l1=0.0, ema=0.0, groups=None):
    model = Model()
    weights = list(model.weights)
    optimizer = make(groups(weights) if groups else weights)
    averaged = None
    if ema:
        averaged = torch.optim.swa_utils.AveragedModel(model, avg_fn=lambda a, p, n: ema * a + (1 - ema) * p)
    shown = {}
    for step, grads in enumerate(gradients(), 1):
        for p, g in zip(weights, grads):
            p.grad = g.clone()
        if clip_value:
            torch.nn.utils.clip_grad_value_(weights, clip_value)
        if clip_norm:
            torch.nn.utils.clip_grad_norm_(weights, clip_norm)
        if l1:
            for p in weights:
                p.grad += l1 * p.detach().sign()
        optimizer.step()
        if averaged:
            averaged.update_parameters(model)
        if step in SHOWN:
            shown[str(step)] = flat(weights)
    result = {"node": node, "params": params, "weights": shown}
    if averaged:
        result["average"] = flat(averaged.module.weights)
    return result


def optimizer_cases():
    o = torch.optim
    adam = {"learning_rate": 0.05}

    def without_decay(weights):
        return [{"params": [w for w in weights if w.dim() > 1]},
                {"params": [w for w in weights if w.dim() <= 1], "weight_decay": 0.0}]

    def first_ten_times(weights):
        return [{"params": weights[:2], "lr": 0.5}, {"params": weights[2:]}]

    yield case("sgd", {"learning_rate": 0.1, "momentum": 0.0}, lambda w: o.SGD(w, 0.1))
    yield case("sgd", {"learning_rate": 0.1, "momentum": 0.9}, lambda w: o.SGD(w, 0.1, 0.9))
    yield case("sgd", {"learning_rate": 0.1, "momentum": 0.9, "dampening": 0.3}, lambda w: o.SGD(w, 0.1, 0.9, 0.3))
    yield case("sgd", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05},
               lambda w: o.SGD(w, 0.1, 0.9, weight_decay=0.05, nesterov=True))
    yield case("sgd", {"learning_rate": 0.1, "momentum": 0.9, "clip_norm": 1.5}, lambda w: o.SGD(w, 0.1, 0.9),
               clip_norm=1.5)
    yield case("sgd", {"learning_rate": 0.1, "momentum": 0.9, "clip_value": 0.4, "l1": 0.02},
               lambda w: o.SGD(w, 0.1, 0.9), clip_value=0.4, l1=0.02)
    yield case("sgd", {"learning_rate": 0.05, "momentum": 0.9, "rates": ["first=10"]},
               lambda w: o.SGD(w, 0.05, 0.9), groups=first_ten_times)
    yield case("sgd", {"learning_rate": 0.05, "momentum": 0.9, "ema": 0.8}, lambda w: o.SGD(w, 0.05, 0.9), ema=0.8)
    yield case("adam", adam, lambda w: o.Adam(w, 0.05))
    yield case("adam", {**adam, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4, "weight_decay": 0.1},
               lambda w: o.Adam(w, 0.05, (0.8, 0.95), 1e-4, 0.1))
    yield case("adam", {**adam, "weight_decay": 0.1, "decay_norm_and_bias": False},
               lambda w: o.Adam(w, 0.05, weight_decay=0.1), groups=without_decay)
    yield case("adam", {**adam, "clip_norm": 0.7, "clip_value": 0.5, "ema": 0.9}, lambda w: o.Adam(w, 0.05),
               clip_norm=0.7, clip_value=0.5, ema=0.9)
    yield case("adamw", {**adam, "weight_decay": 0.2}, lambda w: o.AdamW(w, 0.05, weight_decay=0.2))
    yield case("adamw", {**adam, "weight_decay": 0.2, "decay_norm_and_bias": False},
               lambda w: o.AdamW(w, 0.05, weight_decay=0.2), groups=without_decay)
    yield case("rmsprop", adam, lambda w: o.RMSprop(w, 0.05))
    yield case("rmsprop", {**adam, "alpha": 0.9, "momentum": 0.8, "weight_decay": 0.1},
               lambda w: o.RMSprop(w, 0.05, 0.9, momentum=0.8, weight_decay=0.1))
    yield case("rmsprop", {**adam, "centered": True}, lambda w: o.RMSprop(w, 0.05, centered=True))
    yield case("rmsprop", {**adam, "centered": True, "momentum": 0.5},
               lambda w: o.RMSprop(w, 0.05, centered=True, momentum=0.5))
    yield case("adagrad", {"learning_rate": 0.2}, lambda w: o.Adagrad(w, 0.2))
    yield case("adagrad", {"learning_rate": 0.2, "rate_decay": 0.1, "initial_accumulator": 0.3, "weight_decay": 0.1},
               lambda w: o.Adagrad(w, 0.2, 0.1, 0.1, 0.3))
    yield case("lamb", {**adam, "weight_decay": 0.1}, lambda w: Lamb(w, 0.05, (0.9, 0.999), 1e-6, 0.1))
    yield case("lamb", {**adam, "weight_decay": 0.0, "clip_norm": 1.0},
               lambda w: Lamb(w, 0.05, (0.9, 0.999), 1e-6, 0.0), clip_norm=1.0)


def rates(make, total, rate=0.4):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], rate)
    scheduler = make(optimizer)
    found = []
    for _ in range(total):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def schedule_cases():
    s = torch.optim.lr_scheduler
    total = 30

    def entry(settings, make):
        return {"settings": settings, "total": total, "rates": rates(make, total)}

    def after_warmup(count, make):
        def both(optimizer):
            warm = s.LinearLR(optimizer, start_factor=1 / count, total_iters=count - 1)
            return s.SequentialLR(optimizer, [warm, make(optimizer)], [count])

        return both

    yield entry({"schedule": "constant"}, lambda o: s.LambdaLR(o, lambda t: 1.0))
    yield entry({"schedule": "step", "drop_every": 7, "drop_factor": 0.3}, lambda o: s.StepLR(o, 7, 0.3))
    yield entry({"schedule": "step", "drop_every": 0.3, "drop_factor": 0.5}, lambda o: s.StepLR(o, 9, 0.5))
    yield entry({"schedule": "cosine", "final_factor": 0.1}, lambda o: s.CosineAnnealingLR(o, total, 0.04))
    yield entry({"schedule": "one_cycle", "start_factor": 0.04, "final_factor": 0.001, "peak_at": 0.3},
                lambda o: s.OneCycleLR(o, 0.4, total_steps=total, pct_start=0.3, div_factor=25, final_div_factor=40,
                                       cycle_momentum=False))
    yield entry({"schedule": "exponential", "final_factor": 0.01},
                lambda o: s.ExponentialLR(o, math.pow(0.01, 1 / total)))
    yield entry({"schedule": "polynomial", "power": 2.0, "final_factor": 1e-12},
                lambda o: s.PolynomialLR(o, total, 2.0))
    yield entry({"schedule": "constant", "warmup": 6.0}, after_warmup(6, lambda o: s.LambdaLR(o, lambda t: 1.0)))
    yield entry({"schedule": "cosine", "warmup": 0.2, "final_factor": 0.1},
                after_warmup(6, lambda o: s.CosineAnnealingLR(o, total - 6, 0.04)))


def plateau_cases():
    falling = [1.0, 0.8, 0.79995, 0.9, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.71, 0.72, 0.73, 0.3]
    for mode, values in (("min", falling), ("max", [1 - v / 2 for v in falling])):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 0.4)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode, 0.1, 2, 1e-4, min_lr=0.004)
        found = []
        for value in values:
            scheduler.step(value)
            found.append(optimizer.param_groups[0]["lr"])
        yield {"higher_is_better": mode == "max", "values": values, "rates": found,
               "settings": {"schedule": "plateau", "drop_factor": 0.1, "final_factor": 0.01, "plateau_patience": 2}}


def main():
    values = {
        "torch": torch.__version__,
        "shapes": SHAPES,
        "start": flat(Model().weights),
        "gradients": [flat(g) for g in gradients()],
        "optimizers": list(optimizer_cases()),
        "schedules": list(schedule_cases()),
        "plateaus": list(plateau_cases()),
    }
    text = json.dumps(values, separators=(",", ":")).replace('{"node"', '\n{"node"').replace('{"settings"', '\n{"settings"')
    pathlib.Path(__file__).with_name("optimizer_values.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
