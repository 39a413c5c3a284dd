#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch's side of the comparison: what its tutorials and torchvision's reference scripts do, one job a process.

Prints one JSON object. Rates count from the end of a short warm-up, when workers have started.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import random
import struct
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torch_model import Graph, Trainer
from torchvision import datasets, transforms

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
FASHION_MNIST = ((0.2860,), (0.3530,))


def read_idx(path: str) -> np.ndarray:
    with gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb") as file:
        content = file.read()
    dims = content[3]
    shape = struct.unpack(f">{dims}I", content[4 : 4 + 4 * dims])
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dims).reshape(shape)


class GreyPictures(Dataset):
    """As torchvision's MNIST: pictures in memory, each turned into a PIL image and transformed."""

    def __init__(self, images: str, labels: str, transform: Callable):
        self.images, self.labels, self.transform = read_idx(images), read_idx(labels), transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(Image.fromarray(self.images[index], mode="L")), int(self.labels[index])


class GreyArrays(Dataset):
    """The same by numpy alone, padded beforehand: what somebody writes to whom torchvision is too slow."""

    def __init__(self, images: str, labels: str, flip: float, hole: int):
        self.cover = cutout(hole) if hole else None
        self.images = np.pad(read_idx(images), ((0, 0), (2, 2), (2, 2)))
        self.labels, self.flip = read_idx(labels).astype(np.int64), flip
        self.table = ((np.arange(256) / 255 - FASHION_MNIST[0][0]) / FASHION_MNIST[1][0]).astype(np.float32)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        x, y = int(random.random() * 5), int(random.random() * 5)
        crop = self.images[index, y : y + 28, x : x + 28]
        if random.random() < self.flip:
            crop = crop[:, ::-1]
        picture = torch.from_numpy(self.table[crop][None])
        return picture if self.cover is None else self.cover(picture), self.labels[index]


class OpenCvCrop:
    """Decode by OpenCV, random resized crop, flip, normalise: all in numpy, as little as possible."""

    def __init__(self, side: int = 224) -> None:
        import cv2  # only where it is asked for

        cv2.setNumThreads(0)
        self.cv2 = cv2
        self.side = side
        self.mean = np.float32(IMAGENET[0]) * 255
        self.scale = 1 / (np.float32(IMAGENET[1]) * 255)

    def load(self, path: str) -> np.ndarray:
        return self.cv2.imdecode(np.fromfile(path, np.uint8), 1)

    def __call__(self, picture: np.ndarray) -> torch.Tensor:
        x, y, width, height = random_window(picture.shape[1], picture.shape[0])
        crop = self.cv2.resize(picture[y : y + height, x : x + width], (self.side, self.side))
        if random.random() < 0.5:
            crop = self.cv2.flip(crop, 1)
        normal = self.cv2.cvtColor(crop, self.cv2.COLOR_BGR2RGB).astype(np.float32)
        normal -= self.mean
        normal *= self.scale
        return torch.from_numpy(normal.transpose(2, 0, 1))


def random_window(width: int, height: int) -> tuple[int, int, int, int]:
    """torchvision's RandomResizedCrop.get_params, for sizes instead of pictures."""
    for _ in range(10):
        area = width * height * random.uniform(0.08, 1)
        ratio = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            return random.randrange(width - w + 1), random.randrange(height - h + 1), w, h
    side = min(width, height)
    return (width - side) // 2, (height - side) // 2, side, side


def photos(folder: str, decoder: str) -> Dataset:
    if decoder == "opencv":
        crop = OpenCvCrop()
        return datasets.ImageFolder(folder, transform=crop, loader=crop.load)
    steps = [
        transforms.RandomResizedCrop(224),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize(*IMAGENET),
    ]
    return datasets.ImageFolder(folder, transform=transforms.Compose(steps))


