#!/usr/bin/env bash
# venv.sh: a Python environment with miniwdl, made once and kept in the cache. Prints its python.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
need python3
python=$(command -v python3)
place=$CACHE/miniwdl-$("$python" -c 'import sys; print(*sys.version_info[:2], sep=".")')-$(cksum <"$here/requirements.txt" | tr ' ' -)

if [ ! -x "$place/bin/python" ]; then
  mkdir -p "$CACHE"
  exec 8>"$CACHE/miniwdl.lock"
  flock 8
  if [ ! -x "$place/bin/python" ]; then
    # Only its python is called, which does not mind to be moved.
    rm -rf "$place.new" && "$python" -m venv "$place.new" >&2
    "$place.new/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt" >&2
    mv "$place.new" "$place"
  fi
fi
echo "$place/bin/python"
