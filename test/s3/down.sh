#!/bin/bash
# Stops the processes that up.sh started under DIR, by their pid files, and nothing else.
#   down.sh DIR [--wipe]      --wipe also removes DIR
set -uo pipefail
DIR=$(realpath -m "${1:?usage: down.sh DIR [--wipe]}")
. "$(dirname "$(realpath "$0")")/common.sh"

# Gateways first, the monitor last.
names=$(cd "$DIR/pid" 2>/dev/null && ls rgw*.pid osd*.pid mon.pid 2>/dev/null | sed 's/\.pid$//')
for name in $names; do
  pid=$(pid_of "$name")
  # What is wiped need not end well.
  if [ "${2:-}" = --wipe ]; then signal=KILL; else signal=TERM; fi
  if ours "$pid"; then
    kill -CONT "$pid"
    kill "-$signal" "$pid"
    wait_gone "$pid" || kill -KILL "$pid"
  fi
  rm -f "$DIR/pid/$name.pid"
done
if [ "${2:-}" = --wipe ] && [ -e "$DIR/ceph.conf" ]; then rm -rf -- "$DIR"; fi
exit 0
