#!/bin/bash
# Does something to one process of the store under DIR:
#   chaos.sh DIR kill9|term|freeze|thaw|start|status NAME       NAME: mon, osd0, osd1, …, rgw, rgw2, …
set -euo pipefail
DIR=$(realpath -m "$1")
action=$2 name=$3
. "$(dirname "$(realpath "$0")")/common.sh"
[ -e "$DIR/pid/$name.cmd" ] || { echo "There is no process $name in $DIR." >&2; exit 2; }
pid=$(pid_of "$name")

send() {
  ours "$pid" || { echo "$name is not running." >&2; exit 3; }
  kill "-$1" "$pid"
}

case $action in
  kill9) send KILL; wait_gone "$pid" ;;
  term) send TERM; wait_gone "$pid" ;;
  freeze) send STOP ;;
  thaw) send CONT ;;
  start)
    ours "$pid" && { echo "$name is running." >&2; exit 3; }
    eval "start $name $(cat "$DIR/pid/$name.cmd")"
    ;;
  status) if ours "$pid"; then echo running; else echo stopped; fi ;;
  *) echo "There is no action $action." >&2; exit 2 ;;
esac
