# SPDX-License-Identifier: GPL-3.0-or-later
"""Who does what: one function a contest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .data import Grey
from .measure import Contest, Contestant, Measurement, Ratio, Unavailable
from .programs import Feedline, HandLoop, PyTorch

PIL, OPENCV = "PyTorch, PIL", "PyTorch, OpenCV"
TORCHVISION, NUMPY = "PyTorch, torchvision", "PyTorch, numpy"
HAND, HAND_FULL = "hand-written", "hand-written, full decode"
FEEDLINE, FEEDLINE_EXACT = "Feedline", "Feedline, exact decode"
WORKERS = range(5)


@dataclass(frozen=True)
class Surroundings:
    """All that contests need."""

    feedline: Feedline
    hand: HandLoop
    torch: PyTorch
    photos: Path
    grey: Grey
    examples: Path
    work: Path
    cores: int
    epochs: int
    # Where contests need more than pictures.
    tables: Path = Path()
    texts: Path = Path()
    mixed: Path = Path()

    def photo_arguments(self) -> list[str]:
        return ["example:image-folder", "--no-train", "--set", f"source.folder={self.photos}",
                "--set", "trainer.validation_split=0"]

    def grey_arguments(self) -> list[str]:
        return ["example:idx", *self.idx_files(), "--no-train", "--set", "flip.probability=0.5"]

    def idx_files(self) -> list[str]:
        files = {
            "source.images": self.grey.images,
            "source.labels": self.grey.labels,
            "validation.images": self.grey.test_images,
            "validation.labels": self.grey.test_labels,
        }
        return [word for name, path in files.items() for word in ("--set", f"{name}={path}")]

    def torch_grey(self) -> list[str]:
        return ["--images", str(self.grey.images), "--labels", str(self.grey.labels)]


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def data_loaders(around: Surroundings, family: str, arguments: list[str]) -> list[Contestant]:
    """PyTorch's DataLoader with 0 to 4 workers."""
    return [
        Contestant(family, f"{family}, {plural(workers, 'worker')}",
                   lambda s, w=workers: around.torch.measure([*arguments, "--workers", str(w)], s))
        for workers in WORKERS
    ]


def hand(around: Surroundings, family: str, name: str, data: Path, threads: int, *options: str) -> Contestant:
    return Contestant(family, f"{family}, {plural(threads, 'thread')}",
                      lambda s: around.hand.measure(name, data, threads, s, *options))


def feedline(around: Surroundings, family: str, *arguments: str) -> Contestant:
    return Contestant(family, family, lambda s: around.feedline.measure(list(arguments), s))


def jpeg(around: Surroundings) -> Contest:
    photos = ["photos", "--folder", str(around.photos)]
    exact = ["--set", "decode.exact=true"]
    return Contest(
        "jpeg",
        "JPEG photos: decode, random resized crop 224, flip, normalise, batch 64",
        [
            *data_loaders(around, PIL, photos),
            *data_loaders(around, OPENCV, [*photos, "--decoder", "opencv"]),
            hand(around, HAND_FULL, "hand_jpeg", around.photos, around.cores, "--full"),
            hand(around, HAND, "hand_jpeg", around.photos, around.cores),
            feedline(around, FEEDLINE_EXACT, *around.photo_arguments(), *exact),
            feedline(around, FEEDLINE, *around.photo_arguments()),
        ],
        [
            Ratio("Feedline / PyTorch's best", FEEDLINE, (PIL, OPENCV), 2.7),
            Ratio("Feedline / hand-written, partial decode", FEEDLINE, (HAND,), 0.9),
            Ratio("Feedline, exact decode / hand-written, full decode", FEEDLINE_EXACT, (HAND_FULL,)),
        ],
    )


def with_cache(around: Surroundings) -> Path:
    """The photo example with a cache node behind decode."""
    graph = json.loads((around.examples / "image-folder.feedline").read_text(encoding="utf-8"))
    graph["nodes"].append({"id": "cache", "type": "cache", "version": 1, "params": {}, "position": [650, -120]})
    for link in graph["links"]:
        if link["from"] == "decode.image":
            link["from"] = "cache.sample"
    graph["links"].append({"from": "decode.image", "to": "cache.sample"})
    path = around.work / "cached.feedline"
    path.write_text(json.dumps(graph), encoding="utf-8")
    return path


def cached(around: Surroundings) -> Contest:
    def decoded(seconds: float) -> Measurement:
        arguments = [str(with_cache(around)), *around.photo_arguments()[1:]]
        return around.feedline.measure_later_epochs(arguments, seconds, first=4)

    return Contest(
        "cached",
        "The same from decoded pixels, after the first epoch",
        [
            hand(around, HAND, "hand_jpeg", around.photos, around.cores, "--pixels"),
            Contestant(FEEDLINE, "Feedline, cache node", decoded),
        ],
        [
            Ratio("Feedline / hand-written", FEEDLINE, (HAND,), 5300 / 7400),
            Ratio("Feedline / 5,300 a second", FEEDLINE, per_second=5300, at_least=1),
        ],
    )


