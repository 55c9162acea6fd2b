#!/usr/bin/env bash
# install.sh [--no-install]: installs by apt what the scripts in this folder need and is missing, and
# by pip, into the cache, what they need of Python.
# With --no-install it only tells: names what is missing and how to install it, and exits 1.
set -euo pipefail

# package, and the command (or file) whose presence shows that it is there, however installed
needs='
docker.io        dockerd
docker.io        docker
podman           podman
runc             runc
netavark         /usr/lib/podman/netavark
aardvark-dns     /usr/lib/podman/aardvark-dns
busybox-static   busybox
iproute2         ip
util-linux       nsenter
iptables         iptables
debootstrap      debootstrap
curl             curl
golang-go        go
faketime         faketime
docker-registry  docker-registry
apache2-utils    htpasswd
containerd       ctr
containernetworking-plugins /usr/lib/cni/bridge
gcc              gcc
libc6-dev        /usr/include/stdlib.h
openssl          openssl
kubernetes-client kubectl
slurmctld        slurmctld
slurmd           slurmd
slurm-client     sbatch
slurmdbd         slurmdbd
slurmrestd       slurmrestd
slurm-wlm-jwt-plugin /usr/lib/*/slurm-wlm/auth_jwt.so
charliecloud     ch-run
munge            munged
mariadb-server   mariadbd
python3          python3
python3-venv     ensurepip
ca-certificates  /etc/ssl/certs/ca-certificates.crt
'

PATH=$PATH:/usr/sbin:/sbin:/usr/local/go/bin
static_busybox() { busybox --list >/dev/null 2>&1 && ! ldd "$(command -v busybox)" >/dev/null 2>&1; }

missing=()
while read -r package proof; do
  [ -n "$package" ] || continue
  case $proof in
    # may hold a wildcard
    /*) compgen -G "$proof" >/dev/null || missing+=("$package") ;;
    # a module that Debian keeps apart from its Python
    ensurepip) python3 -c 'import ensurepip' 2>/dev/null || missing+=("$package") ;;
    # a dynamic busybox would not run in an image that has nothing else
    busybox) static_busybox || missing+=("$package") ;;
    *) command -v "$proof" >/dev/null || missing+=("$package") ;;
  esac
done <<<"$needs"

python_packages() { "$(dirname "$0")/cromwell/venv.sh" >/dev/null; }

if [ ${#missing[@]} -eq 0 ]; then
  [ "${1:-}" = --no-install ] || python_packages
  echo 'nothing is missing'
  exit 0
fi
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)

how="apt-get update && apt-get install --no-install-recommends -y ${missing[*]}"
if [ "${1:-}" = --no-install ]; then
  echo "missing: ${missing[*]}"
  echo "as root: $how"
  exit 1
fi
if ! command -v apt-get >/dev/null; then
  echo "missing: ${missing[*]}; this is no Debian or Ubuntu: install them by hand" >&2
  exit 1
elif [ "$(id -u)" != 0 ]; then
  echo "missing: ${missing[*]}; as root: $how" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --no-install-recommends -y "${missing[@]}"
python_packages
