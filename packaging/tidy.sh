#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Looks through library, command line and window with clang-tidy, by the checks of .clang-tidy: a quarter of an hour on
# two cores. It compiles nothing, and reads the units that a release build compiles together.
#
#   packaging/tidy.sh [PART-OF-A-FOLDER-OR-FILE...]     e.g. packaging/tidy.sh plan gui
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_packages build gui tidy
say "Configuring build/tidy"
cmake -S . -B build/tidy -G Ninja -DCMAKE_BUILD_TYPE=Release -DFEEDLINE_PCH=OFF -DBUILD_TESTING=OFF \
      -DCMAKE_CXX_COMPILER_LAUNCHER= >/dev/null

# Not what is generated, and the nodes of models once: they are compiled a second time without LibTorch.
mapfile -t units < <(python3 - "$@" <<'PYTHON'
import json, os, sys
wanted = sys.argv[1:]
seen = set()
for entry in json.load(open("build/tidy/compile_commands.json")):
    file = entry["file"]
    ours = "/Unity/" in file or "/build/" not in file
    if not ours or not os.path.exists(file) or "feedline_core_described" in file or file in seen:
        continue
    seen.add(file)
    if not wanted or any(part in file for part in wanted):
        print(file)
PYTHON
)
say "Looking through ${#units[@]} units"
# GCC's own options mean nothing to it.
printf '%s\0' "${units[@]}" | xargs -0 -P "$(nproc)" -n 1 clang-tidy -p build/tidy --quiet \
  --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-ignored-optimization-argument
say "Nothing found"
