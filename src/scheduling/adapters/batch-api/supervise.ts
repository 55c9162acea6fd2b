/*
 * The constant part of every job's script. What is particular to a job stands before it, as quoted
 * words: the folder of its record, its run, its time limit, its program and the words of its command.
 */

/**
 * Variables: `worker`, `job` and `attempt` say what this is; `poll` seconds between two looks for a
 * request to end, or empty; `unreached` the exit code where the record cannot be reached, or empty for 0;
 * `images`, `unpacked` and `targets` where Charliecloud has an image, and which folders it must have;
 * `record` the folder, `run` of the record,
 * `limit` seconds or empty, `runtime`, `program`, `launcher` what is run; the positional parameters are
 * its arguments.
 *
 * Files of a worker, each made whole by a rename or a link: `launched.N` (job id and time), `started.N`
 * (time), `end.N` (exit code, phase, time, words of the runtime), `cleared.N` (nothing is left).
 */
export const SUPERVISE = `
umask 077
if ! cd -- "$record"; then
  # Removed before it began: there is nothing to run. Or it cannot be reached, and nobody hears of that.
  [ -x "\${record%/*}" ] && [ ! -e "$record" ] && exit 0
  exit "\${unreached:-0}"
fi
[ -e "run.$run" ] || exit 0
[ ! -e cancelled ] || exit 0
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
write() { # FILE TEXT...
  file=$1
  shift
  printf '%s\\n' "$@" >"$file.$$" && mv -f -- "$file.$$" "$file"
}
# A hard link is made whole and only once: a job that was submitted twice by mistake runs once.
printf '%s\\n' "$job" "$(now)" >"claim.$worker.$attempt" || exit 1
ln -- "claim.$worker.$attempt" "launched.$worker" 2>/dev/null
claimed=$?
rm -f -- "claim.$worker.$attempt"
[ "$claimed" -eq 0 ] || exit 0
name=pman-$run-$worker
# Charliecloud does nothing without it.
USER=$(id -un) && export USER
phase=ran
child=
watch=
heed=
finish() { # CODE
  # A batch system signals also what is called here.
  trap '' TERM INT USR1
  [ -z "$watch" ] || kill "$watch" 2>/dev/null
  [ -z "$heed" ] || kill "$heed" 2>/dev/null
  words=$(tail -n 3 "words.$worker" 2>/dev/null | tail -c 1000 | tr '\\n' ' ')
  write "end.$worker" "$1" "$phase" "$(now)" "$words"
  rm -f -- "words.$worker"
  remove_container
  { : >"cleared.$worker"; } 2>/dev/null
  exit "$1"
}
remove_container() {
  [ "$runtime" = podman ] || return
  for try in 1 2 3; do
    "$program" rm --force --time 0 --ignore "$name" >/dev/null 2>&1 && return
  done
}
kill_job() {
  [ "$runtime" != podman ] || "$program" kill --signal KILL "$name" >/dev/null 2>&1
  [ -z "$child" ] || kill -KILL "-$child" 2>/dev/null
}
on_signal() {
  [ "$phase" = late ] || phase=cancelled
  kill_job
}
trap on_signal TERM INT
trap 'phase=late; kill_job' USR1
# Removed since the first look: whoever removes it looks for this claim after its mark.
{ [ ! -e cancelled ] && [ -e "$record/run.$run" ]; } || { phase=cancelled; finish 143; }
# What waits beside the job leaves descriptor 3 alone: a batch script may wait until that is closed.
if [ -n "$poll" ]; then
  # Again and again: a signal may come between two steps, when there is nothing to end.
  (trap - TERM; while sleep "$poll"; do [ ! -e cancelled ] || kill -TERM $$; done) >/dev/null 2>&1 3>&- &
  heed=$!
fi
# Charliecloud mounts only where there is a folder. A link leads who knows where: that is for it to judge.
if [ "$runtime" = charliecloud ]; then
  [ -n "$images" ] || images=\${CH_IMAGE_STORAGE:-/var/tmp/$USER.ch}
  if [ -d "$images/img/$unpacked" ]; then
    for target in $targets; do
      made=$images/img/$unpacked$target
      [ ! -L "$made" ] || break
      [ -d "$made" ] || mkdir -- "$made" 2>/dev/null || [ -d "$made" ] || {
        echo "its image has no folder $target, and where it is unpacked none can be made" >"words.$worker"
        phase=create
        finish 1
      }
    done
  fi
fi
# The log of the job belongs to it alone; the runtime's own words are kept apart until it runs.
if [ "$runtime" = podman ]; then
  "$program" create --name "$name" "$@" >/dev/null 2>"words.$worker"
  code=$?
  if [ "$code" -ne 0 ]; then
    [ "$phase" != ran ] || phase=create
    finish "$code"
  fi
  set -- start --attach "$name"
fi
[ "$phase" = ran ] || finish 143
write "started.$worker" "$(now)"
if [ -n "$limit" ]; then
  (trap - TERM; sleep "$limit" & wait $! 2>/dev/null; kill -USR1 $$ 2>/dev/null) >/dev/null 2>&1 3>&- &
  watch=$!
fi
setsid "$launcher" "$@" </dev/null >>"log.$worker" 2>&1 &
child=$!
# A trap ends a wait early.
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
  # When the signal came there may have been nothing to kill yet.
  if [ "$phase" != ran ] && kill -0 "$child" 2>/dev/null; then
    sleep 1
    kill_job
  fi
done
if [ "$phase" = ran ] && [ "$code" -ge 125 ] && [ "$code" -le 127 ] && [ "$runtime" = podman ]; then
  case $("$program" inspect --format '{{.State.Status}}' "$name" 2>/dev/null) in
    created | configured | initialized)
      phase=start
      # What stands in the log was said by the runtime, not by the job.
      mv -f -- "log.$worker" "words.$worker"
      ;;
  esac
fi
if [ "$phase" = ran ] && [ "$code" -ne 0 ] && [ "$runtime" = charliecloud ]; then
  case $(head -c 100 "log.$worker") in
    # The log begins with its words: there was no command that could have said anything.
    "ch-run["*"]: error: "*)
      phase=create
      mv -f -- "log.$worker" "words.$worker"
      ;;
  esac
fi
finish "$code"
`;
