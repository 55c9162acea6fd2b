# shellcheck shell=bash disable=SC2034 # what is set here is read there
# What every part of one SLURM needs: its files, ports, settings.

export SLURM_CONF=$RUN/etc/slurm.conf
NODE=$(hostname -s)
NODES=("$NODE")
[ "${SLURM_NODES:-1}" = 1 ] || NODES+=("$NODE-b")
# The second node has a network of its own, at the other end of this link.
LINK=ps-$ID
accounting=${SLURM_ACCOUNTING:-yes}
rest=${SLURM_REST:-no}
# Ports of its own, below those that the kernel gives away by itself.
PORT=$((10000 + 16#$ID % 4000 * 5))
# The user commands of SLURM have deadlines of their own that are too long here.
QUICK=(timeout 10)

tell() {
  echo "SLURM_CONF=$SLURM_CONF"
  echo "RUNTIME=$RUN/podman"
  echo "DOCKER_HOST=unix://$RUN/podman.sock"
  [ "$rest" = no ] || echo "SLURMRESTD_URL=unix://$RUN/rest/rest.sock"
}

controller_answers() { "${QUICK[@]}" scontrol ping | grep -E 'is UP' >/dev/null; }

node_ready() { # NODE
  case $("${QUICK[@]}" sinfo -h -N -n "$1" -o %T 2>/dev/null | head -n 1) in
    idle | mixed | allocated) return 0 ;;
    down* | drain* | inval*) "${QUICK[@]}" scontrol update "nodename=$1" state=resume || true ;;
  esac
  return 1
}

nodes_ready() {
  local node
  for node in "${NODES[@]}"; do node_ready "$node" || return 1; done
}

nodes_alive() {
  local node
  for node in "${NODES[@]}"; do alive "$RUN/slurmd.$node.pid" >/dev/null || return 1; done
}

# link_address END: of the link to the second node; 1 is the controller's, 2 the node's.
link_address() { echo "10.$(cat "$RUN/octet").64.$1"; }

