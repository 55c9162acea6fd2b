#!/usr/bin/env bash
# build.sh: builds docker compose v2 from its Go module, for machines whose package is still the
# Python one. Prints the path of the standalone binary as its last line; use it as `BINARY up -d`.
#
#   COMPOSE_VERSION   v2.40.3
#   PMAN_TEST_CACHE   where the binary is kept, ~/.cache/pman-test
set -euo pipefail
version=${COMPOSE_VERSION:-v2.40.3}
module=github.com/docker/compose/v2
# What builds it where Go is older.
go_release=go1.24.9
cache=${PMAN_TEST_CACHE:-$HOME/.cache/pman-test}
binary=$cache/docker-compose-$version-$(uname -m)

if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi

# The Go distribution's own place is often not on root's PATH.
PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null || { echo 'go is missing: see ../install.sh' >&2; exit 1; }

mkdir -p "$cache"
work=$(mktemp -d "$cache/compose.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

# Debian's Go is too old for the module, and to fetch a newer one by itself: so it fetches the newer
# one as what it also is, a module.
if ! go version | grep -qE 'go1\.(2[4-9]|[3-9][0-9])'; then
  printf 'module toolchain\n' >go.mod
  toolchain=golang.org/toolchain@v0.0.1-$go_release.linux-$(go env GOARCH)
  folder=$(go mod download -json "$toolchain" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  # The module cache keeps files without the right to run them.
  cp -r "$folder" "$work/go"
  chmod -R u+w "$work/go"
  find "$work/go/bin" "$work/go/pkg/tool" -type f -exec chmod +x {} +
  PATH=$work/go/bin:$PATH
fi
export GOTOOLCHAIN=local

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
