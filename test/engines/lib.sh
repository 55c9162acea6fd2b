# shellcheck shell=bash disable=SC2034 # what is set here is read there
# Shared by the scripts beside it: source it, it starts nothing by itself.

RUN_BASE=${PMAN_TEST_RUN:-/tmp/pman-test}
CACHE=${PMAN_TEST_CACHE:-$HOME/.cache/pman-test}

say() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }
die() { say "$*"; exit 1; }

# need COMMAND...: ends the script naming what is not there.
need() {
  local command missing=()
  for command in "$@"; do command -v "$command" >/dev/null || missing+=("$command"); done
  [ ${#missing[@]} -eq 0 ] || die "missing: ${missing[*]} (test/engines/install.sh installs them)"
}

# use_run_dir DEFAULT_NAME: sets NAME, RUN (the instance's own folder) and ID (short, safe in names
# of bridges and cgroups, different for every RUN).
use_run_dir() {
  NAME=${NAME:-$1}
  RUN=$(realpath -m "${RUN:-$RUN_BASE/$NAME}")
  ID=$(printf %s "$RUN" | cksum | awk '{ printf "%08x", $1 }')
}

# pick_network FIRST: the second octet of a 10.x/16, one of the 50 from FIRST, that nobody on this
# machine routes; remembered in the run dir. Call it under up.sh's lock: another may be picking. The
# search starts at a place of the instance's own, because one under another PMAN_TEST_RUN has another
# lock, and may have no bridge yet to see.
pick_network() {
  local try octet
  [ -s "$RUN/octet" ] && return
  for try in {0..49}; do
    octet=$(($1 + (16#$ID + try) % 50))
    ip -4 route show table all | grep -E "(^| )10\.$octet\." >/dev/null && continue
    grep -qsx "$octet" "$RUN_BASE"/*/octet && continue
    echo "$octet" >"$RUN/octet"
    return
  done
  die "no free 10.x.0.0/16 from 10.$1 on"
}

# check_socket_path PATH: the kernel takes 107 bytes; what fails beyond that says nothing of length.
check_socket_path() { [ ${#1} -lt 100 ] || die "socket path too long (${#1}): $1; set a shorter RUN"; }

# started_at PID: the kernel's start time of a live process, nothing for a dead one. A zombie is
# dead: in a container PID 1 may never reap it, so `kill -0` would wait for ever.
started_at() {
  sed -n 's/^.*) [^ZX] //p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f19
}

# record_pid FILE PID: with the start time, so that a number reused by another is not taken for ours.
record_pid() { echo "$2 $(started_at "$2")" >"$1"; }

# alive FILE: whether the process recorded there still runs; prints its pid.
alive() {
  local pid at
  [ -s "$1" ] && read -r pid at <"$1" && [ -n "$at" ] && [ "$(started_at "$pid")" = "$at" ] && echo "$pid"
}

# start FILE LOG COMMAND...: runs it in the background in a session of its own, pid to FILE.
start() {
  local file=$1 log=$2
  shift 2
  # 9 is up.sh's lock, which a daemon would hold for as long as it lives
  setsid "$@" >>"$log" 2>&1 </dev/null 9>&- &
  record_pid "$file" $!
}

# wait_until SECONDS COMMAND...: until the command succeeds, or fails after that many seconds.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}

# await FILE SECONDS LOG COMMAND...: like wait_until, but gives up at once when the process recorded
# in FILE ends; says why by the log's tail.
await() {
  local file=$1 end=$((SECONDS + $2)) log=$3
  shift 3
  until "$@" >/dev/null 2>&1; do
    if ! alive "$file" >/dev/null; then
      say "ended before it was ready ($log):"
      tail -n 20 "$log" >&2
      return 1
    elif [ $SECONDS -ge "$end" ]; then
      say "not ready in time ($log):"
      tail -n 20 "$log" >&2
      return 1
    fi
    sleep 0.1
  done
}

gone() { ! alive "$1"; }

# stop FILE [SECONDS]: TERM, a bounded wait, then KILL, for the process recorded in FILE only.
stop() {
  local pid
  if pid=$(alive "$1"); then
    kill -TERM "$pid" 2>/dev/null || true
    if ! wait_until "${2:-15}" gone "$1"; then
      kill -KILL "$pid" 2>/dev/null || true
      wait_until 5 gone "$1" || die "pid $pid does not end"
    fi
  fi
  rm -f "$1"
}

# unmount_under DIR: deepest first; -l because a dead process's namespace may still hold one.
unmount_under() {
  local mount
  awk -v dir="$1/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
    while read -r mount; do umount -l "$(printf %b "$mount")"; done
}

# remove_tree DIR: unmounts, then removes, and never crosses into a mount that stayed.
remove_tree() {
  [ -d "$1" ] || return 0
  unmount_under "$1"
  rm -rf --one-file-system "$1"
}

# cgroup_pids NAME: every process under the top cgroup of that name, in any hierarchy (v1, hybrid, v2).
cgroup_pids() {
  find /sys/fs/cgroup -path "*/$1/*" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un
}

# cgroup_kill NAME: exactly the containers of the engine that was given this cgroup for its own.
cgroup_kill() {
  local pid
  for pid in $(cgroup_pids "$1"); do kill -KILL "$pid" 2>/dev/null || true; done
}

cgroup_empty() {
  local pid
  for pid in $(cgroup_pids "$1"); do [ -z "$(started_at "$pid")" ] || return 1; done
}

# cgroup_remove NAME: kills what is left there, then removes it.
cgroup_remove() {
  cgroup_kill "$1"
  wait_until 10 cgroup_empty "$1" || say "still in cgroup $1: $(cgroup_pids "$1" | xargs)"
  find /sys/fs/cgroup -depth -type d \( -name "$1" -o -path "*/$1/*" \) -exec rmdir {} + 2>/dev/null || true
}
