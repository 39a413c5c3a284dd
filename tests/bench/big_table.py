#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table that is larger than what one keeps in memory: how fast its rows are found, and what stays resident.

Makes a CSV file of --megabytes (2000) by repeating the rows of adult with other numbers, and prints, from the page
cache: what `wc -l` takes for it, what Feedline takes to find its rows (a start without the index beside one that has
it), what the first opening takes, which looks at all columns besides, and the peak resident size of `profile` beside
that of the same for a file of 20 MB. The files are deleted. 2 GB take three minutes on two cores.

    tests/bench/big_table.py --build build/bench --megabytes 2000
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SMALL_MEGABYTES = 20
INDEXED_AT_LEAST = 1e9  # bytes a second
RESIDENT_AT_MOST = 1.05  # of what the small file needs
VARIED = 2  # the column of numbers that differ from row to row


class Failed(Exception):
    """A program did not do its work; the text is its last line."""


@dataclass(frozen=True)
class Ran:
    seconds: float
    peak_bytes: int  # VmHWM, as wait4() reports it
    output: str


def run(command: list[str], environment: dict[str, str] | None = None) -> Ran:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as complaints:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=complaints, env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(process.pid, 0)
        taken = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            complaints.seek(0)
            lines = [line for line in complaints.read().splitlines() if line.strip()]
            raise Failed(f"{Path(command[0]).name}: {lines[-1] if lines else f'exit code {process.returncode}'}")
        out.seek(0)
        return Ran(taken, usage.ru_maxrss * 1024, out.read())


def write_table(seed: Path, path: Path, megabytes: int) -> None:
    """No two rows are alike, so that neither the file system nor anybody else can make it smaller."""
    rows = [line.split(",") for line in seed.read_text(encoding="utf-8").splitlines() if line.strip()]
    before = [",".join(row[:VARIED]) + "," for row in rows]
    behind = ["," + ",".join(row[VARIED + 1 :]) + "\n" for row in rows]
    numbers = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        left = megabytes * 1_000_000
        while left > 0:
            block = "".join(a + str(numbers.randrange(10_000, 1_500_000)) + b for a, b in zip(before, behind))
            left -= file.write(block if len(block) <= left else block[: block.index("\n", left - 1) + 1])


def write_graph(table: Path, path: Path) -> Path:
    """The numbers of the table and a learner that costs nothing; nothing has to be learnt before the first batch."""
    nodes = [("source", "csv", {"file": str(table), "header": "no"}), ("shuffle", "shuffle", {}),
             ("numbers", "choose_columns", {"types": "numbers"}), ("features", "features", {"missing": "keep"}),
             ("batch", "batch", {"size": 256}), ("learner", "boosted_trees", {}),
             ("trainer", "trainer", {"validation_split": 0.0})]
    links = [("source.row", "shuffle.sample"), ("source.label", "shuffle.label"), ("shuffle.sample", "numbers.row"),
             ("numbers.row", "features.row"), ("features.features", "batch.features"),
             ("shuffle.label", "batch.label"), ("batch.features", "learner.features"),
             ("batch.label", "learner.target"), ("learner.estimator", "trainer.estimator")]
    path.write_text(json.dumps({
        "feedline": 1, "title": table.name, "comments": [],
        "nodes": [{"id": name, "type": kind, "version": 1, "params": params, "position": [260 * place, 0]}
                  for place, (name, kind, params) in enumerate(nodes)],
        "links": [{"from": start, "to": end} for start, end in links]}), encoding="utf-8")
    return path


