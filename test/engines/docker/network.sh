# shellcheck shell=bash
# The network of one throw-away dockerd: a bridge, a /16 and three firewall rules of its own.
#
# dockerd runs with --iptables=false: with it, each dockerd that starts deletes and makes anew the
# DOCKER chains of the whole machine, which takes the rules of every other one with it. What jobs
# need (out to the world, and past the FORWARD policy DROP another dockerd may have set) are three
# rules by address, whatever networks are made later. Published ports go through docker-proxy.

BRIDGE=pmt-$ID # 12 characters; the kernel takes 15

network_rules() { # the arguments after -A or -D, a line each
  local net tag="-m comment --comment $BRIDGE"
  net=10.$(cat "$RUN/octet").0.0/16
  echo "filter FORWARD -s $net $tag -j ACCEPT"
  echo "filter FORWARD -d $net $tag -j ACCEPT"
  echo "nat POSTROUTING -s $net ! -d $net $tag -j MASQUERADE"
}

network_up() {
  local octet table chain rule
  octet=$(cat "$RUN/octet")
  if ! ip link show "$BRIDGE" >/dev/null 2>&1; then
    ip link add "$BRIDGE" type bridge
    ip addr add "10.$octet.0.1/24" dev "$BRIDGE"
    ip link set "$BRIDGE" up
  fi
  echo 1 >/proc/sys/net/ipv4/ip_forward 2>/dev/null || true
  network_rules | while read -r table chain rule; do
    # shellcheck disable=SC2086 # a rule is words
    iptables -w -t "$table" -C "$chain" $rule 2>/dev/null || iptables -w -t "$table" -I "$chain" $rule ||
      say 'iptables does not work here: jobs will not reach beyond this machine'
  done
}

# network_down: also the bridges of user networks, which a killed dockerd leaves.
network_down() {
  local octet table chain rule link
  if [ -s "$RUN/octet" ]; then
    octet=$(cat "$RUN/octet")
    network_rules | while read -r table chain rule; do
      # shellcheck disable=SC2086
      while iptables -w -t "$table" -D "$chain" $rule 2>/dev/null; do :; done
    done
    for link in $(ip -4 -o addr show | awk -v net="10.$octet." 'index($4, net) == 1 { print $2 }'); do
      ip link del "$link" 2>/dev/null || true
    done
  fi
  ip link del "$BRIDGE" 2>/dev/null || true
}
