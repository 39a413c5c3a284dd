#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch's side of the comparison of texts: words in lower case, a vocabulary, padded batches; and a small transformer.

The file is ag-news (class, title, text as CSV) or sms-spam (class, tab, text). Prints one JSON object.
"""

from __future__ import annotations

import argparse
import collections
import csv
import json
import re

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler
from torch_model import Graph, optimizer_of
from torch_peer import measure

UNKNOWN = 1  # 0 fills up
FIRST_WORD = 2
WORDS = re.compile(r"\w+")


def texts_of(path: str, form: str) -> tuple[list[str], np.ndarray]:
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file) if form == "ag-news" else (line.rstrip("\r\n").split("\t", 1) for line in file)
        pairs = [(row[0], " ".join(row[1:])) for row in rows if len(row) > 1]
    counts = collections.Counter(name for name, _ in pairs)
    pairs = [pair for pair in pairs if counts[pair[0]] > 1]  # a header is no class
    classes = {name: i for i, name in enumerate(sorted({name for name, _ in pairs}))}
    return [text for _, text in pairs], np.array([classes[name] for name, _ in pairs], np.int64)


def words_of(text: str) -> list[str]:
    """One call of a compiled expression a text: nothing in Python is faster."""
    return WORDS.findall(text.lower())


class Ids(dict):
    """Looking a word up is then one call from C."""

    def __missing__(self, word: str) -> int:
        return UNKNOWN


class Vocabulary:
    def __init__(self, texts: list[str], size: int, least: int, length: int):
        counts = collections.Counter(word for text in texts for word in words_of(text))
        frequent = [word for word, count in counts.most_common(size) if count >= least]
        self.ids = Ids((word, i) for i, word in enumerate(frequent, FIRST_WORD))
        self.length = length

    def __len__(self) -> int:
        return len(self.ids) + FIRST_WORD

    def of(self, text: str) -> list[int]:
        return list(map(self.ids.__getitem__, words_of(text)[: self.length]))


def padded(rows: list[list[int]]) -> torch.Tensor:
    """All ids of a batch are placed by one assignment."""
    lengths = np.fromiter((len(row) for row in rows), np.int64, len(rows))
    filled = np.zeros((len(rows), max(int(lengths.max()), 1)), np.int64)
    filled[np.arange(filled.shape[1]) < lengths[:, None]] = [i for row in rows for i in row]
    return torch.from_numpy(filled)


class Texts(Dataset):
    """A text is cut and looked up when it is drawn."""

    def __init__(self, texts: list[str], labels: np.ndarray, vocabulary: Vocabulary):
        self.texts, self.labels, self.vocabulary = texts, labels, vocabulary

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, index: int) -> tuple[list[int], int]:
        return self.vocabulary.of(self.texts[index]), int(self.labels[index])


class TextBatches(Texts):
    """The same, a whole batch at once."""

    def __getitem__(self, indices: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        rows = [self.vocabulary.of(self.texts[i]) for i in indices]
        return padded(rows), torch.from_numpy(self.labels[indices])


class Prepared(Dataset):
    """Ids that were made once, a tensor a text."""

    def __init__(self, texts: list[str], labels: np.ndarray, vocabulary: Vocabulary):
        self.rows = [torch.tensor(vocabulary.of(text) or [0]) for text in texts]
        self.labels = torch.from_numpy(labels)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self.rows[index], self.labels[index]


class PreparedBatches(Dataset):
    """The same in one array, from which a batch is gathered without a loop: as fast as PyTorch can be."""

    def __init__(self, texts: list[str], labels: np.ndarray, vocabulary: Vocabulary):
        rows = [vocabulary.of(text) for text in texts]
        self.lengths = np.array([len(row) for row in rows], np.int64)
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        self.ids = np.array([i for row in rows for i in row], np.int64)
        self.labels = labels

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, indices: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        lengths = self.lengths[indices]
        places = np.arange(max(int(lengths.max()), 1))
        inside = places < lengths[:, None]
        ids = self.ids[np.minimum(self.starts[indices][:, None] + places, len(self.ids) - 1)]
        return torch.from_numpy(ids * inside), torch.from_numpy(self.labels[indices])


def join_lists(pairs: list[tuple[list[int], int]]) -> tuple[torch.Tensor, torch.Tensor]:
    return padded([row for row, _ in pairs]), torch.tensor([label for _, label in pairs])


def join_tensors(pairs: list[tuple[torch.Tensor, torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
    return pad_sequence([row for row, _ in pairs], batch_first=True), torch.stack([label for _, label in pairs])


def loader_of(by: str, arguments: tuple, batch: int, workers: int) -> DataLoader:
    common = {"num_workers": workers, "persistent_workers": workers > 0}
    if by == "texts":
        return DataLoader(Texts(*arguments), batch, shuffle=True, collate_fn=join_lists, **common)
    if by == "prepared":
        return DataLoader(Prepared(*arguments), batch, shuffle=True, collate_fn=join_tensors, **common)
    data = TextBatches(*arguments) if by == "batches" else PreparedBatches(*arguments)
    return DataLoader(data, sampler=BatchSampler(RandomSampler(data), batch, False), batch_size=None, **common)


def waves(length: int, width: int) -> torch.Tensor:
    """Vaswani et al. 2017."""
    rates = torch.exp(torch.arange(0, width, 2) * (-np.log(10000.0) / width))
    angles = torch.arange(length)[:, None] * rates
    encoding = torch.zeros(length, width)
    encoding[:, 0::2], encoding[:, 1::2] = torch.sin(angles), torch.cos(angles)[:, : width // 2]
    return encoding


class Reader(nn.Module):
    """The network of news.feedline, by PyTorch's own layers."""

    def __init__(self, graph: Graph, vocabulary: int, length: int, classes: int):
        super().__init__()
        width = (graph.params("embedding") or {}).get("width", 64)
        blocks = [node["params"] for node in graph.nodes.values() if node["type"] == "transformer_encoder"]
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=0)
        self.register_buffer("places", waves(length, width))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(width, block.get("heads", 4), block.get("feed_forward", 0) or 4 * width,
                                       block.get("dropout", 0.1), block.get("activation", "relu"), batch_first=True,
                                       norm_first=block.get("norm", "after") == "before")
            for block in blocks)
        self.head = nn.Linear(width, classes)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        padding = tokens == 0
        x = self.embedding(tokens) + self.places[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x, src_key_padding_mask=padding)
        there = (~padding).unsqueeze(2)
        return self.head((x * there).sum(1) / there.sum(1).clamp(min=1))


