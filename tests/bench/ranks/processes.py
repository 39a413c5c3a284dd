# SPDX-License-Identifier: GPL-3.0-or-later
"""How ranks are started and watched: the real program, with nothing but variables of the environment."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from .claims import Unavailable

LOST_LIMIT = 30.0  # seconds in which a rank ends after another was lost, or after a start that cannot come to anything
OTHERS = ("RANK", "WORLD_SIZE", "LOCAL_", "MASTER_", "GROUP_", "ROLE_", "TORCHELASTIC_", "SLURM_", "FEEDLINE_")


def clean_environment(work: Path) -> dict[str, str]:
    """This process's environment without what would make a rank of it, and with folders of the campaign's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}
    return {**kept, "FEEDLINE_CACHE": str(work / "cache"), "FEEDLINE_DATA": str(work / "record")}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def torchrun(python: str, ranks: int) -> list[str]:
    """The words of torchrun up to the program. PyTorch 1.13 under Python 3.11 fails where the output of no rank is
    redirected or doubled by rank, hence those of a rank that there is not."""
    return [python, "-m", "torch.distributed.run", "--redirects", "9:3", "--tee", "9:3", "--nproc_per_node", str(ranks),
            "--master_port", str(free_port())]


@dataclass
class Process:
    """One started program; what it says goes into files, so that no full pipe holds it up."""

    name: str
    popen: subprocess.Popen
    output: Path
    errors: Path
    ended_at: float | None = None

    @property
    def pid(self) -> int:
        return self.popen.pid

    def look(self) -> bool:
        """Whether it has ended."""
        if self.ended_at is None and self.popen.poll() is not None:
            self.ended_at = time.monotonic()
        return self.ended_at is not None

    def send(self, number: int) -> None:
        if not self.look():
            self.popen.send_signal(number)

    def wait(self, limit: float) -> bool:
        deadline = time.monotonic() + limit
        while not self.look():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    @property
    def code(self) -> int | None:
        return self.popen.returncode

    @property
    def said(self) -> str:
        return self.errors.read_text(encoding="utf-8", errors="replace")

    @property
    def complaint(self) -> str:
        """Its error line, or the last thing that it said."""
        lines = [line for line in self.said.splitlines() if line.strip()]
        return next((line for line in reversed(lines) if "error:" in line), lines[-1] if lines else "(said nothing)")


@dataclass
class Starter:
    """Starts feedline-cli in one folder, and ends at the end whatever it has started."""

    program: Path
    work: Path
    nice: int = 0
    started: list[Process] = field(default_factory=list)
    count: int = 0

    def start(self, name: str, words: list[str], variables: dict[str, str] | None = None,
              before: list[str] | None = None) -> Process:
        """`before`: words in front of the program, such as ip netns exec. They must hand over to it by exec."""
        return self.start_other(name, [*(before or []), str(self.program), *words], variables)

    def start_other(self, name: str, command: list[str], variables: dict[str, str] | None = None) -> Process:
        """Any program, with the same environment."""
        self.count += 1
        output, errors = (self.work / f"{self.count:04}-{name}.{kind}" for kind in ("out", "err"))
        environment = {**clean_environment(self.work), **(variables or {})}
        command = [*(["nice", "-n", str(self.nice)] if self.nice else []), *command]
        with open(output, "wb") as out, open(errors, "wb") as err:
            popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment,
                                     cwd=self.work)
        process = Process(name, popen, output, errors)
        self.started.append(process)
        return process

    def ranks(self, size: int, words: list[str], *, each: list[list[str]] | None = None, secret: str = "",
              address: str = "127.0.0.1", port: int | None = None, variables: list[dict[str, str]] | None = None,
              before: list[list[str]] | None = None) -> list[Process]:
        """So many ranks with the variables that a script would set, and no others. `each`: more words of each rank."""
        port = port or free_port()
        all_ranks = []
        for rank in range(size):
            place = {"RANK": str(rank), "WORLD_SIZE": str(size), "LOCAL_RANK": str(rank), "MASTER_ADDR": address,
                     "MASTER_PORT": str(port), **({"FEEDLINE_SECRET": secret} if secret else {}),
                     **(variables[rank] if variables else {})}
            place = {name: value for name, value in place.items() if value != ""}
            own = each[rank] if each else []
            all_ranks.append(self.start(f"rank{rank}", [*words, *own], place, before[rank] if before else None))
        return all_ranks

    def finish(self, name: str, words: list[str], limit: float = 600, variables: dict[str, str] | None = None,
               before: list[str] | None = None) -> Process:
        """Runs to its end. Unavailable: it failed, which no claim is about."""
        process = self.start(name, words, variables, before)
        if not process.wait(limit):
            process.send(signal.SIGKILL)
            raise Unavailable(f"{name} took longer than {limit:g} s")
        if process.code != 0:
            raise Unavailable(f"{name} ended with exit code {process.code}: {process.complaint}")
        return process

    def trained(self, name: str, words: list[str], limit: float = 600, before: list[str] | None = None) -> dict:
        """The JSON of a run or launch of which `words` begins with the command."""
        path = self.work / f"{self.count + 1:04}-{name}.json"
        self.finish(name, [*words, "--no-record", "--json", str(path)], limit, before=before)
        return read_json(path)

    def end_all(self) -> None:
        for process in self.started:
            if not process.look():
                process.send(signal.SIGKILL)
                process.send(signal.SIGCONT)
                process.popen.wait()


def read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as fault:
        raise Unavailable(f"{path}: {fault}") from fault


def wait_for(processes: list[Process], limit: float) -> list[Process]:
    """Those that are still running at the end."""
    deadline = time.monotonic() + limit
    while True:
        running = [process for process in processes if not process.look()]
        if not running or time.monotonic() > deadline:
            return running
        time.sleep(0.02)


def children_of(pid: int) -> list[int]:
    """Of all its threads; empty where it has ended."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text(encoding="ascii").split()]
        except OSError:
            continue
    return found


def losses(report: dict) -> list[dict]:
    """What must be equal between two runs: everything that is measured of the model in each epoch."""
    kept = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "metrics", "samples", "learning_rate")
    return [{key: epoch[key] for key in kept} for epoch in report["epochs"]]
