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
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, transforms

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
FASHION_MNIST = ((0.2860,), (0.3530,))
# Nodes of idx.feedline that are no layers.
BESIDE_THE_MODEL = {"idx", "shuffle", "pad_random_crop", "horizontal_flip", "normalise", "batch", "cross_entropy",
                    "trainer", "adam"}


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

    def __init__(self, images: str, labels: str, flip: float):
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
        return torch.from_numpy(self.table[crop][None]), self.labels[index]


class OpenCvCrop:
    """Decode by OpenCV, random resized crop 224, flip, normalise: all in numpy, as little as possible."""

    def __init__(self) -> None:
        import cv2  # only where it is asked for

        cv2.setNumThreads(0)
        self.cv2 = cv2
        self.mean = np.float32(IMAGENET[0]) * 255
        self.scale = 1 / (np.float32(IMAGENET[1]) * 255)

    def load(self, path: str) -> np.ndarray:
        return self.cv2.imdecode(np.fromfile(path, np.uint8), 1)

    def __call__(self, picture: np.ndarray) -> torch.Tensor:
        x, y, width, height = random_window(picture.shape[1], picture.shape[0])
        crop = self.cv2.resize(picture[y : y + height, x : x + width], (224, 224))
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


def grey(images: str, labels: str, flip: float, by: str) -> Dataset:
    if by == "numpy":
        return GreyArrays(images, labels, flip)
    steps = [
        transforms.RandomCrop(28, padding=2),
        transforms.RandomHorizontalFlip(flip),
        transforms.ToTensor(),
        transforms.Normalize(*FASHION_MNIST),
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


def network(graph: str) -> nn.Sequential:
    """The model of resources/examples/idx.feedline, layer by layer, for 28x28 grey pictures of ten classes."""
    with open(graph, encoding="utf-8") as file:
        nodes = json.load(file)["nodes"]
    channels, side, features = 1, 28, 0
    layers: list[nn.Module] = []
    for node in nodes:
        params = node["params"]
        if node["type"] == "conv2d":
            kernel = params.get("kernel", 3)
            bias = params.get("bias", True)
            layers.append(nn.Conv2d(channels, params["filters"], kernel, padding=(kernel - 1) // 2, bias=bias))
            channels = params["filters"]
        elif node["type"] == "batch_norm":
            layers.append(nn.BatchNorm2d(channels))
        elif node["type"] == "max_pool":
            layers.append(nn.MaxPool2d(2))
            side //= 2
        elif node["type"] == "relu":
            layers.append(nn.ReLU())
        elif node["type"] == "flatten":
            layers.append(nn.Flatten())
            features = channels * side * side
        elif node["type"] == "linear":
            layers.append(nn.Linear(features, params["units"]))
            features = params["units"]
        elif node["type"] not in BESIDE_THE_MODEL:
            raise SystemExit(f"torch_peer.py: {node['type']} has no counterpart here yet")
    return nn.Sequential(*layers)


class Trainer:
    def __init__(self, model: nn.Module):
        self.model = model
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step(self, batch: list[torch.Tensor]) -> None:
        self.optimizer.zero_grad()
        self.loss(self.model(batch[0]), batch[1]).backward()
        self.optimizer.step()

    def accuracy(self, loader: DataLoader) -> float:
        self.model.eval()
        right = total = 0
        with torch.no_grad():
            for images, labels in loader:
                right += int((self.model(images).argmax(1) == labels).sum())
                total += len(labels)
        self.model.train()
        return right / total


def train_epochs(trainer: Trainer, loader: DataLoader, test: DataLoader, epochs: int) -> dict:
    accuracies, rates = [], []
    for _ in range(epochs):
        start, samples = time.perf_counter(), 0
        for batch in loader:
            trainer.step(batch)
            samples += len(batch[1])
        rates.append(samples / (time.perf_counter() - start))
        accuracies.append(trainer.accuracy(test))
    return {"samples_per_s": rates, "val_accuracy": accuracies}


def train(options: argparse.Namespace, loader: DataLoader) -> dict:
    torch.manual_seed(options.seed)
    trainer = Trainer(network(options.graph))
    if not options.epochs:
        return measure(loader, trainer.step, options.seconds, warm_up=5)
    plain = transforms.Compose([transforms.ToTensor(), transforms.Normalize(*FASHION_MNIST)])
    test = DataLoader(GreyPictures(options.test_images, options.test_labels, plain), batch_size=500)
    return train_epochs(trainer, loader, test, options.epochs)


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
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    options = parse()
    if options.threads:
        torch.set_num_threads(options.threads)
    data = photos(options.folder, options.decoder) if options.job == "photos" else grey(
        options.images, options.labels, options.flip, options.by)
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
