#!/usr/bin/env bash
# up.sh: starts a throw-away SLURM (../slurm/up.sh, with its variables) and a test server that speaks
# as Cromwell does and submits to it by deploy/cromwell/slurm-backend.conf. Starts again whatever has
# ended; a server that was started again has forgotten everything. The last lines it prints are those
# of ../slurm/up.sh and CROMWELL_URL=...
#
#   NAME                     cromwell
#   CROMWELL_AUTHORIZATION   what the Authorization header must be; anything goes without it
#   CROMWELL_OPTIONS         more options of server.py
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
use_run_dir cromwell
export NAME RUN
# A busy machine takes its time to end a container.
told=$(SLURM_KILL_WAIT=20 "$here/../slurm/up.sh")
python=$("$here/venv.sh")
mkdir -p "$RUN/cromwell" "$RUN/log"

free_port() {
  "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
[ -s "$RUN/cromwell/port" ] || free_port >"$RUN/cromwell/port"
port=$(cat "$RUN/cromwell/port")
url=http://127.0.0.1:$port

if ! alive "$RUN/cromwell.pid" >/dev/null; then
  SLURM_CONF=$(sed -n 's/^SLURM_CONF=//p' <<<"$told")
  export SLURM_CONF
  # shellcheck disable=SC2086 # several words
  start "$RUN/cromwell.pid" "$RUN/log/cromwell.log" "$python" -B "$here/server.py" --port "$port" \
    --configuration "$here/../../../deploy/cromwell/slurm-backend.conf" --root "$RUN/cromwell/executions" \
    --authorization "${CROMWELL_AUTHORIZATION:-}" --exit-code-timeout 6 ${CROMWELL_OPTIONS:-}
fi
await "$RUN/cromwell.pid" 30 "$RUN/log/cromwell.log" \
  curl --fail --silent --max-time 2 --header "Authorization: ${CROMWELL_AUTHORIZATION:-}" "$url/engine/v1/version"

say "cromwell $NAME is up (logs $RUN/log)"
echo "$told"
echo "CROMWELL_URL=$url"
