# shellcheck shell=bash
# What up.sh and down.sh share of one throw-away cluster: its names, its keys and its configuration
# files. Source it after use_run_dir.

BRIDGE=pmk-$ID # 12 characters; the kernel takes 15
CGROUP=pmk-$ID
NODE=node1
PKI=$RUN/pki
SOCK=$RUN/containerd.sock
CGROUPS_V1='cpu cpuacct cpuset memory devices freezer blkio pids systemd'

# use_addresses: pods have the lower half of the 10.x/16, services the upper. The bridge has the first
# address of each: the second is the service "kubernetes", so that pods reach the API without kube-proxy.
use_addresses() {
  local octet
  octet=$(cat "$RUN/octet")
  NODE_IP=10.$octet.0.1
  POD_NET=10.$octet.0.0/17
  API_IP=10.$octet.128.1
  SERVICE_NET=10.$octet.128.0/17
  ETCD_PORT=$((20000 + octet * 2))
  API=https://$API_IP:443
}

# cert NAME SUBJECT [EXTENSIONS]: a key and a certificate by our own authority.
cert() {
  local file=$PKI/$1
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" \
    -keyout "$file.key" -out "$file.csr" 2>/dev/null
  openssl x509 -req -in "$file.csr" -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -CAcreateserial -days 3650 \
    -extfile <(printf 'extendedKeyUsage=serverAuth,clientAuth\n%s\n' "${3:-}") -out "$file.crt" 2>/dev/null
}

