#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each training technique does to the CNN of idx.feedline on Fashion-MNIST: the table of resources/help/training.md.

One `feedline-cli study` a technique, which trains with several seeds and finds the time to an accuracy. Techniques come in
the order of their table until the budget would not hold the next one; the rest is named.

    cmake --preset bench && cmake --build --preset bench --target feedline-cli
    tests/bench/technique_table.py --markdown table.md       # 20 minutes on two cores
    tests/bench/technique_table.py --quick                   # only to see that all works
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from comparison import machine
from comparison import techniques as all_techniques
from comparison.contests import Surroundings
from comparison.data import fashion_mnist
from comparison.main import ROOT
from comparison.measure import Unavailable, say
from comparison.programs import Feedline, HandLoop, PyTorch
from comparison.techniques import Technique, changed, idx_graph, write_graph

AUGMENTATION = Technique("augmentation", "crop and flip", "`pad_random_crop` (2) and `horizontal_flip` (0.1)")
# The most telling first: a small budget leaves out the last ones.
ROWS = (
    all_techniques.NONE, all_techniques.ONE_CYCLE, all_techniques.COSINE, AUGMENTATION, all_techniques.EMA,
    all_techniques.SMOOTHING, all_techniques.DROPOUTS, all_techniques.ADAMW, all_techniques.MIXUPS,
    all_techniques.CUTOUTS, all_techniques.CLIP, all_techniques.ACCUMULATE, all_techniques.CUTMIXES,
    all_techniques.L2, all_techniques.L1, all_techniques.SPATIALS, all_techniques.ALL,
)


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, with the half width of its 95 % interval; none of one seed."""

    mean: float
    interval: float | None

    @staticmethod
    def of(found: dict | None) -> Estimate | None:
        if not found or found.get("mean") is None:
            return None
        ends = found.get("interval")
        return Estimate(found["mean"], (ends[1] - ends[0]) / 2 if ends else None)

    def text(self, scale: float, digits: int) -> str:
        spread = "" if self.interval is None else f" ± {self.interval * scale:.{digits}f}"
        return f"{self.mean * scale:.{digits}f}{spread}"


@dataclass(frozen=True)
class Row:
    technique: Technique
    seeds: int
    reached: int  # seeds that came to the target
    to_target: Estimate | None
    samples: Estimate | None  # to the target: what does not depend on the machine
    accuracy: Estimate | None
    wall: Estimate | None


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="technique_table.py", description=__doc__.split("\n\n")[0])
    parser.add_argument("--epochs", type=int, default=5, help="of each training (default 5)")
    parser.add_argument("--seeds", type=int, default=3, help="of each technique (default 3)")
    parser.add_argument("--budget-minutes", type=float, default=25, help="of all together (default 25)")
    parser.add_argument("--target", type=float, default=0.9, help="accuracy on the test pictures (default 0.9)")
    parser.add_argument("--only", default="", help=f"some of: {', '.join(row.key for row in ROWS)}")
    parser.add_argument("--quick", action="store_true", help="few small pictures, one epoch, two seeds")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what the studies found too")
    parser.add_argument("--build", type=Path, default=ROOT / "build/bench", help="build tree (default build/bench)")
    parser.add_argument("--mnist", type=Path, default=ROOT.parent / "shared/data/fashion-mnist",
                        help="folder with the four IDX files; without it pictures are made")
    options = parser.parse_args(arguments)
    options.only = [key.strip() for key in options.only.split(",") if key.strip()]
    unknown = [key for key in options.only if key not in {row.key for row in ROWS}]
    if unknown:
        parser.error(f"--only: there is no '{unknown[0]}'")
    if min(options.epochs, options.seeds) < 1 or options.budget_minutes <= 0:
        parser.error("--epochs, --seeds and --budget-minutes must be positive")
    if options.quick:
        options.epochs, options.seeds, options.target = 1, 2, 0.2
    elif options.seeds < 2:
        parser.error("--seeds: a study compares at least two runs")
    return options


def surroundings(options: argparse.Namespace) -> Surroundings:
    work = options.build / "techniques"
    (work / "cache").mkdir(parents=True, exist_ok=True)
    return Surroundings(
        feedline=Feedline(options.build / "core/feedline-cli", work / "cache"), hand=HandLoop(work), torch=PyTorch(None),
        photos=work, grey=fashion_mnist(options.mnist, work), examples=ROOT / "resources/examples", work=work,
        cores=machine.cores(), epochs=options.epochs)


def graph_of(around: Surroundings, technique: Technique, quick: bool) -> Path:
    graph = changed(idx_graph(around, augmented=technique is AUGMENTATION), technique)
    if quick:  # the small pictures that Feedline paints for its example
        for node, part in (("source", "training"), ("validation", "test")):
            all_techniques.node_of(graph, node)["params"] = {"images": f"example:{part}-images",
                                                             "labels": f"example:{part}-labels"}
    return write_graph(around, graph, f"table-{technique.key}")


def study(around: Surroundings, technique: Technique, options: argparse.Namespace) -> dict:
    path = graph_of(around, technique, options.quick)
    return around.feedline.json([
        "study", str(path), "--seeds", str(options.seeds), "--seed", "1", "--target", f"val_accuracy={options.target}",
        "--set", f"trainer.epochs={options.epochs}", "--device", "cpu", "--no-record", "--name", technique.key])


def row_of(technique: Technique, found: dict) -> Row:
    if found["end"] != "complete":
        raise Unavailable(f"the study of {technique.key} ended as {found['end']}")
    setting = found["settings"][0]
    reached = int(setting["reached"])
    # The mean over all seeds or none: over those that came there it would praise what comes there seldom.
    to_target, samples = (Estimate.of(setting[key]) if reached == found["seeds"] else None
                          for key in ("target_wall_s", "target_samples"))
    return Row(technique, found["seeds"], reached, to_target, samples, Estimate.of(setting["value"]),
               Estimate.of(setting["wall_s"]))


def line(row: Row, plain: Row, options: argparse.Namespace) -> str:
    target = row.to_target.text(1, 1) + " s" if row.to_target else f"{row.reached} of {row.seeds} seeds came there"
    samples = row.samples.text(1e-3, 0) + " k" if row.samples else "-"
    accuracy = row.accuracy.text(100, 2) + " %" if row.accuracy else "-"
    epoch = row.wall.mean / options.epochs if row.wall else None
    cost = "-"
    if epoch is not None:
        cost = f"{epoch:.1f} s"
        if row is not plain and plain.wall:
            cost += f" ({(row.wall.mean / plain.wall.mean - 1) * 100:+.0f} %)"
    return f"| {row.technique.title} | {row.technique.switch or '-'} | {target} | {samples} | {accuracy} | {cost} |"


def markdown(rows: list[Row], left_out: list[str], options: argparse.Namespace, around: Surroundings) -> str:
    pictures = "pictures that Feedline paints" if options.quick else (
        "made pictures" if around.grey.made else "Fashion-MNIST")
    head = (f"The CNN of the idx example on {pictures}, {options.epochs} epochs, batches of {all_techniques.BATCH}, "
            f"{machine.processor()}, {machine.cores()} cores; mean over {options.seeds} seeds with its 95 % interval. "
            "An epoch's time includes validation.\n\n"
            f"| Technique | Switched on by | Time to {options.target * 100:g} % | Samples till then "
            f"| Accuracy after {options.epochs} epochs | An epoch |\n|---|---|---|---|---|---|\n")
    text = head + "\n".join(line(row, rows[0], options) for row in rows) + "\n"
    if left_out:
        text += f"\nNot measured, for want of time: {', '.join(left_out)}.\n"
    return text


def measure(options: argparse.Namespace, around: Surroundings) -> tuple[list[Row], list[str], dict[str, dict]]:
    rows: list[Row] = []
    left_out: list[str] = []
    studies: dict[str, dict] = {}
    begin, longest = time.monotonic(), 0.0
    wanted = [row for row in ROWS if not options.only or row.key in options.only or row is all_techniques.NONE]
    for number, technique in enumerate(wanted, 1):
        spent = time.monotonic() - begin
        if spent + longest > options.budget_minutes * 60:
            left_out.append(technique.title)
            continue
        say(f"{number} of {len(wanted)}: {technique.title} ({spent / 60:.1f} min so far, load {machine.load()[0]})")
        found = study(around, technique, options)
        longest = max(longest, time.monotonic() - begin - spent)
        studies[technique.key] = found
        rows.append(row_of(technique, found))
    return rows, left_out, studies


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    try:
        around = surroundings(options)
        rows, left_out, studies = measure(options, around)
    except Unavailable as why:
        say(f"technique_table.py: {why}")
        return 2
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    text = markdown(rows, left_out, options, around)
    print(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps({"machine": machine.describe(), "studies": studies}, indent=1) + "\n",
                                encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
