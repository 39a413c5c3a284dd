#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs beside others: it waits for what it looks for, half a minute and longer.
# The real window on a real X server: it opens the quickstart example, trains, is looked at with a screenshot, and closes
# when asked to in the middle of the run.
set -euo pipefail

skip() { echo "skipped: $1"; exit 77; }
fail() { echo "FAILED: $1" >&2; cat "$folder/window.log" >&2; exit 1; }

for tool in Xvfb xdotool xwininfo; do
  command -v "$tool" >/dev/null || skip "$tool is not installed (Debian: xvfb, xdotool, x11-utils)"
done
[[ -x "$FEEDLINE_WINDOW" ]] || skip "the window is not built"

folder=$(mktemp -d)
window= server=
cleanup() {
  [[ -z "$window" ]] || kill "$window" 2>/dev/null || true
  [[ -z "$server" ]] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT

# Xvfb chooses a free display and tells it.
Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 3>"$folder/display" 2>/dev/null &
server=$!
for _ in $(seq 100); do [[ -s "$folder/display" ]] && break; sleep 0.1; done
[[ -s "$folder/display" ]] || skip "Xvfb does not start here"
DISPLAY=:$(cat "$folder/display")
export DISPLAY
export QT_QPA_PLATFORM=xcb XDG_CONFIG_HOME="$folder/config" XDG_RUNTIME_DIR="$folder" FEEDLINE_CACHE="$folder/cache"
export XDG_DATA_HOME="$folder/data"
touch "$folder/window.log"

# wait_for SECONDS COMMAND...: until it succeeds; fails when the window has gone.
wait_for() {
  local tries=$(($1 * 5)); shift
  for _ in $(seq "$tries"); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    kill -0 "$window" 2>/dev/null || return 1
    sleep 0.2
  done
  return 1
}

"$FEEDLINE_WINDOW" --example quickstart --run --log-facts --theme light --size 1280x780 2>"$folder/window.log" &
window=$!
wait_for 60 xdotool search --name 'quickstart.*Feedline' || fail "no window with the example's name"
wait_for 200 grep -q 'started on' "$folder/window.log" || fail "the run did not start"
wait_for 30 xdotool search --name '^Running' || fail "the title does not say that it runs"
wait_for 200 grep -q 'epoch 1:' "$folder/window.log" || fail "no epoch came to its end"

# The title, once more, is the run's; the window is as large as was asked.
id=$(xdotool search --name '^Running' | head -n 1)
xwininfo -id "$id" | grep -q 'Width: 1280' || fail "the window has another size"

# Ctrl+Q asks, because a run is going on; Escape keeps it running.
xdotool windowfocus --sync "$id" key ctrl+q
wait_for 30 xdotool search --name 'A run is going on' || fail "closing during a run did not ask"
xdotool windowfocus --sync "$(xdotool search --name 'A run is going on' | head -n 1)" key Escape
wait_for 30 bash -c "! xdotool search --name 'A run is going on'" || fail "Escape did not dismiss the question"
xdotool search --name '^Running' >/dev/null || fail "the run has gone although the question was dismissed"

# A screenshot from outside, as a person sees it, where ImageMagick is at hand.
if command -v import >/dev/null; then
  import -window "$id" "$folder/outside.png"
  [[ $(stat -c %s "$folder/outside.png") -gt 20000 ]] || fail "the window is blank"
fi

# Asked again, and this time meant: the run stops, the window closes, the program ends with 0.
xdotool windowfocus --sync "$id" key ctrl+q
wait_for 30 xdotool search --name 'A run is going on' || fail "closing the second time did not ask"
xdotool windowfocus --sync "$(xdotool search --name 'A run is going on' | head -n 1)" key alt+s
wait "$window" || fail "the window did not end with 0"
window=
grep -q 'Stopped' "$folder/window.log" || fail "the run was not stopped"

# A screenshot of a run, taken by the window itself.
timeout 120 "$FEEDLINE_WINDOW" --example quickstart --run --theme dark --screenshot "$folder/shot.png" --after-seconds 2 \
  2>"$folder/window.log" || fail "the screenshot run did not end by itself with 0"
[[ $(stat -c %s "$folder/shot.png") -gt 20000 ]] || fail "the screenshot is empty"

# Killed in mid-edit: what was drawn is kept within seconds, and the next start offers it again.
printf '{"feedline": 1, "nodes": [{"id": "act", "type": "relu", "position": [0, 0]}]}' >"$folder/mine.feedline"
cp "$folder/mine.feedline" "$folder/saved.feedline"
kept() { grep -rqs "$1" --include='*.rescue' "$folder/data"; }
"$FEEDLINE_WINDOW" "$folder/mine.feedline" --size 1280x780 2>"$folder/window.log" &
window=$!
wait_for 60 xdotool search --name 'mine.feedline.*Feedline' || fail "the file did not open"
id=$(xdotool search --name 'mine.feedline.*Feedline' | head -n 1)
xdotool windowfocus --sync "$id" mousemove --window "$id" 500 300 click 1
sleep 1
xdotool key Tab sleep 1 type --delay 30 dropout
sleep 1
xdotool key Return
wait_for 15 kept dropout || fail "what was drawn is not kept"
kill -9 "$window"
wait "$window" 2>/dev/null || true
cmp "$folder/mine.feedline" "$folder/saved.feedline" || fail "the file itself was touched"
"$FEEDLINE_WINDOW" "$folder/saved.feedline" --size 1280x780 2>"$folder/window.log" &
window=$!
wait_for 60 xdotool search --name 'Recover unsaved graphs' || fail "nothing is offered after the crash"
xdotool windowfocus --sync "$(xdotool search --name 'Recover unsaved graphs' | head -n 1)" key Return
wait_for 30 xdotool search --name '^mine.feedline.*Feedline' || fail "the graph was not recovered"
wait_for 15 kept dropout || fail "the recovered graph is not kept"
kill -9 "$window"
wait "$window" 2>/dev/null || true
window=

echo "ok"
