#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds everything and runs all tests. With FEEDLINE_WERROR=ON, as
# in CI, warnings are errors; not so by default, because a newer compiler knows new ones.
#
# Two tests run at a time where there are two cores, but none beside one that measures time; FEEDLINE_TEST_JOBS=1 runs
# one at a time. Without arguments, short tests share a process to load the libraries once.
#
#   packaging/test.sh [CTEST-ARGUMENT...]      e.g. packaging/test.sh -L core
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_packages build gui test
build_preset release -DFEEDLINE_GUI=ON "-DFEEDLINE_WERROR=${FEEDLINE_WERROR:-OFF}" -DBUILD_TESTING=ON --
say "Testing"
jobs=${FEEDLINE_TEST_JOBS:-$(($(nproc) > 1 ? 2 : 1))}
preset=release-rows
(($# == 0)) || preset=release  # with arguments, such as -R: each by its name
exec ctest --preset "$preset" --parallel $((2 * jobs)) "$@"  # a test counts as two: tests/CMakeLists.txt