def grey(around: Surroundings) -> Contest:
    return Contest(
        "grey",
        "28x28 grey: pad and crop, flip, normalise, batch 128",
        [
            *data_loaders(around, TORCHVISION, ["grey", *around.torch_grey()]),
            *data_loaders(around, NUMPY, ["grey", *around.torch_grey(), "--by", "numpy"]),
            hand(around, HAND, "hand_grey", around.grey.images, around.cores),
            feedline(around, FEEDLINE, *around.grey_arguments()),
        ],
        [
            Ratio("Feedline / PyTorch's best", FEEDLINE, (TORCHVISION, NUMPY)),
            Ratio("Feedline / hand-written", FEEDLINE, (HAND,)),
            Ratio("Feedline / 1,000,000 a second", FEEDLINE, per_second=1e6, at_least=1),
        ],
    )


def torch_training(around: Surroundings) -> list[str]:
    return ["train", *around.torch_grey(), "--flip", "0.1", "--graph", str(around.examples / "idx.feedline")]


def train(around: Surroundings) -> Contest:
    def step(family: str, by: str, workers: int, threads: int) -> Contestant:
        name = "default threads" if threads == 0 else plural(threads, "thread")
        arguments = [*torch_training(around), "--by", by, "--workers", str(workers), "--threads", str(threads)]
        return Contestant(family, f"{family}, {plural(workers, 'worker')}, {name}",
                          lambda s: around.torch.measure(arguments, s))

    steps = ["example:idx", *around.idx_files(), "--device", "cpu"]
    threads = sorted({0, around.cores})
    return Contest(
        "train",
        "The CNN of idx.feedline, training on the CPU end to end, batch 128",
        [
            *(step(family, by, workers, count)
              for family, by in ((TORCHVISION, "torchvision"), (NUMPY, "numpy"))
              for count in threads for workers in (0, 1, 2)),
            feedline(around, "Feedline, one replica", *steps, "--set", "trainer.replicas=1"),
            feedline(around, FEEDLINE, *steps),
        ],
        [
            Ratio("Feedline / PyTorch's best", FEEDLINE, (TORCHVISION, NUMPY), 1.5),
            Ratio("Feedline / Feedline with one replica", FEEDLINE, ("Feedline, one replica",)),
        ],
    )


def meters(around: Surroundings) -> Contest:
    without = "Feedline, no meters"
    jobs = {"28x28": around.grey_arguments(), "photos": around.photo_arguments()}
    contestants, ratios = [], []
    for job, arguments in jobs.items():
        contestants.append(feedline(around, f"{without}, {job}", *arguments, "--no-meters"))
        contestants.append(feedline(around, f"{FEEDLINE}, {job}", *arguments))
        ratios.append(Ratio(f"With meters / without, {job}", f"{FEEDLINE}, {job}", (f"{without}, {job}",), 0.99))
    return Contest("meters", "What metering costs", contestants, ratios)


def scaling(around: Surroundings) -> Contest:
    most = around.cores
    if most < 2:
        raise Unavailable("scaling needs two cores")
    jobs = [
        ("photos", "hand_jpeg", around.photos, around.photo_arguments()),
        ("28x28", "hand_grey", around.grey.images, around.grey_arguments()),
    ]
    contestants, ratios = [], []
    for job, program, data, arguments in jobs:
        for threads in (1, 2):
            contestants.append(Contestant(
                f"hand {threads} {job}", f"hand-written, {job}, {plural(threads, 'thread')}",
                lambda s, p=program, d=data, t=threads: around.hand.measure(p, d, t, s)))
            contestants.append(Contestant(
                f"feedline {threads} {job}", f"Feedline, {job}, {plural(threads, 'worker')}",
                lambda s, a=arguments, t=threads: around.feedline.measure([*a, "--workers", str(t)], s)))
        ratios.append(Ratio(f"hand-written, {job}: two / one", f"hand 2 {job}", (f"hand 1 {job}",)))
        ratios.append(Ratio(f"Feedline, {job}: two / one", f"feedline 2 {job}", (f"feedline 1 {job}",), 1.9))
    return Contest("scaling", "Two workers beside one", contestants, ratios)


CONTESTS = {"jpeg": jpeg, "cached": cached, "grey": grey, "train": train, "meters": meters, "scaling": scaling}


@dataclass(frozen=True)
class Accuracy:
    """What both learn in the same number of epochs: accuracy on the test pictures after each."""

    pytorch: list[float]
    feedline: list[float]


def accuracy(around: Surroundings, seed: int = 1) -> Accuracy:
    test = ["--test-images", str(around.grey.test_images), "--test-labels", str(around.grey.test_labels)]
    epochs = ["--epochs", str(around.epochs), "--seed", str(seed)]
    report = around.feedline.json(["run", "example:idx", *around.idx_files(), "--device", "cpu", *epochs])
    learnt = [epoch["val_accuracy"] for epoch in report["epochs"]]
    peer = around.torch.json([*torch_training(around), *test, *epochs])
    return Accuracy(peer["val_accuracy"], learnt)
