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

/** What it says because it is ending, or has lost its containerd for the moment. */
const PASSING: readonly RegExp[] = [
  /\bttrpc: closed\b/i,
  /\btransport is closing\b|\btransport: /i,
  /\bshutting down\b|\bshutdown in progress\b/i,
  /\bcontext canceled\b/i,
];

/** Whether a container whose start failed with these words may never start, but another one would. */
export function isLeftOver(words: string): boolean {
  return LEFT_OVER.some((pattern) => pattern.test(words));
}

/** Whether the job may start later although a start failed with these words. */
export function isPassingStartFailure(words: string): boolean {
  return isLeftOver(words) || PASSING.some((pattern) => pattern.test(words));
}
