# SPDX-License-Identifier: GPL-3.0-or-later
"""Two machines at 1 Gbit/s and 10 ms train Fashion-MNIST as one process with two replicas does."""

from __future__ import annotations

import os

from .claims import Report
from .equal import first_difference
from .graphs import ROOT, fashion_mnist, with_values
from .network import ADDRESSES, TwoMachines
from .processes import Starter, losses, read_json, wait_for
from .settings import Settings

PORT = 29500
SAME = 0.005  # of the accuracy, where bytes differ


def run(starter: Starter, settings: Settings) -> Report:
    report = Report("Machines: two network namespaces, 1 Gbit/s, 10 ms each way")
    words = [str(ROOT / "resources/examples/idx.feedline"), "--epochs", "1" if settings.short else "3",
             *with_values(fashion_mnist(settings.data))]
    one = starter.trained("one-process", ["run", *words, "--set", "trainer.replicas=2"])
    path = starter.work / "machines.json"
    # A machine has a core of its own, as far as there are two: else each takes all of them, and threads that share an
    # operation burn the other one's time waiting for each other.
    cores = sorted(os.sched_getaffinity(0))
    pins = [["taskset", "-c", str(cores[side % len(cores)])] for side in range(2)]
    with TwoMachines() as machines:
        launchers = [starter.start(f"machine{machine}", [
            "launch", "--nproc", "1", "--nnodes", "2", "--node-rank", str(machine), "--rdzv", f"{ADDRESSES[0]}:{PORT}",
            *words, "--set", "trainer.replicas=1", "--no-record", "--json", str(path)],
            before=[*machines.on(machine), *pins[machine]])
            for machine in range(2)]
        left = wait_for(launchers, 1800)
        bad = [f"{each.name}: {each.code}: {each.complaint}" for each in launchers if each in left or each.code != 0]
        link = machines.link
    if bad:
        report.add(f"2 machines ({link})", "; ".join(bad), "exit code 0", False)
        return report
    two = read_json(path)
    accuracies = [report_of["epochs"][-1]["val_accuracy"] for report_of in (one, two)]
    different = first_difference(losses(one), losses(two))
    hosts = sorted({rank["host"] for rank in two["ranks"]})
    report.add(f"hosts ({link})", ", ".join(hosts), "2", len(hosts) == 2)
    report.add("accuracy on the test pictures, 1 process and 2 machines", " and ".join(f"{a:.4f}" for a in accuracies),
               "the same", abs(accuracies[0] - accuracies[1]) <= SAME)
    report.add("losses and metrics of each epoch", different or "all equal", "each byte", not different)
    report.add("samples/s, 1 process and 2 machines", f"{one['samples_per_s']:,.0f} and {two['samples_per_s']:,.0f}")
    share = two["collective"]["exposed_s"] / (two["samples"] / two["samples_per_s"])
    report.add("share of a step that waits for gradients", f"{share:.0%}")
    return report
