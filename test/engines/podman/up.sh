#!/usr/bin/env bash
# up.sh: starts a throw-away Podman API service with its own storage, settings and network. Does
# nothing when it is already up. Needs root. The last line it prints is DOCKER_HOST=unix://...
#
#   NAME                 podman; with another NAME a second one comes up beside the first
#   RUN                  its folder, ${PMAN_TEST_RUN:-/tmp/pman-test}/$NAME
#   PODMAN_IDLE_SECONDS  0; N ends the service after N seconds without a request, as a socket unit does
#   PODMAN_EVENTS        file; none for a Podman that has no events to watch
#   STORAGE_DRIVER       overlay where it works, else vfs
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir podman
source "$here/env.sh"

socket=$RUN/podman.sock
check_socket_path "$socket"

ping() { curl -fsS --max-time 5 --unix-socket "$1" http://podman/_ping; }

# One at a time: a second up.sh must not take a service that is still starting for a crashed one,
# nor pick the same network.
mkdir -p "$RUN_BASE"
exec 9>"$RUN_BASE/lock"
flock 9

if alive "$RUN/podman.pid" >/dev/null && ping "$socket" >/dev/null; then
  say "podman $NAME is already up"
  echo "DOCKER_HOST=unix://$socket"
  exit 0
fi

need podman runc conmon curl ip iptables
[ "$(id -u)" = 0 ] || die 'these scripts run podman as root'

# An idle service ends by itself, and its containers and images are to be found again: so unlike
# Docker's, a run dir without a process is not a crash. down.sh is what throws away.
mkdir -p "$RUN"/{root,runroot,tmp,networks,volumes,log}
stop "$RUN/podman.pid" 5 # one that runs but does not answer
rm -f "$socket"
pick_network 150
note_firewall
write_settings

start "$RUN/podman.pid" "$RUN/log/podman.log" podman "${STORE[@]}" --log-level warn \
  system service --time="${PODMAN_IDLE_SECONDS:-0}" "unix://$socket"
if ! await "$RUN/podman.pid" 30 "$RUN/log/podman.log" ping "$socket"; then
  NAME=$NAME RUN=$RUN "$here/down.sh"
  exit 1
fi

say "podman $NAME is up (pid $(alive "$RUN/podman.pid"), $(cat "$RUN/driver"), log $RUN/log/podman.log)"
echo "DOCKER_HOST=unix://$socket"
