#!/usr/bin/env bash
# up.sh: starts a throw-away Kubernetes beside any other on the machine: etcd, API server, controllers,
# scheduler, and one node with real pods, with its own data, bridge and cgroup. Does nothing when it is
# already up. Needs root. The last line it prints is KUBECONFIG=...
#
#   NAME            kubernetes; with another NAME a second one comes up beside the first
#   RUN             its folder, ${PMAN_TEST_RUN:-/tmp/pman-test}/$NAME
#   NODE_GRACE      seconds of silence after which the node counts as lost, 50
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir kubernetes
source "$here/cluster.sh"
check_socket_path "$SOCK.ttrpc"

mkdir -p "$RUN_BASE"
exec 9>"$RUN_BASE/lock"
flock 9

export KUBECONFIG=$RUN/admin.kubeconfig
is_up() { alive "$RUN/node.pid" && kubectl wait --for condition=Ready "node/$NODE" --timeout 1s; }
if is_up >/dev/null 2>&1; then
  say "Kubernetes $NAME is already up"
  echo "KUBECONFIG=$KUBECONFIG"
  exit 0
fi

need containerd ctr runc busybox gcc openssl ip iptables kubectl curl
[ "$(id -u)" = 0 ] || die 'a node needs root'
KUBE=$("$here/build.sh" | tail -n 1)

down() { NAME=$NAME RUN=$RUN "$here/down.sh"; }
fail() {
  down
  exit 1
}
# What a crashed run left, half of it alive perhaps.
[ ! -e "$RUN" ] || down

mkdir -p "$RUN"/{pki,etcd,log,images,kubelet,cni,volume-plugins}
chmod 700 "$RUN"/{pki,etcd}
pick_network 150
use_addresses
make_keys
make_images
write_node_files

ip link add "$BRIDGE" type bridge
ip addr add "$NODE_IP/${POD_NET#*/}" dev "$BRIDGE"
ip addr add "$API_IP/${SERVICE_NET#*/}" dev "$BRIDGE"
ip link set "$BRIDGE" up

start "$RUN/etcd.pid" "$RUN/log/etcd.log" "$KUBE" etcd --name k8s --data-dir "$RUN/etcd" \
  --log-level warn --quota-backend-bytes 4294967296 --unsafe-no-fsync \
  --auto-compaction-mode periodic --auto-compaction-retention 10m \
  --listen-client-urls "http://127.0.0.1:$ETCD_PORT" --advertise-client-urls "http://127.0.0.1:$ETCD_PORT" \
  --listen-peer-urls "http://127.0.0.1:$((ETCD_PORT + 1))" \
  --initial-advertise-peer-urls "http://127.0.0.1:$((ETCD_PORT + 1))" \
  --initial-cluster "k8s=http://127.0.0.1:$((ETCD_PORT + 1))"
await "$RUN/etcd.pid" 30 "$RUN/log/etcd.log" curl -fs "http://127.0.0.1:$ETCD_PORT/health" || fail

start "$RUN/apiserver.pid" "$RUN/log/apiserver.log" "$KUBE" kube-apiserver \
  --bind-address "$API_IP" --secure-port 443 --advertise-address "$API_IP" \
  --etcd-servers "http://127.0.0.1:$ETCD_PORT" --etcd-compaction-interval 0 --endpoint-reconciler-type none \
  --service-cluster-ip-range "$SERVICE_NET" --authorization-mode Node,RBAC \
  --enable-admission-plugins NodeRestriction --allow-privileged \
  --client-ca-file "$PKI/ca.crt" --tls-cert-file "$PKI/apiserver.crt" --tls-private-key-file "$PKI/apiserver.key" \
  --kubelet-client-certificate "$PKI/apiserver-to-kubelet.crt" --kubelet-client-key "$PKI/apiserver-to-kubelet.key" \
  --kubelet-certificate-authority "$PKI/ca.crt" --kubelet-preferred-address-types InternalIP \
  --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$PKI/sa.pub" \
  --service-account-signing-key-file "$PKI/sa.key" \
  --max-requests-inflight 800 --max-mutating-requests-inflight 400 --profiling=false

# kubelet makes the groups below its root, not the root.
for hierarchy in $CGROUPS_V1; do
  [ ! -d "/sys/fs/cgroup/$hierarchy" ] || mkdir -p "/sys/fs/cgroup/$hierarchy/$CGROUP"
done
if [ -d "/sys/fs/cgroup/cpuset/$CGROUP" ]; then
  cat /sys/fs/cgroup/cpuset/cpuset.cpus >"/sys/fs/cgroup/cpuset/$CGROUP/cpuset.cpus"
  cat /sys/fs/cgroup/cpuset/cpuset.mems >"/sys/fs/cgroup/cpuset/$CGROUP/cpuset.mems"
fi
# Of version 2 a group has the controllers that the one above it hands on.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null ||
      say "the cgroups of this machine hand on no $controller"
  done
  mkdir -p "/sys/fs/cgroup/$CGROUP"
fi
start "$RUN/node.pid" "$RUN/log/node.log" \
  unshare --pid --fork --kill-child --mount --mount-proc bash "$RUN/node.sh"

await "$RUN/apiserver.pid" 60 "$RUN/log/apiserver.log" kubectl get --raw /readyz || fail
touch "$RUN/api-up"
start "$RUN/controllers.pid" "$RUN/log/controllers.log" "$KUBE" kube-controller-manager \
  --kubeconfig "$RUN/controllers.kubeconfig" --bind-address 127.0.0.1 --secure-port 0 \
  --use-service-account-credentials --root-ca-file "$PKI/ca.crt" \
  --service-account-private-key-file "$PKI/sa.key" --leader-elect=false \
  --flex-volume-plugin-dir "$RUN/volume-plugins" \
  --node-monitor-period 1s --node-monitor-grace-period "${NODE_GRACE:-50}s" \
  --kube-api-qps 500 --kube-api-burst 1000 --concurrent-job-syncs 50 --concurrent-gc-syncs 50 --profiling=false
start "$RUN/scheduler.pid" "$RUN/log/scheduler.log" "$KUBE" kube-scheduler \
  --kubeconfig "$RUN/scheduler.kubeconfig" --bind-address 127.0.0.1 --secure-port 0 \
  --leader-elect=false --kube-api-qps 500 --kube-api-burst 1000 --profiling=false
await "$RUN/node.pid" 90 "$RUN/log/kubelet.log" kubectl get node "$NODE" || fail
await "$RUN/node.pid" 90 "$RUN/log/kubelet.log" kubectl wait --for condition=Ready "node/$NODE" --timeout 1s || fail
await "$RUN/controllers.pid" 30 "$RUN/log/controllers.log" kubectl -n default get serviceaccount default || fail

say "Kubernetes $NAME is up ($API, log $RUN/log)"
echo "KUBECONFIG=$KUBECONFIG"
