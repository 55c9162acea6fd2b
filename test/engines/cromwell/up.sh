#!/usr/bin/env bash
# up.sh: starts a throw-away Cromwell that submits to a throw-away SLURM of its own by the configuration
# in deploy/cromwell. Does nothing when it is already up. Needs root. Prints what ../slurm/up.sh
# prints, and as the last line CROMWELL_URL=http://127.0.0.1:...
#
#   NAME, RUN  as for ../slurm/up.sh, which takes its other settings; the name is cromwell
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir cromwell
python=$(bash "$here/venv.sh" | tail -n 1)
told=$(NAME=$NAME RUN=$RUN bash "$here/../slurm/up.sh")
echo "$told"
export SLURM_CONF
SLURM_CONF=$(sed -n 's/^SLURM_CONF=//p' <<<"$told")
log=$RUN/log/cromwell.log
if ! alive "$RUN/cromwell.pid" >/dev/null; then
  : >"$log"
  mkdir -p "$RUN/executions"
  start "$RUN/cromwell.pid" "$log" "$python" "$here/server.py" \
    "$here/../../../deploy/cromwell/slurm-backend.conf" "$RUN/executions"
fi
await "$RUN/cromwell.pid" 30 "$log" grep '^CROMWELL_URL=' "$log"
say "cromwell $NAME is up (log $log)"
grep '^CROMWELL_URL=' "$log" | tail -n 1
