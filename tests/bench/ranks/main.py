#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is promised of training over several processes and machines, tried on the real program.

    python3 tests/bench/ranks/main.py --cli build/release/core/feedline-cli [--only equal,faults] [--short]

Each campaign prints a table; the exit code is 1 where a promise is broken. Network namespaces want root.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ranks import equal, faults, machines, resume, slow, speed, starts
from ranks.claims import Report, Unavailable, say
from ranks.processes import Starter
from ranks.settings import Settings

CAMPAIGNS = {"equal": equal.run, "starts": starts.run, "resume": resume.run, "faults": faults.run, "slow": slow.run,
             "speed": speed.run, "machines": machines.run}


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ranks/main.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", type=Path, required=True, help="feedline-cli")
    parser.add_argument("--only", default=",".join(CAMPAIGNS), help=f"some of: {', '.join(CAMPAIGNS)} (default: all)")
    parser.add_argument("--short", action="store_true", help="each fault once, fewer cases: to see that all works")
    parser.add_argument("--rounds", type=int, help="of each fault (default 10) and measurement (default 5)")
    parser.add_argument("--steps", type=int, default=400, help="of one measurement (default 400)")
    parser.add_argument("--no-wanted", action="store_true", help="show figures of speed, whatever they are")
    parser.add_argument("--data", type=Path, help="folder that has fashion-mnist (default: shared/data beside or above)")
    parser.add_argument("--python", default="/usr/bin/python3", help="a Python that has PyTorch")
    parser.add_argument("--work", type=Path, help="folder for what the programs write (default: a temporary one)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments at which faults come")
    parser.add_argument("--nice", type=int, default=0, help="of all that is started")
    options = parser.parse_args(arguments)
    options.only = [name.strip() for name in options.only.split(",") if name.strip()]
    unknown = [name for name in options.only if name not in CAMPAIGNS]
    if unknown:
        parser.error(f"--only: there is no '{unknown[0]}'; choose from {', '.join(CAMPAIGNS)}")
    if not options.cli.is_file():
        parser.error(f"{options.cli} is not there; build it: cmake --build --preset release")
    return options


def settings_for(name: str, options: argparse.Namespace) -> Settings:
    usual = 10 if name == "faults" else 5
    rounds = options.rounds or ((1 if name == "faults" else 2) if options.short else usual)
    return Settings(short=options.short, rounds=rounds, steps=options.steps, data=options.data, python=options.python,
                    seed=options.seed, wanted=not options.no_wanted)


def run_all(options: argparse.Namespace, work: Path) -> list[Report]:
    reports = []
    for name in options.only:
        folder = work / name
        folder.mkdir(parents=True, exist_ok=True)
        starter = Starter(options.cli.resolve(), folder, options.nice)
        say(name)
        try:
            report = CAMPAIGNS[name](starter, settings_for(name, options))
        except Unavailable as why:
            report = Report(name)
            report.add(name, str(why), "", False)
        finally:
            starter.end_all()
        reports.append(report)
        print(report.table(), flush=True)
    return reports


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # network namespaces and processes are taken down
    try:
        if options.work:
            options.work.mkdir(parents=True, exist_ok=True)
            reports = run_all(options, options.work.resolve())
        else:
            with tempfile.TemporaryDirectory(prefix="feedline-campaign-") as folder:
                reports = run_all(options, Path(folder))
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    broken = sum(report.broken for report in reports)
    print("all promises are kept" if not broken else f"{broken} promises are broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
