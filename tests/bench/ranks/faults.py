# SPDX-License-Identifier: GPL-3.0-or-later
"""A rank that dies, hangs or is cut off ends the run on every rank, which say who it was; the last checkpoint stands."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from .claims import Report, Unavailable
from .graphs import TWO_PROCESSES, with_values
from .network import ADDRESSES, TwoMachines
from .processes import LOST_LIMIT, Process, Starter, children_of, wait_for
from .settings import Settings

SIZE = 3
FAILED = 3
# Goes on until something happens to it; a checkpoint comes soon.
ENDLESS = ["--epochs", "100000", "--checkpoint-every", "20steps",
           *with_values(["source.count=400", "source.size=48", "batch.size=48", "trainer.workers=1"])]


def words(checkpoints: Path) -> list[str]:
    return ["run", str(TWO_PROCESSES), *ENDLESS, "--checkpoints", str(checkpoints), "--no-record"]


def await_checkpoint(ranks: list[Process], checkpoints: Path, known: set[Path] | None = None, limit: float = 120) -> None:
    """Until there is one beside those that are known."""
    deadline = time.monotonic() + limit
    while not set(checkpoints.glob("*.safetensors")) - (known or set()):
        for rank in ranks:
            if rank.look():
                raise Unavailable(f"{rank.name} ended before anything was done to it: {rank.complaint}")
        if time.monotonic() > deadline:
            raise Unavailable(f"no checkpoint within {limit:g} s")
        time.sleep(0.05)


def faults_of(survivor: Process, named: list[int], hosts: list[str]) -> list[str]:
    """What is wrong with how a rank ended that had to end by itself."""
    if survivor.ended_at is None:
        return [f"{survivor.name} still runs {LOST_LIMIT:g} s later"]
    wrong = []
    if survivor.code != FAILED:
        wrong.append(f"{survivor.name} ended with {survivor.code}: {survivor.complaint}")
    if not any(f"rank {rank} on host {hosts[rank]}" in survivor.said for rank in named):
        wrong.append(f"{survivor.name} does not name rank {' or '.join(map(str, named))}: {survivor.complaint}")
    return wrong


def loads(starter: Starter, checkpoints: Path) -> list[str]:
    try:
        starter.finish("evaluate", ["evaluate", str(checkpoints)], 120)
    except Unavailable as why:
        return [f"the last checkpoint: {why}"]
    return []


class Round:
    """One run, one fault."""

    def __init__(self, starter: Starter, name: str, number: int, moments: random.Random):
        self.starter, self.moments = starter, moments
        self.checkpoints = starter.work / f"faults-{name}-{number}"
        shutil.rmtree(self.checkpoints, ignore_errors=True)
        self.seconds = 0.0

    def at_random(self, ranks: list[Process]) -> None:
        await_checkpoint(ranks, self.checkpoints)
        time.sleep(self.moments.uniform(0, 3))

    def await_end(self, survivors: list[Process], since: float) -> None:
        wait_for(survivors, LOST_LIMIT - (time.monotonic() - since))
        self.seconds = max((rank.ended_at or time.monotonic()) - since for rank in survivors)

    def by_signal(self, number: int) -> list[str]:
        """A rank is killed or stopped. One that was stopped goes on later, and ends too."""
        ranks = self.starter.ranks(SIZE, words(self.checkpoints))
        self.at_random(ranks)
        victim = self.moments.randrange(SIZE)
        survivors = [rank for place, rank in enumerate(ranks) if place != victim]
        ranks[victim].send(number)
        since = time.monotonic()
        self.await_end(survivors, since)
        hosts = [socket.gethostname()] * SIZE
        wrong = [fault for rank in survivors for fault in faults_of(rank, [victim], hosts)]
        if number == signal.SIGSTOP:
            ranks[victim].send(signal.SIGCONT)
            if not ranks[victim].wait(LOST_LIMIT):
                wrong.append(f"rank {victim}, which goes on, still runs {LOST_LIMIT:g} s later")
            elif ranks[victim].code != FAILED:
                wrong.append(f"rank {victim}, which went on, ended with {ranks[victim].code}")
        return wrong + loads(self.starter, self.checkpoints)

    def under_launch(self, number: int) -> list[str]:
        """The same to a child of `launch`, which ends all, the stopped one too."""
        launcher = self.starter.start("launch", ["launch", "--nproc", str(SIZE), *words(self.checkpoints)[1:]])
        self.at_random([launcher])
        children = sorted(children_of(launcher.pid))
        if len(children) != SIZE:
            return [f"launch has {len(children)} processes in place of {SIZE}"]
        victim = self.moments.randrange(SIZE)
        os.kill(children[victim], number)
        since = time.monotonic()
        self.await_end([launcher], since)
        wrong = faults_of(launcher, [victim], [socket.gethostname()] * SIZE)
        left = [child for child in children if Path(f"/proc/{child}").exists()]
        if launcher.ended_at is not None and left:
            wrong.append(f"{len(left)} processes outlive launch")
        return wrong + loads(self.starter, self.checkpoints)

    def by_cut(self, machines: TwoMachines) -> list[str]:
        """Ranks 0 and 1 are on one machine, rank 2 on the other; the cable between them is pulled at one end."""
        machines.set_link("up")
        places = [0, 0, 1]
        ranks = self.starter.ranks(
            SIZE, words(self.checkpoints), address=ADDRESSES[0], port=29500,
            variables=[{"LOCAL_RANK": local, "LOCAL_WORLD_SIZE": size} for local, size in (("0", "2"), ("1", "2"), ("0", "1"))],
            before=[machines.on(place) for place in places])
        self.at_random(ranks)
        machines.set_link("down", (self.moments.randrange(2),))
        since = time.monotonic()
        self.await_end(ranks, since)
        hosts = ["machine-a", "machine-a", "machine-b"]
        wrong = []
        for place, rank in zip(places, ranks):
            others = [other for other, its in enumerate(places) if its != place]
            wrong += faults_of(rank, others, hosts)
        return wrong + loads(self.starter, self.checkpoints)


def campaign(report: Report, starter: Starter, settings: Settings, name: str, text: str,
             fault: Callable[[Round], list[str]]) -> None:
    moments = random.Random(settings.seed)
    slowest, good = 0.0, 0
    for number in range(settings.rounds):
        one = Round(starter, name, number, moments)
        wrong = fault(one)
        slowest = max(slowest, one.seconds)
        good += not wrong
        for what in wrong:
            report.add(f"{text}, round {number + 1}", what, "", False)
        starter.end_all()
        shutil.rmtree(one.checkpoints, ignore_errors=True)
    report.add(text, f"{good} of {settings.rounds}, the last rank after {slowest:.1f} s",
               f"exit 3 and named in {LOST_LIMIT:g} s, checkpoint loads", good == settings.rounds)


def run(starter: Starter, settings: Settings) -> Report:
    report = Report(f"Faults: {SIZE} ranks, something happens to one of them at a random moment")
    campaign(report, starter, settings, "kill", "SIGKILL", lambda one: one.by_signal(signal.SIGKILL))
    campaign(report, starter, settings, "stop", "SIGSTOP", lambda one: one.by_signal(signal.SIGSTOP))
    campaign(report, starter, settings, "launch-kill", "SIGKILL under launch",
             lambda one: one.under_launch(signal.SIGKILL))
    campaign(report, starter, settings, "launch-stop", "SIGSTOP under launch",
             lambda one: one.under_launch(signal.SIGSTOP))
    try:
        with TwoMachines() as machines:
            campaign(report, starter, settings, "cut", f"network cut ({machines.link})",
                     lambda one: one.by_cut(machines))
    except Unavailable as why:
        report.leave_out(f"network cut: {why}")
    return report
