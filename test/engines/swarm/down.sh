#!/usr/bin/env bash
# down.sh: stops what up.sh started under the same NAME or RUN. Idempotent.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export NAME=${NAME:-swarm}
source "$here/../lib.sh"
use_run_dir "$NAME"
RUN=$RUN exec "$here/../docker/down.sh"
