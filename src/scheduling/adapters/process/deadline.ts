import { backendUnavailable } from '../../domain/scheduling-errors.js';

/** Ends a call whose time is over. */
export function assertInTime(signal: AbortSignal): void {
  if (signal.aborted) throw tooLate(signal);
}

/** The outcome of `work`, or an error as soon as the time is over: a disk may not answer at all. */
export async function endBy<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(tooLate(signal));
  });
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function tooLate(signal: AbortSignal): Error {
  return backendUnavailable('the process backend took too long', signal.reason);
}
