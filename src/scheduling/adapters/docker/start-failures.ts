import { mebibytes, type Mebibytes } from '../../../shared/units.js';

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

/**
 * What it says when the limit leaves no memory for the process that is to become the job's, which is
 * killed before or after it has joined its cgroup. Said by Podman 4.3 with runc 1.1, where Docker
 * refuses such a limit at once.
 */
const KILLED_AT_START: readonly RegExp[] = [
  /\bunable to set memory limit\b/i,
  /\brunc start\b.* failed: exit status \d+/i,
  /\bread init-p: connection reset by peer\b/i,
];
/** What a container runtime itself takes of it, in mebibytes; 4 were enough here most of the time. */
const SAFE_MEMORY = mebibytes(16);

/** Whether the memory limit is the most likely reason of a failed start. */
export function isTooLittleMemory(words: string, memoryLimit: Mebibytes): boolean {
  if (memoryLimit === 0 || memoryLimit >= SAFE_MEMORY) return false;
  return KILLED_AT_START.some((pattern) => pattern.test(words));
}

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