# write_kubeconfig FILE NAME: as the owner of certificate NAME.
write_kubeconfig() {
  cat >"$1" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: k, cluster: {server: "$API", certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")}}]
users: [{name: $2, user: {client-certificate-data: $(base64 -w0 "$PKI/$2.crt"), client-key-data: $(base64 -w0 "$PKI/$2.key")}}]
contexts: [{name: k, context: {cluster: k, user: $2}}]
current-context: k
YAML
  chmod 600 "$1"
}

make_keys() {
  local name
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=ca \
    -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$PKI/ca.key" -out "$PKI/ca.crt" 2>/dev/null
  openssl genrsa -out "$PKI/sa.key" 2048 2>/dev/null
  openssl rsa -in "$PKI/sa.key" -pubout -out "$PKI/sa.pub" 2>/dev/null
  cert apiserver /CN=kube-apiserver \
    "subjectAltName=IP:127.0.0.1,IP:$API_IP,IP:$NODE_IP,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default.svc"
  cert apiserver-to-kubelet /O=system:masters/CN=apiserver-to-kubelet
  cert admin /O=system:masters/CN=admin
  cert controllers /CN=system:kube-controller-manager
  cert scheduler /CN=system:kube-scheduler
  cert node "/O=system:nodes/CN=system:node:$NODE" "subjectAltName=IP:$NODE_IP,DNS:$NODE"
  for name in admin controllers scheduler node; do write_kubeconfig "$RUN/$name.kubeconfig" $name; done
}

# pack_image REFERENCE ROOT CONFIG FILE: packs the folder ROOT as a docker archive.
pack_image() {
  local dir=$4.d diff
  mkdir -p "$dir"
  tar -C "$2" --sort=name --numeric-owner --owner=0 --group=0 --mtime=@0 -cf "$dir/layer.tar" .
  diff=$(sha256sum <"$dir/layer.tar" | cut -d' ' -f1)
  printf '{"architecture":"%s","os":"linux","config":%s,"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$(dpkg --print-architecture)" "$3" "$diff" >"$dir/config.json"
  printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$1" >"$dir/manifest.json"
  tar -C "$dir" -cf "$4" manifest.json config.json layer.tar
  rm -rf "$dir"
}

# make_images: the sandbox of pods, and the probe of the test suite with and without an ENTRYPOINT.
make_images() {
  local root=$RUN/images/root applet path='"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
  mkdir -p "$root"
  gcc -Os -static -s -o "$root/pause" "$here/pause.c"
  pack_image docker.io/local/pause:1 "$root" '{"Entrypoint":["/pause"]}' "$RUN/images/pause.tar"
  rm -rf "$root"
  mkdir -p "$root"/{bin,etc,root,home/job,proc,sys,dev,usr}
  mkdir -m 1777 "$root/tmp"
  chmod 700 "$root/root"
  chmod 777 "$root/home/job"
  cp "$(command -v busybox)" "$root/bin/busybox"
  for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
  done
  ln -s ../bin "$root/usr/bin"
  printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'job:x:1001:1001:job:/home/job:/bin/sh' >"$root/etc/passwd"
  printf '%s\n' 'root:x:0:' 'job:x:1001:' >"$root/etc/group"
  pack_image docker.io/local/probe:1 "$root" "{\"Env\":[$path],\"Cmd\":[\"/bin/sh\"]}" "$RUN/images/probe.tar"
  pack_image docker.io/local/probe-entrypoint:1 "$root" \
    "{\"Env\":[$path],\"Entrypoint\":[\"/bin/busybox\",\"env\",\"FROM_ENTRYPOINT=yes\"]}" "$RUN/images/entrypoint.tar"
  rm -rf "$root"
}

write_node_files() {
  cat >"$RUN/cni/10-pods.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "$BRIDGE", "isGateway": true, "ipMasq": false, "promiscMode": false,
   "ipam": {"type": "host-local", "dataDir": "$RUN/ipam", "ranges": [[{"subnet": "$POD_NET"}]],
            "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
  cat >"$RUN/containerd.toml" <<TOML
version = 2
root = "$RUN/containerd"
state = "$RUN/containerd-state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
  address = "$SOCK"
[ttrpc]
  address = "$SOCK.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/local/pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$RUN/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "$RUN/runc"
      SystemdCgroup = false
TOML
  cat >"$RUN/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_IP
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $PKI/node.crt
tlsPrivateKeyFile: $PKI/node.key
containerRuntimeEndpoint: unix://$SOCK
cgroupDriver: cgroupfs
cgroupRoot: /$CGROUP
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
maxOpenFiles: 20000
maxPods: 200
podPidsLimit: 1024
registerNode: true
resolvConf: ""
podLogsDir: $RUN/pod-logs
staticPodPath: ""
volumePluginDir: $RUN/volume-plugins
enforceNodeAllocatable: [pods]
evictionHard: {memory.available: 200Mi, nodefs.available: 1Gi, imagefs.available: 1Gi, nodefs.inodesFree: 1%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
serializeImagePulls: false
kubeAPIQPS: 100
kubeAPIBurst: 200
eventRecordQPS: 100
eventBurst: 200
nodeStatusUpdateFrequency: 5s
nodeLeaseDurationSeconds: 8
shutdownGracePeriod: 0s
healthzPort: 0
YAML
  # The first process of the node's own pid and mount namespace: its end ends shims, pods and mounts.
  cat >"$RUN/node.sh" <<BASH
#!/usr/bin/env bash
mount --make-rshared /
containerd --config $RUN/containerd.toml >>$RUN/log/containerd.log 2>&1 &
until ctr -a $SOCK version >/dev/null 2>&1; do sleep 0.1; done
for image in pause probe entrypoint; do ctr -a $SOCK -n k8s.io images import $RUN/images/\$image.tar; done
while [ ! -e $RUN/api-up ]; do sleep 0.1; done
while :; do
  $KUBE kubelet --config $RUN/kubelet.yaml --kubeconfig $RUN/node.kubeconfig --root-dir $RUN/kubelet \\
    --cert-dir $RUN/kubelet/pki --hostname-override $NODE --node-ip $NODE_IP --containerd $SOCK >>$RUN/log/kubelet.log 2>&1
  sleep 1
done
BASH
}
