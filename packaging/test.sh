#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds everything and runs all tests. With FEEDLINE_WERROR=ON, as
# in CI, warnings are errors; not so by default, because a newer compiler knows new ones.
#
# FEEDLINE_TEST_JOBS=2 runs two tests at a time, but none beside one that measures time.
#
#   packaging/test.sh [CTEST-ARGUMENT...]      e.g. packaging/test.sh -L core
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_packages build gui test
build_preset release -DFEEDLINE_GUI=ON "-DFEEDLINE_WERROR=${FEEDLINE_WERROR:-OFF}" -DBUILD_TESTING=ON --
say "Testing"
exec ctest --preset release --parallel "${FEEDLINE_TEST_JOBS:-1}" "$@"
