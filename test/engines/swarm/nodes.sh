# shellcheck shell=bash
# Three throw-away dockerds for one swarm: each in a network namespace of its own, all on one bridge.
# Source it after ../lib.sh and use_run_dir.

NODES='1 2 3'
LINK=pmn-$ID # 12 characters; the kernel takes 15

namespace() { echo "pmn-$ID-$1"; }
address() { echo "10.$(cat "$RUN/octet").0.1$1"; }
# Not `ip netns exec`: it hides the cgroups behind a new /sys.
inside() { nsenter --net="/run/netns/$(namespace "$1")" "${@:2}"; }
node() { inside "$1" env NAME="$NAME-$1" RUN="$RUN-$1" bash "$here/../docker/$2.sh" "${@:3}"; }

link_up() {
  local n octet
  octet=$(cat "$RUN/octet")
  ip link show "$LINK" >/dev/null 2>&1 || ip link add "$LINK" type bridge
  ip addr replace "10.$octet.0.1/24" dev "$LINK"
  ip link set "$LINK" up
  for n in $NODES; do
    [ ! -e "/run/netns/$(namespace "$n")" ] || continue
    ip netns add "$(namespace "$n")"
    ip link add "pv$n-$ID" type veth peer name eth0 netns "$(namespace "$n")"
    ip link set "pv$n-$ID" master "$LINK" up
    inside "$n" ip link set lo up
    inside "$n" ip addr add "$(address "$n")/24" dev eth0
    inside "$n" ip link set eth0 up
    inside "$n" ip route add default via "10.$octet.0.1"
  done
  iptables -w -C FORWARD -i "$LINK" -o "$LINK" -j ACCEPT 2>/dev/null ||
    iptables -w -I FORWARD -i "$LINK" -o "$LINK" -j ACCEPT
}

link_down() {
  local n
  while iptables -w -D FORWARD -i "$LINK" -o "$LINK" -j ACCEPT 2>/dev/null; do :; done
  for n in $NODES; do
    ip netns del "$(namespace "$n")" 2>/dev/null || true
    ip link del "pv$n-$ID" 2>/dev/null || true
  done
  ip link del "$LINK" 2>/dev/null || true
}
