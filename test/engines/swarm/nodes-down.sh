#!/usr/bin/env bash
# nodes-down.sh: stops what nodes-up.sh started under the same NAME or RUN. Idempotent.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir nodes
source "$here/nodes.sh"
for n in $NODES; do
  if [ -e "/run/netns/$(namespace "$n")" ]; then node "$n" down; fi
done
link_down
remove_tree "$RUN"