# lay_link: makes it, or mends it where it was cut.
lay_link() {
  [ ${#NODES[@]} -gt 1 ] || return 0
  if [ ! -e "/run/netns/$LINK" ]; then
    ip netns add "$LINK"
    ip link add "$LINK" type veth peer name eth0 netns "$LINK"
    ip address add "$(link_address 1)/30" dev "$LINK"
    ip -n "$LINK" address add "$(link_address 2)/30" dev eth0
    ip -n "$LINK" link set lo up
    ip -n "$LINK" link set eth0 up
  fi
  ip link set "$LINK" up
}

remove_link() {
  ip link del "$LINK" 2>/dev/null || true
  [ ! -e "/run/netns/$LINK" ] || ip netns del "$LINK"
}

start_nodes() {
  local node inside=()
  for node in "${NODES[@]}"; do
    mkdir -p "$RUN/spool/$node"
    alive "$RUN/slurmd.$node.pid" >/dev/null ||
      start "$RUN/slurmd.$node.pid" "$RUN/log/slurmd.$node.log" "${inside[@]}" slurmd -D -N "$node"
    # Not `ip netns exec`: it hides the cgroups behind a new /sys.
    inside=(nsenter "--net=/run/netns/$LINK")
  done
  for node in "${NODES[@]}"; do
    await "$RUN/slurmd.$node.pid" 30 "$RUN/log/slurmd.$node.log" node_ready "$node"
  done
}

# A line of slurm.conf for each node; they share the machine, so both have all of it.
node_lines() {
  local node port=$((PORT + 1)) address=127.0.0.1
  for node in "${NODES[@]}"; do
    echo "NodeName=$node NodeHostname=$NODE NodeAddr=$address Port=$port CPUs=64 Boards=1 SocketsPerBoard=1" \
      "CoresPerSocket=64 ThreadsPerCore=1 RealMemory=64000 State=UNKNOWN"
    port=$((PORT + 4))
    address=$(link_address 2)
  done
}

# A program that jobs call as their podman: with the storage and the settings of this instance.
write_runtime() {
  cat >"$RUN/podman" <<SH
#!/bin/sh
export CONTAINERS_CONF=$CONTAINERS_CONF CONTAINERS_REGISTRIES_CONF=$CONTAINERS_REGISTRIES_CONF
export CONTAINERS_STORAGE_CONF=$CONTAINERS_STORAGE_CONF TMPDIR=$TMPDIR
exec podman --root $RUN/root --runroot $RUN/runroot "\$@"
SH
  chmod 755 "$RUN/podman"
}

write_slurm_conf() {
  local storage controller=127.0.0.1
  [ ${#NODES[@]} = 1 ] || controller=$(link_address 1)
  mkdir -p "$RUN/etc"
  # what tokens for slurmrestd are signed with
  [ -s "$RUN/etc/jwt.key" ] || (umask 077 && head -c 32 /dev/urandom >"$RUN/etc/jwt.key")
  if [ "$accounting" = no ]; then
    storage='AccountingStorageType=accounting_storage/none'
  else
    storage="AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((PORT + 2))
AccountingStoragePass=$RUN/munge/munge.sock
AccountingStoreFlags=job_comment"
  fi
  cat >"$SLURM_CONF" <<CONF
ClusterName=pman$ID
SlurmctldHost=$NODE($controller)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$RUN/munge/munge.sock
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=$RUN/etc/jwt.key
MpiDefault=none
SlurmctldPort=$PORT
SlurmctldPidFile=$RUN/slurmctld.own.pid
SlurmdPidFile=$RUN/slurmd.%n.own.pid
StateSaveLocation=$RUN/state
SlurmdSpoolDir=$RUN/spool/%n
SlurmctldDebug=info
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
$storage
SwitchType=switch/none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=1,sched_interval=1,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
MinJobAge=${SLURM_MIN_JOB_AGE:-2}
SlurmdTimeout=5
KillWait=${SLURM_KILL_WAIT:-5}
PreemptType=preempt/partition_prio
PreemptMode=CANCEL
MessageTimeout=10
GresTypes=gpu
$(node_lines)
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
PartitionName=other Nodes=ALL MaxTime=INFINITE State=UP
$([ ${#NODES[@]} = 1 ] || echo "PartitionName=second Nodes=$NODE-b MaxTime=INFINITE State=UP")
PartitionName=hidden Nodes=ALL MaxTime=INFINITE Hidden=YES State=UP
PartitionName=first Nodes=ALL MaxTime=INFINITE PriorityTier=10 State=UP
CONF
  printf 'CgroupPlugin=cgroup/v1\n' >"$RUN/etc/cgroup.conf"
  cat >"$RUN/etc/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$RUN/munge/munge.sock
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=$RUN/etc/jwt.key
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$((PORT + 2))
SlurmUser=root
PidFile=$RUN/slurmdbd.own.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((PORT + 3))
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct
CONF
  chmod 600 "$RUN/etc/slurmdbd.conf"
}

munge_answers() { munge -n -S "$RUN/munge/munge.sock" | unmunge -S "$RUN/munge/munge.sock"; }

start_munge() {
  if alive "$RUN/munged.pid" >/dev/null && munge_answers >/dev/null 2>&1; then return; fi
  # munge trusts no path that others may write to
  install -d -o munge -g munge -m 755 "$RUN/munge"
  if [ ! -s "$RUN/munge/key" ]; then
    dd if=/dev/urandom of="$RUN/munge/key" bs=1024 count=1 status=none
    chown munge: "$RUN/munge/key" && chmod 600 "$RUN/munge/key"
  fi
  rm -f "$RUN"/munge/munge.sock*
  start "$RUN/munged.pid" "$RUN/log/munged.log" setpriv --reuid=munge --regid=munge --clear-groups \
    munged --foreground --force --socket="$RUN/munge/munge.sock" --key-file="$RUN/munge/key" \
    --pid-file="$RUN/munge/own.pid" --seed-file="$RUN/munge/seed" --log-file="$RUN/munge/log"
  await "$RUN/munged.pid" 10 "$RUN/log/munged.log" munge_answers
}

SQL=(mariadb --no-defaults --user=root --socket="$RUN/db.sock")
database_answers() { "${SQL[@]}" --execute='select 1'; }
accounting_answers() { "${QUICK[@]}" sacctmgr -n list cluster; }

start_accounting() {
  alive "$RUN/slurmdbd.pid" >/dev/null && accounting_answers >/dev/null 2>&1 && return
  check_socket_path "$RUN/db.sock"
  if [ ! -d "$RUN/db/mysql" ]; then
    mariadb-install-db --no-defaults --datadir="$RUN/db" --user=root --auth-root-authentication-method=normal \
      --skip-test-db >"$RUN/log/db-install.log" 2>&1 || die "no database: $RUN/log/db-install.log"
  fi
  if ! alive "$RUN/mariadbd.pid" >/dev/null; then
    start "$RUN/mariadbd.pid" "$RUN/log/mariadbd.log" mariadbd --no-defaults --user=root \
      --datadir="$RUN/db" --socket="$RUN/db.sock" --pid-file="$RUN/db.own.pid" \
      --bind-address=127.0.0.1 --port=$((PORT + 3)) --innodb-buffer-pool-size=64M \
      --innodb-lock-wait-timeout=900 --innodb-flush-log-at-trx-commit=2
  fi
  await "$RUN/mariadbd.pid" 30 "$RUN/log/mariadbd.log" database_answers
  "${SQL[@]}" --execute="create database if not exists slurm_acct;
    create user if not exists slurm@'127.0.0.1' identified by 'slurm';
    create user if not exists slurm@localhost identified by 'slurm';
    grant all on slurm_acct.* to slurm@'127.0.0.1', slurm@localhost"
  start "$RUN/slurmdbd.pid" "$RUN/log/slurmdbd.log" slurmdbd -D
  await "$RUN/slurmdbd.pid" 30 "$RUN/log/slurmdbd.log" accounting_answers
}

rest_answers() { curl --silent --max-time 5 --unix-socket "$RUN/rest/rest.sock" http://localhost/ --output /dev/null; }

# slurmrestd will not run as root, and needs no rights: whoever asks has a token.
start_rest() {
  alive "$RUN/slurmrestd.pid" >/dev/null && return
  check_socket_path "$RUN/rest/rest.sock"
  chmod 711 "$RUN"
  install -d -o nobody -m 755 "$RUN/rest"
  rm -f "$RUN/rest/rest.sock"
  start "$RUN/slurmrestd.pid" "$RUN/log/slurmrestd.log" setpriv --reuid=65534 --regid=65534 --clear-groups \
    env SLURM_JWT=daemon slurmrestd -a rest_auth/jwt -s openapi/v0.0.38,openapi/dbv0.0.38 \
    "unix:$RUN/rest/rest.sock"
  await "$RUN/slurmrestd.pid" 10 "$RUN/log/slurmrestd.log" rest_answers
}
