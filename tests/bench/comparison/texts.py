# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts, and records that are a picture and a text: cut into words, looked up, filled up to one length, batch 128."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .contests import FEEDLINE, OPENCV, PIL, Surroundings, feedline, plural
from .measure import Contest, Contestant, Measurement, Ratio, Unavailable
from .techniques import node_of, write_graph

CUT, PREPARED, GATHERED = "PyTorch, cut when drawn", "PyTorch, prepared ids", "PyTorch, batches of prepared ids"
PREPARED_RECORDS = "PyTorch, prepared tensors"
BATCH = 128
LENGTH = 256
TEXT_COLUMNS = ["productDisplayName", "gender", "baseColour", "usage"]
MIXED_LABEL = "articleType"


@dataclass(frozen=True)
class Texts:
    """A file of texts, which peers know by its form."""

    key: str
    file: Path

    def words(self) -> list[str]:
        return [str(self.file), "--form", self.key]


def given(around: Surroundings) -> list[Texts]:
    """Those that are there."""
    files = [Texts("ag-news", around.texts / "ag-news/test.csv"),
             Texts("sms-spam", around.texts / "sms-spam/SMSSpamCollection")]
    found = [texts for texts in files if texts.file.is_file()]
    if not found:
        raise Unavailable(f"there are no texts in {around.texts}")
    return found


def with_cache(graph: dict, behind: str, name: str = "cache") -> None:
    """What this port gives is kept."""
    graph["nodes"].append({"id": name, "type": "cache", "version": 1, "params": {}, "position": [0, -200]})
    for link in graph["links"]:
        if link["from"] == behind:
            link["from"] = f"{name}.sample"
    graph["links"].append({"from": behind, "to": f"{name}.sample"})


def graph_of(around: Surroundings, texts: Texts, *, cached: bool = False) -> Path:
    """The example that reads such a file, with words in its vocabulary and all records in training."""
    example = "news" if texts.key == "ag-news" else "spam"
    graph = json.loads((around.examples / f"{example}.feedline").read_text(encoding="utf-8"))
    graph["comments"] = []
    node_of(graph, "source")["params"]["file"] = str(texts.file.resolve())
    node_of(graph, "vocabulary")["params"] = {"length": LENGTH}
    node_of(graph, "batch")["params"]["size"] = BATCH
    node_of(graph, "trainer")["params"] |= {"prefetch": 32, "validation_split": 0.0}
    if cached:
        with_cache(graph, "vocabulary.tokens")
    return write_graph(around, graph, f"texts-{texts.key}{'-cached' if cached else ''}")


def peers(around: Surroundings, family: str, texts: Texts, by: str, most: int) -> list[Contestant]:
    """With each number of workers up to `most`."""
    return [
        Contestant(f"{family}, {texts.key}", f"{family}, {by}, {plural(workers, 'worker')}, {texts.key}",
                   lambda s, w=workers: around.torch.measure(
                       [*texts.words(), "--by", by, "--workers", str(w), "--length", str(LENGTH)], s, "torch_texts.py"))
        for workers in range(most + 1)
    ]


def later_epochs(around: Surroundings, family: str, graph: Path) -> Contestant:
    return Contestant(family, family,
                      lambda s: around.feedline.measure_later_epochs([str(graph), "--no-train"], s, first=4))


def texts(around: Surroundings) -> Contest:
    contestants, ratios = [], []
    for file in given(around):
        ours = f"{FEEDLINE}, {file.key}"
        contestants += [*peers(around, CUT, file, "texts", around.cores), *peers(around, CUT, file, "batches", around.cores),
                        *peers(around, PREPARED, file, "prepared", around.cores),
                        feedline(around, ours, str(graph_of(around, file)), "--no-train")]
        ratios += [Ratio(f"Feedline / PyTorch's best DataLoader, {file.key}", ours,
                         (f"{CUT}, {file.key}", f"{PREPARED}, {file.key}"), 10),
                   Ratio(f"Feedline / PyTorch that cuts texts too, {file.key}", ours, (f"{CUT}, {file.key}",))]
    return Contest("texts", "Texts: words, vocabulary, pad, batch 128", contestants, ratios)


def texts_cached(around: Surroundings) -> Contest:
    contestants, ratios = [], []
    for file in given(around):
        ours = f"{FEEDLINE}, {file.key}"
        contestants += [*peers(around, GATHERED, file, "prepared_batches", 1),
                        later_epochs(around, ours, graph_of(around, file, cached=True))]
        ratios.append(Ratio(f"Feedline / whole batches of prepared ids, {file.key}", ours, (f"{GATHERED}, {file.key}",), 1))
    return Contest("texts_cached", "The same from the second epoch on", contestants, ratios)


def mixed_graph(around: Surroundings, *, cached: bool = False) -> Path:
    """The products example, with names in the text."""
    graph = json.loads((around.examples / "products.feedline").read_text(encoding="utf-8"))
    graph["comments"] = []
    node_of(graph, "source")["params"] |= {"file": str(products(around).resolve()), "label": MIXED_LABEL}
    node_of(graph, "text")["params"]["columns"] = TEXT_COLUMNS
    node_of(graph, "batch")["params"]["size"] = BATCH
    node_of(graph, "trainer")["params"]["validation_split"] = 0.0
    if cached:
        with_cache(graph, "normalise.image")
        with_cache(graph, "vocabulary.tokens", "cache_tokens")
    return write_graph(around, graph, f"mixed{'-cached' if cached else ''}")


def products(around: Surroundings) -> Path:
    table = around.mixed / "fashion-products/products.csv"
    if not table.is_file():
        raise Unavailable(f"{table} is not there")
    return table


def mixed(around: Surroundings) -> Contest:
    table, kept = products(around), "Feedline, cache node"
    words = [str(table), "--columns", ",".join(TEXT_COLUMNS), "--label", MIXED_LABEL, "--batch", str(BATCH)]

    def peer(family: str, by: str) -> list[Contestant]:
        return [Contestant(family, f"{family}, {by}, {plural(workers, 'worker')}",
                           lambda s, w=workers: around.torch.measure([*words, "--by", by, "--workers", str(w)], s,
                                                                     "torch_mixed.py"))
                for workers in range(around.cores + 1)]

    return Contest(
        "mixed",
        "A picture and a text a record: decode, 32x32, normalise; words, vocabulary, pad; batch 128",
        [*peer(PIL, "pil"), *peer(PIL, "draft"), *peer(OPENCV, "opencv"), *peer(PREPARED_RECORDS, "prepared"),
         feedline(around, FEEDLINE, str(mixed_graph(around)), "--no-train"),
         later_epochs(around, kept, mixed_graph(around, cached=True))],
        [
            Ratio("Feedline / PyTorch's best", FEEDLINE, (PIL, OPENCV), 3),
            Ratio("Feedline, from the second epoch on / PyTorch, prepared tensors", kept, (PREPARED_RECORDS,), 3),
        ],
    )


TEXT_CONTESTS = {"texts": texts, "texts_cached": texts_cached, "mixed": mixed}
