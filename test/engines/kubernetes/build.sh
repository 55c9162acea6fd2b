#!/usr/bin/env bash
# build.sh: builds one program that is etcd and the server programs of Kubernetes, from their Go
# modules. 6 to 10 minutes the first time; after that the kept one. Prints its path as the last line.
#
#   KUBERNETES_VERSION  1.34.4, the last minor that still takes cgroup v1
#   PMAN_TEST_CACHE     where the binary is kept, ~/.cache/pman-test
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/../go.sh"

version=${KUBERNETES_VERSION:-1.34.4}
cache=${PMAN_TEST_CACHE:-$HOME/.cache/pman-test}
binary=$cache/kube-$version-$(cat "$HERE/build.sh" "$HERE/main.go" | cksum | cut -d' ' -f1)-$(uname -m)
mkdir -p "$cache"

# Two builds at once would only fight for the cores: the second waits and finds the first one's.
exec 8>"$cache/kube.lock"
flock 8
if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi

work=$(mktemp -d "$cache/kube.XXXXXX")
trap 'rm -rf "$work"' EXIT
use_recent_go "$work"
cp "$HERE/main.go" "$work/main.go"
cd "$work"

# One requirement, with each staging module at the version published beside it (Kubernetes' own go.mod
# points at folders of its tree); go mod tidy writes the rest.
go mod download "k8s.io/kubernetes@v$version"
source=$(go env GOMODCACHE)/cache/download/k8s.io/kubernetes/@v/v$version.mod
{
  printf 'module kube\n\n%s\n\n%s\n\n' "$(grep '^go ' "$source")" "$(grep '^godebug ' "$source")"
  printf 'require (\n\tk8s.io/kubernetes v%s\n' "$version"
  sed -nE 's#^(\tgo.etcd.io/etcd/server/v3 v[^ ]*).*#\1#p' "$source"
  printf ')\n\nreplace (\n'
  sed -nE "s#^[[:space:]]*(k8s.io/[a-z0-9-]+) => ./staging.*#\t\1 => \1 v0.${version#*.}#p" "$source"
  echo ')'
} >go.mod
go mod tidy

flags='-s -w'
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  flags+=" -X $package.gitVersion=v$version -X $package.gitMajor=1 -X $package.gitMinor=$(cut -d. -f2 <<<"$version")"
done
CGO_ENABLED=0 go build -trimpath -ldflags "$flags" -o kube .
mv kube "$binary"
echo "$binary"
