# SPDX-License-Identifier: GPL-3.0-or-later
"""Training on the CPU, end to end: tables, texts, a frozen backbone, a residual network from scratch."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from .contests import FEEDLINE, OPENCV, PIL, Surroundings, feedline, plural
from .measure import Contest, Contestant, Measurement, Ratio, Unavailable
from .tables import given as given_tables
from .tables import graph_of as table_graph
from .techniques import Layer, add_layer, node_of, write_graph
from .texts import given as given_texts

PYTORCH = "PyTorch"
BACKBONES = "torch_backbones.py"
SIZES = (64, 256)
KEPT_CLASSES, KEPT_PICTURES = 10, 16  # of a frozen backbone: classes, and pictures of each
LATER_EPOCHS = 20


def torch_settings(around: Surroundings) -> list[tuple[str, list[str]]]:
    """Intra-op threads, and both ways of its optimiser."""
    return [(f"{plural(threads, 'thread')}{', foreach' if foreach else ''}",
             ["--threads", str(threads), *(["--foreach"] if foreach else [])])
            for threads in sorted({1, around.cores}) for foreach in (False, True)]


def trained(around: Surroundings, family: str, script: str, words: list[str], ways: tuple[tuple[str, int], ...]) -> list[Contestant]:
    """PyTorch with each way of its loader, (by, workers), and each setting."""
    return [Contestant(family, f"{family}, {by}, {plural(workers, 'worker')}, {title}",
                       lambda s, w=[*words, "--by", by, "--workers", str(workers), *setting]: around.torch.measure(w, s, script))
            for by, workers in ways for title, setting in torch_settings(around)]


def table_training(around: Surroundings) -> Contest:
    table = next((table for table in given_tables(around) if table.key == "adult"), None)
    if table is None:
        raise Unavailable(f"there is no adult in {around.tables}")
    graph = str(table_graph(around, table))
    contestants, ratios = [], []
    for size in SIZES:
        ours, theirs = f"{FEEDLINE}, batch {size}", f"{PYTORCH}, batch {size}"
        words = [*table.words(), "--graph", graph, "--batch", str(size)]
        contestants += [*trained(around, theirs, "torch_tables.py", words, (("rows", 1), ("batches", 0), ("slices", 0))),
                        feedline(around, ours, graph, "--device", "cpu", "--set", f"batch.size={size}")]
        ratios.append(Ratio(f"Feedline / PyTorch's best, batch {size}", ours, (theirs,), 1.5))
    return Contest("table_training", "The network of adult.feedline on adult, training on the CPU end to end", contestants,
                   ratios)


def text_training(around: Surroundings) -> Contest:
    texts = next((texts for texts in given_texts(around) if texts.key == "ag-news"), None)
    if texts is None:
        raise Unavailable(f"there is no ag-news in {around.texts}")
    graph = json.loads((around.examples / "news.feedline").read_text(encoding="utf-8"))
    graph["comments"] = []
    node_of(graph, "source")["params"]["file"] = str(texts.file.resolve())
    node_of(graph, "trainer")["params"]["validation_split"] = 0.0
    length = node_of(graph, "vocabulary")["params"]["length"]
    path = str(write_graph(around, graph, "text-training"))
    contestants, ratios = [], []
    for size in SIZES:
        ours, theirs = f"{FEEDLINE}, batch {size}", f"{PYTORCH}, batch {size}"
        words = [*texts.words(), "--graph", path, "--batch", str(size), "--length", str(length)]
        contestants += [*trained(around, theirs, "torch_texts.py", words, (("batches", 1), ("prepared_batches", 0), ("prepared_batches", 1))),
                        feedline(around, ours, path, "--device", "cpu", "--set", f"batch.size={size}")]
        ratios.append(Ratio(f"Feedline / PyTorch's best, batch {size}", ours, (theirs,), 1.5))
    return Contest("text_training", "The transformer of news.feedline on AG News, training on the CPU end to end",
                   contestants, ratios)


def few_photos(around: Surroundings) -> Path:
    """Photos in ten classes: links to the given ones, however many classes these have."""
    files = sorted(path for path in around.photos.rglob("*.jpg"))
    if not files:
        raise Unavailable(f"there are no JPEG files below {around.photos}")
    folder = around.work / "ten-classes"
    shutil.rmtree(folder, ignore_errors=True)
    for number in range(KEPT_CLASSES * KEPT_PICTURES):
        place = folder / f"class{number % KEPT_CLASSES}" / f"{number:04}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(files[number * len(files) // (KEPT_CLASSES * KEPT_PICTURES)].resolve(), place)
    return folder


def backbone_weights(around: Surroundings) -> Path:
    """A file as torchvision's are: Feedline refuses to freeze what has no weights."""
    path = around.work / "resnet50.pth"
    if not path.is_file():
        around.torch.json(["weights", "--out", str(path)], BACKBONES)
    return path


