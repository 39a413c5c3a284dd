#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""One of four ranks is really slow: it is stopped for a part of the time. The verdict names it, and nobody takes it for
dead.

As a program it slows down any process, such as one rank of a run that the window shows, until that ends or Ctrl-C:

    python3 tests/bench/ranks/slow.py PID [--stopped 45] [--period 60]      milliseconds
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import socket
import sys
import threading
import time
from pathlib import Path

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    __package__ = "ranks"

from .claims import Report, Unavailable
from .graphs import TWO_PROCESSES, with_values
from .processes import Process, Starter, read_json, wait_for
from .settings import Settings

SIZE = 4
# Shorter than what Feedline takes for a stop that does not count (100 ms, core/base/suspension.cpp): to the others it
# is a rank on a quarter of a core. More, since four ranks on two cores have half of one each anyway.
STOPPED = 0.045
PERIOD = 0.06
PATIENCE = 5  # seconds of silence after which a rank counts as lost: sooner than usual
LIMIT = 600.0
GRAPH = ["source.count=400", "source.size=48", "batch.size=48", "trainer.workers=1"]


class SlowDown(threading.Thread):
    """Stops a process for so many seconds of each period. It goes on at the end, whatever happened."""

    def __init__(self, pid: int, stopped: float = STOPPED, period: float = PERIOD):
        super().__init__(daemon=True)
        self.pid, self.stopped, self.period = pid, stopped, period
        self.over = threading.Event()
        self.stops = 0

    def __enter__(self) -> SlowDown:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()

    def send(self, number: int) -> bool:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def run(self) -> None:
        try:
            while not self.over.is_set() and self.send(signal.SIGSTOP):
                self.stops += 1
                time.sleep(self.stopped)
                if not self.send(signal.SIGCONT):
                    break
                self.over.wait(self.period - self.stopped)
        finally:
            self.send(signal.SIGCONT)


def recorded_verdict(starter: Starter, rank: Process) -> dict:
    """Of the run that rank 0 says it has recorded."""
    number = re.search(r"recorded as run (\d+)", rank.said)
    if number is None:
        raise Unavailable(f"rank 0 has recorded nothing: {rank.complaint}")
    path = starter.work / f"{starter.count + 1:04}-record.json"
    starter.finish("record", ["runs", "show", number[1], "--json", str(path)], 60)
    return read_json(path).get("verdict") or {}


def faults_of(ranks: list[Process], report: dict, verdict: dict, victim: int) -> list[str]:
    """Unavailable: other programs had the cores, of which the verdict speaks first."""
    wrong = [f"{rank.name} ended with {rank.code}: {rank.complaint}" for rank in ranks if rank.code != 0]
    if wrong:
        return wrong
    text = verdict.get("text", "")
    if verdict.get("kind") == "contention":
        raise Unavailable(text)
    if verdict.get("kind") != "straggling_rank":
        wrong.append(f"the verdict is {verdict.get('kind')}: {text}")
    if f"Rank {victim} on {socket.gethostname()} holds the others up" not in text:
        wrong.append(f"it does not name rank {victim}: {text}")
    if "Its step is to blame" not in text:
        wrong.append(f"it does not blame the step: {text}")
    if text and text not in ranks[0].said:
        wrong.append("rank 0 does not say on standard error what is recorded")
    if len({rank["steps"] for rank in report.get("ranks", [])}) != 1:
        wrong.append("ranks made different numbers of steps")
    return wrong


def one_round(starter: Starter, steps: int, victim: int) -> tuple[list[str], str]:
    """What is wrong, and what was measured."""
    path = starter.work / f"slow-{starter.count}.json"
    words = ["run", str(TWO_PROCESSES), "--epochs", "100000", "--max-steps", str(steps), "--no-checkpoints",
             *with_values(GRAPH)]
    ranks = starter.ranks(SIZE, words, each=[["--json", str(path)], *([["--no-record"]] * (SIZE - 1))],
                          variables=[{"FEEDLINE_PATIENCE": str(PATIENCE), "LOCAL_WORLD_SIZE": str(SIZE)}] * SIZE)
    with SlowDown(ranks[victim].pid) as slow:
        left = wait_for(ranks, LIMIT)
    if left:
        return [f"{rank.name} still runs after {LIMIT:g} s" for rank in left], ""
    if any(rank.code != 0 for rank in ranks):
        return faults_of(ranks, {}, {}, victim), ""
    report, verdict = read_json(path), recorded_verdict(starter, ranks[0])
    waits = report["collective"]["exposed_s"] / (report["samples"] / report["samples_per_s"])
    measured = (f"rank {victim} stopped {slow.stops} times in {report['samples'] / report['samples_per_s']:.1f} s, "
                f"rank 0 waits {waits:.0%} of its time")
    return faults_of(ranks, report, verdict, victim), measured


def run(starter: Starter, settings: Settings) -> Report:
    report = Report(f"A slow rank: one of {SIZE} is stopped {1e3 * STOPPED:.0f} ms of each {1e3 * PERIOD:.0f}")
    moments = random.Random(settings.seed)
    steps = min(settings.steps, 150) if settings.short else settings.steps
    tried = good = 0
    for number in range(settings.rounds):
        try:
            wrong, measured = one_round(starter, steps, moments.randrange(SIZE))
        except Unavailable as why:
            report.leave_out(f"round {number + 1}: {why}")
            starter.end_all()
            continue
        tried += 1
        good += not wrong
        for what in wrong:
            report.add(f"round {number + 1}", what, "", False)
        if measured:
            report.add(f"round {number + 1}", measured)
        starter.end_all()
    report.add("the verdict names it, its step, and nobody is lost", f"{good} of {tried}", "straggling_rank",
               good == tried > 0)
    return report


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="ranks/slow.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pid", type=int, help="the process to slow down")
    parser.add_argument("--stopped", type=float, default=1e3 * STOPPED, help="ms of each period (default 45)")
    parser.add_argument("--period", type=float, default=1e3 * PERIOD, help="ms (default 60)")
    options = parser.parse_args(arguments)
    if not 0 < options.stopped < options.period:
        parser.error("--stopped must be above 0 and below --period")
    slow = SlowDown(options.pid, options.stopped / 1e3, options.period / 1e3)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with slow:
            while slow.is_alive():
                slow.join(0.2)
    except KeyboardInterrupt:
        pass
    print(f"stopped {slow.stops} times")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
