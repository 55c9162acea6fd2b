#!/usr/bin/env bash
# up.sh: starts a throw-away SLURM of one node, with its own munge, accounting (slurmdbd on MariaDB)
# and container runtime. Does nothing when it is already up. Needs root. The last lines it prints are
# SLURM_CONF=..., RUNTIME=... (what jobs call as podman) and DOCKER_HOST=... (to put images there)
#
#   NAME               slurm; with another NAME a second one comes up beside the first
#   RUN                its folder, ${PMAN_TEST_RUN:-/tmp/pman-test}/$NAME
#   SLURM_ACCOUNTING   yes; no for a site without accounting
#   SLURM_MIN_JOB_AGE  2; after that many seconds the controller forgets a job that has ended
#   SLURM_REST         no; with yes there is slurmrestd too, told as SLURMRESTD_URL=...
#   SLURM_KILL_WAIT    5; seconds between the signal that ends a job and the one that nothing survives
#   SLURM_NODES        1; with 2 there is another node on this host, named like the first with -b, in a
#                      network of its own
#
# Starts again whatever of it has ended, and leaves the rest alone.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir slurm
source "$here/../podman/env.sh"
source "$here/env.sh"

mkdir -p "$RUN_BASE"
exec 9>"$RUN_BASE/lock"
flock 9

if alive "$RUN/slurmctld.pid" >/dev/null && nodes_alive && nodes_ready &&
  { [ "$accounting" = no ] || alive "$RUN/slurmdbd.pid" >/dev/null; } &&
  { [ "$rest" = no ] || alive "$RUN/slurmrestd.pid" >/dev/null; }; then
  say "slurm $NAME is already up"
  tell
  exit 0
fi

need slurmctld slurmd sbatch munged podman runc conmon ip iptables nsenter
[ "$accounting" = no ] || need slurmdbd mariadbd mariadb-install-db
[ "$rest" = no ] || need slurmrestd setpriv curl
[ "$(id -u)" = 0 ] || die 'these scripts run slurm as root'

mkdir -p "$RUN"/{log,state,spool,root,runroot,tmp,networks,volumes}
trap 'status=$?; [ $status = 0 ] || NAME=$NAME RUN=$RUN "$here/down.sh"' EXIT
pick_network 50
write_settings
write_runtime
write_slurm_conf

alive "$RUN/podman.pid" >/dev/null ||
  start "$RUN/podman.pid" "$RUN/log/podman.log" "$RUN/podman" system service --time=0 "unix://$RUN/podman.sock"
await "$RUN/podman.pid" 30 "$RUN/log/podman.log" test -S "$RUN/podman.sock"
start_munge
[ "$accounting" = no ] || start_accounting
lay_link
alive "$RUN/slurmctld.pid" >/dev/null ||
  start "$RUN/slurmctld.pid" "$RUN/log/slurmctld.log" slurmctld -D
await "$RUN/slurmctld.pid" 30 "$RUN/log/slurmctld.log" controller_answers
start_nodes
[ "$rest" = no ] || start_rest

say "slurm $NAME is up (logs $RUN/log)"
tell
