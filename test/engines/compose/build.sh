#!/usr/bin/env bash
# build.sh: builds docker compose v2 from its Go module, for machines whose package is still the
# Python one. Prints the path of the standalone binary as its last line; use it as `BINARY up -d`.
#
#   COMPOSE_VERSION   v2.40.3
#   PMAN_TEST_CACHE   where the binary is kept, ~/.cache/pman-test
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../go.sh"
version=${COMPOSE_VERSION:-v2.40.3}
module=github.com/docker/compose/v2
cache=${PMAN_TEST_CACHE:-$HOME/.cache/pman-test}
binary=$cache/docker-compose-$version-$(uname -m)

if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi

mkdir -p "$cache"
work=$(mktemp -d "$cache/compose.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
use_recent_go "$work"

# A main module of ours, because `go install module@version` refuses a module that has replace
# lines, and a replace counts in the main module only: so compose's own lines are copied.
go mod download "$module@$version"
source=$(go list -m -f '{{.GoMod}}' "$module@$version")
{
  printf 'module compose\n\n%s\n\nrequire %s %s\n\n' "$(grep '^go ' "$source")" "$module" "$version"
  sed -n '/^replace (/,/^)/p; /^replace [^(]/p' "$source"
} >go.mod
# -mod=mod writes the missing requirements and sums on the way, from the checksum database.
CGO_ENABLED=0 go build -mod=mod -trimpath -tags fsnotify \
  -ldflags "-s -w -X $module/internal.Version=$version" -o compose "$module/cmd"
./compose version >&2
mv compose "$binary"
echo "$binary"
