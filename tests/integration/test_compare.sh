#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs beside others: nothing is measured, what its programs print stands here.
# tests/bench/compare.py with stand-ins for the programs that it runs: ratios, spread, and what it says of
# contestants that are not there. The real ones would take half an hour.
set -euo pipefail

command -v python3 >/dev/null || { echo "there is no python3"; exit 77; }
root=${FEEDLINE_SOURCE_DIR:?}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { printf 'FAIL: %s\n' "$*" >&2; [ ! -f "$work/out" ] || cat "$work/out" >&2; exit 1; }

# stand_in FILE: a program that prints what it reads here.
stand_in() {
  mkdir -p "$(dirname "$1")"
  { printf '#!/bin/sh\ncat <<"JSON"\n'; cat; printf 'JSON\n'; } >"$1"
  chmod +x "$1"
}
stand_in "$work/build/core/feedline-cli" <<'JSON'
{"samples": 9000, "wall_s": 2.0, "cpu_s": 3.0,
 "epochs": [{"samples": 1000, "samples_per_s": 500.0, "val_accuracy": 0.5},
            {"samples": 8000, "samples_per_s": 6000.0, "val_accuracy": 0.75}]}
JSON
stand_in "$work/build/tests/bench/hand_jpeg" <<'JSON'
{"samples_per_s": 5000.0, "samples_per_cpu_s": 2500.0}
JSON
mkdir -p "$work/photos/rose"
printf 'not read by anybody' >"$work/photos/rose/one.jpg"

compare() {
  python3 "$root/tests/bench/compare.py" --build "$work/build" --photos "$work/photos" --mnist "$work/none" \
    --python "$work/no-python" --quick --json "$work/result.json" --markdown "$work/table.md" "$@" >"$work/out" 2>&1
}

compare --only jpeg,cached || fail "compare.py did not end well"
[ "$(find "$work/build/comparison/photos" -name '*.jpg' | wc -l)" = 1000 ] || fail "the photos are not repeated to 1,000"
grep -q 'left out: PyTorch, PIL, 0 workers: PyTorch is not there' "$work/out" ||
  fail "it does not say that PyTorch is absent"
grep -q 'at least 0.90: reached' "$work/out" || fail "0.9 of the hand-written loop is not told to be reached"
grep -q '^| JPEG photos.* | - | 5,000 | 4,500 | - | \*\*0.90\*\* (0.90 to 0.90) |$' "$work/table.md" ||
  fail "the README's row is wrong: $(cat "$work/table.md")"

python3 - "$work/result.json" <<'PYTHON' || fail "the figures are wrong"
import json, sys
result = json.load(open(sys.argv[1], encoding="utf-8"))
jpeg, cached = result["contests"]
ratios = {r["title"]: r for r in jpeg["ratios"] + cached["ratios"]}
near = lambda a, b: abs(a - b) < 1e-9
partial = ratios["Feedline / hand-written, partial decode"]
assert near(partial["median"], 0.9) and len(partial["values"]) == 2, partial
assert near(partial["by_cpu_time"], 3000 / 2500), partial
assert partial["reached"] is True, partial
assert "Feedline / PyTorch's best" not in ratios
rate = ratios["Feedline / 5,300 a second"]
assert near(rate["median"], 6000 / 5300), rate  # the first epoch, which fills the cache, does not count
assert {c["family"] for c in cached["contestants"]} == {"hand-written", "Feedline"}, cached
assert result["machine"]["cores"] >= 1
PYTHON

rm "$work/build/tests/bench/hand_jpeg"
compare --only jpeg || fail "it needs the loops written by hand"
grep -q 'left out: hand-written, .*hand_jpeg is not there' "$work/out" || fail "it does not say that the loop is absent"
stand_in "$work/build/core/feedline-cli" <<'JSON'
{"samples": 0, "wall_s": 2.0, "cpu_s": 0.1, "suspended_s": 0.0, "epochs": []}
JSON
compare --only jpeg || fail "it needs a measurement in which something was done"
grep -q 'left out: Feedline: no step ended within' "$work/out" || fail "a measurement of nothing counts"
if compare --only nothing; then fail "an unknown contest is accepted"; fi
grep -q "there is no 'nothing'" "$work/out" || fail "the unknown contest is not named"
echo "PASS"
