# shellcheck shell=bash
# The engine's HTTP API by curl: Docker and Podman speak the same, and neither's CLI is needed.

# api HOST METHOD PATH [CURL OPTIONS...]: HOST as in DOCKER_HOST, unix:// or tcp://.
api() {
  local host=$1 method=$2 path=$3
  shift 3
  case $host in
    unix://*) curl -sS --unix-socket "${host#unix://}" -X "$method" "http://engine$path" "$@" ;;
    tcp://*) curl -sS -X "$method" "http://${host#tcp://}$path" "$@" ;;
    *) die "no unix:// or tcp:// address: $host" ;;
  esac
}

# image_label HOST IMAGE: the fingerprint an image of ours was made with, nothing if it is not there.
image_label() {
  api "$1" GET "/images/$2/json" | sed -nE 's/.*"pman\.test\.made-from": ?"([^"]*)".*/\1/p' | head -1
}

# import_image HOST NAME:TAG FINGERPRINT CHANGE...: the tar on standard input becomes an image.
import_image() {
  local host=$1 image=$2 made_from=$3 change query answer
  shift 3
  # the tag within repo, because Podman (4.3) ignores the parameter of that name
  query="fromSrc=-&repo=$(urlencode "$image")"
  for change in "$@" "LABEL pman.test.made-from=$made_from"; do
    query+="&changes=$(urlencode "$change")"
  done
  # The status is 200 before the import begins: only the image itself tells that it worked.
  answer=$(api "$host" POST "/images/create?$query" -H 'Content-Type: application/x-tar' -T -)
  [ "$(image_label "$host" "$image")" = "$made_from" ] || die "import of $image failed: $answer"
}

urlencode() {
  local i char
  for ((i = 0; i < ${#1}; i++)); do
    char=${1:i:1}
    case $char in
      [A-Za-z0-9._~-]) printf %s "$char" ;;
      *) printf '%%%02X' "'$char" ;;
    esac
  done
}
