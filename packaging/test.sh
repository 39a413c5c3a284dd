#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds everything with warnings as errors and runs all tests.
#
#   packaging/test.sh [CTEST-ARGUMENT...]      e.g. packaging/test.sh -L core
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_packages build gui test
build_release -DFEEDLINE_GUI=ON -DFEEDLINE_WERROR=ON -DBUILD_TESTING=ON --
say "Testing"
exec ctest --preset release "$@"
