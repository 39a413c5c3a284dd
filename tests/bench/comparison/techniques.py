# SPDX-License-Identifier: GPL-3.0-or-later
"""Training techniques: what each costs a step, and how fast both sides train with it."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .contests import FEEDLINE, NUMPY, TORCHVISION, Surroundings, feedline, plural
from .measure import Contest, Contestant, Measurement, Ratio

BATCH = 128  # of the idx example
NOT_IN_THE_WAY = ("validation", "validation_normalise", "validation_batch")


@dataclass(frozen=True)
class Layer:
    """A node that is put behind another one: all that read this one read the new one instead."""

    name: str
    type: str
    params: Mapping[str, object]
    behind: str  # "relu3.y"
    ports: tuple[str, str] = ("x", "y")


@dataclass(frozen=True)
class Technique:
    """What is switched on in the graph of the idx example."""

    key: str
    title: str
    switch: str  # how, for people
    params: Mapping[str, object] = field(default_factory=dict)  # "node.param": value
    layers: tuple[Layer, ...] = ()
    optimizer: str = ""  # its type, where it is another one


DROPOUT = Layer("dropout", "dropout", {"probability": 0.3}, "relu3.y")
SPATIAL = Layer("spatial_dropout", "spatial_dropout", {"probability": 0.1}, "relu2.y")
MIXUP = Layer("mixup", "mixup", {"alpha": 0.2}, "batch.image")
CUTMIX = Layer("cutmix", "cutmix", {"alpha": 1.0, "probability": 0.5}, "batch.image")
# Behind the flip where there is one, see changed().
CUTOUT = Layer("cutout", "cutout", {"size": 8}, "flip.image", ("image", "image"))

NONE = Technique("none", "none of them", "")
ADAMW = Technique("adamw", "AdamW, weight decay", "an `adamw` node, weight_decay 0.05", {"optimizer.weight_decay": 0.05},
                  optimizer="adamw")
L2 = Technique("l2", "L2", "optimizer.weight_decay=0.0005", {"optimizer.weight_decay": 5e-4})
L1 = Technique("l1", "L1", "optimizer.l1=1e-5", {"optimizer.l1": 1e-5})
CLIP = Technique("clip", "gradient clipping", "optimizer.clip_norm=1", {"optimizer.clip_norm": 1.0})
EMA = Technique("ema", "average of the weights (EMA)", "optimizer.ema=0.99", {"optimizer.ema": 0.99})
SMOOTHING = Technique("smoothing", "label smoothing", "loss.label_smoothing=0.1", {"loss.label_smoothing": 0.1})
ACCUMULATE = Technique("accumulate", "gradient accumulation", "trainer.accumulate=2", {"trainer.accumulate": 2})
DROPOUTS = Technique("dropout", "dropout", "a `dropout` node behind linear1, 0.3", layers=(DROPOUT,))
SPATIALS = Technique("spatial", "spatial dropout", "a `spatial_dropout` node behind conv2, 0.1", layers=(SPATIAL,))
CUTOUTS = Technique("cutout", "cutout", "a `cutout` node, size 8", layers=(CUTOUT,))
MIXUPS = Technique("mixup", "mixup", "a `mixup` node behind batch, alpha 0.2", layers=(MIXUP,))
CUTMIXES = Technique("cutmix", "CutMix", "a `cutmix` node behind batch, in half of the batches", layers=(CUTMIX,))
COSINE = Technique("cosine", "cosine schedule", "optimizer.schedule=cosine", {"optimizer.schedule": "cosine"})
ONE_CYCLE = Technique("one_cycle", "one-cycle schedule", "optimizer.schedule=one_cycle, learning_rate 0.005",
                      {"optimizer.schedule": "one_cycle", "optimizer.learning_rate": 0.005})
ALL = Technique(
    "all", "AdamW, clipping, EMA, smoothing, dropout, cutout, mixup and cosine together", "all of these",
    {**ADAMW.params, **CLIP.params, **EMA.params, **SMOOTHING.params, **COSINE.params},
    layers=(DROPOUT, CUTOUT, MIXUP), optimizer="adamw")

COMPARED = (NONE, ADAMW, L1, CLIP, EMA, SMOOTHING, ACCUMULATE, DROPOUTS, SPATIALS, CUTOUTS, MIXUPS, CUTMIXES, COSINE,
            ONE_CYCLE, ALL)


def node_of(graph: dict, name: str) -> dict:
    return next(node for node in graph["nodes"] if node["id"] == name)


def without(graph: dict, names: tuple[str, ...]) -> dict:
    """Without these nodes; what they had passed on is wired past those of one input and one output."""
    graph = copy.deepcopy(graph)
    for name in names:
        into = [link for link in graph["links"] if link["to"].split(".")[0] == name]
        out = [link for link in graph["links"] if link["from"].split(".")[0] == name]
        graph["links"] = [link for link in graph["links"] if link not in into and link not in out]
        if len(into) == 1:
            graph["links"] += [{"from": into[0]["from"], "to": link["to"]} for link in out]
        graph["nodes"] = [node for node in graph["nodes"] if node["id"] != name]
    return graph


def add_layer(graph: dict, layer: Layer) -> None:
    behind = layer.behind
    if behind.split(".")[0] not in {node["id"] for node in graph["nodes"]}:
        behind = next(link["from"] for link in graph["links"] if link["to"] == "normalise.image")
    for link in graph["links"]:
        if link["from"] == behind:
            link["from"] = f"{layer.name}.{layer.ports[1]}"
    graph["nodes"].append({"id": layer.name, "type": layer.type, "version": 1, "params": dict(layer.params),
                           "position": [0, 0]})
    graph["links"].append({"from": behind, "to": f"{layer.name}.{layer.ports[0]}"})


def changed(graph: dict, technique: Technique) -> dict:
    """The graph with a technique switched on."""
    graph = copy.deepcopy(graph)
    if technique.optimizer:
        node_of(graph, "optimizer")["type"] = technique.optimizer
    for name, value in technique.params.items():
        node, param = name.split(".")
        node_of(graph, node)["params"][param] = value
    for layer in technique.layers:
        add_layer(graph, layer)
    return graph


def idx_graph(around: Surroundings, *, augmented: bool = True, validated: bool = True) -> dict:
    """The idx example on the pictures of this comparison."""
    graph = json.loads((around.examples / "idx.feedline").read_text(encoding="utf-8"))
    graph["comments"] = []
    graph = without(graph, (() if augmented else ("crop", "flip")) + (() if validated else NOT_IN_THE_WAY))
    files = {"source.images": around.grey.images, "source.labels": around.grey.labels}
    if validated:
        files |= {"validation.images": around.grey.test_images, "validation.labels": around.grey.test_labels}
    for name, path in files.items():
        node, param = name.split(".")
        node_of(graph, node)["params"][param] = str(path.resolve())
    return graph


def write_graph(around: Surroundings, graph: dict, name: str) -> Path:
    path = around.work / f"{name}.feedline"
    path.write_text(json.dumps(graph), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Loader:
    """A setting of PyTorch's DataLoader."""

    by: str  # numpy, torchvision
    workers: int

    @property
    def title(self) -> str:
        name = NUMPY if self.by == "numpy" else TORCHVISION
        return f"{name}, {plural(self.workers, 'worker')}"

    def training(self, around: Surroundings, graph: Path) -> list[str]:
        """Trains what the graph says."""
        return ["train", *around.torch_grey(), "--graph", str(graph), "--by", self.by, "--workers", str(self.workers),
                "--threads", str(around.cores)]


