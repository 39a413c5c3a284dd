#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch's side of the comparison of records that are a picture and a text: decode, 32x32, normalise; words, a
vocabulary, padded batches.

The table is products.csv of fashion-products, which names the pictures beside it. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torch_peer import IMAGENET, measure
from torch_texts import Vocabulary, padded

LEAST, SIZE, LENGTH = 2, 2000, 32
SIDE = 32
MEAN, SCALE = np.float32(IMAGENET[0]) * 255, 1 / (np.float32(IMAGENET[1]) * 255)


def read(table: Path, columns: list[str], label: str) -> tuple[list[Path], list[str], np.ndarray]:
    with open(table, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    classes = {name: i for i, name in enumerate(sorted({row[label] for row in rows}))}
    return ([table.parent / row["image"] for row in rows], [" ".join(row[name] for name in columns) for row in rows],
            np.array([classes[row[label]] for row in rows], np.int64))


def normal(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(((pixels.astype(np.float32) - MEAN) * SCALE).transpose(2, 0, 1))


def by_pil(path: Path) -> torch.Tensor:
    with Image.open(path) as picture:
        return normal(np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.BILINEAR)))


def by_draft(path: Path) -> torch.Tensor:
    """libjpeg then decodes at the scale that is just large enough."""
    with Image.open(path) as picture:
        picture.draft("RGB", (SIDE, SIDE))
        return normal(np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.BILINEAR)))


def opencv() -> Callable[[Path], torch.Tensor]:
    """As scaled as it decodes at, a quarter, and in numpy."""
    import cv2  # only where it is asked for

    cv2.setNumThreads(0)

    def load(path: Path) -> torch.Tensor:
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_REDUCED_COLOR_4)
        return normal(cv2.resize(picture, (SIDE, SIDE))[:, :, ::-1])

    return load


class Records(Dataset):
    """Both are made when a record is drawn."""

    def __init__(self, files: list[Path], texts: list[str], labels: np.ndarray, load: Callable[[Path], torch.Tensor]):
        self.files, self.texts, self.labels, self.load = files, texts, labels, load
        self.vocabulary = Vocabulary(texts, SIZE, LEAST, LENGTH)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int, list[int]]:
        return self.load(self.files[index]), int(self.labels[index]), self.vocabulary.of(self.texts[index])

    def prepared(self) -> TensorDataset:
        return TensorDataset(*join([self[i] for i in range(len(self))]))


def join(records: list[tuple[torch.Tensor, int, list[int]]]) -> list[torch.Tensor]:
    pictures, labels, ids = zip(*records)
    return [torch.stack(pictures), torch.tensor(labels), padded(list(ids))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--columns", required=True, help="of the text, with commas")
    parser.add_argument("--label", required=True)
    parser.add_argument("--by", choices=["pil", "draft", "opencv", "prepared"], default="pil")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    load = opencv() if options.by == "opencv" else by_pil if options.by == "pil" else by_draft
    records = Records(*read(options.table, options.columns.split(","), options.label), load)
    prepared = options.by == "prepared"
    loader = DataLoader(records.prepared() if prepared else records, options.batch, shuffle=True,
                        collate_fn=None if prepared else join, num_workers=options.workers,
                        persistent_workers=options.workers > 0)
    report = measure(loader, lambda batch: None, options.seconds, warm_up=4)
    print(json.dumps({**report, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
