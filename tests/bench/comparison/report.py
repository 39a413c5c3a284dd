# SPDX-License-Identifier: GPL-3.0-or-later
"""The table for people and the JSON for programs."""

from __future__ import annotations

from .contests import FEEDLINE, HAND, NUMPY, OPENCV, PIL, TORCHVISION, Accuracy
from .measure import Contest, Outcome, Ratio, Standing, best, outcome

ANY_PYTORCH = (PIL, OPENCV, TORCHVISION, NUMPY)


def rate(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def verdict(found: Outcome) -> str:
    wanted = found.ratio.at_least
    if wanted is None:
        return ""
    return f"  at least {wanted:.2f}: {'reached' if found.reached else 'NOT REACHED'}"


def ratio_line(found: Outcome, width: int) -> str:
    spread = f"({min(found.values):.2f} .. {max(found.values):.2f})"
    cpu = f"  by CPU time {found.cpu:.2f}" if found.cpu is not None else ""
    return f"  {found.ratio.title:<{width}}  {found.median:6.2f}  {spread:<16}{verdict(found)}{cpu}"


def table(contest: Contest, standings: list[Standing]) -> str:
    found = [o for o in (outcome(ratio, standings) for ratio in contest.ratios) if o is not None]
    titles = [s.contestant.title for s in standings] + [o.ratio.title for o in found]
    width = max((len(title) for title in titles), default=0)
    lines = [contest.title, f"  {'samples/s':<{width}}  {'median':>11}  {'least':>11}  {'most':>11}  {'per CPU s':>11}"]
    for s in standings:
        lines.append(f"  {s.contestant.title:<{width}}  {rate(s.median):>11}  {rate(min(s.rates)):>11}"
                     f"  {rate(max(s.rates)):>11}  {rate(s.cpu_median):>11}")
    if not standings:
        lines.append("  nobody could take part")
    lines += [ratio_line(o, width) for o in found]
    lines += [f"  left out: {note}" for note in contest.absent]
    return "\n".join(lines) + "\n"


def accuracy_table(found: Accuracy) -> str:
    title = "Accuracy on the test pictures, the same CNN, loss, optimiser and batch size"
    lines = [title, "  epoch  PyTorch  Feedline"]
    for number, (theirs, ours) in enumerate(zip(found.pytorch, found.feedline), 1):
        lines.append(f"  {number:>5}  {theirs * 100:5.1f} %   {ours * 100:5.1f} %")
    return "\n".join(lines) + "\n"


def spread(standings: list[Standing], over: tuple[str, ...]) -> str:
    found = outcome(Ratio("", FEEDLINE, over), standings)
    if found is None:
        return "-"
    return f"**{found.median:.2f}** ({min(found.values):.2f} to {max(found.values):.2f})"


def markdown_row(contest: Contest, standings: list[Standing]) -> str:
    """A line of the README's table: medians in samples/s, ratios with their spread."""
    sides = [best(standings, families) for families in (ANY_PYTORCH, (HAND,), (FEEDLINE,))]
    cells = [contest.title, *(rate(side.median if side else None) for side in sides)]
    return "| " + " | ".join([*cells, spread(standings, ANY_PYTORCH), spread(standings, (HAND,))]) + " |"


MARKDOWN_HEAD = """\
| samples/s | PyTorch's best | hand-written | Feedline | Feedline / PyTorch | Feedline / hand-written |
| --- | ---: | ---: | ---: | --- | --- |
"""


def as_json(contest: Contest, standings: list[Standing]) -> dict[str, object]:
    ratios = []
    for ratio in contest.ratios:
        found = outcome(ratio, standings)
        if found is not None:
            ratios.append({
                "title": ratio.title, "median": found.median, "values": found.values, "by_cpu_time": found.cpu,
                "at_least": ratio.at_least, "reached": found.reached,
            })
    return {
        "key": contest.key,
        "title": contest.title,
        "contestants": [
            {"title": s.contestant.title, "family": s.contestant.family, "samples_per_s": s.rates,
             "median": s.median, "samples_per_cpu_s": s.cpu_median}
            for s in standings
        ],
        "ratios": ratios,
        "absent": contest.absent,
    }
