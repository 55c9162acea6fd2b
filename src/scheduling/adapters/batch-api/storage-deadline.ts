import { backendUnavailable } from '../../domain/scheduling-errors.js';

/**
 * The outcome of a call to shared storage, or a DomainError when `signal` comes first: no signal ends a
 * call to a server that hangs, and nobody should wait for it.
 */
export function unlessHung<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      const message = 'the folder of the job records does not answer in time';
      reject(backendUnavailable(message, signal.reason));
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    call
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp))
      .catch(() => undefined);
  });
}
