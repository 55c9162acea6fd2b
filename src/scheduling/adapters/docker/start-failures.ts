/**
 * What an engine says to a start that it cannot do now, because it is ending or has just begun again
 * after it was killed, and not because of the job. Said by dockerd 20.10 with containerd 1.6.
 */
const PASSING: readonly RegExp[] = [
  // What was left of a start that a killed dockerd had begun is still being cleared away.
  /\bid already in use\b/i,
  /failed to start shim: .*: file exists/i,
  /\balready exists: unknown/i,
  // dockerd has lost its containerd, or is leaving it.
  /\bttrpc: closed\b/i,
  /\btransport is closing\b|\btransport: /i,
  /\bshutting down\b|\bshutdown in progress\b/i,
  /\bcontext canceled\b/i,
];

/** Whether a start that failed with these words may succeed later. */
export function isPassingStartFailure(words: string): boolean {
  return PASSING.some((pattern) => pattern.test(words));
}
