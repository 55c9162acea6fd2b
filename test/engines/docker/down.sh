#!/usr/bin/env bash
# down.sh: stops the dockerd that up.sh started under the same NAME or RUN, with every container in
# it, and removes its bridge, cgroup, mounts and folder. Idempotent; also clears up after a crash.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir docker
source "$here/network.sh"
[ -d "$RUN" ] || { say "dockerd $NAME is down"; exit 0; }

# The containers are killed along with it: dockerd would give each ten seconds to heed a TERM that a
# shell as PID 1 never heeds, and a restart policy brings back one that was killed beforehand.
stop "$RUN/dockerd.pid" 30 &
while alive "$RUN/dockerd.pid" >/dev/null; do
  cgroup_kill "$BRIDGE"
  sleep 0.1
done
wait

# After a crash of dockerd there is still a shim for each container: it carries our containerd's
# address as an argument, which no other's does.
cgroup_kill "$BRIDGE"
for proc in /proc/[0-9]*; do
  if grep -zqsFx "$RUN/containerd.sock" "$proc/cmdline"; then
    case $(cat "$proc/comm" 2>/dev/null) in
      containerd-shim*)
        record_pid "$RUN/shim.pid" "${proc#/proc/}"
        stop "$RUN/shim.pid" 1
        ;;
    esac
  fi
done
stop "$RUN/containerd.pid"
cgroup_remove "$BRIDGE"

network_down
remove_tree "$RUN"
say "dockerd $NAME is down"
