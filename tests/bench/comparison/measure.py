# SPDX-License-Identifier: GPL-3.0-or-later
"""What a measurement is, who takes part, and in which order they run."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, field


class Unavailable(Exception):
    """A contestant cannot run here; the text says why."""


@dataclass(frozen=True)
class Measurement:
    """One run of one contestant."""

    rate: float  # samples per second
    cpu_rate: float | None = None  # samples per second of CPU time, all threads and processes together


@dataclass(frozen=True)
class Contestant:
    """Somebody who does the work. Those of one family are settings of the same thing: the best counts."""

    family: str
    title: str
    run: Callable[[float], Measurement]  # measures for so many seconds


@dataclass(frozen=True)
class Ratio:
    """What is wanted of one family beside another one, or beside a number."""

    title: str
    of: str
    over: tuple[str, ...] = ()  # the best of these families
    at_least: float | None = None
    per_second: float | None = None  # instead of `over`: a plain rate


@dataclass
class Contest:
    """Contestants that do the same work, and the ratios that count."""

    key: str
    title: str
    contestants: list[Contestant]
    ratios: list[Ratio] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)  # who could not take part, and why


@dataclass
class Standing:
    """All rounds of one contestant."""

    contestant: Contestant
    measured: list[Measurement] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        return [m.rate for m in self.measured]

    @property
    def median(self) -> float:
        return statistics.median(self.rates)

    @property
    def cpu_median(self) -> float | None:
        rates = [m.cpu_rate for m in self.measured if m.cpu_rate is not None]
        return statistics.median(rates) if len(rates) == len(self.measured) else None


def say(text: str) -> None:
    """Progress, for people."""
    print(text, file=sys.stderr, flush=True)


def shorten_list(contest: Contest, seconds: float, keep: int = 2) -> None:
    """Tries every setting of a family once, for a short while, and keeps the best few for the rounds."""
    for family in {c.family: None for c in contest.contestants}:
        members = [c for c in contest.contestants if c.family == family]
        if len(members) <= keep:
            continue
        tried: list[tuple[float, Contestant]] = []
        for member in members:
            measured = attempt(contest, member, seconds)
            if measured is None:
                break  # what fails for one setting fails for all
            say(f"  {contest.key}: trying {member.title}: {measured.rate:,.0f}/s")
            tried.append((measured.rate, member))
        tried.sort(key=lambda entry: entry[0], reverse=True)
        kept = {id(member) for _, member in tried[:keep]}
        contest.contestants = [c for c in contest.contestants if c.family != family or id(c) in kept]


def attempt(contest: Contest, contestant: Contestant, seconds: float) -> Measurement | None:
    try:
        return contestant.run(seconds)
    except Unavailable as why:
        note = f"{contestant.title}: {why}"
        say(f"  {contest.key}: left out: {note}")
        contest.absent.append(note)
        return None


def hold(contest: Contest, rounds: int, seconds: float) -> list[Standing]:
    """All rounds of a contest. Each round begins with another contestant, so that none has a better place."""
    standings = [Standing(c) for c in contest.contestants]
    for number in range(rounds):
        turn = number % max(len(standings), 1)
        for standing in standings[turn:] + standings[:turn]:
            if len(standing.measured) < number:
                continue  # was left out in an earlier round
            measured = attempt(contest, standing.contestant, seconds)
            if measured is not None:
                standing.measured.append(measured)
                say(f"  {contest.key}, round {number + 1}: {standing.contestant.title}: {measured.rate:,.0f}/s")
    return [s for s in standings if len(s.measured) == rounds]


def best(standings: list[Standing], families: tuple[str, ...]) -> Standing | None:
    of_family = [s for s in standings if s.contestant.family in families]
    return max(of_family, key=lambda s: s.median, default=None)


@dataclass(frozen=True)
class Outcome:
    """A ratio as measured: round by round, then the median."""

    ratio: Ratio
    values: list[float]
    cpu: float | None  # the same ratio by CPU time; hardly depends on what else the machine does

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def reached(self) -> bool | None:
        return None if self.ratio.at_least is None else self.median >= self.ratio.at_least


def outcome(ratio: Ratio, standings: list[Standing]) -> Outcome | None:
    """None where one side did not take part."""
    above = best(standings, (ratio.of,))
    if above is None:
        return None
    if ratio.per_second is not None:
        return Outcome(ratio, [rate / ratio.per_second for rate in above.rates], None)
    below = best(standings, ratio.over)
    if below is None:
        return None
    cpu = above.cpu_median / below.cpu_median if above.cpu_median and below.cpu_median else None
    return Outcome(ratio, [a / b for a, b in zip(above.rates, below.rates)], cpu)