def transfer_graph(around: Surroundings, photos: Path) -> Path:
    """The transfer example with a ResNet-50."""
    graph = json.loads((around.examples / "transfer.feedline").read_text(encoding="utf-8"))
    graph["comments"] = []
    node_of(graph, "source")["params"]["folder"] = str(photos.resolve())
    node_of(graph, "resize")["params"] = {"height": 224, "width": 224, "mode": "stretch"}
    weights = str(backbone_weights(around).resolve())
    node_of(graph, "backbone").update(type="resnet", params={"depth": "50", "frozen": "all", "weights": weights})
    node_of(graph, "trainer")["params"] |= {"validation_split": 0.0}
    return write_graph(around, graph, "transfer")


class FrozenRuns:
    """One run of a few epochs gives both: the first, which fills what is kept of the backbone, and the later ones."""

    def __init__(self, around: Surroundings):
        self.around, self.photos = around, few_photos(around)
        self.graph = transfer_graph(around, self.photos)
        self.epochs: list[dict] = []
        self.counted = {True, False}

    def run(self) -> None:
        shutil.rmtree(self.around.work / "cache/frozen", ignore_errors=True)  # what an earlier run has left
        report = self.around.feedline.json(["run", str(self.graph), "--device", "cpu", "--no-record", "--no-checkpoints",
                                            "--epochs", str(1 + LATER_EPOCHS)])
        self.epochs, self.counted = report["epochs"], set()

    def measure(self, first: bool) -> Measurement:
        if first in self.counted:
            self.run()
        self.counted.add(first)
        epochs = self.epochs[:1] if first else self.epochs[1:]
        return Measurement(sum(epoch["samples"] for epoch in epochs) / sum(epoch["wall_s"] for epoch in epochs))


def torch_photos(around: Surroundings, job: str, folder: Path, layouts: tuple[str, ...]) -> list[Contestant]:
    return [Contestant(family, f"{family}, {plural(workers, 'worker')}, {layout}",
                       lambda s, w=[job, "--folder", str(folder), "--decoder", decoder, "--workers", str(workers),
                                    "--threads", str(around.cores), "--layout", layout]:
                       around.torch.measure(w, s, BACKBONES))
            for family, decoder in ((PIL, "pil"), (OPENCV, "opencv")) for workers in (0, 1) for layout in layouts]


def transfer(around: Surroundings) -> Contest:
    runs = FrozenRuns(around)
    first, later = "Feedline, first epoch", "Feedline, later epochs"
    return Contest(
        "transfer",
        "A frozen ResNet-50 and a head of ten classes, 224x224, batch 32, training on the CPU end to end",
        [*torch_photos(around, "frozen", runs.photos, ("contiguous", "channels_last", "folded")),
         Contestant(first, first, lambda s: runs.measure(True)),
         Contestant(later, later, lambda s: runs.measure(False))],
        [Ratio("Feedline's later epochs / PyTorch's best", later, (PIL, OPENCV), 30),
         Ratio("Feedline's first epoch / PyTorch's best", first, (PIL, OPENCV), 1.2)],
    )


def resnet18_graph(around: Surroundings, photos: Path) -> Path:
    """The same from scratch, with random crops and flips."""
    graph = json.loads(transfer_graph(around, photos).read_text(encoding="utf-8"))
    node_of(graph, "resize").update(type="random_resized_crop", params={"size": 128})
    node_of(graph, "backbone")["params"] = {"depth": "18"}
    node_of(graph, "batch")["params"]["size"] = 16
    add_layer(graph, Layer("flip", "horizontal_flip", {}, "resize.image", ("image", "image")))
    return write_graph(around, graph, "resnet18")


def resnet18(around: Surroundings) -> Contest:
    photos = few_photos(around)
    return Contest(
        "resnet18",
        "ResNet-18 from scratch, random crops of 128x128, batch 16, training on the CPU end to end",
        [*torch_photos(around, "scratch", photos, ("contiguous", "channels_last")),
         feedline(around, FEEDLINE, str(resnet18_graph(around, photos)), "--device", "cpu")],
        [Ratio("Feedline / PyTorch's best", FEEDLINE, (PIL, OPENCV), 1.3)],
    )


TRAINING_CONTESTS = {"table_training": table_training, "text_training": text_training, "transfer": transfer,
                     "resnet18": resnet18}
