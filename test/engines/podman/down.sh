#!/usr/bin/env bash
# down.sh: ends the Podman service that up.sh started under the same NAME or RUN, with every
# container of its storage, and removes its mounts, networks and folder. Idempotent; also clears up
# after a crash.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir podman
source "$here/env.sh"
[ -d "$RUN" ] || { say "podman $NAME is down"; exit 0; }

stop "$RUN/podman.pid" 10
# Containers do not end with the service. The store knows them all, with their conmon and network.
if [ -s "$CONTAINERS_CONF" ]; then
  timeout 60 podman "${STORE[@]}" rm --all --force --time 0 >/dev/null || say 'not all containers ended'
  timeout 30 podman "${STORE[@]}" network prune --force >/dev/null || true
fi
ip link del "$BRIDGE" 2>/dev/null || true
clear_firewall
# Podman's one parent for the cgroups of all containers; rmdir takes it only if nobody is in it.
find /sys/fs/cgroup -maxdepth 3 -depth -type d \
  \( -name libpod_parent -o -path '*/libpod_parent/conmon' \) -exec rmdir {} + 2>/dev/null || true
remove_tree "$RUN"
say "podman $NAME is down"
