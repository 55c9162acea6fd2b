#!/usr/bin/env bash
# unpack.sh PODMAN STORAGE: puts the test job images that PODMAN has into STORAGE as ch-image keeps
# them: for each a folder by its name, with its variables in a file.
set -euo pipefail
podman=$1 storage=$2
for image in probe probe-entrypoint; do
  folder=$storage/img/local%$image+1
  mkdir -p "$folder"
  id=$("$podman" create "local/$image:1" true)
  "$podman" export "$id" | tar -C "$folder" -x
  "$podman" rm "$id" >/dev/null
  # what ch-image adds, and nothing that only our jobs need
  mkdir -p "$folder"/{ch,mnt}
  echo PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin >"$folder/ch/environment"
done
