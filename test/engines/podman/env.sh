# shellcheck shell=bash disable=SC2034 # what is set here is read there
# What every podman command of one instance needs, service or not: settings, storage, network.

BRIDGE=pmt-$ID # 12 characters; the kernel takes 15

export CONTAINERS_CONF=$RUN/containers.conf
export CONTAINERS_REGISTRIES_CONF=$RUN/registries.conf
export CONTAINERS_STORAGE_CONF=$RUN/storage.conf
export TMPDIR=$RUN/tmp

STORE=(--root "$RUN/root" --runroot "$RUN/runroot")

# Podman's chains in the firewall belong to all the instances of a machine and stay when the last
# container is gone. Only if there were none before ours are they ours to remove.
note_firewall() {
  iptables -w -n -L NETAVARK_FORWARD >/dev/null 2>&1 || : >"$RUN_BASE/netavark"
}

# clear_firewall: removes them, if they are ours and nobody has a rule for a container in them.
clear_firewall() {
  local name
  [ -e "$RUN_BASE/netavark" ] || return 0
  # grep reads to the end (no -q): a pipe broken early would count as nothing found
  iptables -w -S NETAVARK_FORWARD 2>/dev/null | grep '^-A' >/dev/null && return 0
  iptables -w -t nat -S | grep -E '^-N NETAVARK-[0-9A-F]{8}' >/dev/null && return 0
  for name in FORWARD ISOLATION_1 ISOLATION_2; do drop_chain filter "NETAVARK_$name"; done
  for name in DNAT MASQ SETMARK; do drop_chain nat "NETAVARK-HOSTPORT-$name"; done
  rm -f "$RUN_BASE/netavark"
}

drop_chain() { # TABLE CHAIN: with the rules that jump there
  local rule
  iptables -w -t "$1" -S "$2" >/dev/null 2>&1 || return 0
  iptables -w -t "$1" -S | sed -nE "s/^-A (.* -j $2)\$/\1/p" | while read -r rule; do
    xargs iptables -w -t "$1" -D <<<"$rule" || true # xargs, for the quotes of the comment
  done
  iptables -w -t "$1" -F "$2" && iptables -w -t "$1" -X "$2" || say "chain $2 stays"
}

# overlay_works: whether the kernel mounts one over the run dir's file system, which it does not
# when that is an overlay itself.
overlay_works() {
  local try=$RUN/tmp/overlay
  mkdir -p "$try"/{lower,upper,work,merged}
  local options=lowerdir=$try/lower,upperdir=$try/upper,workdir=$try/work works=1
  if mount -t overlay overlay -o "$options" "$try/merged" 2>/dev/null; then
    umount "$try/merged"
    works=0
  fi
  rm -rf "$try"
  return $works
}

write_settings() {
  local octet
  octet=$(cat "$RUN/octet")
  if [ ! -s "$RUN/driver" ]; then
    if [ -n "${STORAGE_DRIVER:-}" ]; then echo "$STORAGE_DRIVER"
    elif overlay_works; then echo overlay
    else echo vfs
    fi >"$RUN/driver"
  fi

  # - the limits: the defaults are above what may be set without CAP_SYS_RESOURCE; soft and hard alike,
  #   because the Docker-compatible API of 4.3 takes the one for the other, and runc refuses the outcome
  # - runc and cgroupfs: crun 1.8 refuses a hybrid cgroup tree, and there may be no systemd
  # - the log driver and the events in files, because there may be no journal
  # - the locks in files, because those in /dev/shm are one set for all the instances of a machine
  cat >"$CONTAINERS_CONF" <<TOML
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
log_driver = "k8s-file"

[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "${PODMAN_EVENTS:-file}"
events_logfile_path = "$RUN/events.log"
tmp_dir = "$RUN/tmp/libpod"
volume_path = "$RUN/volumes"
lock_type = "file"

[network]
network_backend = "netavark"
network_config_dir = "$RUN/networks"
default_subnet_pools = [{ base = "10.$octet.128.0/17", size = 24 }]
TOML

  # The only place images come from is this machine: without a registry to search a name that is not
  # there fails at once and by name, instead of after a look-up over the network.
  cat >"$CONTAINERS_REGISTRIES_CONF" <<'TOML'
unqualified-search-registries = []
short-name-mode = "disabled"
TOML

  cat >"$CONTAINERS_STORAGE_CONF" <<TOML
[storage]
driver = "$(cat "$RUN/driver")"
graphroot = "$RUN/root"
runroot = "$RUN/runroot"
TOML

  # The default network under a bridge of its own: the built-in one is podman0 for every instance.
  cat >"$RUN/networks/podman.json" <<JSON
{
  "name": "podman",
  "id": "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9",
  "driver": "bridge",
  "network_interface": "$BRIDGE",
  "created": "2020-01-01T00:00:00Z",
  "subnets": [{ "subnet": "10.$octet.0.0/24", "gateway": "10.$octet.0.1" }],
  "ipv6_enabled": false,
  "internal": false,
  "dns_enabled": false,
  "ipam_options": { "driver": "host-local" }
}
JSON
}
