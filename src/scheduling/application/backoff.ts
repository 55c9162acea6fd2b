const FIRST_MS = 200;
const LONGEST_MS = 5_000;

/** A random wait in milliseconds below a bound that doubles with each attempt up to `longest`. */
export function fullJitter(attempt: number, longest = LONGEST_MS): number {
  return Math.random() * Math.min(longest, FIRST_MS * 2 ** attempt);
}

/** Waits. @returns false when `signal` ended the wait. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (completed: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      resolve(completed);
    };
    const aborted = (): void => end(false);
    const timer = setTimeout(() => end(true), milliseconds);
    signal.addEventListener('abort', aborted, { once: true });
  });
}
