# SPDX-License-Identifier: GPL-3.0-or-later
"""What is promised, what came of it, and the table of both."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field


class Unavailable(Exception):
    """Something cannot be tried on this machine; the text says why."""


@dataclass(frozen=True)
class Claim:
    """One promise. `kept` is None for a figure that is only shown."""

    text: str
    measured: str
    wanted: str = ""
    kept: bool | None = None

    @property
    def verdict(self) -> str:
        return "" if self.kept is None else "kept" if self.kept else "BROKEN"


@dataclass
class Report:
    """The claims of a campaign, printed as they are found, so that a run that is broken off has shown something."""

    title: str
    claims: list[Claim] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, text: str, measured: str, wanted: str = "", kept: bool | None = None) -> bool:
        claim = Claim(text, measured, wanted, kept)
        self.claims.append(claim)
        say(f"  {claim.verdict or 'shown'}: {text}: {measured}")
        return kept is not False

    def leave_out(self, why: str) -> None:
        self.left_out.append(why)
        say(f"  left out: {why}")

    @property
    def broken(self) -> int:
        return sum(claim.kept is False for claim in self.claims)

    def table(self) -> str:
        rows = [("", "measured", "wanted", "")]
        rows += [(claim.text, claim.measured, claim.wanted, claim.verdict) for claim in self.claims]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [self.title]
        for row in rows:
            lines.append(("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths))).rstrip())
        lines += [f"  left out: {why}" for why in self.left_out]
        return "\n".join(lines) + "\n"


def say(text: str) -> None:
    """Progress, for people."""
    print(text, file=sys.stderr, flush=True)
