#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds Feedline and the loops written by hand, and compares
# them with PyTorch: the table of the README. Takes about half an hour; see --quick.
#
#   packaging/bench.sh [COMPARE-ARGUMENT...]   e.g. packaging/bench.sh --only jpeg --rounds 3
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1:-}" in
  -h|--help) sed -n '3,6s/^# \{0,1\}//p' packaging/bench.sh; exec python3 tests/bench/compare.py --help ;;
esac

install_packages build bench
build_preset bench -- feedline-cli hand_jpeg hand_grey hand_table
say "Comparing"
exec python3 tests/bench/compare.py "$@"
