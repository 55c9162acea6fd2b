#!/usr/bin/env bash
# up.sh [DOCKERD OPTIONS...]: starts a throw-away dockerd, with its own containerd, data, bridge and
# cgroup, beside any other on the machine. Does nothing when it is already up. Needs root. The last
# line it prints is DOCKER_HOST=unix://...
#
#   NAME            docker; with another NAME a second one comes up beside the first
#   RUN             its folder, ${PMAN_TEST_RUN:-/tmp/pman-test}/$NAME
#   STORAGE_DRIVER  overlay2; vfs where the run dir is on an overlay itself
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir docker
source "$here/network.sh"

socket=$RUN/docker.sock
containerd=$RUN/containerd.sock
check_socket_path "$socket"

ping() { curl -fsS --max-time 5 --unix-socket "$1" http://docker/_ping; }

# One at a time: a second up.sh must not take a daemon that is still starting for a crashed one, nor
# pick the same network.
mkdir -p "$RUN_BASE"
exec 9>"$RUN_BASE/lock"
flock 9

if alive "$RUN/dockerd.pid" >/dev/null && ping "$socket" >/dev/null; then
  say "dockerd $NAME is already up"
  echo "DOCKER_HOST=unix://$socket"
  exit 0
fi

need dockerd containerd runc ip iptables curl
[ "$(id -u)" = 0 ] || die 'dockerd needs root'

down() { NAME=$NAME RUN=$RUN "$here/down.sh"; }

# What a crashed run left, half of it alive perhaps. dockerd would also refuse to start over the pid
# file of a killed one whose number another process has by now.
[ ! -e "$RUN" ] || down

mkdir -p "$RUN"/{containerd,exec,data,log}
pick_network 200
network_up
octet=$(cat "$RUN/octet")

# Its own containerd: dockerd would otherwise use the system's when one runs, where all dockerds
# share one namespace and see each other's containers.
cat >"$RUN/containerd.toml" <<TOML
version = 2
root = "$RUN/containerd/root"
state = "$RUN/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$containerd"
[ttrpc]
  address = "$containerd.ttrpc"
TOML
# An own configuration: dockerd refuses an option that is set in /etc/docker/daemon.json as well.
echo '{}' >"$RUN/daemon.json"

fail() {
  down
  exit 1
}

start "$RUN/containerd.pid" "$RUN/log/containerd.log" containerd --config "$RUN/containerd.toml"
await "$RUN/containerd.pid" 30 "$RUN/log/containerd.log" test -S "$containerd" || fail

start "$RUN/dockerd.pid" "$RUN/log/dockerd.log" dockerd \
  --config-file "$RUN/daemon.json" --host "unix://$socket" --containerd "$containerd" \
  --data-root "$RUN/data" --exec-root "$RUN/exec" --pidfile "$RUN/exec/dockerd.pid" \
  --storage-driver "${STORAGE_DRIVER:-overlay2}" \
  --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$BRIDGE" \
  --iptables=false --ip-masq=false --bridge "$BRIDGE" --fixed-cidr "10.$octet.0.0/24" \
  --default-address-pool "base=10.$octet.128.0/17,size=24" "$@"
await "$RUN/dockerd.pid" 60 "$RUN/log/dockerd.log" ping "$socket" || fail

say "dockerd $NAME is up (pid $(alive "$RUN/dockerd.pid"), 10.$octet.0.0/16, log $RUN/log/dockerd.log)"
echo "DOCKER_HOST=unix://$socket"
