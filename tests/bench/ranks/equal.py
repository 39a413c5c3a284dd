# SPDX-License-Identifier: GPL-3.0-or-later
"""N processes with one replica each give the bytes of one process with N replicas."""

from __future__ import annotations

from .claims import Report
from .graphs import SMALL, TWO_PROCESSES, with_values
from .processes import Starter, losses
from .settings import Settings

# What could make ranks differ: each beside the plain run.
CASES = {
    "plain": [],
    "accumulation and clipping": ["trainer.accumulate=2", "optimizer.clip_norm=1"],
    "an average of the weights": ["optimizer.ema=0.99"],
    "small buckets": ["trainer.bucket_mib=0.01"],
    "a last batch with fewer rows than ranks": ["source.count=403", "trainer.validation_split=0.2"],
}


def first_difference(one: list[dict], other: list[dict]) -> str:
    if len(one) != len(other):
        return f"{len(one)} and {len(other)} epochs"
    for a, b in zip(one, other):
        for key, value in a.items():
            if key != "metrics" and value != b[key]:
                return f"epoch {a['epoch']}: {key} {value} and {b[key]}"
        first, second = ({(m["name"], m["split"]): m["value"] for m in epoch["metrics"]} for epoch in (a, b))
        for name in {**first, **second}:
            if first.get(name) != second.get(name):
                return f"epoch {a['epoch']}: {' '.join(name)} {first.get(name)} and {second.get(name)}"
    return ""


def run(starter: Starter, settings: Settings) -> Report:
    report = Report("Equal: N processes of one replica beside one process of N replicas")
    cases = dict(list(CASES.items())[:2]) if settings.short else CASES
    for size in (2, 4):
        for title, values in cases.items():
            words = [str(TWO_PROCESSES), "--epochs", "2", *with_values([*SMALL, *values])]
            one = starter.trained(f"replicas{size}", ["run", *words, "--set", f"trainer.replicas={size}"])
            many = starter.trained(f"ranks{size}", ["launch", "--nproc", str(size), *words])
            different = first_difference(losses(one), losses(many))
            ranks = len(many["ranks"] or [])
            report.add(f"{size} processes, {title}", different or f"{len(one['epochs'])} epochs are equal",
                       "each byte", not different and ranks == size and one["replicas"] == size)
    return report
