# SPDX-License-Identifier: GPL-3.0-or-later
"""How each contestant is started, and what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from . import machine
from .measure import Measurement, Unavailable, say

HERE = Path(__file__).resolve().parent
TRIES = 3  # of a measurement that came to nothing


def run(command: list[str], environment: dict[str, str] | None = None) -> str:
    """What a program prints. Its last words of complaint become the reason why it is unavailable."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", env={**os.environ, **(environment or {})}
        )
    except OSError as fault:
        raise Unavailable(f"{command[0]} cannot be started: {fault.strerror}") from fault
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise Unavailable(f"{Path(command[0]).name}: {lines[-1] if lines else f'exit code {done.returncode}'}")
    return done.stdout


def parsed(output: str, program: str) -> dict:
    try:
        return json.loads(output)
    except json.JSONDecodeError as fault:
        raise Unavailable(f"{program} printed no JSON: {fault}") from fault


class Feedline:
    """feedline-cli with a cache folder of its own."""

    def __init__(self, program: Path, cache: Path):
        self.program = program
        self.environment = {"FEEDLINE_CACHE": str(cache)}

    def json(self, arguments: list[str]) -> dict:
        if not self.program.is_file():
            raise Unavailable(f"{self.program} is not there; build it: cmake --build --preset bench")
        return parsed(run([str(self.program), *arguments, "--json", "-"], self.environment), "feedline-cli")

    @staticmethod
    def profile(arguments: list[str], seconds: float) -> list[str]:
        return ["profile", *arguments, "--epochs", "100000", "--seconds", f"{seconds:g}"]

    def measure(self, arguments: list[str], seconds: float) -> Measurement:
        """One `profile`: all samples over the time from the first request to the end. It is done again where no step
        ended in that time, or the process was stopped meanwhile: that says something of the machine alone."""
        for _ in range(TRIES):
            report = self.json(self.profile(arguments, seconds))
            stopped = report.get("suspended_s") or 0
            if report["samples"] > 0 and not stopped:
                return Measurement(report["samples"] / report["wall_s"], report["samples"] / report["cpu_s"])
            say(f"  once more: {report['samples']} samples in {report['wall_s']:.1f} s, load {machine.load()[0]}, "
                f"stopped for {stopped:.1f} s")
        raise Unavailable(f"no step ended within {seconds:g} s, or the process was stopped, {TRIES} times")

    def measure_later_epochs(self, arguments: list[str], seconds: float, first: float) -> Measurement:
        """The same without the first epoch, which fills caches and may take `first` seconds."""
        report = self.json(self.profile(arguments, seconds + first))
        later = report["epochs"][1:]
        time = sum(epoch["samples"] / epoch["samples_per_s"] for epoch in later if epoch["samples_per_s"])
        if time < seconds / 4:
            raise Unavailable("the first epoch did not end in time; give more --seconds")
        return Measurement(sum(epoch["samples"] for epoch in later) / time)


@dataclass(frozen=True)
class HandLoop:
    """The programs hand_jpeg, hand_grey and hand_table of tests/bench."""

    folder: Path

    def measure(self, name: str, data: Path, threads: int, seconds: float, *options: str) -> Measurement:
        program = self.folder / name
        if not program.is_file():
            raise Unavailable(f"{program} is not there; build it: cmake --build --preset bench")
        arguments = [str(data), "--threads", str(threads), "--seconds", f"{seconds:g}", *options]
        report = parsed(run([str(program), *arguments]), name)
        return Measurement(report["samples_per_s"], report["samples_per_cpu_s"])


class PyTorch:
    """torch_peer.py or torch_tables.py, in a process of its own under a Python that has PyTorch."""

    def __init__(self, python: str | None):
        self.python = python

    def json(self, arguments: list[str], peer: str = "torch_peer.py") -> dict:
        return parsed(run([interpreter(self.python), str(HERE / peer), *arguments]), peer)

    def measure(self, arguments: list[str], seconds: float, peer: str = "torch_peer.py") -> Measurement:
        report = self.json([*arguments, "--seconds", f"{seconds:g}"], peer)
        return Measurement(report["samples_per_s"], report["samples_per_cpu_s"])


@lru_cache(maxsize=None)
def interpreter(given: str | None) -> str:
    """A Python that can import PyTorch: the given one, this one, or the system's."""
    for candidate in [given] if given else [sys.executable, "/usr/bin/python3"]:
        try:
            run([candidate, "-c", "import torch, torchvision"])
            return candidate
        except Unavailable:
            continue
    raise Unavailable("PyTorch is not there (Debian: python3-torch python3-torchvision)")
