# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables: rows that are read, parsed, imputed, standardised and one-hot coded, batch 256."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from pathlib import Path

from .contests import FEEDLINE, HAND, Surroundings, feedline, plural
from .measure import Contest, Contestant, Measurement, Ratio, Unavailable
from .techniques import node_of, write_graph

ROWS, PREPARED, SLICES = "PyTorch, a row at a time", "PyTorch, prepared tensors", "PyTorch, slices of a prepared tensor"


@dataclass(frozen=True)
class Table:
    """A file, and what its columns are: letters of hand_table.cpp, parameters of Feedline's source."""

    key: str
    file: Path
    schema: str
    params: dict[str, object] = field(default_factory=dict)
    header: bool = False

    def words(self) -> list[str]:
        return [str(self.file), "--schema", self.schema, *(["--header"] if self.header else [])]


def given(around: Surroundings) -> list[Table]:
    """Those of the folder of tables that are there."""
    tables = [
        Table("adult", around.tables / "uci/adult-train.csv", "ncncncccccnnncl"),
        Table("cities", around.tables / "rust-csv/bench/worldcitiespop.csv", "c--cnyn",
              {"ignore": ["City", "AccentCity"], "texts": ["Region"], "label": "Latitude", "label_kind": "number"}, True),
    ]
    return [table for table in tables if table.file.is_file()]


def graph_of(around: Surroundings, table: Table, *, cached: bool = False) -> Path:
    """The adult example on a table, without dropout and validation; with a cache behind the last node of records."""
    graph = json.loads((around.examples / "adult.feedline").read_text(encoding="utf-8"))
    graph["comments"] = []
    node_of(graph, "source")["params"] = {**copy.deepcopy(table.params), "file": str(table.file.resolve())}
    node_of(graph, "trainer")["params"]["validation_split"] = 0.0
    if "y" in table.schema:
        node_of(graph, "loss").update(type="mse", params={})
        node_of(graph, "linear3")["params"]["units"] = 1
    if cached:
        graph["nodes"].append({"id": "cache", "type": "cache", "version": 1, "params": {}, "position": [0, -200]})
        for link in graph["links"]:
            if link["from"] == "features.features":
                link["from"] = "cache.sample"
        graph["links"].append({"from": "features.features", "to": "cache.sample"})
    return write_graph(around, graph, f"table-{table.key}{'-cached' if cached else ''}")


def peer(around: Surroundings, family: str, table: Table, by: str, workers: int) -> Contestant:
    words = [*table.words(), "--by", by, "--workers", str(workers)]
    return Contestant(f"{family}, {table.key}", f"{family}, {by}, {plural(workers, 'worker')}, {table.key}",
                      lambda s: around.torch.measure(words, s, "torch_tables.py"))


def hand(around: Surroundings, table: Table, threads: int) -> Contestant:
    return Contestant(f"{HAND}, {table.key}", f"{HAND}, {plural(threads, 'thread')}, {table.key}",
                      lambda s: around.hand.measure("hand_table", table.file, threads, s, *table.words()[1:]))


def tables(around: Surroundings) -> Contest:
    contestants, ratios = [], []
    for table in some(around):
        ours = f"{FEEDLINE}, {table.key}"
        contestants += [peer(around, ROWS, table, "rows", workers) for workers in range(around.cores + 1)]
        contestants += [peer(around, PREPARED, table, "prepared", workers) for workers in range(around.cores + 1)]
        contestants += [hand(around, table, around.cores),
                        feedline(around, ours, str(graph_of(around, table)), "--no-train")]
        ratios += [
            Ratio(f"Feedline / PyTorch's best DataLoader, {table.key}", ours,
                  (f"{ROWS}, {table.key}", f"{PREPARED}, {table.key}"), 10),
            Ratio(f"Feedline / hand-written, {table.key}", ours, (f"{HAND}, {table.key}",), 0.85),
        ]
    return Contest("tables", "Tables: parse, impute, standardise, one-hot, batch 256", contestants, ratios)


def some(around: Surroundings) -> list[Table]:
    found = given(around)
    if not found:
        raise Unavailable(f"there are no tables in {around.tables}")
    return found


def tables_cached(around: Surroundings) -> Contest:
    contestants, ratios = [], []
    for table in some(around):
        graph = graph_of(around, table, cached=True)

        def later(seconds: float, graph: Path = graph) -> Measurement:
            return around.feedline.measure_later_epochs([str(graph), "--no-train"], seconds, first=4)

        ours = f"{FEEDLINE}, {table.key}"
        contestants += [peer(around, SLICES, table, "slices", 0), peer(around, PREPARED, table, "batches", 0),
                        Contestant(ours, f"Feedline, cache node, {table.key}", later)]
        ratios += [Ratio(f"Feedline / slices of a prepared tensor, {table.key}", ours, (f"{SLICES}, {table.key}",), 1),
                   Ratio(f"Feedline / DataLoader of whole batches, {table.key}", ours, (f"{PREPARED}, {table.key}",))]
    return Contest("tables_cached", "The same from the second epoch on", contestants, ratios)


def tables_scaling(around: Surroundings) -> Contest:
    if around.cores < 2:
        raise Unavailable("scaling needs two cores")
    contestants, ratios = [], []
    for table in some(around):
        graph = str(graph_of(around, table))
        for threads in (1, 2):
            by_hand = hand(around, table, threads)
            contestants += [
                Contestant(f"hand {threads} {table.key}", by_hand.title, by_hand.run),
                Contestant(f"feedline {threads} {table.key}", f"Feedline, {plural(threads, 'worker')}, {table.key}",
                           lambda s, g=graph, t=threads: around.feedline.measure(
                               [g, "--no-train", "--workers", str(t)], s)),
            ]
        ratios += [Ratio(f"hand-written, {table.key}: two / one", f"hand 2 {table.key}", (f"hand 1 {table.key}",)),
                   Ratio(f"Feedline, {table.key}: two / one", f"feedline 2 {table.key}", (f"feedline 1 {table.key}",),
                         1.9)]
    return Contest("tables_scaling", "Two workers beside one, on tables", contestants, ratios)


TABLE_CONTESTS = {"tables": tables, "tables_cached": tables_cached, "tables_scaling": tables_scaling}
