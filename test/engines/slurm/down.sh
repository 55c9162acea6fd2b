#!/usr/bin/env bash
# down.sh: ends the SLURM that up.sh started under the same NAME or RUN, with every job and container
# of it, and removes its folder. Idempotent; also clears up after a crash.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir slurm
source "$here/../podman/env.sh"
source "$here/env.sh"
[ -d "$RUN" ] || { say "slurm $NAME is down"; exit 0; }

if alive "$RUN/slurmctld.pid" >/dev/null; then
  "${QUICK[@]}" scancel --quiet --user=root 2>/dev/null || true
fi
if [ -s "$CONTAINERS_CONF" ]; then
  timeout 60 podman "${STORE[@]}" rm --all --force --time 0 >/dev/null 2>&1 || say 'not all containers ended'
fi
for node in "${NODES[@]}" "$NODE-b"; do stop "$RUN/slurmd.$node.pid" 10; done
# What a job still had running is recorded nowhere but in its step daemon's folder.
for socket in "$RUN"/spool/*/"$NODE"*_*; do
  [ -S "$socket" ] || continue
  for pid in $(pgrep -f "slurmstepd: \[$(basename "$socket" | sed 's/.*_\([0-9]*\)\..*/\1/')\." || true); do
    [ "$(tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -c "SLURM_CONF=$SLURM_CONF")" = 0 ] ||
      kill -KILL "$pid" 2>/dev/null || true
  done
done
stop "$RUN/slurmrestd.pid" 5
stop "$RUN/slurmctld.pid" 10
stop "$RUN/slurmdbd.pid" 10
stop "$RUN/mariadbd.pid" 20
stop "$RUN/munged.pid" 5
stop "$RUN/podman.pid" 10
ip link del "$BRIDGE" 2>/dev/null || true
remove_link
remove_tree "$RUN"
say "slurm $NAME is down"
