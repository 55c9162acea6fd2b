/**
 * Runs a task with a signal that fires with the caller's, or with a `TimeoutError` when the time is
 * up. Unlike `AbortSignal.timeout` it leaves no timer behind when the task is done sooner.
 */
export async function within<T>(
  milliseconds: number,
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new DOMException(`no answer within ${milliseconds} ms`, 'TimeoutError'));
  }, milliseconds);
  const giveUp = () => deadline.abort(signal.reason);
  if (signal.aborted) giveUp();
  else signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await task(deadline.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}
