/*
 * The constant shell scripts around a job. Whatever is particular to a job reaches them as positional
 * parameters or environment variables; nothing is ever pasted into their text.
 */

/** The job's environment travels under these names, so that no shell on the way is touched by it. */
export const ENV_PREFIX = 'PMAN_ENV_';

/** Writes the line `pid start-time boot-id` of the shell itself. */
const IDENTITY = `
identity() {
  read -r stat </proc/self/stat
  read -r boot </proc/sys/kernel/random/boot_id
  set -f
  set -- $stat
  set +f
  echo "$1 \${22} $boot"
}
`;

/** Keeps the newest two segments of a log when a third begins. */
const KEEP_SEGMENTS = `
set -- "\${FILE%.*}".*
while [ "$#" -gt 2 ]; do rm -f -- "$1"; shift; done
exec cat >"$FILE"
`;

/**
 * Outlives the service: takes the right to launch, runs the command, keeps its log and writes its end.
 * $1 worker's directory, $2 `uid:gid` of the job, $3 file that counts out-of-memory kills or empty,
 * $4 size of a log segment in bytes or empty, $5 `yes` to kill what is left of the job's process
 * group, $6 file to touch at start and end, $7 number of control group files that follow; the rest is
 * the command.
 */
export const SUPERVISE = `
set -u
umask 077
cd /
dir=$1 owner=$2 events=$3 segment=$4 sweep=$5 hint=$6 groups=$7
shift 7
${IDENTITY}identity >"$dir/claim.$$" || exit 1
# A hard link is made whole or not at all, and only once: whoever makes it launches the job.
ln -- "$dir/claim.$$" "$dir/launched" 2>/dev/null
claimed=$?
rm -f -- "$dir/claim.$$"
[ "$claimed" -eq 0 ] || exit 1
echo started >"$hint"
# A signal to this group must not end the supervisor; its children get the default again.
trap : TERM INT HUP
mkfifo -- "$dir/pipe" && chown -- "$owner" "$dir/pipe" || exit 1
(
  trap '' TERM INT HUP
  exec <"$dir/pipe"
  [ -n "$segment" ] || exec env -i PATH="$PATH" cat >"$dir/log.000000000"
  exec env -i PATH="$PATH" split -d -a 9 -b "$segment" --filter='${KEEP_SEGMENTS}' - "$dir/log."
) 2>/dev/null &
logger=$!
exec 3>"$dir/pipe"
rm -f -- "$dir/pipe"
(
  while [ "$groups" -gt 0 ]; do
    { echo 0 >"$1"; } 2>/dev/null || { echo limits >"$dir/failed"; exit 125; }
    shift
    groups=$((groups - 1))
  done
  exec "$@"
) </dev/null >&3 2>&3 3>&-
code=$?
exec 3>&-
timer=
if [ "$sweep" = yes ]; then
  read -r session rest <"$dir/session" && kill -KILL "-$session"
  # A detached process may hold the log open for ever.
  (sleep 2; [ -e "$dir/end" ] || kill -KILL "$logger") &
  timer=$!
fi 2>/dev/null
while kill -0 "$logger" 2>/dev/null; do wait "$logger"; done
[ -z "$timer" ] || kill -KILL "$timer" 2>/dev/null
{
  echo "$code"
  if [ -e "$dir/failed" ]; then cat -- "$dir/failed"
  elif [ -e "$dir/cancelled" ]; then echo cancelled
  else echo ran
  fi
  [ -z "$events" ] || cat -- "$events"
} >"$dir/end.tmp" 2>/dev/null
mv -f -- "$dir/end.tmp" "$dir/end"
echo ended >"$hint"
`;

/**
 * First process of the job's namespaces: mounts its directories, runs it and reaps orphans.
 * $1 worker's directory, $2 input directory or empty for no mounts, $3 output directory; the rest is
 * the command.
 */
export const ENTER = `
set -u
dir=$1 input=$2 output=$3
shift 3
# Flags that an unprivileged user may not take away have to be named again.
read_only() {
  mount -o remount,bind,ro -- "$1" ||
    mount -o remount,bind,ro,nosuid,nodev -- "$1" ||
    mount -o remount,bind,ro,nosuid,nodev,noexec -- "$1"
}
# Built aside and moved into place: the directories themselves may lie below /share.
mount_share() {
  { [ -d /share ] || mkdir -m 755 /share || [ -d /share ]; } &&
    mkdir -- "$dir/share" &&
    mount -t tmpfs -o mode=755,size=64k tmpfs "$dir/share" &&
    mkdir -m 755 -- "$dir/share/incoming" "$dir/share/outgoing" &&
    mount --bind -- "$input" "$dir/share/incoming" &&
    read_only "$dir/share/incoming" &&
    mount --bind -- "$output" "$dir/share/outgoing" &&
    mount --move -- "$dir/share" /share
}
if [ -n "$input" ] && ! mount_share 2>"$dir/mount-words"; then
  echo mount >"$dir/failed"
  exit 125
fi
# What the shell has to say about a killed child is not part of the job's log.
exec 4>&2 2>/dev/null
(exec "$@" 2>&4 4>&-)
exit $?
`;

/** Notes the leader of the job's session where no namespace holds it. $1 worker's directory. */
export const NOTE_SESSION = `
${IDENTITY}
umask 077
identity >"$1/session"
shift
exec "$@"
`;

/** Last step, already as the job's user: exact environment and argv. $1 number of variables. */
export const LAUNCH = `
umask 022
cd /
count=$1
shift
while [ "$count" -gt 0 ]; do
  count=$((count - 1))
  eval "set -- \\"\\$${ENV_PREFIX}$count\\" \\"\\$@\\""
done
exec env -i -- "$@"
`;
