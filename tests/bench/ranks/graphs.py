# SPDX-License-Identifier: GPL-3.0-or-later
"""The graphs that are trained: the examples, and the same without what draws random numbers."""

from __future__ import annotations

import json
from pathlib import Path

from .claims import Unavailable

ROOT = Path(__file__).resolve().parents[3]
TWO_PROCESSES = ROOT / "resources/examples/two-processes.feedline"
# A run of seconds on two cores, whose last batch is short.
SMALL = ["source.count=500", "source.size=48", "batch.size=64", "conv3.filters=32"]


def with_values(pairs: list[str]) -> list[str]:
    return [word for pair in pairs for word in ("--set", pair)]


def steady(work: Path) -> Path:
    """two-processes without batch norm, dropout and random crops: its losses do not hang on how many ranks there are,
    but for the last digits."""
    graph = json.loads(TWO_PROCESSES.read_text(encoding="utf-8"))
    gone = {node["id"] for node in graph["nodes"] if node["type"] in ("batch_norm", "dropout", "pad_random_crop")}
    above = {link["to"].split(".")[0]: link["from"] for link in graph["links"] if link["to"].split(".")[0] in gone}
    links = []
    for link in graph["links"]:
        if link["to"].split(".")[0] in gone:
            continue
        source = link["from"]
        while source.split(".")[0] in gone:
            source = above[source.split(".")[0]]
        links.append({"from": source, "to": link["to"]})
    graph["nodes"] = [node for node in graph["nodes"] if node["id"] not in gone]
    graph["links"] = links
    path = work / "steady.feedline"
    path.write_text(json.dumps(graph), encoding="utf-8")
    return path


def fashion_mnist(data: Path | None) -> list[str]:
    """The parameters of example:idx that name the four files. Unavailable: they are not there."""
    names = {"source.images": "train-images-idx3-ubyte", "source.labels": "train-labels-idx1-ubyte",
             "validation.images": "t10k-images-idx3-ubyte", "validation.labels": "t10k-labels-idx1-ubyte"}
    if data is None:
        places = [folder / "shared/data" for folder in (ROOT, *ROOT.parents)]
    else:
        places = [data]
    for place in places:
        found = {param: next((p for p in sorted(place.glob(f"fashion-mnist/{name}*")) if p.is_file()), None)
                 for param, name in names.items()}
        if all(found.values()):
            return [f"{param}={path}" for param, path in found.items()]
    raise Unavailable("Fashion-MNIST is not there (--data FOLDER, which has fashion-mnist/train-images-idx3-ubyte.gz)")
