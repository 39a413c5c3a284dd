#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch's side of the comparison of tables: parse, impute (median, most frequent), one-hot, standardise, batch; and
the network of a graph trained on that.

The table's columns are letters, as in hand_table.cpp: n number, c category, l class, y number to be predicted, - not read.
Prints one JSON object.
"""

from __future__ import annotations

import argparse
import collections
import json
import mmap

import numpy as np
import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, TensorDataset
from torch_model import Graph, Trainer
from torch_peer import measure

MOST_CATEGORIES = 256
LEARNT = 200_000  # rows that means and categories are taken from
MISSING = ("", "?")


class Rows(Dataset):
    """A row is parsed and prepared when it is drawn: what fits any size of file."""

    def __init__(self, path: str, schema: str, header: bool):
        with open(path, "rb") as file:
            self.text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        ends = np.flatnonzero(np.memmap(path, np.uint8, "r") == ord("\n"))
        self.starts = np.concatenate([[0], ends + 1])
        self.starts = self.starts[self.starts < len(self.text)][1 if header else 0 :]
        self.starts = np.array([s for s in self.starts.tolist() if self.text[s : s + 1] not in (b"\n", b"\r")], np.int64)
        self.schema = schema
        self.learn()

    def __len__(self) -> int:
        return len(self.starts)

    def cells(self, index: int) -> list[str]:
        start = int(self.starts[index])
        end = self.text.find(b"\n", start)
        line = self.text[start : end if end >= 0 else len(self.text)].decode()
        return [cell.strip() for cell in line.split(",")]

    def learn(self) -> None:
        columns = list(zip(*(self.cells(i) for i in range(min(len(self), LEARNT)))))
        self.numbers, self.categories, self.width, self.label = [], [], 0, None
        for column, kind in enumerate(self.schema):
            present = [cell for cell in columns[column] if cell not in MISSING]
            if kind == "n":
                given = np.array([float(cell) for cell in present])
                median = float(np.median(given))
                full = np.concatenate([given, np.full(len(columns[column]) - len(given), median)])
                self.numbers.append((column, self.width, full.mean(), 1 / (full.std() or 1), median))
                self.width += 1
            elif kind == "c":
                names = [name for name, _ in collections.Counter(present).most_common()]
                others = len(names) > MOST_CATEGORIES
                places = {name: i for i, name in enumerate(names[: MOST_CATEGORIES - 1] if others else names)}
                places |= {missing: 0 for missing in MISSING}  # the most frequent
                self.categories.append((column, self.width, places, MOST_CATEGORIES - 1 if others else None))
                self.width += MOST_CATEGORIES if others else len(names)
            elif kind in "ly":
                classes = {name: i for i, name in enumerate(sorted(set(present)))} if kind == "l" else None
                self.label = (column, classes)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, float]:
        cells = self.cells(index)
        row = np.zeros(self.width, np.float32)
        for column, place, mean, scale, median in self.numbers:
            cell = cells[column]
            row[place] = ((median if cell in MISSING else float(cell)) - mean) * scale
        for column, place, places, others in self.categories:
            category = places.get(cells[column], others)
            if category is not None:
                row[place + category] = 1
        column, classes = self.label
        return torch.from_numpy(row), float(cells[column]) if classes is None else classes[cells[column]]

    def prepared(self) -> tuple[torch.Tensor, torch.Tensor]:
        pairs = [self[i] for i in range(len(self))]
        return torch.stack([row for row, _ in pairs]), torch.tensor([label for _, label in pairs])


class Slices:
    """A prepared tensor, sliced by a new permutation each epoch: no DataLoader, as fast as PyTorch can be."""

    def __init__(self, rows: torch.Tensor, labels: torch.Tensor, batch: int):
        self.rows, self.labels, self.batch = rows, labels, batch

    def __iter__(self):
        for order in torch.randperm(len(self.rows)).split(self.batch):
            yield self.rows[order], self.labels[order]


def loader(options: argparse.Namespace, rows: Rows):
    workers = {"num_workers": options.workers, "persistent_workers": options.workers > 0}
    if options.by == "rows":
        return DataLoader(rows, options.batch, shuffle=True, **workers)
    if options.by == "prepared":
        return DataLoader(TensorDataset(*rows.prepared()), options.batch, shuffle=True, **workers)
    if options.by == "batches":
        data = TensorDataset(*rows.prepared())
        return DataLoader(data, sampler=BatchSampler(RandomSampler(data), options.batch, False), batch_size=None, **workers)
    return Slices(*rows.prepared(), options.batch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--schema", required=True)
    parser.add_argument("--header", action="store_true")
    parser.add_argument("--by", choices=["rows", "prepared", "batches", "slices"], default="rows")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--graph", help="train its network")
    parser.add_argument("--foreach", action="store_true", help="the optimiser updates all weights at once")
    parser.add_argument("--threads", type=int, default=0, help="intra-op threads; 0: PyTorch's default")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    rows = Rows(options.file, options.schema, options.header)
    work = lambda batch: None  # noqa: E731
    if options.graph:
        classes = len(rows.label[1])
        work = Trainer(Graph(options.graph), field="features", features=rows.width, classes=classes,
                       foreach=options.foreach or None).step
    report = measure(loader(options, rows), work, options.seconds, warm_up=4)
    print(json.dumps({**report, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
