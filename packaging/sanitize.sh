#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds with a sanitizer and runs the tests under it: on request, and nightly where somebody has
# a machine for it (about an hour on two cores). The window and its tests are left out, because Qt
# is not built with sanitizers; --window takes them in.
#
#   packaging/sanitize.sh asan|tsan [--window] [CTEST-ARGUMENT...]     e.g. packaging/sanitize.sh tsan -L core
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

preset=${1:-}
case $preset in
  asan|tsan) shift ;;
  *) fail "which sanitizer? packaging/sanitize.sh asan|tsan [--window] [CTEST-ARGUMENT...]" ;;
esac
window=OFF
if [ "${1:-}" = --window ]; then
  window=ON
  shift
fi

install_packages build gui test  # Qt Test comes with the window's packages
build_preset "$preset" "-DFEEDLINE_GUI=$window" -DBUILD_TESTING=ON --
say "Testing under $preset"
exec ctest --preset "$preset" "$@"
