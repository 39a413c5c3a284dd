#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the fuzz targets of tests/fuzz with clang's libFuzzer and runs each for so many seconds (600 where none are
# given), one after the other. Begins with what earlier runs have come to (build/fuzz/corpus), small files that
# tests/fuzz/make_seeds.py writes, and those of shared/data/hostile where they are. What it finds stands in
# build/fuzz/findings; the exit code is then 1.
#
#   packaging/fuzz.sh [SECONDS] [TARGET...]     e.g. packaging/fuzz.sh 60 csv zip
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

each=600
case "${1:-}" in
  -h|--help) sed -n '3,8s/^# \{0,1\}//p' packaging/fuzz.sh; exit 0 ;;
  *[!0-9]*) ;;
  ?*) each=$1; shift ;;
esac
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for source in tests/fuzz/fuzz_*.cpp; do
    name=${source#tests/fuzz/fuzz_}
    [ "$name" = input.cpp ] || targets+=("${name%.cpp}")
  done
fi
for target in "${targets[@]}"; do
  if [ "$target" = input ] || [ ! -f "tests/fuzz/fuzz_$target.cpp" ]; then
    fail "there is no target '$target' in tests/fuzz"
  fi
done

install_packages build fuzz
build_preset fuzz -- "${targets[@]/#/fuzz_}"

folder=build/fuzz
hostile=${FEEDLINE_SHARED_DATA:-../shared/data}/hostile
seeds=("$folder/seeds")
[ ! -d "$hostile" ] || seeds+=("$hostile")
python3 tests/fuzz/make_seeds.py "${seeds[@]}"

export ASAN_OPTIONS=allocator_may_return_null=1:detect_odr_violation=0
export UBSAN_OPTIONS=print_stacktrace=1
broken=()
for target in "${targets[@]}"; do
  say "Fuzzing $target for $each s"
  mkdir -p "$folder/corpus/$target" "$folder/findings/$target"
  # A call may take 30 seconds and 2 GB, whatever the bytes say.
  "$folder/tests/fuzz/fuzz_$target" -max_total_time="$each" -timeout=30 -rss_limit_mb=2048 -max_len=65536 \
      -print_final_stats=1 -verbosity=1 -artifact_prefix="$folder/findings/$target/" \
      "$folder/corpus/$target" "$folder/seeds/$target" 2>"$folder/$target.log" || broken+=("$target")
  grep -E '^stat::(number_of_executed_units|peak_rss_mb)|^SUMMARY|^feedline:' "$folder/$target.log" || true
done
if [ ${#broken[@]} -gt 0 ]; then
  say "Findings: ${broken[*]}"
  for target in "${broken[@]}"; do
    printf '%s: %s.log; again by %s FILE\n' "$target" "$folder/$target" "$folder/tests/fuzz/fuzz_$target"
    ls "$folder/findings/$target"
  done
  exit 1
fi
say "Nothing found"