LOADERS = (Loader("numpy", 0), Loader("numpy", 1), Loader("numpy", 2), Loader("torchvision", 2))


def techniques(around: Surroundings) -> Contest:
    plain = idx_graph(around, validated=False)
    contestants, ratios = [], []
    for technique in COMPARED:
        graph = write_graph(around, changed(plain, technique), f"technique-{technique.key}")
        ours, theirs = f"{FEEDLINE}, {technique.key}", f"PyTorch, {technique.key}"
        for loader in LOADERS:
            contestants.append(Contestant(theirs, f"{loader.title}, {technique.key}",
                                          lambda s, a=loader.training(around, graph): around.torch.measure(a, s)))
        contestants.append(feedline(around, ours, str(graph), "--device", "cpu"))
        ratios.append(Ratio(f"Feedline / PyTorch's best, {technique.title}", ours, (theirs,), 2))
    return Contest("techniques", "The CNN of idx.feedline, training on the CPU end to end with each technique",
                   contestants, ratios)


def step(around: Surroundings) -> Contest:
    plain = write_graph(around, idx_graph(around, validated=False), "step-plain")
    settings = [word for name, value in {**CLIP.params, **EMA.params, **COSINE.params}.items()
                for word in ("--set", f"optimizer.{name.split('.')[1]}={value}")]
    off, on = "Feedline, none of them", "Feedline, clipping, EMA and schedule"
    return Contest(
        "step",
        "Training with clipping, EMA and a schedule beside training without",
        [feedline(around, off, str(plain), "--device", "cpu"),
         feedline(around, on, str(plain), "--device", "cpu", *settings)],
        [Ratio("with / without", on, (off,), 0.97)],
    )


class Checkpointed:
    """Runs of so many steps as take six measurements' time, with a checkpoint in every second of these (10 s of 30), and
    without any."""

    def __init__(self, around: Surroundings):
        self.around = around
        self.graph = write_graph(around, idx_graph(around, validated=False), "checkpoints")
        self.rate = 0.0

    def run(self, seconds: float, checkpoints: bool) -> Measurement:
        if self.rate == 0:
            self.rate = self.around.feedline.measure([str(self.graph), "--device", "cpu"], seconds).rate
        folder = self.around.work / "checkpoints"
        shutil.rmtree(folder, ignore_errors=True)
        kept = ["--checkpoints", str(folder), "--checkpoint-every", f"{max(round(2 * seconds), 1)}s"]
        report = self.around.feedline.json([
            "run", str(self.graph), "--device", "cpu", "--no-record", "--epochs", "100000",
            "--max-steps", str(max(int(self.rate * 6 * seconds / BATCH), 1)),
            *(kept if checkpoints else ["--no-checkpoints"])])
        return Measurement(report["samples"] / report["wall_s"], report["samples"] / report["cpu_s"])


def checkpoints(around: Surroundings) -> Contest:
    runs = Checkpointed(around)
    off, on = "Feedline, no checkpoints", "Feedline, a checkpoint each 10 s"
    return Contest(
        "checkpoints",
        "Training with a checkpoint each 10 s beside training without",
        [Contestant(off, off, lambda s: runs.run(s, False)), Contestant(on, on, lambda s: runs.run(s, True))],
        [Ratio("with / without", on, (off,), 0.99)],
    )


TECHNIQUE_CONTESTS = {"checkpoints": checkpoints, "step": step, "techniques": techniques}
