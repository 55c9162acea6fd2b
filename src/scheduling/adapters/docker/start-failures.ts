/**
 * What an engine says to a start because it was killed during an earlier one, and what it had begun
 * for this container is still there. Some of it never goes away; another container is not concerned.
 * Said by dockerd 20.10 with containerd 1.6, and by Podman 4.3 with runc 1.1.
 */
const LEFT_OVER: readonly RegExp[] = [
  /\bid already in use\b/i,
  /\bfailed to start shim: .*: file exists\b/i,
  /\bcontainer\b.* already exists\b/i,
];

/** What it says because it is ending, is overloaded, or has lost its containerd for the moment. */
const PASSING: readonly RegExp[] = [
  /\bttrpc: closed\b/i,
  /\btransport is closing\b|\btransport: /i,
  /\bshutting down\b|\bshutdown in progress\b/i,
  /\bcontext canceled\b|\bdeadline exceeded\b/i,
  /\bresource temporarily unavailable\b|\btoo many open files\b|\bcannot allocate memory\b/i,
  /\btimed? ?out\b|\bconnection (?:refused|reset)\b/i,
];

/** What it says about this job's command, devices, mounts or limits: they would fail again. */
const LASTING: readonly RegExp[] = [
  /\bnot found\b|\bno such (?:file|device|user|group|network)\b|\bunable to find (?:user|group)\b/i,
  /\bpermission denied\b|\boperation not permitted\b/i,
  /\bnot a directory\b|\bis a directory\b|\bexec format error\b|\bargument list too long\b/i,
  /\bdevice driver\b|\bnvidia\b|\bgpus?\b/i,
  /\binvalid argument\b|\bout of range\b|\bmemory limit too low\b|\bnot supported\b/i,
  /\berror mounting\b|\bport is already allocated\b|\baddress already in use\b/i,
];

/** Whether a container whose start failed with these words may never start, but another one would. */
export function isLeftOver(words: string): boolean {
  return LEFT_OVER.some((pattern) => pattern.test(words));
}

/** Whether a start that failed with these words would fail again; what nobody knows may pass. */
export function isLastingStartFailure(words: string): boolean {
  return !isPassingStartFailure(words) && LASTING.some((pattern) => pattern.test(words));
}

/** Whether it is known to pass. */
export function isPassingStartFailure(words: string): boolean {
  return isLeftOver(words) || PASSING.some((pattern) => pattern.test(words));
}
