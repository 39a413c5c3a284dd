# SPDX-License-Identifier: GPL-3.0-or-later
"""What is fitted rather than trained by steps: PCA, and the learners of baselines beside the libraries' own time."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from .contests import FEEDLINE, Surroundings
from .measure import Contest, Contestant, Measurement, Ratio, Unavailable
from .tables import given as given_tables
from .techniques import write_graph

LIBRARY, WARM, SCIKIT = "the library alone", "the library alone, again and again in one process", "scikit-learn"
PEER = "sklearn_peer.py"
FITS = 5  # at least, each in a process of its own: the quickest counts, and what the machine adds varies by a third
# Rows of each: a kernel machine's time grows with their square.
LEARNERS = {"boosted_trees": 32_000, "kernel_svm": 4_000, "linear_svm": 32_000, "logistic_regression": 32_000}
COMPONENTS = 50


def array_graph(around: Surroundings, arrays: Path, learner: str, *, reduced: bool = False) -> Path:
    """Vectors and their classes, through PCA or not, to a learner."""
    nodes = [("source", "npy", {"file": str(arrays), "labels": str(arrays), "holds": "features"}),
             *([("pca", "pca", {"components": COMPONENTS})] if reduced else []),
             ("batch", "batch", {"size": 256}), ("learner", learner, {}),
             ("trainer", "trainer", {"validation_split": 0.0})]
    graph = {"feedline": 1, "title": learner, "comments": []}
    graph["nodes"] = [{"id": name, "type": kind, "version": 1, "params": params, "position": [260 * place, 0]}
                      for place, (name, kind, params) in enumerate(nodes)]
    features = "pca.features" if reduced else "source.features"
    graph["links"] = [{"from": start, "to": end} for start, end in (
        *([("source.features", "pca.features")] if reduced else []), (features, "batch.features"),
        ("source.label", "batch.label"), ("batch.features", "learner.features"), ("batch.label", "learner.target"),
        ("learner.estimator", "trainer.estimator"))]
    return write_graph(around, graph, f"learning-{learner}{'-pca' if reduced else ''}")


def first_fits(rate: Callable[[], float]) -> Callable[[float], Measurement]:
    """The quickest of several, each the only one of its process."""

    def measure(seconds: float) -> Measurement:
        rates, start = [], time.perf_counter()
        while len(rates) < FITS or time.perf_counter() - start < seconds:
            rates.append(rate())
        return Measurement(max(rates))

    return measure


def learners(around: Surroundings) -> Contest:
    table = next((table for table in given_tables(around) if table.key == "adult"), None)
    if table is None:
        raise Unavailable(f"there is no adult in {around.tables}")
    contestants, ratios = [], []
    for learner, rows in LEARNERS.items():
        arrays = around.work / f"adult-{rows}.npz"
        if not arrays.is_file():
            around.torch.json(["table", str(table.file), "--schema", table.schema, "--rows", str(rows), "--out",
                               str(arrays)], PEER)
        graph = array_graph(around, arrays, learner)
        ours, theirs = f"{FEEDLINE}, {learner}", f"{LIBRARY}, {learner}"

        def fit(graph: Path = graph) -> float:
            report = around.feedline.json(["run", str(graph), "--no-record", "--no-checkpoints", "--epochs", "1"])
            return report["samples"] / (report["step"]["add_s"] + report["step"]["fit_s"])

        def library(seconds: float, learner: str = learner, arrays: Path = arrays) -> Measurement:
            """At least one fit, as many as fit into the time."""
            return around.torch.measure([learner, str(arrays), "--threads", str(around.cores)], seconds, PEER)

        # A learner is fitted once in a process, whose threads and memory are new. What a library reaches by and by is
        # told, too.
        warm = f"{WARM}, {learner}"
        contestants += [
            Contestant(theirs, theirs, first_fits(lambda library=library: library(0).rate)),
            Contestant(ours, ours, first_fits(fit)), Contestant(warm, warm, library)]
        ratios += [Ratio(f"Feedline / {LIBRARY}, {learner}", ours, (theirs,), 0.95),
                   Ratio(f"Feedline / {LIBRARY}, warm, {learner}", ours, (warm,))]
    return Contest("learners",
                   f"Learners on adult: taking rows in and fitting, beside a fit of the library's own; the quickest of {FITS} "
                   "processes of one fit each", contestants, ratios)


def pca(around: Surroundings) -> Contest:
    arrays = around.work / "pixels.npz"
    if not arrays.is_file():
        around.torch.json(["pictures", str(around.grey.images), "--labels", str(around.grey.labels), "--out",
                           str(arrays)], PEER)
    graph = array_graph(around, arrays, "naive_bayes", reduced=True)

    def ours(_: float) -> Measurement:
        shutil.rmtree(around.work / "cache/fitted", ignore_errors=True)  # or nothing would be learnt again
        report = around.feedline.json(["profile", str(graph), "--no-train", "--max-steps", "1"])
        passes = [run for run in report["fit"] if "pca" in run["nodes"]]
        if not passes:
            raise Unavailable("nothing was fitted")
        return Measurement(passes[0]["records"] / passes[0]["wall_s"])

    def theirs(solver: str) -> Contestant:
        return Contestant(SCIKIT, f"{SCIKIT}, {solver}", lambda s: around.torch.measure([f"pca_{solver}", str(arrays)], s, PEER))

    return Contest(
        "pca",
        f"PCA of 60,000 x 784, {COMPONENTS} components: Feedline's pass, reading included, beside a fit in memory",
        [theirs("full"), theirs("randomized"), Contestant(FEEDLINE, FEEDLINE, ours)],
        [Ratio("Feedline / scikit-learn's best", FEEDLINE, (SCIKIT,), 1)],
    )


LEARNING_CONTESTS = {"pca": pca, "learners": learners}
