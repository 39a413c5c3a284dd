#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Predicted beside measured gain of the fixes on real pipelines: the table of resources/help/diagnosis.md.

    tests/bench/diagnosis.py FEEDLINE_CLI DATA [--only NAME] [--seconds S] [--most N]

DATA is the folder of the shared data sets (photos, fashion-mnist). Each pipeline runs with poor settings, so that there
is something to mend; every fix that the diagnosis then offers is proven. Prints Markdown.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys


def pipelines(data):
    photos = next((p for p in (data / "photos").rglob("*") if p.is_dir() and any(q.is_dir() for q in p.iterdir())),
                  data / "photos")
    grey = data / "fashion-mnist"
    idx = [f"source.images={next(grey.rglob('train-images*'), '')}", f"source.labels={next(grey.rglob('train-labels*'), '')}",
           f"validation.images={next(grey.rglob('t10k-images*'), '')}",
           f"validation.labels={next(grey.rglob('t10k-labels*'), '')}"]
    return [
        ("flowers, one worker, nothing overlaps", "example:image-folder",
         [f"source.folder={photos}", "trainer.workers=1", "trainer.prefetch=0", "trainer.replicas=1"]),
        ("flowers, every pixel decoded", "example:image-folder",
         [f"source.folder={photos}", "decode.exact=true", "trainer.workers=1"]),
        ("Fashion-MNIST, one replica, nothing overlaps", "example:idx",
         idx + ["trainer.workers=1", "trainer.prefetch=0", "trainer.replicas=1"]),
        ("quickstart, one worker, nothing overlaps", "example:quickstart", ["trainer.workers=1", "trainer.prefetch=0"]),
        ("quickstart, every pixel decoded", "example:quickstart",
         ["decode.exact=true", "source.size=256", "trainer.workers=1"]),
        ("naive", "example:naive", []),
    ]


def call(cli, *arguments):
    done = subprocess.run([cli, *arguments, "--json", "-"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"{' '.join(arguments)}: {done.stderr.strip()}", file=sys.stderr)
        return None
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cli")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", default="8")
    parser.add_argument("--most", type=int, default=4, help="fixes a pipeline")
    options = parser.parse_args()
    errors = []
    print("| Pipeline | Fix | Predicted | Measured | 95 % interval | Error |\n|---|---|---:|---:|---:|---:|")
    for name, graph, settings in pipelines(options.data):
        if options.only not in name:
            continue
        sets = [word for setting in settings for word in ("--set", setting)]
        found = call(options.cli, "diagnose", graph, *sets, "--seconds", "3")
        if found is None:
            continue
        print(f"{name}: {found['verdict']['text']}", file=sys.stderr)
        for fix in found["fixes"][:options.most]:
            proof = call(options.cli, "prove", graph, *sets, "--fix", fix["id"], "--seconds", options.seconds)
            if proof is None:
                continue
            error = abs(proof["predicted_ratio"] / proof["measured_ratio"] - 1)
            errors.append(error)
            low, high = proof["interval"]
            print(f"| {name} | `{fix['id']}` | {proof['predicted_ratio']:.2f} | {proof['measured_ratio']:.2f} | "
                  f"{low:.2f} to {high:.2f} | {100 * error:.0f} % |", flush=True)
    if errors:
        print(f"\nMedian error {100 * statistics.median(errors):.1f} %, {len(errors)} fixes.")


if __name__ == "__main__":
    main()