class Training:
    def __init__(self, graph: Graph, vocabulary: Vocabulary, classes: int, foreach: bool):
        self.model = Reader(graph, len(vocabulary), vocabulary.length, classes)
        self.optimizer = optimizer_of(graph.params("adam", "adamw"), list(self.model.parameters()), foreach or None)
        self.loss = nn.CrossEntropyLoss()

    def step(self, batch: list[torch.Tensor]) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.model(batch[0]), batch[1]).backward()
        self.optimizer.step()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--form", choices=["ag-news", "sms-spam"], required=True)
    parser.add_argument("--by", choices=["texts", "batches", "prepared", "prepared_batches"], default="texts")
    parser.add_argument("--graph", help="train its network")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--size", type=int, default=20000)
    parser.add_argument("--least-count", type=int, default=2)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--foreach", action="store_true", help="the optimiser updates all weights at once")
    parser.add_argument("--threads", type=int, default=0, help="intra-op threads; 0: PyTorch's default")
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    texts, labels = texts_of(options.file, options.form)
    vocabulary = Vocabulary(texts, options.size, options.least_count, options.length)
    loader = loader_of(options.by, (texts, labels, vocabulary), options.batch, options.workers)
    work = lambda batch: None  # noqa: E731
    if options.graph:
        work = Training(Graph(options.graph), vocabulary, int(labels.max()) + 1, options.foreach).step
    report = measure(loader, work, options.seconds, warm_up=4)
    print(json.dumps({**report, "vocabulary": len(vocabulary), "torch": torch.__version__}))


if __name__ == "__main__":
    main()
