# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast processes and stages are, beside what one process, PyTorch, and the formulas say. Rounds take turns."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable
from pathlib import Path

from .claims import Report, Unavailable, say
from .graphs import ROOT, fashion_mnist, with_values
from .processes import Process, Starter, read_json, torchrun, wait_for
from .settings import Settings

IDX = ROOT / "resources/examples/idx.feedline"
BATCH = 128
LEAST_OF_REPLICAS, LEAST_OF_ONE_CORE, LEAST_OF_PYTORCH, LEAST_OF_BUBBLE = 0.95, 1.8, 1.5, 0.85
MOST_OFF = 0.10
STAGE_BATCH, MICRO_BATCHES, STAGE_CUT = 256, 8, "conv2"


def two_cores() -> list[str]:
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise Unavailable("it takes two cores")
    return [str(core) for core in cores]


def pinned(cores: list[str]) -> list[str]:
    return ["taskset", "-c", ",".join(cores)]


def trained_rate(report: dict, batch: int) -> float:
    """Samples of all ranks over the time of the trainer in training."""
    return report["steps"] * batch / (report["samples"] / report["samples_per_s"])


class Programs:
    """What is measured; each gives samples per second."""

    def __init__(self, starter: Starter, settings: Settings):
        self.starter, self.settings = starter, settings
        self.data = fashion_mnist(settings.data)
        self.cores = two_cores()
        self.count = 0

    def words(self, values: list[str]) -> list[str]:
        return [str(IDX), "--epochs", "100", "--max-steps", str(self.settings.steps),
                *with_values([*self.data, f"batch.size={BATCH}", *values])]

    def one(self, cores: list[str], values: list[str]) -> dict:
        return self.starter.trained("one", ["run", *self.words(values)], before=pinned(cores))

    def replicas(self) -> float:
        return trained_rate(self.one(self.cores, ["trainer.replicas=2"]), BATCH)

    def one_core(self) -> float:
        return trained_rate(self.one(self.cores[:1], ["trainer.replicas=1"]), BATCH)

    def processes(self) -> float:
        self.count += 1
        path = self.starter.work / f"processes-{self.count}.json"
        ranks = self.starter.ranks(
            2, ["run", *self.words(["trainer.replicas=1", "trainer.workers=1"]), "--no-record", "--json", str(path)],
            before=[pinned([core]) for core in self.cores])
        ended_well(ranks)
        return trained_rate(read_json(path), BATCH)

    def apart(self) -> float:
        """Two processes that know nothing of each other, at the same time, each with a rank's share of the batch: what the
        two cores can do where nothing is exchanged. No way of exchanging gradients comes above it."""
        paths = [self.starter.work / f"apart-{self.count}-{core}.json" for core in self.cores]
        self.count += 1
        words = self.words([f"batch.size={BATCH // 2}", "trainer.replicas=1", "trainer.workers=1"])
        both = [self.starter.start(path.stem, ["run", *words, "--no-record", "--json", str(path)], before=pinned([core]))
                for path, core in zip(paths, self.cores)]
        ended_well(both)
        return sum(trained_rate(read_json(path), BATCH // 2) for path in paths)

    def pytorch(self) -> float:
        peer = Path(__file__).with_name("ddp_peer.py")
        images, labels = (value.split("=", 1)[1] for value in self.data[:2])
        command = [*torchrun(self.settings.python, 2), str(peer), "--graph", str(IDX), "--images", images,
                   "--labels", labels, "--batch", str(BATCH), "--steps", str(self.settings.steps), "--cores", ",".join(self.cores)]
        process = self.starter.start_other("pytorch", command)
        ended_well([process])
        return json.loads(process.output.read_text(encoding="utf-8"))["samples_per_s"]

    def launched(self, ranks: int) -> float:
        return trained_rate(self.starter.trained(f"launch{ranks}", ["launch", "--nproc", str(ranks), *self.words([])]), BATCH)

    def stages(self) -> tuple[float, dict]:
        values = [f"batch.size={STAGE_BATCH}", f"trainer.stages={STAGE_CUT}", f"trainer.micro_batches={MICRO_BATCHES}",
                  "trainer.workers=1"]
        report = self.one(self.cores, values)
        return trained_rate(report, STAGE_BATCH), report


def ended_well(processes: list[Process]) -> None:
    left = wait_for(processes, 600)
    for process in processes:
        if process in left or process.code != 0:
            raise Unavailable(f"{process.name}: exit code {process.code}: {process.complaint}")


def rounds_of(contestants: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Each round begins with another one. Who fails is left out."""
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds):
        names = list(rates)
        for name in names[number % len(names):] + names[: number % len(names)]:
            try:
                rates[name].append(contestants[name]())
                say(f"  round {number + 1}: {name}: {rates[name][-1]:,.0f} samples/s")
            except Unavailable as why:
                say(f"  {name} is left out: {why}")
                del rates[name]
    return rates


def ratios_of(report: Report, rates: dict[str, list[float]], of: str, over: str) -> list[float]:
    """Empty where one of them did not run."""
    if of not in rates or over not in rates:
        report.leave_out(f"{of} / {over}: one of them did not run")
        return []
    return [a / b for a, b in zip(rates[of], rates[over])]


def spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.3f} ({min(ratios):.3f} .. {max(ratios):.3f})"


def compare(report: Report, rates: dict[str, list[float]], of: str, over: str, least: float, wanted: bool) -> None:
    if ratios := ratios_of(report, rates, of, over):
        report.add(f"{of} / {over}", spread(ratios), f"{least:g} or more",
                   statistics.median(ratios) >= least if wanted else None)


def show(report: Report, rates: dict[str, list[float]], of: str, over: str) -> None:
    if ratios := ratios_of(report, rates, of, over):
        report.add(f"{of} / {over}", spread(ratios))


def stage_share(report: dict) -> float:
    """What the rate is of that which the bubble allows: no schedule is faster than one micro-batch through all stages,
    and then the others of the slowest stage."""
    busy = [(stage["forward_s"] + stage["backward_s"]) / report["steps"] / MICRO_BATCHES for stage in report["model_stages"]]
    allowed = sum(busy) + (MICRO_BATCHES - 1) * max(busy)
    step = report["samples"] / report["samples_per_s"] / report["steps"]
    return allowed / step


def processes(report: Report, programs: Programs, settings: Settings) -> None:
    ours, replicas, one, apart, theirs = ("2 processes, a core each", "2 replicas in one process", "1 process on one core",
                                          "2 processes without exchange", "PyTorch DistributedDataParallel")
    rates = rounds_of({ours: programs.processes, replicas: programs.replicas, one: programs.one_core,
                       apart: programs.apart, theirs: programs.pytorch}, settings.rounds)
    for name, values in rates.items():
        report.add(name, f"{statistics.median(values):,.0f} samples/s ({min(values):,.0f} .. {max(values):,.0f})")
    compare(report, rates, ours, replicas, LEAST_OF_REPLICAS, settings.wanted)
    compare(report, rates, ours, one, LEAST_OF_ONE_CORE, settings.wanted)
    compare(report, rates, ours, theirs, LEAST_OF_PYTORCH, settings.wanted)
    show(report, rates, apart, one)
    show(report, rates, ours, apart)


def stages(report: Report, programs: Programs, settings: Settings) -> None:
    shares, rates = [], []
    for _ in range(settings.rounds):
        rate, measured = programs.stages()
        rates.append(rate)
        shares.append(stage_share(measured))
        say(f"  2 stages: {rate:,.0f} samples/s, {shares[-1]:.0%} of what the bubble allows")
    share = statistics.median(shares)
    report.add("2 stages, a core each", f"{statistics.median(rates):,.0f} samples/s")
    report.add("2 stages / what the bubble allows", f"{share:.3f} ({min(shares):.3f} .. {max(shares):.3f})",
               f"{LEAST_OF_BUBBLE:g} or more", share >= LEAST_OF_BUBBLE if settings.wanted else None)


def predictions(report: Report, programs: Programs, settings: Settings) -> None:
    """What `whatif --ranks` says of one process, beside what `launch` then reaches on the same cores."""
    counts = (1, 2, 4)
    predicted: dict[int, list[float]] = {count: [] for count in counts}
    measured: dict[int, list[float]] = {count: [] for count in counts}
    scaling: dict = {}
    for number in range(settings.rounds):
        process = programs.starter.finish("whatif", [
            "whatif", str(IDX), *with_values([*programs.data, f"batch.size={BATCH}"]), "--ranks", "4",
            "--ranks-per-machine", "4", "--json", "-"])
        scaling = json.loads(process.output.read_text(encoding="utf-8"))["scaling"]
        points = {point["ranks"]: point["samples_per_s"] for point in scaling["points"]}
        for count in counts:
            predicted[count].append(points[count])
            measured[count].append(programs.launched(count))
            say(f"  round {number + 1}, {count} ranks: {points[count]:,.0f} predicted, {measured[count][-1]:,.0f} measured, "
                f"ratio {points[count] / measured[count][-1]:.3f}")
    for sentence in scaling.get("assumptions", []):
        say(f"  it rests on: {sentence}")
    for count in counts:
        ratios = [a / b for a, b in zip(predicted[count], measured[count])]
        ratio = statistics.median(ratios)
        report.add(f"predicted / measured, {count} rank{'s' if count > 1 else ''}",
                   f"{ratio:.3f} ({min(ratios):.3f} .. {max(ratios):.3f}): {statistics.median(predicted[count]):,.0f} / "
                   f"{statistics.median(measured[count]):,.0f} samples/s",
                   f"within {MOST_OFF:.0%}", abs(ratio - 1) <= MOST_OFF if settings.wanted else None)


def run(starter: Starter, settings: Settings) -> Report:
    report = Report(f"Speed: the CNN of example:idx on Fashion-MNIST, batches of {BATCH}, {settings.rounds} rounds of "
                    f"{settings.steps} steps")
    programs = Programs(starter, settings)
    for part in (processes, stages, predictions):
        try:
            part(report, programs, settings)
        except Unavailable as why:
            report.add(part.__name__, str(why), "", False)
    return report
