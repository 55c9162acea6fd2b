#!/usr/bin/env bash
# venv.sh: makes a Python environment with miniwdl, which the Cromwell of the tests understands
# workflows by, unless it is there. Prints the path of its Python as the last line.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
need python3
version=1.12.1
venv=$CACHE/miniwdl-$version-$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
mkdir -p "$CACHE"
exec 8>"$CACHE/miniwdl.lock"
flock 8
if [ ! -x "$venv/ready" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "miniwdl==$version" >&2
  ln -s bin/python "$venv/ready"
fi
echo "$venv/bin/python"
