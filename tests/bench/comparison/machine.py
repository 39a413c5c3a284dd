# SPDX-License-Identifier: GPL-3.0-or-later
"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown processor"


def cores() -> int:
    return len(os.sched_getaffinity(0))


def load() -> list[float]:
    return [round(value, 2) for value in os.getloadavg()]


def describe() -> dict[str, object]:
    return {"processor": processor(), "cores": cores(), "system": platform.platform(), "load_before": load()}
