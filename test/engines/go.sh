# shellcheck shell=bash
# Go for what is built from source: source it, it starts nothing by itself.

# use_recent_go WORK: puts a Go of at least 1.24 on PATH, in WORK where the machine's own is older.
use_recent_go() {
  local release=go1.24.9 toolchain folder
  # The Go distribution's own place is often not on root's PATH.
  PATH=$PATH:/usr/local/go/bin
  command -v go >/dev/null || { echo 'go is missing: see test/engines/install.sh' >&2; return 1; }
  # Debian's Go is too old, and to fetch a newer one by itself: so it fetches the newer one as what
  # it also is, a module.
  if ! go version | grep -qE 'go1\.(2[4-9]|[3-9][0-9])'; then
    mkdir -p "$1/toolchain"
    printf 'module toolchain\n' >"$1/toolchain/go.mod"
    toolchain=golang.org/toolchain@v0.0.1-$release.linux-$(go env GOARCH)
    folder=$(cd "$1/toolchain" && go mod download -json "$toolchain" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
    # The module cache keeps files without the right to run them.
    cp -r "$folder" "$1/go"
    chmod -R u+w "$1/go"
    find "$1/go/bin" "$1/go/pkg/tool" -type f -exec chmod +x {} +
    PATH=$1/go/bin:$PATH
  fi
  export PATH GOTOOLCHAIN=local
}
