# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever sets the variables can start ranks; a start that cannot come to anything says why, on every rank, in time."""

from __future__ import annotations

import random
import socket
import subprocess
import time

from .claims import Report, Unavailable
from .equal import first_difference
from .graphs import SMALL, TWO_PROCESSES, with_values
from .processes import LOST_LIMIT, Process, Starter, losses, read_json, torchrun, wait_for
from .settings import Settings

FAILED = 3
RUN = ["run", str(TWO_PROCESSES), "--epochs", "1", *with_values(SMALL), "--no-record"]
MANY = 16


def ended_well(report: Report, text: str, processes: list[Process], expected: list[dict], json_at: str) -> None:
    left = wait_for(processes, 180)
    bad = [f"{one.name}: {one.code}: {one.complaint}" for one in processes if one in left or one.code != 0]
    if bad:
        report.add(text, "; ".join(bad), "exit code 0", False)
        return
    different = first_difference(expected, losses(read_json(processes[0].output.parent / json_at)))
    report.add(text, different or "trained, losses equal", "as under launch", not different)


def good_starts(report: Report, starter: Starter, settings: Settings) -> None:
    expected = losses(starter.trained("launch", ["launch", "--nproc", "2", *RUN[1:-1]]))
    ranks = starter.ranks(2, [*RUN, "--json", "script.json"])
    ended_well(report, "a script that sets five variables", ranks, expected, "script.json")

    job = random.Random(settings.seed).randrange(1, 1_000_000)
    tasks = []
    for task in range(2):
        tasks.append(starter.start(f"task{task}", [*RUN, "--json", "slurm.json"], {
            "SLURM_PROCID": str(task), "SLURM_STEP_NUM_TASKS": "2", "SLURM_LOCALID": str(task), "SLURM_NODEID": "0",
            "SLURM_STEP_TASKS_PER_NODE": "2", "SLURM_STEP_NODELIST": "localhost", "SLURM_JOB_ID": str(job),
            "SLURM_STEP_ID": "0"}))
    ended_well(report, "Slurm's variables", tasks, expected, "slurm.json")

    if subprocess.run([settings.python, "-c", "import torch.distributed.run"], capture_output=True).returncode != 0:
        report.leave_out(f"torchrun: {settings.python} has no torch.distributed")
        return
    started = starter.start("torchrun", [*RUN, "--json", "torchrun.json"],
                            before=[*torchrun(settings.python, 2), "--no_python"])
    ended_well(report, "torchrun --no-python", [started], expected, "torchrun.json")


def refused(report: Report, text: str, ranks: list[Process], words: list[str]) -> None:
    """Every rank ends in time, by itself, and says one of these words."""
    since = time.monotonic()
    left = wait_for(ranks, LOST_LIMIT)
    wrong = [f"{rank.name} still runs" for rank in left]
    for rank in ranks:
        if rank in left:
            continue
        if rank.code in (0, None) or rank.code < 0:
            wrong.append(f"{rank.name} ended with {rank.code}")
        elif "error:" not in rank.said or not any(word in rank.said for word in words):
            wrong.append(f"{rank.name} does not say why: {rank.complaint}")
    last = max((rank.ended_at or time.monotonic()) for rank in ranks) - since
    report.add(text, "; ".join(wrong) or f"all say so, the last after {last:.1f} s",
               f"a clear error on every rank in {LOST_LIMIT:g} s", not wrong)


def bad_starts(report: Report, starter: Starter) -> None:
    run = RUN
    refused(report, "a wrong secret", starter.ranks(
        3, run, variables=[{"FEEDLINE_SECRET": "a"}, {"FEEDLINE_SECRET": "a"}, {"FEEDLINE_SECRET": "b"}]), ["secret"])
    refused(report, "different graphs", starter.ranks(
        3, run, each=[[], ["--set", "conv2.filters=24"], []]), ["another graph"])
    refused(report, "different numbers of ranks", starter.ranks(
        3, run, variables=[{}, {"WORLD_SIZE": "4"}, {}]), ["WORLD_SIZE", "counts"])
    refused(report, "two ranks of one number", starter.ranks(
        3, run, variables=[{}, {}, {"RANK": "1", "LOCAL_RANK": "1"}]), ["second rank", "never came"])
    refused(report, "a rank that never comes", starter.ranks(
        3, run, variables=[{"WORLD_SIZE": "4"}] * 3), ["never came"])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(64)
        refused(report, "a port in use, by what says nothing", starter.ranks(3, run, port=taken.getsockname()[1]),
                ["in use", "cannot reach"])
    # TEST-NET-1: belongs to nobody, so that packets to it are lost or refused on the way.
    refused(report, "a MASTER_ADDR that cannot be reached", starter.ranks(
        3, run, address="192.0.2.1", port=29500), ["192.0.2.1"])
    refused(report, "a MASTER_ADDR that has no address", starter.ranks(
        3, run, address="no-such-host.invalid", port=29500), ["no-such-host.invalid"])


def many(report: Report, starter: Starter) -> None:
    """From the start to the end of a run of three steps: each rank tells of one with the next."""
    words = ["launch", "--nproc", str(MANY), str(TWO_PROCESSES), "--epochs", "1", "--max-steps", "3",
             *with_values(["source.count=500", "source.size=48", "batch.size=64"])]
    begin = time.monotonic()
    try:
        done = starter.trained("many", words, 120)
    except Unavailable as why:
        report.add(f"{MANY} processes", str(why), "", False)
        return
    took = time.monotonic() - begin
    steps = [rank["steps"] for rank in done["ranks"]]
    report.add(f"{MANY} processes: start, three steps, end", f"{took:.1f} s, {len(steps)} ranks took part",
               "under 30 s, none lost", took < 30 and len(steps) == MANY and min(steps) > 0)


def run(starter: Starter, settings: Settings) -> Report:
    report = Report("Starts: by scripts, torchrun and Slurm's variables, and those that must fail")
    good_starts(report, starter, settings)
    bad_starts(report, starter)
    many(report, starter)
    return report
