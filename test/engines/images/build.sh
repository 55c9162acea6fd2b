#!/usr/bin/env bash
# build.sh docker|podman unix:///...: gives the engine the test job images, without any pull:
#
#   local/probe:1              static busybox with all its applets, root and a user 1001
#   local/probe-entrypoint:1   the same with an ENTRYPOINT, which puts FROM_ENTRYPOINT=yes into the
#                              environment of whatever command it is given
#
# Does nothing for an image that is there already and was made from the same recipe.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
source "$here/api.sh"
engine=${1:-} host=${2:-}
case $engine in docker | podman) ;; *) die "usage: $0 docker|podman unix:///path/of/the.sock" ;; esac
[ -n "$host" ] || die "usage: $0 $engine unix:///path/of/the.sock"
need busybox tar curl

busybox=$(command -v busybox)
recipe=$(cat "$here/build.sh" "$busybox" | cksum | tr ' ' -)
path='ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
entrypoint='ENTRYPOINT ["/bin/busybox","env","FROM_ENTRYPOINT=yes"]'

make_tree() { # DIR
  local applet
  mkdir -p "$1"/{bin,etc,root,home/job,proc,sys,dev,usr}
  mkdir -m 1777 "$1/tmp"
  chmod 700 "$1/root"
  cp "$busybox" "$1/bin/busybox"
  for applet in $("$busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$1/bin/$applet"
  done
  ln -s ../bin "$1/usr/bin"
  printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'job:x:1001:1001:job:/home/job:/bin/sh' >"$1/etc/passwd"
  printf '%s\n' 'root:x:0:' 'job:x:1001:' >"$1/etc/group"
}

image() { # REPO CHANGE...
  local repo=$1
  shift
  if [ "$(image_label "$host" "$repo:1")" = "$recipe" ]; then
    say "$repo:1 is already there"
    return
  fi
  if [ -z "${tree:-}" ]; then
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' EXIT
    make_tree "$tree/root"
  fi
  # The home is user 1001's and the rest root's, whoever runs this.
  tar -C "$tree/root" --numeric-owner --owner=0 --group=0 --sort=name --exclude=./home/job \
    -cf "$tree/image.tar" .
  tar -C "$tree/root" --numeric-owner --owner=1001 --group=1001 -rf "$tree/image.tar" ./home/job
  import_image "$host" "$repo:1" "$recipe" "$@" <"$tree/image.tar"
  say "$repo:1 made"
}

image local/probe "$path" 'CMD ["/bin/sh"]'
image local/probe-entrypoint "$path" "$entrypoint"
