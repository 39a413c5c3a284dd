# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Shared by run.sh, test.sh and bench.sh: installs what is missing, configures, builds.

set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p build

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'feedline: %s\n' "$*" >&2; exit 2; }

# read_packages SECTION...: lines "names<TAB>sign<TAB>reason" of packages.txt.
read_packages() {
  awk -v wanted=" $* " '
    /^\[/ { section = substr($1, 2, length($1) - 2); next }
    /^#/ || NF == 0 { next }
    index(wanted, " " section " ") {
      names = $1; sign = $2; $1 = $2 = ""; sub(/^ +/, ""); print names "\t" sign "\t" $0
    }' packaging/packages.txt
}

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

known() {  # do the package lists at hand name it?
  [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]
}

# as_root COMMAND...: sudo only where it is needed.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root, and there is no sudo. As root, run: $*"
  fi
}

update_lists() {
  say "Fetching the lists of packages"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
}

# missing_package NAMES: what to install for one line of the list; nothing if it is there.
missing_package() {
  local names=$1 name
  for name in ${names//|/ }; do
    if installed "${name#\?}"; then return; fi
  done
  for name in ${names//|/ }; do
    if known "${name#\?}"; then echo "${name#\?}"; return; fi
  done
  # Not known here: let apt-get say so by name, unless it is optional.
  case $names in \?*) ;; *) echo "${names%%|*}" ;; esac
}

find_missing() {  # fills the arrays missing and reasons
  missing=() reasons=()
  local names sign reason package
  while IFS=$'\t' read -r names sign reason; do
    package=$(missing_package "$names")
    [ -n "$package" ] || continue
    missing+=("$package")
    reasons+=("$(printf '  %-24s %s' "$package" "$reason")")
  done < <(read_packages "$@")
}

# install_packages SECTION...: installs what is missing and says what and why.
install_packages() {
  if ! command -v apt-get >/dev/null; then
    check_by_hand "$@"
    return
  fi
  local missing reasons
  find_missing "$@"
  [ ${#missing[@]} -gt 0 ] || return 0
  if ! known g++; then  # a bare machine: no lists yet
    update_lists
    find_missing "$@"
  fi
  say "Installing ${#missing[@]} packages that are missing, and what they need (some minutes)"
  printf '%s\n' "${reasons[@]}"
  local install=(as_root env DEBIAN_FRONTEND=noninteractive
                 apt-get install -y -q -o Dpkg::Use-Pty=0 --no-install-recommends "${missing[@]}")
  if ! "${install[@]}" >build/install.log 2>&1; then
    update_lists  # old lists name files that the archive no longer has
    "${install[@]}" >build/install.log 2>&1 || {
      tail -n 30 build/install.log >&2
      fail "apt-get could not install: ${missing[*]}"
    }
  fi
  printf 'Done in %s s; the full log is build/install.log.\n' "$SECONDS"
}

has_sign() {
  case $1 in
    -) ;;
    *.h|*.hpp)
      printf '#if !__has_include(<%s>)\n#error\n#endif\n' "$1" |
        g++ -I/usr/include/opencv4 -x c++ -fsyntax-only - 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# check_by_hand SECTION...: without apt-get, names what is lacking and stops.
check_by_hand() {
  local names sign reason lacking=()
  while IFS=$'\t' read -r names sign reason; do
    has_sign "$sign" || lacking+=("$(printf '  %-24s %-24s %s' "$sign" "${names%%|*}" "$reason")")
  done < <(read_packages "$@")
  [ ${#lacking[@]} -gt 0 ] || return 0
  {
    echo "feedline: this is not Debian or Ubuntu (no apt-get), so nothing was installed. Lacking:"
    printf '  %-24s %-24s %s\n' "command or header" "Debian's name" "why"
    printf '%s\n' "${lacking[@]}"
    echo "Install what your distribution calls these, and run this again."
  } >&2
  exit 2
}

# build_preset PRESET CMAKE_OPTION... -- TARGET...: no target builds everything.
build_preset() {
  local preset=$1 options=() targets=()
  shift
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  say "Configuring build/$preset"
  cmake --preset "$preset" ${options[@]+"${options[@]}"} ||
    fail "configuring failed: CMake's message above names what is lacking. LibTorch in a folder" \
         "of its own is found with CMAKE_PREFIX_PATH=/path/to/libtorch in the environment."
  say "Building ${*:-everything}"
  [ $# -eq 0 ] || targets=(--target "$@")
  cmake --build --preset "$preset" ${targets[@]+"${targets[@]}"}
}
