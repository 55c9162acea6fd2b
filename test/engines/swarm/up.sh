#!/usr/bin/env bash
# up.sh: starts a throw-away dockerd (see ../docker/up.sh) and makes it a swarm of one node, on the
# address of its own bridge. Does nothing when it is already up. Needs root. The last line it prints is
# DOCKER_HOST=unix://...
#
#   NAME, RUN  as for ../docker/up.sh; the name is swarm
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export NAME=${NAME:-swarm}
source "$here/../lib.sh"
use_run_dir "$NAME"
host=$(RUN=$RUN "$here/../docker/up.sh" "$@" | sed -n 's/^DOCKER_HOST=//p')
api() { curl -fsS --max-time 60 --unix-socket "${host#unix://}" "$@"; }

if ! api http://docker/info | grep -q '"LocalNodeState":"active"'; then
  octet=$(cat "$RUN/octet")
  # Ports of its own: another swarm may live on the machine.
  api -X POST -H 'content-type: application/json' http://docker/swarm/init -d "{
    \"ListenAddr\": \"10.$octet.0.1:2377\", \"AdvertiseAddr\": \"10.$octet.0.1\",
    \"DataPathPort\": $((20000 + octet))}" >/dev/null
fi
say "swarm $NAME is up"
echo "DOCKER_HOST=$host"
