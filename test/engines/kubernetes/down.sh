#!/usr/bin/env bash
# down.sh: stops the cluster that up.sh started under the same NAME or RUN, with every pod in it, and
# removes its bridge, cgroups, mounts and folder. Idempotent; also clears up after a crash.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir kubernetes
source "$here/cluster.sh"
[ -d "$RUN" ] || { say "Kubernetes $NAME is down"; exit 0; }

# unshare's end ends the first process of the node's namespace, and so everything in it.
if pid=$(alive "$RUN/node.pid"); then
  kill -KILL "$pid"
  wait_until 15 gone "$RUN/node.pid" || die "pid $pid does not end"
fi
stop "$RUN/scheduler.pid"
stop "$RUN/controllers.pid"
# It would wait for the end of open watches.
if pid=$(alive "$RUN/apiserver.pid"); then
  kill -KILL "$pid"
  wait_until 15 gone "$RUN/apiserver.pid" || die "pid $pid does not end"
fi
stop "$RUN/etcd.pid"
cgroup_remove "$CGROUP"
ip link del "$BRIDGE" 2>/dev/null || true
remove_tree "$RUN"
say "Kubernetes $NAME is down"
