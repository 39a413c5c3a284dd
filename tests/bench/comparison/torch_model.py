# SPDX-License-Identifier: GPL-3.0-or-later
"""What a .feedline file of the idx example's kind says, as PyTorch's tutorials would write it: network, loss, optimiser,
schedule and the techniques that are switched on. What has no counterpart here is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import torch
from torch import nn
from torch.utils.data import DataLoader

ENDLESS = 10_000_000  # batches, where a measurement decides when to stop


class Graph:
    """Nodes and wires of a .feedline file."""

    def __init__(self, path: str):
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        self.nodes = {node["id"]: node for node in content["nodes"]}
        self.links = content["links"]

    def params(self, *types: str) -> dict | None:
        """Of the node of one of these types; its own type is among them."""
        for node in self.nodes.values():
            if node["type"] in types:
                return {"type": node["type"], **node["params"]}
        return None

    def model(self, field: str = "image") -> list[dict]:
        """The nodes from this field of the batch to the loss, in the order of the wires."""
        batch = next(i for i, n in self.nodes.items() if n["type"] == "batch" and self.feeds_model(i, field))
        chain, port = [], f"{batch}.{field}"
        while True:
            name = next(link["to"] for link in self.links if link["from"] == port).split(".")[0]
            if self.nodes[name]["type"] == "cross_entropy":
                return chain
            chain.append(self.nodes[name])
            port = f"{name}.y"

    def feeds_model(self, batch: str, field: str) -> bool:
        return any(link["from"] == f"{batch}.{field}" for link in self.links)


def network(layers: Iterable[dict], features: int = 0, classes: int = 10) -> nn.Sequential:
    """For 28x28 grey pictures, or for so many features."""
    channels, side = 1, 28
    made: list[nn.Module] = []
    for node in layers:
        params = node["params"]
        if node["type"] == "conv2d":
            kernel = params.get("kernel", 3)
            bias = params.get("bias", True)
            made.append(nn.Conv2d(channels, params["filters"], kernel, padding=(kernel - 1) // 2, bias=bias))
            channels = params["filters"]
        elif node["type"] == "batch_norm":
            made.append(nn.BatchNorm2d(channels))
        elif node["type"] == "max_pool":
            made.append(nn.MaxPool2d(2))
            side //= 2
        elif node["type"] == "relu":
            made.append(nn.ReLU())
        elif node["type"] == "dropout":
            made.append(nn.Dropout(params["probability"]))
        elif node["type"] == "spatial_dropout":
            made.append(nn.Dropout2d(params["probability"]))
        elif node["type"] == "flatten":
            made.append(nn.Flatten())
            features = channels * side * side
        elif node["type"] == "linear":
            units = params["units"] or classes
            made.append(nn.Linear(features, units))
            features = units
        else:
            raise SystemExit(f"torch_model.py: {node['type']} has no counterpart here yet")
    return nn.Sequential(*made)


Mixed = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor, float]]


def mixup(params: dict) -> Mixed:
    """Zhang et al. 2018, as its authors' code: the pictures, the order of the others, and the share of a picture's own."""
    beta = torch.distributions.Beta(params["alpha"], params["alpha"])

    def mix(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, float]:
        share = float(beta.sample())
        order = torch.randperm(len(images))
        return share * images + (1 - share) * images[order], order, share

    return mix


def cutmix(params: dict) -> Mixed:
    """Yun et al. 2019, as its authors' code."""
    beta = torch.distributions.Beta(params["alpha"], params["alpha"])
    probability = params.get("probability", 1.0)

    def mix(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, float]:
        order = torch.randperm(len(images))
        if float(torch.rand(())) >= probability:
            return images, order, 1.0
        height, width = images.shape[2:]
        cut = (1 - float(beta.sample())) ** 0.5
        y, x = int(torch.randint(height, ())), int(torch.randint(width, ()))
        top, bottom = max(y - int(height * cut / 2), 0), min(y + int(height * cut / 2), height)
        left, right = max(x - int(width * cut / 2), 0), min(x + int(width * cut / 2), width)
        images = images.clone()
        images[:, :, top:bottom, left:right] = images[order, :, top:bottom, left:right]
        return images, order, 1 - (bottom - top) * (right - left) / (height * width)

    return mix


