#!/usr/bin/env bash
# down.sh: ends the Cromwell that up.sh started under the same NAME or RUN, and its SLURM. Idempotent.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir cromwell
stop "$RUN/cromwell.pid" 5
NAME=$NAME RUN=$RUN bash "$here/../slurm/down.sh"
say "cromwell $NAME is down"
