#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch's side of the comparison of backbones: a frozen ResNet-50 with a new head, and a ResNet-18 from scratch.

Prints one JSON object. The job weights writes those of a ResNet-50, drawn at random: their time is that of trained ones.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torch_peer import IMAGENET, OpenCvCrop, measure
from torchvision import datasets, models, transforms

FROZEN, SCRATCH = (224, 32), (128, 16)  # side, batch
RATE = 0.005


def pil(job: str) -> transforms.Compose:
    crop = ([transforms.Resize((FROZEN[0], FROZEN[0]))] if job == "frozen"
            else [transforms.RandomResizedCrop(SCRATCH[0]), transforms.RandomHorizontalFlip()])
    return transforms.Compose([*crop, transforms.ToTensor(), transforms.Normalize(*IMAGENET)])


class OpenCvResize(OpenCvCrop):
    def __call__(self, picture: np.ndarray) -> torch.Tensor:
        small = self.cv2.cvtColor(self.cv2.resize(picture, (FROZEN[0], FROZEN[0])), self.cv2.COLOR_BGR2RGB)
        return torch.from_numpy(((small.astype(np.float32) - self.mean) * self.scale).transpose(2, 0, 1))


def photos(folder: str, job: str, decoder: str) -> Dataset:
    if decoder == "pil":
        return datasets.ImageFolder(folder, transform=pil(job))
    transform = OpenCvResize() if job == "frozen" else OpenCvCrop(SCRATCH[0])
    return datasets.ImageFolder(folder, transform=transform, loader=transform.load)


class FrozenBase:
    """The base gives features without gradients; only the head learns."""

    def __init__(self, classes: int, layout: torch.memory_format, folded: bool):
        base = models.resnet50(weights=None)
        base.fc = nn.Identity()
        self.base = base.eval().to(memory_format=layout)
        if folded:  # batch norms are then part of their convolutions
            self.base = torch.jit.optimize_for_inference(torch.jit.script(self.base))
        self.head = nn.Linear(2048, classes)
        self.layout = layout
        self.optimizer = torch.optim.AdamW(self.head.parameters(), lr=RATE)
        self.loss = nn.CrossEntropyLoss()

    def step(self, batch: list[torch.Tensor]) -> None:
        with torch.no_grad():
            features = self.base(batch[0].contiguous(memory_format=self.layout))
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.head(features), batch[1]).backward()
        self.optimizer.step()


class FromScratch:
    def __init__(self, classes: int, layout: torch.memory_format):
        self.model = models.resnet18(weights=None, num_classes=classes).to(memory_format=layout)
        self.layout = layout
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=RATE)
        self.loss = nn.CrossEntropyLoss()

    def step(self, batch: list[torch.Tensor]) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.model(batch[0].contiguous(memory_format=self.layout)), batch[1]).backward()
        self.optimizer.step()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=["weights", "frozen", "scratch"])
    parser.add_argument("--folder", default=".")
    parser.add_argument("--out", help="of weights: the file")
    parser.add_argument("--decoder", choices=["pil", "opencv"], default="pil")
    parser.add_argument("--layout", choices=["contiguous", "channels_last", "folded"], default="contiguous")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="intra-op threads; 0: PyTorch's default")
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    if options.job == "weights":
        torch.save(models.resnet50(weights=None).state_dict(), options.out)
        print(json.dumps({"weights": options.out}))
        return
    data = photos(options.folder, options.job, options.decoder)
    layout = torch.channels_last if options.layout == "channels_last" else torch.contiguous_format
    classes = len(data.classes)
    training = FrozenBase(classes, layout, options.layout == "folded") if options.job == "frozen" else FromScratch(classes, layout)
    loader = DataLoader(data, FROZEN[1] if options.job == "frozen" else SCRATCH[1], shuffle=True,
                        num_workers=options.workers, persistent_workers=options.workers > 0)
    report = measure(loader, training.step, options.seconds, warm_up=2)
    print(json.dumps({**report, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
