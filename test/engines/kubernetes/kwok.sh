#!/usr/bin/env bash
# kwok.sh: builds kwok, which plays nodes and the pods on them, from its Go module; after the first
# time the kept one. Prints its path as the last line.
#
#   KWOK_VERSION        0.7.0
#   PMAN_TEST_CACHE     where the binary is kept, ~/.cache/pman-test
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../go.sh"

version=${KWOK_VERSION:-0.7.0}
cache=${PMAN_TEST_CACHE:-$HOME/.cache/pman-test}
binary=$cache/kwok-$version-$(uname -m)
if [ ! -x "$binary" ]; then
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/kwok.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  use_recent_go "$work"
  GOBIN=$work CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' "sigs.k8s.io/kwok/cmd/kwok@v$version"
  mv "$work/kwok" "$binary"
fi
echo "$binary"
