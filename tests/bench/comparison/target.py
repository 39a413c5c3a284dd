# SPDX-License-Identifier: GPL-3.0-or-later
"""Wall time until the same model, on the same pictures and cores, first has an accuracy on the test pictures."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path

from .contests import FEEDLINE, Surroundings
from .measure import Unavailable, say
from .techniques import LOADERS, Loader, idx_graph, write_graph

PYTORCH = "PyTorch"
WANTED = 0.9
AT_LEAST = 2.0


@dataclass(frozen=True)
class Reached:
    """One training: seconds and epochs until the accuracy was there, None where it never was; the best it had, and the
    seconds that it took in all."""

    seconds: float | None
    epochs: int
    best: float
    spent: float


@dataclass(frozen=True)
class TimeToTarget:
    """Both sides with each seed."""

    wanted: float
    loader: str
    pytorch: list[Reached]
    feedline: list[Reached]

    @property
    def is_bound(self) -> bool:
        """Some of PyTorch's never came there, and would have taken longer than they were given."""
        return any(run.seconds is None for run in self.pytorch)

    @property
    def ratio(self) -> float | None:
        """Of the mean times; at least that, where is_bound. None unless each of Feedline's came there."""
        ours = [run.seconds for run in self.feedline]
        if None in ours:
            return None
        theirs = [run.spent if run.seconds is None else run.seconds for run in self.pytorch]
        return statistics.mean(theirs) / statistics.mean(ours)


def reached(accuracies: list[float], seconds: list[float], wanted: float) -> Reached:
    """`seconds`: those of each epoch, its validation included."""
    total = 0.0
    for number, (accuracy, taken) in enumerate(zip(accuracies, seconds), 1):
        total += taken
        if accuracy >= wanted:
            return Reached(total, number, max(accuracies), sum(seconds))
    return Reached(None, len(accuracies), max(accuracies, default=0.0), total)


def time_to_target(around: Surroundings, seconds: float, seeds: int, epochs: int, wanted: float) -> TimeToTarget:
    graph = write_graph(around, idx_graph(around), "target")
    loader = best_loader(around, graph, max(seconds / 2, 0.5))
    sides: dict[str, list[Reached]] = {FEEDLINE: [], PYTORCH: []}
    for seed in range(1, seeds + 1):
        run = ["--epochs", str(epochs), "--seed", str(seed)]
        # Each of both first now and then: a busy moment of the machine hits both.
        for side in (FEEDLINE, PYTORCH) if seed % 2 else (PYTORCH, FEEDLINE):
            found = (feedline_run(around, graph, run, wanted) if side == FEEDLINE
                     else torch_run(around, loader.training(around, graph), run, wanted))
            sides[side].append(found)
            say(f"  target, seed {seed}: {side}: {words(found)}")
    return TimeToTarget(wanted, loader.title, sides[PYTORCH], sides[FEEDLINE])


def best_loader(around: Surroundings, graph: Path, seconds: float) -> Loader:
    rates = {}
    for loader in LOADERS:
        rates[loader] = around.torch.measure(loader.training(around, graph), seconds).rate
        say(f"  target: trying {loader.title}: {rates[loader]:,.0f}/s")
    return max(rates, key=lambda loader: rates[loader])


def feedline_run(around: Surroundings, graph: Path, run: list[str], wanted: float) -> Reached:
    report = around.feedline.json(["run", str(graph), "--device", "cpu", "--no-record", "--no-checkpoints", *run])
    if report["result"] != "completed":
        raise Unavailable(f"the run ended as {report['result']}")
    epochs = report["epochs"]
    return reached([epoch["val_accuracy"] for epoch in epochs], [epoch["wall_s"] for epoch in epochs], wanted)


def torch_run(around: Surroundings, training: list[str], run: list[str], wanted: float) -> Reached:
    report = around.torch.json([*training, "--test-images", str(around.grey.test_images), "--test-labels",
                                str(around.grey.test_labels), "--until", str(wanted), *run])
    return reached(report["val_accuracy"], report["wall_s"], wanted)


def words(run: Reached) -> str:
    if run.seconds is None:
        return f"not in {run.epochs} epochs (best {run.best * 100:.1f} %)"
    return f"{run.seconds:.1f} s, {run.epochs} epochs"


def target_table(found: TimeToTarget) -> str:
    lines = [f"Time to {found.wanted * 100:g} % on the test pictures, the same CNN, loss, optimiser and batch size",
             f"  {'seed':>4}  {found.loader:<36}  {FEEDLINE}"]
    for seed, (theirs, ours) in enumerate(zip(found.pytorch, found.feedline), 1):
        lines.append(f"  {seed:>4}  {words(theirs):<36}  {words(ours)}")
    if found.ratio is None:
        lines.append("  no ratio: not every training of Feedline came there")
    else:
        verdict = "reached" if found.ratio >= AT_LEAST else "not known" if found.is_bound else "NOT REACHED"
        bound = " or more (some of PyTorch's never came there)" if found.is_bound else ""
        lines.append(f"  PyTorch's mean / Feedline's  {found.ratio:.2f}{bound}  at least {AT_LEAST:.2f}: {verdict}")
    return "\n".join(lines) + "\n"