def warm(path: Path) -> None:
    """Into the page cache."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


class Bench:
    def __init__(self, program: Path, folder: Path, rounds: int, seconds: float):
        self.program, self.folder, self.rounds, self.seconds = program, folder, rounds, seconds
        self.environment = {"FEEDLINE_CACHE": str(folder / "cache")}

    def profile(self, graph: Path, *options: str) -> Ran:
        return run([str(self.program), "profile", str(graph), "--no-train", *options, "--json", "-"], self.environment)

    def forget(self) -> None:
        shutil.rmtree(self.folder / "cache", ignore_errors=True)

    def forget_rows(self) -> None:
        """Where they are; what the columns hold stays known."""
        kept = list((self.folder / "cache/tables").glob("*.rows"))
        if not kept:
            raise Failed("no index of rows lies in the cache folder")
        for file in kept:
            file.unlink()

    def start(self, graph: Path) -> float:
        return self.profile(graph, "--max-steps", "1").seconds

    def opening(self, graph: Path) -> tuple[float, float]:
        """Seconds to find the rows, and to open the file for the first time: starts that have to do so, less one that
        need not. The quickest of some rounds. NaN: other work on the machine took longer than that."""
        first, known, rows = [], [], []
        for _ in range(self.rounds):
            self.forget()
            first.append(self.start(graph))
            known.append(self.start(graph))
            self.forget_rows()
            rows.append(self.start(graph))
        taken = [min(times) - min(known) for times in (rows, first)]
        return tuple(seconds if seconds > 0 else math.nan for seconds in taken)

    def resident(self, graph: Path) -> tuple[int, float]:
        """Peak bytes, the start with its indexing included, and rows a second."""
        self.forget()
        ran = self.profile(graph, "--epochs", "100000", "--seconds", f"{self.seconds:g}")
        report = json.loads(ran.output)
        return ran.peak_bytes, report["samples"] / report["wall_s"]


def rate(size: int, seconds: float) -> str:
    return "  busy machine" if math.isnan(seconds) else f"{size / seconds / 1e9:6.2f} GB/s"


def verdict(reached: bool) -> str:
    return "reached" if reached else "NOT REACHED"


def measure(bench: Bench, seed: Path, megabytes: int) -> dict[str, float]:
    tables = {}
    for name, size in (("small", SMALL_MEGABYTES), ("big", megabytes)):
        table = bench.folder / f"{name}.csv"
        write_table(seed, table, size)
        warm(table)
        tables[name] = write_graph(table, bench.folder / f"{name}.feedline")
    big = bench.folder / "big.csv"
    size = big.stat().st_size
    counting = min(run(["wc", "-l", str(big)]).seconds for _ in range(bench.rounds))
    indexing, opening = bench.opening(tables["big"])
    small_peak, small_rate = bench.resident(tables["small"])
    big_peak, big_rate = bench.resident(tables["big"])
    print(f"{size / 1e6:,.0f} MB, from the page cache; the quickest of {bench.rounds}")
    print(f"  wc -l           {rate(size, counting)}")
    print(f"  Feedline index  {rate(size, indexing)}  {counting / indexing:.2f} of wc -l"
          f"  at least {INDEXED_AT_LEAST / 1e9:g} GB/s: {verdict(size / indexing >= INDEXED_AT_LEAST)}")
    print(f"  first opening   {rate(size, opening)}  rows found and columns looked at")
    print(f"  peak resident   {big_peak / 1e6:,.0f} MB beside {small_peak / 1e6:,.0f} MB for {SMALL_MEGABYTES} MB:"
          f" {big_peak / small_peak:.3f}  at most {RESIDENT_AT_MOST}: {verdict(big_peak <= RESIDENT_AT_MOST * small_peak)}")
    print(f"  rows/s          {big_rate:,.0f} beside {small_rate:,.0f}")
    return {"bytes": size, "wc_s": counting, "index_s": indexing, "opening_s": opening, "big_peak_bytes": big_peak,
            "small_peak_bytes": small_peak, "big_rows_per_s": big_rate, "small_rows_per_s": small_rate}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=2000, help="of the table (default 2000)")
    parser.add_argument("--build", type=Path, default=ROOT / "build/bench", help="build tree (default build/bench)")
    parser.add_argument("--program", type=Path, help="feedline-cli, where it is not that of the build tree")
    parser.add_argument("--adult", type=Path, default=ROOT.parent / "shared/data/tables/uci/adult-train.csv")
    parser.add_argument("--folder", type=Path, help="for the files (default: the folder for temporary ones)")
    parser.add_argument("--rounds", type=int, default=3, help="of indexing and counting (default 3)")
    parser.add_argument("--seconds", type=float, default=10, help="of each profile (default 10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    options = parser.parse_args()
    if options.megabytes < 1 or options.rounds < 1 or options.seconds <= 0:
        parser.error("--megabytes, --rounds and --seconds must be positive")
    program = options.program or options.build / "core/feedline-cli"
    for needed in (program, options.adult):
        if not needed.is_file():
            print(f"big_table.py: {needed} is not there", file=sys.stderr)
            return 2
    try:
        with tempfile.TemporaryDirectory(prefix="big-table-", dir=options.folder) as folder:
            found = measure(Bench(program, Path(folder), options.rounds, options.seconds), options.adult,
                            options.megabytes)
    except (Failed, OSError) as why:
        print(f"big_table.py: {why}", file=sys.stderr)
        return 2
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
