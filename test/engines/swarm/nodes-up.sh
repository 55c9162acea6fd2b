#!/usr/bin/env bash
# nodes-up.sh: starts three throw-away dockerds that are the managers of one swarm, each in a network
# namespace of its own. Needs root. The last lines it prints are DOCKER_HOST_1=unix://... to 3.
#
#   NAME, RUN  as for ../docker/up.sh; the name is nodes, and each dockerd's has -1, -2, -3 behind it
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir nodes
source "$here/nodes.sh"
need nsenter ip iptables curl
api() { curl -fsS --max-time 60 -H 'content-type: application/json' --unix-socket "${hosts[$1]#unix://}" "${@:2}"; }
swarm_of() { api "$1" http://docker/info | grep -o '"LocalNodeState":"[a-z]*"'; }

"$here/nodes-down.sh"
mkdir -p "$RUN"
pick_network 150
link_up
hosts=('')
for n in $NODES; do
  hosts+=("$(node "$n" up | sed -n 's/^DOCKER_HOST=//p')")
done
api 1 -X POST http://docker/swarm/init -d "{
  \"ListenAddr\": \"$(address 1):2377\", \"AdvertiseAddr\": \"$(address 1)\"}" >/dev/null
token=$(api 1 http://docker/swarm | sed -n 's/.*"Manager":"\([^"]*\)".*/\1/p')
for n in 2 3; do
  api "$n" -X POST http://docker/swarm/join -d "{
    \"ListenAddr\": \"$(address "$n"):2377\", \"AdvertiseAddr\": \"$(address "$n")\",
    \"RemoteAddrs\": [\"$(address 1):2377\"], \"JoinToken\": \"$token\"}" >/dev/null
done
say "swarm $NAME is up, with three managers"
for n in $NODES; do echo "DOCKER_HOST_$n=${hosts[$n]}"; done
