#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds Feedline and runs its main job: the quickstart example,
# in the window where there is a display, else in the terminal.
#
#   packaging/run.sh [--headless] [ARGUMENT...]
#
# ARGUMENTs go to the program: "packaging/run.sh my.feedline" opens that file,
# "packaging/run.sh --headless --epochs 1" adds an option to "feedline-cli run".
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1:-}" in
  -h|--help) sed -n '3,10s/^# \{0,1\}//p' packaging/run.sh; exit 0 ;;
esac

headless=0
if [ "${1:-}" = --headless ]; then headless=1; shift; fi
[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || headless=1

if [ $headless = 1 ]; then
  install_packages build
  gui=OFF
  # Keep an existing tree as it is: switching the window off would only cost a rebuild later.
  if grep -q '^FEEDLINE_GUI:BOOL=ON' build/release/CMakeCache.txt 2>/dev/null; then gui=ON; fi
  build_preset release "-DFEEDLINE_GUI=$gui" -- feedline-cli
  say "Training resources/examples/quickstart.feedline"
  case "${1:-}" in
    ''|-*) set -- resources/examples/quickstart.feedline "$@" ;;
  esac
  exec build/release/core/feedline-cli run "$@"
fi

install_packages build gui
build_preset release -DFEEDLINE_GUI=ON -- feedline feedline-cli
[ $# -gt 0 ] || set -- --example quickstart --run
say "Opening the window"
exec build/release/gui/feedline "$@"
