#!/usr/bin/env bash
# base.sh [unix:///...]: makes the base image our Dockerfile names, without a pull: a minimal Debian
# by debootstrap, with Node and npm from their npm packages. With an engine's address the image is
# imported there under that name, unless the engine has it already. The last line is the tar's path.
#
#   NODE_VERSION NPM_VERSION   24.21.0 11.21.2
#   DEBIAN_MIRROR              what this machine's own sources name; else debootstrap's default
#   PMAN_TEST_CACHE            where the tar is kept, ~/.cache/pman-test
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../lib.sh"
source "$here/api.sh"
host=${1:-}
image=node:24-bookworm-slim
suite=bookworm
node=${NODE_VERSION:-24.21.0}
npm=${NPM_VERSION:-11.21.2}

case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64) arch=arm64 ;;
  *) die "no Node package for $(uname -m)" ;;
esac

# debian_mirror: the first address in this machine's sources that has the suite, in either format.
debian_mirror() {
  if [ -n "${DEBIAN_MIRROR:-}" ]; then
    echo "$DEBIAN_MIRROR"
    return
  fi
  {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
      sed -nE "s/^deb +(\[[^]]*\] +)?([^ ]+) +$suite +.*\bmain\b.*/\2/p"
    awk -v suite="$suite" -v RS= '
      {
        uri = ""; has = 0
        for (i = 1; i < NF; i++) if ($i == "URIs:") uri = $(i + 1)
        if (match($0, /(^|\n)Suites:[^\n]*/)) {
          n = split(substr($0, RSTART, RLENGTH), words, /[ \n]+/)
          for (i = 1; i <= n; i++) if (words[i] == suite) has = 1
        }
        if (uri != "" && has) print uri
      }' /etc/apt/sources.list.d/*.sources 2>/dev/null
  } | head -1 || true
}

# unpack PACKAGE DIR: an npm package's files, fetched as npm itself is set up to on this machine.
unpack() {
  local file
  file=$(cd "$work" && npm pack --silent "$1")
  mkdir -p "$2"
  tar -xzf "$work/$file" -C "$2" --strip-components=1 --no-same-owner
}

make_tar() {
  need debootstrap npm tar
  [ "$(id -u)" = 0 ] || die 'debootstrap needs root'
  mkdir -p "$CACHE"
  work=$(mktemp -d "$CACHE/base.XXXXXX")
  trap 'remove_tree "$work"' EXIT
  local root=$work/root

  say "debootstrap $suite"
  # shellcheck disable=SC2046 # no mirror is no argument
  debootstrap --variant=minbase "$suite" "$root" $(debian_mirror) >"$work/log" 2>&1 ||
    { tail -20 "$work/log" >&2; die 'debootstrap failed'; }

  say "node $node, npm $npm"
  unpack "node-linux-$arch@$node" "$work/node"
  install -m 755 "$work/node/bin/node" "$root/usr/local/bin/node"
  unpack "npm@$npm" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
  chmod 755 "$root"/usr/local/lib/node_modules/npm/bin/np[mx]-cli.js
  # the real image has this user, and Dockerfiles count on it
  chroot "$root" groupadd --gid 1000 node
  chroot "$root" useradd --uid 1000 --gid node --shell /bin/bash --create-home node
  chroot "$root" node -e 'console.error("runs: node", process.version)'

  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* \
    "$root"/usr/share/{doc,man,locale,info}/*
  # this machine's, and each container gets its own
  rm -f "$root/etc/hostname" "$root/etc/resolv.conf"
  tar -C "$root" --numeric-owner --sort=name --exclude='./dev/*' --exclude='./proc/*' \
    --exclude='./sys/*' -cf "$work/image.tar" .
  mv "$work/image.tar" "$tar"
}

# of what makes the image, not of the words about it
recipe=$node-$npm-$(declare -f unpack make_tar | cksum | tr ' ' -)
tar=$CACHE/node-$recipe-$(uname -m).tar
[ -s "$tar" ] || make_tar
if [ -n "$host" ]; then
  need curl
  # One without our label is a real one that somebody pulled, and better.
  if [ "$(api "$host" GET "/images/$image/json" -o /dev/null -w '%{http_code}')" = 200 ] &&
    found=$(image_label "$host" "$image") && [[ -z $found || $found = "$recipe" ]]; then
    say "$image is already there"
  else
    import_image "$host" "$image" "$recipe" "ENV NODE_VERSION=$node" \
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' 'CMD ["node"]' <"$tar"
    say "$image made"
  fi
fi
echo "$tar"
