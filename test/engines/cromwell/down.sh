#!/usr/bin/env bash
# down.sh: ends the server and the SLURM that up.sh started under the same NAME or RUN. Idempotent.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir cromwell
export NAME RUN
stop "$RUN/cromwell.pid" 5
"$here/../slurm/down.sh"
