# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, and the way through all contests."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from . import machine, report
from .contests import CONTESTS as PLAIN_CONTESTS
from .contests import Accuracy, Surroundings, accuracy
from .data import fashion_mnist, photo_folder
from .learning import LEARNING_CONTESTS
from .measure import Contest, Standing, Unavailable, hold, say, shorten_list
from .programs import Feedline, HandLoop, PyTorch
from .tables import TABLE_CONTESTS
from .target import WANTED, target_table, time_to_target
from .techniques import TECHNIQUE_CONTESTS
from .texts import TEXT_CONTESTS
from .trainings import TRAINING_CONTESTS

ROOT = Path(__file__).resolve().parents[3]
CONTESTS = {**PLAIN_CONTESTS, **TECHNIQUE_CONTESTS, **TABLE_CONTESTS, **TEXT_CONTESTS, **TRAINING_CONTESTS,
            **LEARNING_CONTESTS}
USUAL = [*PLAIN_CONTESTS, "accuracy"]
JOBS = [*USUAL, *TECHNIQUE_CONTESTS, "target", *TABLE_CONTESTS, *TEXT_CONTESTS, *TRAINING_CONTESTS,
        *LEARNING_CONTESTS]
ROWS = ("jpeg", "cached", "grey", "train")  # of the README's table


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="compare.py",
        description="Runs PyTorch's DataLoader, loops written by hand and Feedline in turn, several rounds, and "
        "prints medians, ratios and their spread. Only ratios within one run mean something. Where a peer is not "
        "installed, its rows are left out and the table says so.",
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each contest (default 5)")
    parser.add_argument("--seconds", type=float, default=5, help="length of one measurement (default 5)")
    parser.add_argument("--only", default=",".join(USUAL),
                        help=f"some of: {', '.join(JOBS)} (default: {', '.join(USUAL)})")
    parser.add_argument("--quick", action="store_true", help="two rounds of one second: to see that all works")
    parser.add_argument("--epochs", type=int, default=3, help="of the comparison of accuracies (default 3)")
    parser.add_argument("--seeds", type=int, default=3, help="of the time to an accuracy (default 3)")
    parser.add_argument("--most-epochs", type=int, default=15, help="of the time to an accuracy (default 15)")
    parser.add_argument("--target", type=float, default=WANTED, help=f"the accuracy (default {WANTED})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON too")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table of the README too")
    parser.add_argument("--build", type=Path, default=ROOT / "build/bench", help="build tree (default build/bench)")
    parser.add_argument("--photos", type=Path, default=ROOT.parent / "shared/data/photos/flowers",
                        help="folder of JPEG photos; without it Feedline paints some")
    parser.add_argument("--mnist", type=Path, default=ROOT.parent / "shared/data/fashion-mnist",
                        help="folder with the four IDX files of MNIST or Fashion-MNIST; without it some are made")
    parser.add_argument("--tables", type=Path, default=ROOT.parent / "shared/data/tables",
                        help="folder with uci/adult-train.csv and rust-csv/bench/worldcitiespop.csv")
    parser.add_argument("--texts", type=Path, default=ROOT.parent / "shared/data/text",
                        help="folder with ag-news/test.csv and sms-spam/SMSSpamCollection")
    parser.add_argument("--mixed", type=Path, default=ROOT.parent / "shared/data/mixed",
                        help="folder with fashion-products/products.csv and its pictures")
    parser.add_argument("--python", help="a Python that has PyTorch (default: this one, else /usr/bin/python3)")
    options = parser.parse_args(arguments)
    options.only = [job.strip() for job in options.only.split(",") if job.strip()]
    unknown = [job for job in options.only if job not in JOBS]
    if unknown:
        parser.error(f"--only: there is no '{unknown[0]}'; choose from {', '.join(JOBS)}")
    if min(options.rounds, options.epochs, options.seeds, options.most_epochs) < 1 or options.seconds <= 0:
        parser.error("--rounds, --seconds, --epochs, --seeds and --most-epochs must be positive")
    if options.quick:
        options.rounds, options.seconds, options.epochs = 2, 1.0, 1
        options.seeds, options.most_epochs, options.target = 1, 1, 0.5
    return options


def painted(feedline: Feedline, work: Path) -> Path:
    """Photos that Feedline paints itself, where none are at hand."""
    say("There are no photos; Feedline paints some (once).")
    graph = json.loads((ROOT / "resources/examples/quickstart.feedline").read_text(encoding="utf-8"))
    graph["nodes"][0]["params"] = {"count": 1000, "size": 640, "quality": 90}
    path = work / "paint.feedline"
    path.write_text(json.dumps(graph), encoding="utf-8")
    feedline.json(["profile", str(path), "--no-train", "--max-steps", "1"])
    return work / "cache"


def surroundings(options: argparse.Namespace) -> Surroundings:
    work = options.build / "comparison"
    (work / "cache").mkdir(parents=True, exist_ok=True)
    feedline = Feedline(options.build / "core/feedline-cli", work / "cache")
    given = options.photos if options.photos.is_dir() else painted(feedline, work)
    return Surroundings(
        feedline=feedline,
        hand=HandLoop(options.build / "tests/bench"),
        torch=PyTorch(options.python),
        photos=photo_folder(given, work),
        grey=fashion_mnist(options.mnist, work),
        tables=options.tables,
        texts=options.texts,
        mixed=options.mixed,
        examples=ROOT / "resources/examples",
        work=work,
        cores=machine.cores(),
        epochs=options.epochs,
    )


def run_contest(key: str, around: Surroundings, options: argparse.Namespace) -> tuple[Contest, list[Standing]]:
    contest = CONTESTS[key](around)
    say(f"{contest.title} (load {machine.load()[0]})")
    shorten_list(contest, max(options.seconds / 2, 0.5))
    return contest, hold(contest, options.rounds, options.seconds)


def run_all(options: argparse.Namespace, around: Surroundings, results: dict[str, object]) -> list[str]:
    """Fills `results`, and returns the rows of the README's table."""
    contests: list[dict[str, object]] = []
    rows: list[str] = []
    results["contests"] = contests
    for key in options.only:
        try:
            if key == "accuracy":
                found: Accuracy = accuracy(around)
                results["accuracy"] = {"pytorch": found.pytorch, "feedline": found.feedline}
                print(report.accuracy_table(found), flush=True)
                continue
            if key == "target":
                reached = time_to_target(around, options.seconds, options.seeds, options.most_epochs, options.target)
                results["target"] = {**asdict(reached), "ratio": reached.ratio, "is_bound": reached.is_bound}
                print(target_table(reached), flush=True)
                continue
            contest, standings = run_contest(key, around, options)
        except Unavailable as why:
            print(f"{key}: left out: {why}\n", flush=True)
            continue
        contests.append(report.as_json(contest, standings))
        print(report.table(contest, standings), flush=True)
        if key in ROWS:
            rows.append(report.markdown_row(contest, standings))
    return rows


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    results: dict[str, object] = {"machine": machine.describe(), "rounds": options.rounds, "seconds": options.seconds}
    try:
        around = surroundings(options)
        print(f"{machine.processor()}, {machine.cores()} cores, load {machine.load()[0]}; {options.rounds} rounds of "
              f"{options.seconds:g} s, interleaved; medians, (least .. most) of the rounds' ratios\n", flush=True)
        rows = run_all(options, around, results)
    except Unavailable as why:
        say(f"compare.py: {why}")
        return 2
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    results["load_after"] = machine.load()
    if options.markdown:
        options.markdown.write_text(report.MARKDOWN_HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0