def cutout(size: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """DeVries and Taylor 2017: a black square around a point of the picture, of what is normalised already."""
    black = -FASHION_MNIST[0][0] / FASHION_MNIST[1][0]

    def cover(picture: torch.Tensor) -> torch.Tensor:
        y, x = int(random.random() * picture.shape[1]), int(random.random() * picture.shape[2])
        y, x = y - size // 2, x - size // 2
        picture[:, max(y, 0) : y + size, max(x, 0) : x + size] = black
        return picture

    return cover


def augmentation(options: argparse.Namespace) -> tuple[float, int]:
    """How often pictures are flipped, and the size of a cutout (0: none): what the graph says, where there is one."""
    if not options.graph:
        return options.flip, 0
    graph = Graph(options.graph)
    flip, hole = graph.params("horizontal_flip"), graph.params("cutout")
    return (flip or {}).get("probability", options.flip), hole["size"] if hole else 0


def grey(images: str, labels: str, flip: float, hole: int, by: str) -> Dataset:
    if by == "numpy":
        return GreyArrays(images, labels, flip, hole)
    steps = [
        transforms.RandomCrop(28, padding=2),
        transforms.RandomHorizontalFlip(flip),
        transforms.ToTensor(),
        transforms.Normalize(*FASHION_MNIST),
        *([cutout(hole)] if hole else []),
    ]
    return GreyPictures(images, labels, transforms.Compose(steps))


def endless(loader: DataLoader) -> Iterator[list[torch.Tensor]]:
    while True:
        yield from loader


def worker_processes() -> list[int]:
    """The processes that this one has started and that still live."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]


def cpu_seconds() -> float:
    total = time.process_time()
    ticks = os.sysconf("SC_CLK_TCK")
    for pid in worker_processes():
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def measure(loader: DataLoader, work: Callable[[list[torch.Tensor]], None], seconds: float, warm_up: int) -> dict:
    batches = endless(loader)
    for _ in range(warm_up):
        work(next(batches))
    samples = 0
    cpu = cpu_seconds()
    start = time.perf_counter()
    taken = 0.0
    while taken < seconds:
        batch = next(batches)
        work(batch)
        samples += len(batch[1])
        taken = time.perf_counter() - start
    return {
        "samples": samples,
        "seconds": taken,
        "samples_per_s": samples / taken,
        "samples_per_cpu_s": samples / max(cpu_seconds() - cpu, 1e-9),
    }


def train_epochs(trainer: Trainer, loader: DataLoader, test: DataLoader, epochs: int, until: float) -> dict:
    """`wall_s`: training and validation of each epoch."""
    accuracies, rates, walls = [], [], []
    for _ in range(epochs):
        start, samples = time.perf_counter(), 0
        for batch in loader:
            trainer.step(batch)
            samples += len(batch[1])
        rates.append(samples / (time.perf_counter() - start))
        accuracies.append(trainer.accuracy(test))
        walls.append(time.perf_counter() - start)
        if accuracies[-1] >= until:
            break
    return {"samples_per_s": rates, "val_accuracy": accuracies, "wall_s": walls}


def test_pictures(images: str, labels: str) -> Dataset:
    """In memory, centred and scaled once: they are the same in each epoch."""
    pixels = torch.from_numpy(read_idx(images).astype(np.float32) / 255).unsqueeze(1)
    mean, deviation = FASHION_MNIST[0][0], FASHION_MNIST[1][0]
    return TensorDataset((pixels - mean) / deviation, torch.from_numpy(read_idx(labels).astype(np.int64)))


def train(options: argparse.Namespace, loader: DataLoader) -> dict:
    torch.manual_seed(options.seed)
    random.seed(options.seed)
    graph = Graph(options.graph)
    if not options.epochs:
        return measure(loader, Trainer(graph).step, options.seconds, warm_up=5)
    test = DataLoader(test_pictures(options.test_images, options.test_labels), batch_size=500)
    return train_epochs(Trainer(graph, options.epochs * len(loader)), loader, test, options.epochs, options.until)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=["photos", "grey", "train"])
    parser.add_argument("--folder")
    parser.add_argument("--decoder", choices=["pil", "opencv"], default="pil")
    parser.add_argument("--images")
    parser.add_argument("--labels")
    parser.add_argument("--test-images")
    parser.add_argument("--test-labels")
    parser.add_argument("--graph")
    parser.add_argument("--flip", type=float, default=0.5)
    parser.add_argument("--by", choices=["torchvision", "numpy"], default="torchvision")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="intra-op threads; 0: PyTorch's default")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--epochs", type=int, default=0)
    parser.add_argument("--until", type=float, default=2, help="of the accuracy, after which epochs are enough")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    options = parse()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.job == "photos":
        data = photos(options.folder, options.decoder)
    else:
        data = grey(options.images, options.labels, *augmentation(options), options.by)
    loader = DataLoader(
        data,
        batch_size=64 if options.job == "photos" else 128,
        shuffle=True,
        num_workers=options.workers,
        persistent_workers=options.workers > 0,
    )
    if options.job == "train":
        report = train(options, loader)
    else:
        report = measure(loader, lambda batch: None, options.seconds, warm_up=2)
    report["threads"] = torch.get_num_threads()
    report["torch"] = torch.__version__
    print(json.dumps(report))


if __name__ == "__main__":
    main()
