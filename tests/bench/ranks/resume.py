# SPDX-License-Identifier: GPL-3.0-or-later
"""A run goes on from its checkpoints with as many ranks, with others, and by itself after a rank was killed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path

from .claims import Report, Unavailable
from .equal import first_difference
from .faults import await_checkpoint
from .graphs import SMALL, TWO_PROCESSES, steady, with_values
from .processes import Starter, children_of, losses, read_json
from .settings import Settings

EPOCHS = 4
RESTARTED_EPOCHS = 30  # long enough to be killed in


def fresh(starter: Starter, name: str) -> Path:
    folder = starter.work / name
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def farthest(one: list[dict], other: list[dict]) -> float:
    """Of the losses of each epoch, as a share."""
    pairs = [(a[key], b[key]) for a, b in zip(one, other) for key in ("train_loss", "val_loss")]
    return max(abs(a - b) / abs(a) for a, b in pairs)


def parts(starter: Starter, name: str, graph: Path, sizes: list[int], steps: list[int | None]) -> dict:
    """One run in parts of so many ranks, each as far as so many steps; the JSON of the last."""
    folder = fresh(starter, name)
    report: dict = {}
    for size, last in zip(sizes, steps):
        words = ["launch", "--nproc", str(size), str(graph), "--epochs", str(EPOCHS), *with_values(SMALL),
                 "--checkpoints", str(folder), "--resume", *(["--max-steps", str(last)] if last else [])]
        report = starter.trained(f"{name}-{size}", words)
    shutil.rmtree(folder, ignore_errors=True)
    return report


def restarted(report: Report, starter: Starter, settings: Settings) -> None:
    moments = random.Random(settings.seed)
    words = [str(TWO_PROCESSES), "--epochs", str(RESTARTED_EPOCHS), *with_values(SMALL)]
    undisturbed = starter.trained("undisturbed", ["launch", "--nproc", "2", *words])
    for kills in (1, 2):
        folder = fresh(starter, f"restarts-{kills}")
        path = starter.work / f"restarts-{kills}.json"
        launcher = starter.start("restarts", ["launch", "--nproc", "2", "--restarts", "2", *words, "--checkpoints",
                                              str(folder), "--checkpoint-every", "10steps", "--json", str(path),
                                              "--no-record"])
        known: set[Path] = set()
        for _ in range(kills):
            await_checkpoint([launcher], folder, known)
            time.sleep(moments.uniform(0, 0.3))
            known |= set(folder.glob("*.safetensors"))
            children = children_of(launcher.pid)
            os.kill(children[moments.randrange(len(children))], signal.SIGKILL)
            # Checkpoints that were on their way are none of the next start.
            while not launcher.look() and any(Path(f"/proc/{child}").exists() for child in children):
                time.sleep(0.05)
            known |= set(folder.glob("*.safetensors"))
        text = f"--restarts 2, killed {'once' if kills == 1 else 'twice'}"
        if not launcher.wait(240):
            report.add(text, "still runs after 240 s", "", False)
            continue
        again = launcher.said.count("starting all ranks again")
        if launcher.code != 0:
            report.add(text, f"exit code {launcher.code}: {launcher.complaint}", "exit code 0", False)
            continue
        different = first_difference(losses(undisturbed), losses(read_json(path)))
        report.add(text, different or f"started again {again} times, all losses equal", "the bytes of an undisturbed run",
                   not different and again == kills)
        shutil.rmtree(folder, ignore_errors=True)


def run(starter: Starter, settings: Settings) -> Report:
    report = Report("Resume: checkpoints of ranks")
    graph = steady(starter.work)
    whole = starter.trained("whole-4", ["launch", "--nproc", "4", str(TWO_PROCESSES), "--epochs", str(EPOCHS),
                                        *with_values(SMALL)])
    parted = parts(starter, "same", TWO_PROCESSES, [4, 4], [10, None])
    different = first_difference(losses(whole), losses(parted))
    report.add("4 ranks, stopped and resumed by 4", different or "all losses equal", "the bytes of a run in one piece",
               not different)

    whole = starter.trained("steady-4", ["launch", "--nproc", "4", str(graph), "--epochs", str(EPOCHS), *with_values(SMALL)])
    parted = parts(starter, "changing", graph, [4, 2, 4], [9, 18, None])
    if len(parted["epochs"]) != EPOCHS:
        report.add("4, then 2, then 4 ranks", f"{len(parted['epochs'])} epochs", f"{EPOCHS}", False)
    else:
        apart = farthest(losses(whole), losses(parted))
        report.add("4, then 2, then 4 ranks, without random layers", f"losses differ by {apart:.1e} of themselves",
                   "1e-3 at most", apart <= 1e-3)
    parted = parts(starter, "random", TWO_PROCESSES, [4, 2, 4], [9, 18, None])
    values = [epoch["train_loss"] for epoch in parted["epochs"]]
    report.add("4, then 2, then 4 ranks, with batch norm, dropout and crops", ", ".join(f"{v:.3f}" for v in values),
               "falls", len(values) == EPOCHS and values[-1] < values[0])
    try:
        restarted(report, starter, settings)
    except Unavailable as why:
        report.add("--restarts 2", str(why), "", False)
    return report
