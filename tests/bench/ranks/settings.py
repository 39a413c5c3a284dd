# SPDX-License-Identifier: GPL-3.0-or-later
"""What the campaigns are told on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    short: bool  # few rounds: to see that all works
    rounds: int  # of each fault, and of each measurement
    steps: int  # of a measurement
    data: Path | None  # a folder that has fashion-mnist
    python: str  # has PyTorch
    seed: int  # of the moments at which faults come
    wanted: bool = True  # figures below what is wanted are failures