MIXERS = {"mixup": mixup, "cutmix": cutmix}


def optimizer_of(params: dict, weights: list[nn.Parameter], foreach: bool | None = None) -> torch.optim.Optimizer:
    """`foreach`: all weights by one call of each operation, which is not always faster on a CPU."""
    rate = params.get("learning_rate", 1e-3)
    if params["type"] == "adam":
        return torch.optim.Adam(weights, lr=rate, weight_decay=params.get("weight_decay", 0), foreach=foreach)
    return torch.optim.AdamW(weights, lr=rate, weight_decay=params.get("weight_decay", 0.01), foreach=foreach)


def schedule_of(params: dict, optimizer: torch.optim.Optimizer, steps: int):
    rate, final = optimizer.param_groups[0]["lr"], params.get("final_factor", 0.001)
    name = params.get("schedule", "constant")
    if name == "constant":
        return None
    if name == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=final * rate)
    if name == "one_cycle":
        start = params.get("start_factor", 0.04)
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, rate, total_steps=steps, pct_start=params.get("peak_at", 0.3), div_factor=1 / start,
            final_div_factor=start / final, cycle_momentum=False)
    raise SystemExit(f"torch_model.py: the schedule {name} has no counterpart here yet")


class Trainer:
    """Takes batch by batch; of `batches` in all, which a schedule has to know."""

    def __init__(self, graph: Graph, batches: int = ENDLESS, field: str = "image", features: int = 0, classes: int = 10,
                 foreach: bool | None = None):
        layers = graph.model(field)
        self.mix = None
        if layers[0]["type"] in MIXERS:
            self.mix = MIXERS[layers[0]["type"]](layers[0]["params"])
            layers = layers[1:]
        self.model = network(layers, features, classes)
        self.loss = nn.CrossEntropyLoss(label_smoothing=graph.params("cross_entropy").get("label_smoothing", 0.0))
        self.weights = list(self.model.parameters())
        params = graph.params("adam", "adamw")
        if params is None:
            raise SystemExit("torch_model.py: the graph's optimiser has no counterpart here yet")
        self.l1, self.clip, self.ema = (params.get(name, 0) for name in ("l1", "clip_norm", "ema"))
        self.optimizer = optimizer_of(params, self.weights, foreach)
        self.accumulate = graph.params("trainer").get("accumulate", 1)
        self.schedule = schedule_of(params, self.optimizer, max(batches // self.accumulate, 1))
        self.average = [weight.detach().clone() for weight in self.weights] if self.ema else []
        self.batches = 0
        self.optimizer.zero_grad(set_to_none=True)

    def loss_of(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        if self.mix is None:
            return self.loss(self.model(images), labels)
        images, order, share = self.mix(images)
        output = self.model(images)
        return share * self.loss(output, labels) + (1 - share) * self.loss(output, labels[order])

    def step(self, batch: list[torch.Tensor]) -> None:
        loss = self.loss_of(batch[0], batch[1])
        (loss / self.accumulate if self.accumulate > 1 else loss).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            self.update()

    def update(self) -> None:
        if self.clip:
            nn.utils.clip_grad_norm_(self.weights, self.clip)
        if self.l1:
            for weight in self.weights:
                weight.grad.add_(weight.detach().sign(), alpha=self.l1)
        self.optimizer.step()
        if self.schedule is not None:
            self.schedule.step()
        if self.ema:
            with torch.no_grad():
                torch._foreach_mul_(self.average, self.ema)
                torch._foreach_add_(self.average, self.weights, alpha=1 - self.ema)
        self.optimizer.zero_grad(set_to_none=True)

    def swap(self) -> None:
        """Weights and their average change places."""
        with torch.no_grad():
            for weight, average in zip(self.weights, self.average):
                held = weight.detach().clone()
                weight.copy_(average)
                average.copy_(held)

    def accuracy(self, loader: DataLoader) -> float:
        """With the average of the weights, where there is one."""
        self.swap()
        self.model.eval()
        right = total = 0
        with torch.no_grad():
            for images, labels in loader:
                right += int((self.model(images).argmax(1) == labels).sum())
                total += len(labels)
        self.model.train()
        self.swap()
        return right / total
