# Shared by the scripts of this folder. DIR is the folder of a store.

# True when the process of that pid is one of this store: pids are used again.
ours() { [ -r "/proc/$1/cmdline" ] && tr '\0' ' ' <"/proc/$1/cmdline" | grep -qF -- "-c $DIR/ceph.conf "; }

pid_of() { cat "$DIR/pid/$1.pid" 2>/dev/null || echo 0; }

# Starts COMMAND as NAME, a session of its own, and remembers both.
start() {
  local name=$1
  shift
  printf '%q ' "$@" >"$DIR/pid/$name.cmd"
  setsid "$@" >>"$DIR/log/$name.out" 2>&1 </dev/null &
  echo $! >"$DIR/pid/$name.pid"
}

# Waits up to ten seconds for a process to be gone.
wait_gone() {
  for ((k = 0; k < 200; k++)); do
    ours "$1" || return 0
    sleep 0.05
  done
  return 1
}
